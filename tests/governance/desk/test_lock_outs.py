"""Who is locked out, of what, since when, until when, and what helps: second factors and passwords alike."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select, update

from governance.kernel import clock
from governance.kernel.clock import iso
from governance.people.models import Person
from governance.people.signin.models import SignInAttempts
from governance.people.signin.service.entering import Browser as Device
from governance.people.signin.store.accounts import find_by_name
from governance.web.words import moment
from tests.installation import Installation
from tests.signin.people import Place
from tests.web.browser_kit import Browser
from tokens.authenticators.models import SecondFactorAttempts

Browse = Callable[..., Browser]
LOCK_OUTS = "/people/lock-outs"


class Tried(NamedTuple):
    """How somebody's password is tried: by how many wrong ones from each of how many places."""

    wrong: int
    places: int = 1


@pytest.fixture(scope="module")
def place(stand: Installation) -> Place:
    """Where people have accounts and try passwords."""
    made = Place(stand)
    stored = made.ground.passwords.hash("three small bicycles")
    made.change(lambda session: [made.open_account(session, one, stored) for one in ("tess", "tom", "nora", "sue")])
    return made


@pytest.fixture(autouse=True)
def nothing_counted(stand: Installation) -> None:
    """Each test begins with nobody locked out."""
    with stand.databases.writing() as session:
        session.query(SignInAttempts).delete()
        session.query(SecondFactorAttempts).delete()


def try_passwords(place: Place, who: str, tried: Tried) -> None:
    """Wrong passwords for somebody, each as though its wait were over; the last of them was now."""
    with place.databases.reading() as session:
        found = find_by_name(session, who)
        subjects = [place.ground.by_name(who).anywhere, place.ground.by_account(found, who).anywhere]
    for number in range(tried.places):
        device = Device(f"203.0.113.{number + 1}", "Tests")
        for _ in range(tried.wrong):
            with place.databases.writing() as session:
                session.execute(
                    update(SignInAttempts).where(SignInAttempts.subject.in_(subjects)).values(held_until=None)
                )
            place.now = clock.now()
            place.enter(who, "wrong", device)


@pytest.mark.parametrize(("says", "tried", "what", "failures", "until"), [
    ("a quarter of an hour from one place", Tried(10), "Password, from one place", 10, timedelta(minutes=15)),
    ("for good from one place", Tried(50), "Password, from one place", 50, None),
    ("for good where strange", Tried(10, 5), "Password, from wherever they have not signed in before", 50, None),
])  # fmt: skip
def test_a_password_that_is_held_is_shown(
    place: Place, browse: Browse, says: str, tried: Tried, what: str, failures: int, until: timedelta | None
) -> None:
    if says == "for good from one place":  # a place where it has gone well before is not counted with all others
        place.enter("tess", "three small bicycles", Device("203.0.113.1", "Tests"))
    try_passwords(place, "tess", tried)
    words = browse("meg").get(LOCK_OUTS).words
    row = words.partition("tess Oak School ")[2]
    ends = moment(place.now + until) if until else "Until a new password"
    assert row.startswith(f"{what} {failures} {moment(place.now)} {ends} "), (says, words)
    assert "by mail" in row
    told = browse("meg").get("/people/tess").words
    assert f"Locked out {what}: " in told
    assert "203.0.113" not in words + told, "from which place is nobody's business"
    file = browse("olga").get(f"{LOCK_OUTS}.csv").text
    assert f'tess,Tess Example,Oak School,"{what}",{failures},' in file
    assert (iso(place.now + until)[:16].replace("T", " ") if until else "Until a new password") in file.replace(
        "T", " "
    )


def test_what_passes_in_seconds_or_is_over_is_not_shown(place: Place, browse: Browse) -> None:
    try_passwords(place, "tess", Tried(9))
    assert "Nobody is locked out." in browse("meg").get(LOCK_OUTS).words
    try_passwords(place, "tess", Tried(1))
    assert "Tess Example" in browse("meg").get(LOCK_OUTS).words
    with place.databases.writing() as session:
        session.execute(update(SignInAttempts).values(held_until=clock.now()))
    assert "Nobody is locked out." in browse("meg").get(LOCK_OUTS).words
    assert "Locked out No" in browse("meg").get("/people/tess").words


def test_only_people_of_ones_part_are_shown(place: Place, browse: Browse) -> None:
    for who in ("tom", "sue", "nobody.at.all"):
        try_passwords(place, who, Tried(10))
    assert "Nobody is locked out." in browse("meg").get(LOCK_OUTS).words
    shown = browse("olga").get(LOCK_OUTS).words
    assert ("Tom Example" in shown, "Sue Example" in shown, "nobody.at.all" in shown) == (True, False, False)


def test_second_factors_and_passwords_stand_side_by_side(place: Place, browse: Browse) -> None:
    try_passwords(place, "tess", Tried(10))
    now = clock.now()
    with place.databases.writing() as session:
        for who, failures, until in (("tess", 10, now + timedelta(minutes=15)), ("nora", 100, None)):
            person = session.scalars(select(Person.id).where(Person.reference == who)).one()
            row = {"failures": failures, "failed_at": now, "locked_until": until}
            session.add(SecondFactorAttempts(person_id=person, **row))
    words = browse("meg").get(LOCK_OUTS).words
    assert f"Second factor 10 {moment(now)} {moment(now + timedelta(minutes=15))} It passes by itself, and an " in words
    assert f"Second factor 100 {moment(now)} Until a replacement A temporary replacement, and nothing else" in words
    assert words.count("Tess Example") == 2


def test_a_new_password_or_being_set_free_helps(place: Place, browse: Browse) -> None:
    from governance.people.signin.service import accounts
    from tests.installation import ACTOR

    try_passwords(place, "tess", Tried(10))
    place.change(lambda session: accounts.set_free(session, place.ground, "tess", actor=ACTOR))
    assert "Nobody is locked out." in browse("meg").get(LOCK_OUTS).words
