"""Counts failures in a row. One statement counts each try before it is looked at, so no race gives a guess more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from governance.kernel.recorded import UtcDateTime
from governance.people.signin.models import SignInAttempts
from governance.people.signin.rules import NO_END, STOPPED, TOLD_EVERY, Patience


class Turn(NamedTuple):
    """Whether somebody may try: `held_until` is set where not; `is_familiar` says that it has gone well here before."""

    held_until: datetime | None
    is_familiar: bool = False


class Held(NamedTuple):
    """A count that holds tries back; where `counted` is the `subject` itself, it is that of all places together."""

    counted: bytes
    subject: bytes
    failures: int
    last_at: datetime
    held_until: datetime


AT_A_TIME = 500
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def take_turn(session: Session, subject: bytes, counted: bytes, patience: Patience, now: datetime) -> Turn:
    """Count a try as a failure, unless the one before is still being waited for. What goes well is forgiven after."""
    failures: Any = SignInAttempts.failures + 1
    if patience.forgets is not None:
        failures = case((SignInAttempts.last_at <= now - patience.forgets, 1), else_=failures)
    holds = [(patience.most, STOPPED), *((many, now + wait) for many, wait in reversed(patience.steps))]
    until = case(*((failures >= many, literal(end, UtcDateTime)) for many, end in holds), else_=None)
    insert = INSERTS[session.get_bind().dialect.name](SignInAttempts)
    row = session.execute(
        insert.values(counted=counted, subject=subject, failures=1, last_at=now)
        .on_conflict_do_update(
            index_elements=[SignInAttempts.counted],
            set_={"failures": failures, "held_until": until, "last_at": now},
            where=SignInAttempts.held_until.is_(None) | (SignInAttempts.held_until <= now),
        )
        .returning(SignInAttempts.good_at)
    ).one_or_none()
    if row is not None:
        return Turn(None, row[0] is not None)
    held = select(SignInAttempts.held_until, SignInAttempts.good_at).where(SignInAttempts.counted == counted)
    held_until, good_at = session.execute(held).one()
    return Turn(held_until, good_at is not None)


def take_one(session: Session, counted: bytes, most: int, now: datetime) -> bool:
    """Count one more of at most so many; whether there was one left."""
    insert = INSERTS[session.get_bind().dialect.name](SignInAttempts)
    one_more = insert.values(counted=counted, subject=counted, failures=1, last_at=now).on_conflict_do_update(
        index_elements=[SignInAttempts.counted],
        set_={"failures": SignInAttempts.failures + 1, "last_at": now},
        where=SignInAttempts.failures < most,
    )
    return session.execute(one_more.returning(SignInAttempts.failures)).first() is not None


def give_one_back(session: Session, counted: bytes) -> None:
    """Count one less."""
    some = (SignInAttempts.counted == counted, SignInAttempts.failures > 0)
    session.execute(update(SignInAttempts).where(*some).values(failures=SignInAttempts.failures - 1))


def count_of(session: Session, counted: bytes) -> int:
    """How many are counted."""
    return session.scalars(select(SignInAttempts.failures).where(SignInAttempts.counted == counted)).one_or_none() or 0


def count_untold(session: Session, counted: bytes, now: datetime) -> int:
    """Count one more that waits to be told; how many are to be told now, or none where some were within the minute."""
    take_one(session, counted, NO_END, now)
    return take_untold(session, counted, now)


def take_untold(session: Session, counted: bytes, now: datetime) -> int:
    """How many are to be told now; from now on they are. `good_at` is when some were told last.

    The row is held first: of two who come at once, one tells.
    """
    row = SignInAttempts
    due = (row.counted == counted, row.failures > 0, row.good_at.is_(None) | (row.good_at <= now - TOLD_EVERY))
    times = session.scalars(select(row.failures).where(*due).with_for_update()).one_or_none()
    if times:
        session.execute(update(row).where(row.counted == counted).values(failures=0, good_at=now))
    return times or 0


def forgive(session: Session, counted: bytes, now: datetime | None = None) -> None:
    """Begin to count anew; with a moment, it is also noted that it went well here then."""
    good = {"good_at": now} if now is not None else {}
    session.execute(
        update(SignInAttempts).where(SignInAttempts.counted == counted).values(failures=0, held_until=None, **good)
    )


def forgive_all(session: Session, subject: bytes) -> None:
    """Begin to count anew everywhere: somebody has shown in another way who they are, or was set free.

    The count of all places together comes last, as it does where a try is counted: so neither waits for the other.
    """
    of_all = SignInAttempts.counted == subject
    for which in (~of_all, of_all):
        anew = update(SignInAttempts).where(SignInAttempts.subject == subject, which)
        session.execute(anew.values(failures=0, held_until=None))


def forgive_familiar(session: Session, subject: bytes) -> None:
    """Begin to count anew at the places where it has gone well before, and at no others."""
    familiar = (SignInAttempts.subject == subject, SignInAttempts.good_at.is_not(None))
    session.execute(update(SignInAttempts).where(*familiar).values(failures=0, held_until=None))


def list_held(session: Session, now: datetime) -> list[Held]:
    """Every count that holds tries back at a moment, of whatever kind."""
    row = SignInAttempts
    columns: tuple[Any, ...] = (row.counted, row.subject, row.failures, row.last_at, row.held_until)
    return [Held(*found) for found in session.execute(select(*columns).where(row.held_until > now))]


def remove_strangers(session: Session, before: datetime, known: Collection[bytes], after: bytes) -> bytes | None:
    """Remove some of what was last counted before a moment, is no known subject's, and never went well.

    The counts are gone through in their order; the last one looked at is the answer, None at the end.
    """
    row = SignInAttempts
    old = (row.last_at < before, row.good_at.is_(None))
    some = select(row.counted, row.subject).where(row.counted > after, *old).order_by(row.counted).limit(AT_A_TIME)
    found = session.execute(some).all()
    gone = [counted for counted, subject in found if subject not in known]
    session.execute(delete(row).where(row.counted.in_(gone), *old))
    return found[-1][0] if found else None


def remove_old(session: Session, before: datetime) -> int:
    """Remove what was last counted before a moment; who was stopped stays stopped."""
    standing = SignInAttempts.held_until.is_not(None) & (SignInAttempts.held_until >= STOPPED)
    gone = session.execute(delete(SignInAttempts).where(SignInAttempts.last_at < before, ~standing))
    return int(gone.rowcount)  # type: ignore[attr-defined]
