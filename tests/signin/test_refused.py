"""Refused sign-ins, on both databases: each is told and counted, and none moves a fact, a change or a revision."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from governance.kernel.recorded import Change
from governance.people.signin.rules import TOLD_EVERY
from governance.people.signin.service import refusing
from governance.people.signin.service.entering import Problem
from governance.people.signin.store import attempts
from governance.ports.actor import Entry
from governance.trail.entries import tell
from governance.trail.models import TrailEntry
from governance.trail.service import verify_trail
from tests.races import race
from tests.signin.people import OPERATOR, OTHER, Place


@pytest.fixture(autouse=True)
def each_minute(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nobody the trail is told once a minute."""
    monkeypatch.setattr(attempts, "TOLD_EVERY", TOLD_EVERY)


class Written(NamedTuple):
    """What the facts database has counted."""

    revision: int
    changes: int
    entries: int


def written(place: Place) -> Written:
    """What it has counted now."""
    with place.databases.reading() as session:
        changes = session.scalars(select(func.count()).select_from(Change)).one()
        entries = session.scalars(select(func.count()).select_from(TrailEntry)).one()
    return Written(place.databases.freshness.current(), changes, entries)


def held(place: Place, ann: str) -> None:
    """Be turned away because too many were wrong."""
    for _ in range(4):
        place.enter(ann, OTHER)
    assert place.enter(ann, OTHER).problem is Problem.HELD


TRIES: list[tuple[str, int, Callable[[Place, str], object]]] = [
    ("a name that nobody has", 1, lambda place, _: place.enter("nobody.there", OTHER)),
    ("a wrong password", 1, lambda place, ann: place.enter(ann, OTHER)),
    ("an address with another password", 1, lambda place, ann: place.enter(f"{ann}@example.org", OTHER)),
    ("five in a row, the last of them held", 5, held),
    ("a link for nobody", 1, lambda place, _: place.recover("nobody.there")),
]


@pytest.mark.parametrize(("says", "told", "do"), TRIES, ids=[says for says, _, _ in TRIES])
def test_what_strangers_try_is_told_and_moves_no_revision(
    shared: Place, says: str, told: int, do: Callable[[Place, str], object]
) -> None:
    ann = shared.member()
    shared.now += timedelta(minutes=2)
    before = written(shared)
    do(shared, ann)
    after = written(shared)
    assert after == Written(before.revision, before.changes, before.entries + told), says
    assert verify_trail(shared.databases).damages == []


def test_a_link_that_is_mailed_is_a_change(shared: Place) -> None:
    ann = shared.member()
    before = written(shared)
    assert shared.recover(ann)
    after = written(shared)
    assert (after.revision, after.changes) == (before.revision + 1, before.changes + 1)


def test_refusals_and_changes_at_once_are_one_chain(shared: Place) -> None:
    """Whoever tells without a change takes its turn with those who seal one: no entry is lost, none told twice."""
    ann = shared.member()
    refusing.tell_strangers(shared.databases, shared.now + timedelta(hours=1))
    shared.now += timedelta(hours=2)
    before, turn = written(shared), iter(range(1000))

    def act(_round: object) -> object:
        number = next(turn)
        if number % 4:
            return shared.enter(f"nobody.{number}", OTHER)
        return shared.change(lambda session: tell(session, Entry("test.done", OPERATOR, {"person": ann})))

    race(1, 16, act)
    after = written(shared)
    assert after == Written(before.revision + 4, before.changes + 4, before.entries + 5)
    refusing.tell_strangers(shared.databases, shared.now + timedelta(minutes=1))
    times = [body["times"] for _, body in shared.told("sign_in.refused") if body.get("failure") == "unknown"]
    assert times[-2:] == [1, 11]
    assert verify_trail(shared.databases).damages == []
