"""One account tried by its address and by its reference in turn, on both databases.

Nobody learns that the names belong together, and nobody has a guess more by having two.
"""

from datetime import timedelta
from itertools import cycle, islice

import pytest

from governance.people.signin.service import accounts
from governance.people.signin.service.entering import Browser, Entered, Problem
from tests.races import race
from tests.signin.people import AWAY, GOOD, HOME, OPERATOR, OTHER, Place

WRONG = Entered(problem=Problem.WRONG)
SECOND = timedelta(seconds=1)


@pytest.fixture
def looked_at(shared: Place, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each password of an account that was compared; what is compared for the time that it takes is not here."""
    seen: list[str] = []
    matches = type(shared.ground.passwords).matches

    def look(self: object, stored: str | None, password: str) -> bool:
        seen.extend([password] if stored is not None else [])
        return matches(self, stored, password)  # type: ignore[arg-type]

    monkeypatch.setattr(type(shared.ground.passwords), "matches", look)
    return seen


def names_of(reference: str) -> tuple[str, str]:
    """What somebody is called in turn."""
    return f"{reference}@example.org", reference


def tried(place: Place, names: tuple[str, ...], times: int, *, wait: timedelta, away: bool = False) -> list[Entered]:
    """Try wrong passwords by some names in turn, from one place or each time from another; what was answered."""
    answers = []
    for number, name in enumerate(islice(cycle(names), times)):
        browser = Browser(f"203.0.113.{number}", "") if away else HOME
        answers.append(place.enter(name, OTHER, browser))
        place.now += wait
    return answers


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("wait", [timedelta(0), SECOND, timedelta(minutes=16)])
def test_two_names_of_one_account_are_answered_like_two_names_of_nobody(
    shared: Place, few: int, wait: timedelta, *, away: bool
) -> None:
    ann, start = shared.member(), shared.now
    seen = []
    for one in (ann, f"ghost.of.{ann}"):
        shared.now = start
        seen.append(tried(shared, names_of(one), 3 * few, wait=wait, away=away))
    assert seen[0] == seen[1]
    waited = {answer.problem for answer in seen[0]} > {Problem.WRONG}
    assert waited is not away, "there is something to tell them by from one place, and nothing from many"


def test_two_names_are_no_guess_more(shared: Place, looked_at: list[str]) -> None:
    ann = shared.member()
    for _ in range(3):
        for name in (*names_of(ann), f"{ann}@EXAMPLE.org"):
            shared.enter(name, OTHER)
    assert looked_at == [OTHER] * 4, "as many as by one name, before the first wait"
    assert shared.enter(ann, GOOD) == WRONG, "while the account is held the right one is refused by whichever name"
    assert shared.told("sign_in.refused")[-1][1]["failure"] == "held"
    assert len(looked_at) == 4
    shared.now += 2 * SECOND
    assert shared.enter(ann, GOOD).secret


def test_two_names_from_everywhere_are_no_guess_more(shared: Place, few: int, looked_at: list[str]) -> None:
    ann = shared.member()
    tried(shared, names_of(ann), 2 * few, wait=timedelta(0), away=True)
    assert looked_at == [OTHER] * few
    assert shared.enter(ann, GOOD, AWAY).secret == ""
    shared.change(lambda session: accounts.set_free(session, shared.ground, ann, actor=OPERATOR))
    for name in names_of(ann):
        assert shared.enter(name, GOOD, AWAY).secret, "set free by whichever name"


def test_thirty_two_at_once_by_two_names_get_no_guess_more(shared: Place, looked_at: list[str]) -> None:
    ann = shared.member()
    names = cycle(names_of(ann))
    listed = iter([next(names) for _ in range(32)])
    race(1, 32, lambda _: shared.enter(next(listed), OTHER))
    assert looked_at == [OTHER] * 4


def test_a_place_where_it_went_well_is_touched_by_no_name(shared: Place, few: int) -> None:
    """Whoever has signed in at home by the address signs in there by the reference, whatever strangers tried."""
    ann = shared.member()
    address, reference = names_of(ann)
    assert shared.enter(address).secret
    tried(shared, (reference, address), 2 * few, wait=timedelta(0), away=True)
    assert shared.enter(reference).secret
    assert shared.enter(reference, GOOD, AWAY).secret, "and what goes well begins to count anew"


def test_a_new_password_begins_to_count_anew_by_every_name(shared: Place) -> None:
    ann = shared.member()
    for name in names_of(ann):
        for _ in range(4):
            shared.enter(name, OTHER)
        assert shared.enter(name, OTHER).problem is Problem.HELD
    assert shared.choose(shared.recover(ann), OTHER, accounts.Purpose.RECOVERY).secret
    for name in names_of(ann):
        assert shared.enter(name, OTHER).secret


def test_a_wait_that_is_not_told_takes_the_same_work(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is compared once for each try that reads that it was wrong, held or not."""
    ann, compared = shared.member(), list[object]()
    matches = type(shared.ground.passwords).matches
    monkeypatch.setattr(
        type(shared.ground.passwords), "matches",
        lambda self, stored, password: bool(compared.append(stored)) or matches(self, stored, password),
    )  # fmt: skip
    answers = tried(shared, names_of(ann), 6, wait=timedelta(0))
    assert answers == [WRONG] * 6
    assert [stored is not None for stored in compared] == [True] * 4 + [False] * 2
