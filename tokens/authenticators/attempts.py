"""Counts failures of all second factors of a person in one row, atomically, and failures by kind for the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, case, delete, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from governance.kernel.clock import london_day
from governance.kernel.recorded import UtcDateTime
from governance.ports.actor import Entry
from governance.trail.entries import tell
from tokens.authenticators.models import Authenticator, FactorFailures, SecondFactorAttempts
from tokens.authenticators.rules import ENDED, Finding
from tokens.authenticators.throttling import Attempts, Throttle

INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
UNSYNCHRONISED = {"synchronize_session": False}
ROW = SecondFactorAttempts
COLUMNS = (ROW.failures, ROW.wait_until, ROW.locked_until)


def hold(session: Session, person: int, throttle: Throttle, now: datetime) -> tuple[Finding | None, Attempts]:
    """Take a person's row for this transaction, and say why no code is looked at now; None where one is.

    Whoever comes meanwhile waits for the row: all second factors of one person are judged one after the other.
    """
    held = update(ROW).where(ROW.person_id == person).values(failures=ROW.failures).returning(*COLUMNS)
    row = session.execute(held, execution_options=UNSYNCHRONISED).one_or_none()
    if row is None:
        insert = INSERTS[session.get_bind().dialect.name]
        session.execute(insert(ROW).values(person_id=person, failures=0).on_conflict_do_nothing())
        row = session.execute(held, execution_options=UNSYNCHRONISED).one()
    attempts = Attempts(*row)
    return attempts.closed(throttle, now), attempts


def add_failure(
    session: Session, person: int, authenticator: int | None, throttle: Throttle, now: datetime, entry: Entry
) -> Attempts | None:
    """Count a failure by one statement; None where none is looked at now, so that it is not counted either."""
    counted = (
        update(ROW)
        .where(
            ROW.person_id == person,
            ROW.failures < throttle.stop_at,
            or_(ROW.wait_until.is_(None), ROW.wait_until <= now),
            or_(ROW.locked_until.is_(None), ROW.locked_until <= now),
        )
        .values(
            failures=ROW.failures + 1,
            failed_at=now,
            wait_until=_wait(throttle, now),
            locked_until=_lock(throttle, now),
        )
        .returning(*COLUMNS)
    )
    row = session.execute(counted, execution_options=UNSYNCHRONISED).one_or_none()
    if row is None:
        return None
    if authenticator is not None:
        own = update(Authenticator).where(Authenticator.id == authenticator, Authenticator.person_id == person)
        session.execute(own.values(failures=Authenticator.failures + 1), execution_options=UNSYNCHRONISED)
    tell(session, entry)
    return Attempts(*row)


def forgive(session: Session, person: int, authenticator: int) -> None:
    """After a success forget the failures of the authenticator that was used, and of no other."""
    others = (
        select(func.coalesce(func.sum(Authenticator.failures), 0))
        .where(Authenticator.person_id == person, Authenticator.id != authenticator)
        .where(Authenticator.state.not_in([state.value for state in ENDED]))
        .scalar_subquery()
    )
    cleared = update(ROW).where(ROW.person_id == person).values(failures=others, wait_until=None, locked_until=None)
    session.execute(cleared, execution_options=UNSYNCHRONISED)


def unlock(session: Session, person: int, entry: Entry) -> None:
    """Let a person try again at once; what was counted stays counted towards the stop."""
    freed = update(ROW).where(ROW.person_id == person).values(wait_until=None, locked_until=None)
    session.execute(freed, execution_options=UNSYNCHRONISED)
    tell(session, entry)


def clear(session: Session, person: int) -> None:
    """Begin to count anew: a second person has approved it."""
    values = {"failures": 0, "wait_until": None, "locked_until": None}
    session.execute(update(ROW).where(ROW.person_id == person).values(**values), execution_options=UNSYNCHRONISED)
    own = update(Authenticator).where(Authenticator.person_id == person).values(failures=0)
    session.execute(own, execution_options=UNSYNCHRONISED)


def list_attempts(session: Session, people: Collection[int]) -> Mapping[int, Attempts]:
    """How some people stand; who never failed is not in it."""
    question = select(ROW.person_id, *COLUMNS).where(ROW.person_id.in_(people))
    return {row[0]: Attempts(row[1], row[2], row[3]) for row in session.execute(question)}


def list_locked(session: Session, throttle: Throttle, now: datetime) -> Mapping[int, tuple[Attempts, datetime | None]]:
    """Everybody who is locked out at a moment, and when they failed last: since then."""
    locked = (ROW.failures >= throttle.stop_at) | (ROW.locked_until > now)
    question = select(ROW.person_id, *COLUMNS, ROW.failed_at).where(locked)
    return {row[0]: (Attempts(row[1], row[2], row[3]), row[4]) for row in session.execute(question)}


def list_failures(session: Session, people: Collection[int], since: date) -> list[tuple[int, str, str, int]]:
    """How often some people failed since a day: person, kind of authenticator, kind of failure, times."""
    rows = FactorFailures
    question = (
        select(rows.person_id, rows.kind, rows.finding, func.sum(rows.times))
        .where(rows.person_id.in_(people), rows.day >= since)
        .group_by(rows.person_id, rows.kind, rows.finding)
        .order_by(rows.person_id, rows.kind, rows.finding)
    )
    return [(person, kind, finding, int(times)) for person, kind, finding, times in session.execute(question)]


def forget_failures(session: Session, before: date) -> None:
    """Forget how often anybody failed before a day."""
    session.execute(delete(FactorFailures).where(FactorFailures.day < before), execution_options=UNSYNCHRONISED)


def count_kind(session: Session, person: int, kind: str, finding: Finding, now: datetime) -> None:
    """Count a failure by its kind for the day; never with what was typed."""
    insert = INSERTS[session.get_bind().dialect.name]
    row = {"person_id": person, "day": london_day(now), "kind": kind, "finding": finding.value, "times": 1}
    keys = [FactorFailures.person_id, FactorFailures.day, FactorFailures.kind, FactorFailures.finding]
    added = insert(FactorFailures).values(**row)
    session.execute(added.on_conflict_do_update(index_elements=keys, set_={"times": FactorFailures.times + 1}))


def _moment(moment: datetime) -> Any:
    return literal(moment, UtcDateTime)


def _wait(throttle: Throttle, now: datetime) -> Any:
    moments = {count: _moment(now + timedelta(seconds=wait)) for count, wait in enumerate(throttle.waits)}
    if not moments:
        return None
    last = _moment(now + timedelta(seconds=throttle.waits[-1]))
    return case(moments, value=ROW.failures, else_=last)


def _lock(throttle: Throttle, now: datetime) -> Any:
    locks = (ROW.failures + 1) % throttle.lock_every == 0
    return case((locks, _moment(now + throttle.lock_for)), else_=literal(None, DateTime(timezone=True)))
