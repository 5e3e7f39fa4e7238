"""Facts for these tests: a system's own days, opened and closed under its name."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.recorded import (
    Change,
    ChangeKey,
    FactKey,
    change_of,
    close,
    record,
    seen,
)
from policies.models import SystemStatus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def key(system: str) -> FactKey:
    """The key of a system's days."""
    return FactKey("system", 0, system)


def write(session: Session, system: str) -> None:
    """Open a fact."""
    record(session, SystemStatus, [{"system": system}], [key(system)])


def shut(session: Session, system: str) -> None:
    """Close a system's fact that stands."""
    stands = session.scalars(
        select(SystemStatus.id).where(
            SystemStatus.system == system, seen(SystemStatus, change_of(session).base_revision)
        )
    )
    close(session, SystemStatus, list(stands), [key(system)])


def add(databases: Databases, system: str) -> None:
    """Open a fact in a change of its own."""
    with databases.change("test", NOON) as session:
        write(session, system)


def standing(databases: Databases, at: int | None = None) -> list[str]:
    """The systems whose facts stand at a revision, or now."""
    revision = databases.freshness.current() if at is None else at
    with databases.reading() as session:
        found = session.scalars(select(SystemStatus.system).where(seen(SystemStatus, revision)))
        return sorted(found)


def left_over(databases: Databases) -> tuple[int, int, int]:
    """How many facts, logged keys and changes there are."""
    with databases.reading() as session:
        counted = [
            session.scalar(select(func.count()).select_from(table)) for table in (SystemStatus, ChangeKey, Change)
        ]
    return counted[0] or 0, counted[1] or 0, counted[2] or 0
