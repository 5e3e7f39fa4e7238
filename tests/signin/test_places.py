"""What strangers can cost: tries by place, turns at hashing, rows and entries about names that nobody has."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from governance.kernel.errors import TooMany, Unavailable
from governance.people.signin import jobs, passwords
from governance.people.signin.models import FederationFlow, SignInAttempts
from governance.people.signin.passwords import LONGEST_WAIT, WAITING
from governance.people.signin.rules import A_DAY, FAILED_AT_ONE_PLACE, STOPPED, TOLD_EVERY, hour_ends
from governance.people.signin.service import accounts, entering, places, refusing
from governance.people.signin.service.entering import Browser, Problem
from governance.people.signin.service.ground import Ground
from governance.people.signin.store import attempts
from governance.people.signin.store.accounts import find_by_name
from governance.trail.models import TrailEntry
from tests.races import race
from tests.signin.browsers import Site
from tests.signin.people import AWAY, GOOD, HOME, OTHER, Place
from tests.signin.schools import School

MINUTE = timedelta(minutes=1)
FEW = 5
LATEST = [datetime(2026, 1, 1, tzinfo=UTC)]
"""After this moment nothing was counted by any test of this file."""


class Cost(NamedTuple):
    """What has been written and compared."""

    rows: int
    entries: int
    compared: int


@pytest.fixture(autouse=True)
def each_minute(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nobody the trail is told once a minute."""
    monkeypatch.setattr(attempts, "TOLD_EVERY", TOLD_EVERY)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A place has five tries in an hour."""
    monkeypatch.setattr(places, "FAILED_AT_ONE_PLACE", FEW)
    return FEW


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each password that was compared, with whatever hash."""
    seen, matches = list[str](), passwords.Passwords.matches

    def look(self: passwords.Passwords, stored: str | None, password: str) -> bool:
        seen.append(password)
        return matches(self, stored, password)

    monkeypatch.setattr(passwords.Passwords, "matches", look)
    return seen


@pytest.fixture
def morning(shared: Place) -> Place:
    """An hour of the test's own has just begun."""
    shared.now = hour_ends(max(shared.now, *LATEST))
    LATEST[0] = shared.now + timedelta(hours=100)
    return shared


def cost(place: Place, compared: list[str]) -> Cost:
    """What it has cost until now."""
    with place.databases.reading() as session:
        rows = session.scalars(select(func.count()).select_from(SignInAttempts)).one()
        entries = session.scalars(select(func.count()).select_from(TrailEntry)).one()
    return Cost(rows, entries, len(compared))


def fill(place: Place, times: int, browser: Browser = HOME) -> None:
    """Try names that nobody has, another each time."""
    for number in range(times):
        assert place.enter(f"made.up.{number}.{place.now.timestamp()}", OTHER, browser).problem is Problem.WRONG


def test_a_place_has_so_many_tries_that_fail_whomever_they_name(morning: Place, few: int, compared: list[str]) -> None:
    ann = morning.member()
    morning.now += 45 * MINUTE
    fill(morning, few)
    before = cost(morning, compared)
    for name in (ann, "one.more.name", f"{ann}@example.org"):
        with pytest.raises(TooMany) as told:
            morning.enter(name, GOOD)
        assert told.value.seconds == 15 * 60
    assert cost(morning, compared) == before, "nothing was hashed, counted or told"
    assert morning.enter(ann, GOOD, AWAY).secret, "from elsewhere it is nothing to anybody"
    morning.now += 15 * MINUTE
    assert morning.enter(ann, GOOD).secret, "and the next hour begins anew"


def test_a_whole_school_signs_in_from_one_address(morning: Place, few: int) -> None:
    people = [morning.member() for _ in range(3)]
    for ann in people * few:
        assert morning.enter(ann, GOOD).secret
    fill(morning, few)
    with pytest.raises(TooMany):
        morning.enter(people[0], GOOD)


def test_what_goes_well_takes_nothing_back_that_failed(morning: Place, few: int) -> None:
    """Whoever has an account of their own has no more tries at others' by signing in in between."""
    ann = morning.member()
    for number in range(few):
        assert morning.enter(ann, GOOD).secret
        fill(morning, 1)
        morning.now += timedelta(seconds=number)
    with pytest.raises(TooMany):
        morning.enter(ann, GOOD)


def test_the_number_is_enough_for_a_school_of_two_hundred() -> None:
    forgotten = 200 // 3 + 1
    assert forgotten * (3 + 1) <= FAILED_AT_ONE_PLACE, "a third has forgotten: three tries each, and a link"


def test_thirty_two_at_once_have_no_try_more(morning: Place, few: int, compared: list[str]) -> None:
    numbers = iter(range(1000))
    outcomes = race(1, 32, lambda _: morning.enter(f"raced.{next(numbers)}.{morning.now}", OTHER))[0]
    assert (len(compared), sum(isinstance(one, TooMany) for one in outcomes)) == (few, 32 - few)


def test_links_that_are_asked_for_count_too(morning: Place, few: int, compared: list[str]) -> None:
    ann = morning.member()
    for number in range(few):
        assert morning.recover(f"made.up.{number}") == ""
    before = cost(morning, compared)
    with pytest.raises(TooMany):
        morning.recover(ann)
    assert cost(morning, compared) == before
    assert morning.recover(ann, AWAY)


def test_who_is_signed_in_changes_their_password_at_a_place_that_has_no_try_left(morning: Place, few: int) -> None:
    ann = morning.member()
    visitor = morning.there(morning.enter(ann, GOOD).secret)
    fill(morning, few)
    changed = accounts.change_password(
        morning.databases, morning.ground, visitor, GOOD, OTHER, HOME, now=morning.now
    )  # fmt: skip
    assert changed[0].secret


def test_the_pages_say_so_plainly(quick_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "FAILED_AT_ONE_PLACE", 0)
    browser = quick_site.browser()
    for answer in (browser.sign_in(quick_site.place.member(), GOOD), browser.post("/recover", {"name": "somebody"})):
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 3600
        page = answer.get_data(as_text=True)
        assert "Too many tries to sign in have failed from your network within this hour." in page
        assert "Try again in " in page


# --- ways to providers


def ways(site: Site) -> int:
    """How many wait for somebody to come back."""
    with site.place.databases.reading() as session:
        return session.scalars(select(func.count()).select_from(FederationFlow)).one()


def test_a_place_sets_out_to_providers_so_many_times_in_an_hour(
    make: Callable[..., School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "BEGUN_AT_ONE_PLACE", FEW)
    school, here, elsewhere = make(), {"REMOTE_ADDR": "203.0.113.5"}, {"REMOTE_ADDR": "203.0.113.6"}
    browser, before = school.site.browser(), ways(school.site)
    path, base = f"/sign-in/with/{school.name}", "https://postern.example"
    got = [browser.client.get(path, base_url=base, environ_base=here).status_code for _ in range(FEW + 2)]
    assert (got, ways(school.site)) == ([303] * FEW + [429] * 2, before + FEW)
    assert browser.client.get(path, base_url=base, environ_base=elsewhere).status_code == 303


OPENED = {"Sec_Fetch_Dest": "document", "Sec_Fetch_Site": "cross-site"}
TOLD: list[tuple[dict[str, str], bool]] = [
    ({}, True), ({"Sec_Fetch_Dest": "image"}, False), ({"Sec_Fetch_Dest": "iframe"}, False),
    ({"Sec_Fetch_Dest": "empty"}, False), ({"Sec_Fetch_Dest": "document", "Sec_Fetch_Site": "same-origin"}, True),
    ({**OPENED, "Sec_Fetch_User": "?1"}, True), (OPENED, False), ({"Sec_Purpose": "prefetch;prerender"}, False),
    ({"Purpose": "prefetch"}, False), ({"X_Moz": "prefetch"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("told", "goes"), TOLD)
def test_what_nobody_opens_sets_nobody_on_their_way(
    make: Callable[..., School], told: dict[str, str], goes: bool
) -> None:
    """Else any page that somebody opens could use up what their place may begin."""
    school = make()
    before = ways(school.site)
    answer = school.site.browser().get(f"/sign-in/with/{school.name}?next=/account/sessions", **told)
    assert ways(school.site) == before + goes
    assert answer.location.startswith(school.provider.issuer if goes else "/sign-in?next=%2Faccount%2Fsessions")


def test_who_looks_without_opening_goes_nowhere(make: Callable[..., School]) -> None:
    school = make()
    before = ways(school.site)
    school.site.browser().client.head(f"/sign-in/with/{school.name}", base_url="https://postern.example")
    assert ways(school.site) == before


# --- turns at hashing


@contextmanager
def all_taken(ground: Ground) -> Iterator[None]:
    """Others have every turn at hashing."""
    taken, over = threading.Barrier(passwords.AT_ONCE + 1), threading.Event()

    def have_one() -> None:
        with ground.passwords.turn():
            taken.wait()
            over.wait()

    threads = [threading.Thread(target=have_one) for _ in range(passwords.AT_ONCE)]
    for thread in threads:
        thread.start()
    taken.wait()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_nobody_waits_long_for_a_turn_and_nothing_is_counted_then(
    morning: Place, compared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LONGEST_WAIT <= 1
    monkeypatch.setattr(passwords, "LONGEST_WAIT", 0.05)
    ann = morning.member()
    before, began = cost(morning, compared), time.monotonic()
    with all_taken(morning.ground):
        for _ in range(FEW):
            with pytest.raises(Unavailable, match="ask again"):
                morning.enter(ann, GOOD)
    assert time.monotonic() - began < FEW, "a busy machine is not a wrong answer, a wait without end is"
    assert cost(morning, compared) == before
    assert morning.enter(ann, GOOD).secret, "whoever was sent away has lost nothing"


def test_only_a_few_wait_and_whoever_comes_then_is_sent_away_at_once(
    morning: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The threads that serve pages are not all taken by those who wait."""
    monkeypatch.setattr(passwords, "WAITING", WAITING)
    morning.ground = replace(morning.ground, passwords=passwords.Passwords(passwords.Cost(64, 1)))
    ann, comers = morning.member(), WAITING + 3
    answers: list[object] = []

    def come() -> None:
        try:
            answers.append(morning.enter(ann, GOOD).secret)
        except Unavailable as why:
            answers.append(why)

    threads = [threading.Thread(target=come) for _ in range(comers)]
    with all_taken(morning.ground):
        for thread in threads:
            thread.start()
        until = time.monotonic() + 30
        while len(answers) < 3 and time.monotonic() < until:
            time.sleep(0.01)
        assert [type(one) for one in answers] == [Unavailable] * 3
    for thread in threads:
        thread.join()
    assert len([one for one in answers if isinstance(one, str) and one]) == WAITING


def test_a_page_without_a_turn_is_a_503(quick_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_self: object) -> Iterator[None]:
        raise Unavailable("too many passwords are being checked at once; ask again", "busy")

    monkeypatch.setattr(passwords.Passwords, "turn", none_left)
    answer = quick_site.browser().sign_in(quick_site.place.member(), GOOD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "Try again in a moment." in answer.get_data(as_text=True)


def test_whoever_has_a_turn_needs_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "AT_ONCE", 1)
    monkeypatch.setattr(passwords, "LONGEST_WAIT", 0)
    alone = passwords.Passwords(passwords.Cost(64, 1))
    for _ in range(2):
        with alone.turn():
            assert alone.matches(alone.hash(GOOD), GOOD)


# --- what the trail is told of nobody


def refused(place: Place) -> list[tuple[str, int]]:
    """What the trail was told of nobody: why, and how often."""
    told = place.told("sign_in.refused") + place.told("recovery.asked")
    return [(body.get("failure", "asked"), body["times"]) for _, body in told if body["actor"] == "page:nobody"]


def told_of(place: Place, before: list[tuple[str, int]]) -> dict[str, list[int]]:
    """What it was told since."""
    found: dict[str, list[int]] = {}
    after = refused(place)
    for one in before:
        after.remove(one)
    for why, times in after:
        found.setdefault(why, []).append(times)
    return found


def test_of_names_that_nobody_has_the_trail_is_told_a_number_a_minute(morning: Place) -> None:
    jobs.tell(morning.installation.service, morning.now)
    morning.now += MINUTE
    before = refused(morning)
    for _ in range(3):
        fill(morning, 20)
        for _ in range(4):
            morning.recover("nobody.at.all")
        morning.now += 20 * timedelta(seconds=1)
    fill(morning, 1)
    assert told_of(morning, before) == {"unknown": [1, 60], "asked": [1]}
    jobs.tell(morning.installation.service, morning.now)
    assert told_of(morning, before) == {"unknown": [1, 60], "asked": [1, 11]}
    jobs.tell(morning.installation.service, morning.now + MINUTE)
    jobs.tell(morning.installation.service, morning.now + MINUTE)
    assert told_of(morning, before) == {"unknown": [1, 60], "asked": [1, 11]}, "each is told once"


def test_every_failure_has_its_count() -> None:
    assert {len(counted) <= 32 for counted in refusing.STRANGERS} == {True}
    assert {details.get("failure", "") for _, details in refusing.STRANGERS.values()} == {
        *(why.value for why in entering.Failure), "",
    }  # fmt: skip


def test_one_job_tells_every_minute() -> None:
    job = jobs.tell_strangers(None)
    assert (job.every, job.run) == (MINUTE, jobs.tell)


# --- what is forgotten


def rows(place: Place) -> set[bytes]:
    """What is counted."""
    with place.databases.reading() as session:
        return set(session.scalars(select(SignInAttempts.counted)))


def stop(place: Place, counted: bytes) -> None:
    """As though a count had been stopped for good."""
    with place.databases.writing() as session:
        session.add(
            SignInAttempts(counted=counted, subject=counted, failures=50, held_until=STOPPED, last_at=place.now)
        )


def test_what_nobody_has_is_forgotten_after_a_day_and_an_account_is_not(
    morning: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "AT_A_TIME", 2)
    morning.now += A_DAY
    ann, before = morning.member(), rows(morning)
    morning.enter(ann, OTHER)
    assert morning.enter(f"{ann}@example.org", GOOD, AWAY).secret
    with morning.databases.reading() as session:
        found = find_by_name(session, ann)
    kept = {morning.ground.by_account(found, ann, entering.place_of(one.address)).here for one in (HOME, AWAY)}
    kept |= {morning.ground.by_account(found, ann).anywhere}
    kept |= {morning.ground.by_name(f"{ann}@example.org", AWAY.address).here}
    fill(morning, 7)
    morning.recover("nobody.at.all")
    stop(morning, f"stopped{morning.now:%d%H}".encode())
    made = rows(morning) - before
    assert made > kept
    for late, left in ((timedelta(0), made), (timedelta(seconds=1), kept)):
        jobs.forget(morning.installation.service, morning.now + A_DAY + late)
        assert rows(morning) & made - set(refusing.STRANGERS) == left - set(refusing.STRANGERS)
