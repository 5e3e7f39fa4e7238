"""What a stranger reads is of what they have tried from their own place: nothing that an owner does shows in it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from governance.people.signin.rules import A_DAY, LONGEST_WAIT, Purpose
from governance.people.signin.service import accounts
from governance.people.signin.service.entering import Browser, Entered, Problem
from governance.people.signin.service.holds import dict_of_holds
from governance.people.store import get_person
from tests.signin.people import AWAY, GOOD, HOME, OPERATOR, OTHER, Place

WRONG = Entered(problem=Problem.WRONG)
STRANGER = Browser("203.0.113.99", "")


def pair_of(reference: str) -> tuple[str, str]:
    """The address of somebody, and one that nobody has."""
    return f"{reference}@example.org", f"ghost.of.{reference}@example.org"


def from_everywhere(place: Place, name: str, times: int, *, first: int = 0) -> list[Entered]:
    """Wrong passwords by a name, three from each of many networks."""
    return [place.enter(name, OTHER, Browser(f"2001:db8:0:{(first + one) // 3:x}::1", "")) for one in range(times)]


def from_here(place: Place, name: str, times: int) -> None:
    """Wrong passwords by a name from the stranger's own place, each after its wait."""
    for _ in range(times):
        place.enter(name, OTHER, STRANGER)
        place.now += LONGEST_WAIT


def sign_in_at_home(place: Place, ann: str) -> None:
    """The owner's morning."""
    assert place.enter(pair_of(ann)[0], GOOD, HOME).secret


def recover(place: Place, ann: str) -> None:
    """The owner has chosen another password, at home."""
    assert place.choose(place.recover(ann), GOOD, Purpose.RECOVERY).secret


def be_set_free(place: Place, ann: str) -> None:
    """Somebody has helped the owner."""
    place.change(lambda session: accounts.set_free(session, place.ground, ann, actor=OPERATOR))


ACTS = [sign_in_at_home, recover, be_set_free]


@pytest.mark.parametrize("act", ACTS)
def test_tries_from_everywhere_read_the_same_whatever_the_owner_does(
    shared: Place, few: int, act: Callable[[Place, str], None]
) -> None:
    ann = shared.member()
    sign_in_at_home(shared, ann)
    for name in pair_of(ann):
        from_everywhere(shared, name, few - 2)
    act(shared, ann)
    said = [from_everywhere(shared, name, 4, first=300) for name in pair_of(ann)]
    assert said == [[WRONG] * 4] * 2, "the most is passed by one of them alone, and neither says so"


@pytest.mark.parametrize("times", [5, 8])
@pytest.mark.parametrize("act", ACTS)
def test_what_one_has_tried_oneself_stays_counted_whatever_the_owner_does(
    shared: Place, few: int, act: Callable[[Place, str], None], times: int
) -> None:
    ann, said = shared.member(), []
    sign_in_at_home(shared, ann)
    start = shared.now
    for name in pair_of(ann):
        shared.now = start
        from_here(shared, name, times)
    act(shared, ann)
    after = shared.now
    for name in pair_of(ann):
        shared.now = after
        said.append([shared.enter(name, OTHER, STRANGER) for _ in range(3)])
    assert said[0] == said[1]
    assert said[0][-1].problem is not Problem.WRONG, "and there is something to tell them by"


def test_what_one_has_tried_is_told_for_a_day_whoever_has_the_name(shared: Place, few: int) -> None:
    ann, start, said = shared.member(), shared.now, []
    for name in pair_of(ann):
        shared.now = start
        from_here(shared, name, few)
        shared.now += A_DAY - LONGEST_WAIT - timedelta(seconds=61)
        told = [shared.enter(name, OTHER, STRANGER)]
        shared.now += timedelta(seconds=61)
        said.append(told + [shared.enter(name, OTHER, STRANGER) for _ in range(5)])
    assert said[0] == said[1]
    assert [one.problem for one in said[0]] == [Problem.HELD, *[Problem.WRONG] * 4, Problem.HELD], "and counts anew"


def test_whoever_is_set_free_signs_in_at_once_where_they_have_before(shared: Place) -> None:
    ann = shared.member()
    for browser in (HOME, AWAY):
        assert shared.enter(ann, GOOD, browser).secret
        for _ in range(4):
            shared.enter(ann, OTHER, browser)
        assert shared.enter(ann, GOOD, browser).problem is Problem.HELD
    be_set_free(shared, ann)
    assert [bool(shared.enter(ann, GOOD, browser).secret) for browser in (HOME, AWAY)] == [True, True]


def test_whoever_chose_a_new_password_signs_in_by_either_name_there(shared: Place) -> None:
    """Although they have never signed in there before."""
    ann = shared.member()
    for name in (ann, pair_of(ann)[0]):
        for _ in range(5):
            shared.enter(name, OTHER, HOME)
        assert shared.enter(name, GOOD, HOME).problem is Problem.HELD
    recover(shared, ann)
    assert all(shared.enter(name, GOOD, HOME).secret for name in (ann, pair_of(ann)[0]))


def test_a_stranger_who_is_held_by_a_name_holds_no_account(shared: Place) -> None:
    """The page of lock-outs shows what holds the account: after a recovery nothing does, though the stranger waits."""
    ann = shared.member()
    with shared.databases.reading() as session:
        person = get_person(session, ann).id

    def is_held() -> bool:
        with shared.databases.reading() as session:
            return person in dict_of_holds(session, shared.ground, [person], shared.now)

    for _ in range(10):
        shared.now += LONGEST_WAIT
        shared.enter(pair_of(ann)[0], OTHER, STRANGER)
    assert is_held()
    recover(shared, ann)
    assert shared.enter(pair_of(ann)[0], GOOD, STRANGER).problem is Problem.HELD
    assert not is_held()
