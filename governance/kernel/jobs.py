"""A job: work that is done again and again by the clock, in a process of its own, each time once.

A run is a row of its own, named by the job and its slot: the moment of the clock for which it is done. Whoever writes
the row does the work. It is held for a while and held on to while the work goes on; whoever comes after that while
may take it up, and the first is then refused whatever it writes late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from governance.kernel.ids import random_name
from governance.kernel.recorded import Base, UtcDateTime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=60)
SLOTS_KEPT = 200
LOCK = 7_401_227
"""With the job's name it makes the number of the lock under which runs are taken on PostgreSQL."""

RUNNING, DONE, FAILED, CUT_OFF = "running", "done", "failed", "cut off"


@dataclass(frozen=True, slots=True)
class Job:
    """Work for every so often; `run` is given the service and the moment, and is safe to repeat.

    `after` shifts its slots: a job for every day `after` three hours is due at 03:00 UTC. One that goes `alongside`
    itself may begin a slot while an earlier one is still under way.
    """

    name: str
    every: timedelta
    run: Callable[[Any, datetime], None]
    says: str
    after: timedelta = timedelta(0)
    alongside: bool = False
    lease: timedelta = LEASE


class JobRun(Base):
    """One run of a job: which slot, who has it until when, and how it ended."""

    __tablename__ = "job_run"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    claim: Mapped[str] = mapped_column(String(40))
    held_until: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str] = mapped_column(String(60))


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that is ours to do, until somebody takes it up because we held it no longer."""

    name: str
    slot: datetime
    claim: str


def slot_of(job: Job, now: datetime) -> datetime:
    """The newest slot of a job: after a long sleep only this one is done, and once."""
    return now - (now - EPOCH - job.after) % job.every


def take(session: Session, job: Job, slot: datetime, now: datetime) -> Taken | None:
    """Take a run of a job, or None where somebody has it or had it. The transaction must be one that writes."""
    alone(session, job.name)
    held = select(JobRun.slot).where(JobRun.name == job.name, JobRun.state == RUNNING, JobRun.held_until > now)
    if not job.alongside and session.scalars(held.limit(1)).first() is not None:
        return None
    taken = Taken(job.name, slot, random_name(20))
    if not (insert_slot(session, taken, job.lease, now) or take_up(session, taken, job.lease, now)):
        return None
    cut_off = update(JobRun).where(JobRun.name == job.name, JobRun.slot < slot, JobRun.state == RUNNING)
    session.execute(cut_off.where(JobRun.held_until <= now).values(state=CUT_OFF, ended_at=now))
    old = delete(JobRun).where(JobRun.name == job.name, JobRun.slot < slot - job.every * SLOTS_KEPT)
    session.execute(old.where(JobRun.state != RUNNING))
    return taken


def alone(session: Session, name: str) -> None:
    """Let one process at a time take runs of a job; on SQLite the transaction itself sees to it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:name))"), {"lock": LOCK, "name": name})


def insert_slot(session: Session, taken: Taken, lease: timedelta, now: datetime) -> bool:
    """Write the row of a slot; whether it was not there yet."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(JobRun.__table__).values(
        name=taken.name, slot=taken.slot, state=RUNNING, claim=taken.claim, held_until=now + lease,
        attempts=1, started_at=now, ended_at=None, fault="",
    )  # fmt: skip
    return session.execute(row.on_conflict_do_nothing().returning(JobRun.slot)).first() is not None


def take_up(session: Session, taken: Taken, lease: timedelta, now: datetime) -> bool:
    """Take up a run whose holder was killed; whether it was left."""
    left = update(JobRun).where(JobRun.name == taken.name, JobRun.slot == taken.slot, JobRun.state == RUNNING)
    values = {"claim": taken.claim, "held_until": now + lease, "attempts": JobRun.attempts + 1, "started_at": now}
    return rows(session, left.where(JobRun.held_until <= now).values(values)) == 1


def hold(session: Session, taken: Taken, until: datetime) -> bool:
    """Hold a run for longer; False when somebody else has taken it up."""
    return rows(session, ours(taken).values(held_until=until)) == 1


def end(session: Session, taken: Taken, fault: str, now: datetime) -> bool:
    """Note how a run ended; False, and nothing noted, when somebody else has taken it up."""
    state = FAILED if fault else DONE
    return rows(session, ours(taken).values(state=state, fault=fault[:60], ended_at=now)) == 1


def ours(taken: Taken) -> Any:
    """The statement that changes a run only while it is still ours."""
    return update(JobRun).where(
        JobRun.name == taken.name, JobRun.slot == taken.slot, JobRun.claim == taken.claim, JobRun.state == RUNNING
    )


def rows(session: Session, statement: Any) -> int:
    """How many rows a statement changed."""
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def last_run(session: Session, name: str) -> JobRun | None:
    """The newest run of a job."""
    return session.scalars(
        select(JobRun).where(JobRun.name == name).order_by(JobRun.started_at.desc()).limit(1)
    ).one_or_none()


def find_run(session: Session, taken: Taken) -> JobRun | None:
    """A run as it stands."""
    return session.get(JobRun, (taken.name, taken.slot), populate_existing=True)
