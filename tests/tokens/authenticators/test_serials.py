"""Whose a token's serial number is: of whoever gave its code, or was assigned it; never of who has only begun."""

from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from sqlalchemy import select

from governance.kernel.verdict import Refused
from governance.trail.models import TrailEntry
from tests.races import race
from tests.tokens.authenticators.rooms import MO, NOON, seed_for
from tokens.authenticators import enrolling, losing, totp
from tokens.authenticators.models import Authenticator
from tokens.authenticators.rules import ASSIGNED_FOR, PENDING_FOR

YEAR = timedelta(days=365)
SERIALS = count(1)


@pytest.fixture
def serial() -> str:
    """A number that no test has used."""
    return f"GT-{next(SERIALS)}"


def begun(room, one, serial, now=NOON, seed=b""):
    """Somebody has begun with a token, of a secret of their own making where none is given."""
    with room.change(now) as session:
        typed = (seed or seed_for(one)).hex()
        return enrolling.begin_hotp(session, room.sealer, one.visitor, serial, typed, "T", now=now)


def assigned(room, one, serial, now=NOON):
    """Somebody was assigned a token."""
    with room.change(now) as session:
        typed = seed_for(one).hex()
        return enrolling.assign_hotp(session, room.sealer, one.reference, serial, typed, "T", actor=MO, now=now)


def finished(room, one, row, now=NOON, seed=b""):
    """Somebody has given the first code of their token."""
    with room.change(now) as session:
        code = totp.code_of(seed or seed_for(one), 0)
        return enrolling.finish(session, room.sealer, one.visitor, row, (code,), now=now).good


def come_back(room, one, now):
    """Somebody has signed in again."""
    one.visitor = room.visit(one.number, one.reference, now)
    return one


def owners(room, serial):
    """On which authenticators a number stands."""
    with room.databases.reading() as session:
        return session.scalars(select(Authenticator.id).where(Authenticator.serial == serial)).all()


def codes_of(refused):
    return [reason.code for reason in refused.value.verdict.reasons]


TAKE = {"begun": begun, "assigned": assigned}


@pytest.mark.parametrize("take", TAKE)
@pytest.mark.parametrize("late", [timedelta(0), PENDING_FOR, YEAR])
def test_who_has_only_begun_stands_in_nobodys_way(room, serial, take, late):
    mallory, ann = room.person(), room.person()
    theirs = begun(room, mallory, serial)
    row = TAKE[take](room, come_back(room, ann, NOON + late), serial, NOON + late)
    assert owners(room, serial) == [row]
    assert finished(room, ann, row, NOON + late)
    assert room.facts(mallory, theirs).serial is None


@pytest.mark.parametrize("take", TAKE)
def test_who_has_abandoned_what_they_began_stands_in_nobodys_way(room, serial, take):
    mallory, ann = room.person(), room.person()
    begun(room, mallory, serial)
    begun(room, mallory, f"{serial}-other")
    row = TAKE[take](room, ann, serial)
    assert owners(room, serial) == [row]


@pytest.mark.parametrize("take", TAKE)
def test_an_assignment_keeps_its_number_until_it_is_over(room, serial, take):
    ann, other = room.person(), room.person()
    assigned(room, ann, serial)
    for now in (NOON, NOON + ASSIGNED_FOR - timedelta(seconds=1)):
        with pytest.raises(Refused) as wrong:
            TAKE[take](room, come_back(room, other, now), serial, now)
        assert codes_of(wrong) == ["serial_taken"]
    now = NOON + ASSIGNED_FOR
    row = TAKE[take](room, come_back(room, other, now), serial, now)
    assert owners(room, serial) == [row]


@pytest.mark.parametrize("take", TAKE)
def test_an_assignment_that_was_revoked_keeps_nothing(room, serial, take):
    ann, other = room.person(), room.person()
    row = assigned(room, ann, serial)
    revoke(room, ann, row)
    row = TAKE[take](room, other, serial)
    assert owners(room, serial) == [row]


def revoke(room, ann, row):
    with room.change() as session:
        losing.revoke(session, ann.reference, row, actor=MO, now=NOON)


def report_lost(room, ann, row):
    with room.change() as session:
        losing.report_lost(session, ann.reference, row, actor=MO, now=NOON)


def remove(room, ann, row):
    """Whoever removes one has another."""
    seed = seed_for(room.person())
    ann.visitor = ann.visitor._replace(acr="mfa")
    assert finished(room, ann, begun(room, ann, f"GT-{next(SERIALS)}", seed=seed), seed=seed)
    with room.change() as session:
        losing.remove(session, ann.visitor, row, now=NOON)


@pytest.mark.parametrize("first", TAKE)
@pytest.mark.parametrize("take", TAKE)
def test_what_has_given_a_code_keeps_its_number_while_it_is_there(room, serial, first, take):
    ann, other = room.person(), room.person()
    row = TAKE[first](room, ann, serial)
    assert finished(room, ann, row)
    with pytest.raises(Refused) as wrong:
        TAKE[take](room, come_back(room, other, NOON + YEAR), serial, NOON + YEAR)
    assert codes_of(wrong) == ["serial_taken"]
    assert owners(room, serial) == [row]


@pytest.mark.parametrize("end", [revoke, report_lost, remove])
@pytest.mark.parametrize("take", TAKE)
def test_what_has_given_a_code_and_is_over_stands_in_nobodys_way(room, serial, take, end):
    """Else whoever finishes with a secret of their own making has a number of others for ever."""
    mallory, ann = room.person(), room.person()
    theirs = begun(room, mallory, serial)
    assert finished(room, mallory, theirs)
    end(room, mallory, theirs)
    assert owners(room, serial) == [theirs], "it can be read there until somebody wants it"
    row = TAKE[take](room, ann, serial)
    assert owners(room, serial) == [row]


def test_who_is_displaced_still_finishes_and_a_secret_stays_one_persons(room, serial):
    ann, mallory = room.person(), room.person()
    row = begun(room, ann, serial)
    theirs = begun(room, mallory, serial, seed=seed_for(ann))
    assert finished(room, ann, row)
    code = totp.code_of(seed_for(ann), 1)
    with pytest.raises(Refused) as wrong, room.change() as session:
        enrolling.finish(session, room.sealer, mallory.visitor, theirs, (code,), now=NOON)
    assert codes_of(wrong) == ["seed_taken"]


def test_what_is_freed_is_told_and_a_refusal_frees_nothing(room, serial):
    mallory, ann = room.person(), room.person()
    row = begun(room, mallory, serial)

    def told():
        with room.databases.reading() as session:
            return list(session.scalars(select(TrailEntry.action))).count("authenticator.serial_freed")

    before = told()
    with pytest.raises(Refused):
        begun(room, ann, serial, seed=bytes(20))
    assert (owners(room, serial), told()) == ([row], before)
    begun(room, ann, serial)
    assert told() == before + 1


def test_of_many_who_begin_with_one_number_at_once_all_begin_and_one_has_it(room, serial):
    people = [room.person() for _ in range(12)]
    turns = iter(people * 3)
    for rows in race(3, len(people), lambda _: begun(room, next(turns), serial)):
        assert all(isinstance(row, int) for row in rows), rows
    assert len(owners(room, serial)) == 1
    assert set(owners(room, serial)) <= set(rows), "one of the last"


def test_two_who_swap_their_numbers_at_once_both_begin(room):
    def prepare(_turn):
        ann, mallory, numbers = room.person(), room.person(), (f"GT-{next(SERIALS)}", f"GT-{next(SERIALS)}")
        for one, serial in zip((ann, mallory), numbers, strict=True):
            begun(room, one, serial)
        return iter([partial(begun, room, ann, numbers[1]), partial(begun, room, mallory, numbers[0])])

    for outcome in race(8, 2, lambda acts: next(acts)(), prepare):
        assert all(isinstance(row, int) for row in outcome), outcome


def test_a_first_code_and_another_beginning_at_once_leave_one_owner(room):
    def prepare(_turn):
        serial, ann, mallory = f"GT-{next(SERIALS)}", room.person(), room.person()
        row = begun(room, ann, serial)
        about.append((serial, ann, row))
        return iter([partial(finished, room, ann, row), partial(begun, room, mallory, serial)])

    about = []
    outcomes = race(8, 2, lambda acts: next(acts)(), prepare)
    for (serial, ann, row), outcome in zip(about, outcomes, strict=True):
        assert any(one is True for one in outcome), "the code counts, whichever comes first"
        kept = room.facts(ann, row).serial == serial
        assert any(isinstance(one, Refused) for one in outcome) is kept
        assert len(owners(room, serial)) == 1
