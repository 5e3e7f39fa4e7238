"""Recorded facts: rows that are opened and closed by changes, never overwritten, and the revisions that number them.

A change takes its revision from the one ledger row just before it commits, so numbers follow commit order on both
databases; rows of a change without a number are seen by nobody. See docs/decisions/0002-facts-and-revisions.md.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import (
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    declared_attr,
    mapped_column,
)

from governance.kernel import clock
from governance.kernel.bulk import among, insert_rows
from governance.kernel.errors import Conflict
from governance.kernel.ids import random_bytes
from governance.kernel.keys import FactKey

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, ColumnElement

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
BATCH = 400


class Base(DeclarativeBase):
    """The ground of every facts table."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware, kept in UTC on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ledger(Base):
    """The one row that counts revisions and carries the head of the administrative chain."""

    __tablename__ = "ledger"
    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    entries: Mapped[int]
    head: Mapped[str] = mapped_column(String(43))


class Change(Base):
    """One change: who, what, and, once sealed, its revision. Rows of an unsealed change are seen by nobody."""

    __tablename__ = "change"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    actor: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    base_revision: Mapped[int]
    revision: Mapped[int | None] = mapped_column(unique=True)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChangeKey(Base):
    """The change log: which keys a change touched, so that a worker knows what to drop."""

    __tablename__ = "change_key"
    change_id: Mapped[int] = mapped_column(ForeignKey("change.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)


CHANGE_KEYS: Any = ChangeKey.__table__


class Recorded:
    """A fact's row: what it says, the days it holds in the world, the changes that recorded it and that closed it.

    `starts_on` and `ends_on` are inclusive days in London; no end is an open one. The digest covers the values under
    a salt of its own, so that erasure can blank both values and salt and leave nothing to guess from.
    """

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))

    @declared_attr
    @classmethod
    def recorded_by(cls) -> Mapped[int]:
        """The change that opened this row."""
        return mapped_column(ForeignKey("change.id"), index=True)

    @declared_attr
    @classmethod
    def closed_by(cls) -> Mapped[int | None]:
        """The change that closed it; empty while it stands."""
        return mapped_column(ForeignKey("change.id"), index=True)

    @declared_attr
    @classmethod
    def erased_by(cls) -> Mapped[int | None]:
        """The change that erased its values."""
        return mapped_column(ForeignKey("change.id"))


OPENED, CLOSED = Change.__table__.alias("opened"), Change.__table__.alias("closed")


def seen(model: type[Recorded], at: int | BindParameter[int]) -> ColumnElement[bool]:
    """The condition that a row stood at a revision: recorded by then, and not closed by then."""
    row: Any = model.__table__.c  # type: ignore[attr-defined]
    opened_by_then: ColumnElement[bool] = exists().where(OPENED.c.id == row.recorded_by, OPENED.c.revision <= at)
    closed_by_then: ColumnElement[bool] = exists().where(CLOSED.c.id == row.closed_by, CLOSED.c.revision <= at)
    return and_(opened_by_then, or_(row.closed_by.is_(None), ~closed_by_then))


def digest_of(values: Mapping[str, Any], salt: bytes) -> bytes:
    """The digest of a row's values under its salt."""
    return hashlib.sha256(salt + orjson.dumps(values, default=bytes.hex, option=orjson.OPT_SORT_KEYS)).digest()


SealHook = Callable[[Session, int], None]


@dataclass(slots=True)
class OpenChange:
    """A change under way: its number, what it was compared against, what it touched and closed, what its seal does.

    It may rely on what was seen at a revision before it began: `relies` has that revision, and the kinds of the facts.
    """

    id: int
    actor: str
    base_revision: int
    keys: set[FactKey] = field(default_factory=set)
    closed: Counter[type[Any]] = field(default_factory=Counter)
    hooks: list[SealHook] = field(default_factory=list)
    relies: tuple[int, frozenset[str]] = (0, frozenset())


def change_of(session: Session) -> OpenChange:
    """The change that this session writes under; to write without one is a mistake of the program."""
    found = session.info.get("change")
    if not isinstance(found, OpenChange):
        raise RuntimeError("facts are written under a change only")
    return found


def touch(session: Session, keys: Iterable[FactKey]) -> None:
    """Note in the change log that these keys have changed."""
    change = change_of(session)
    new = [key for key in set(keys) if key not in change.keys]
    change.keys.update(new)
    rows = [{"change_id": change.id, "kind": key.kind, "number": key.number, "name": key.name} for key in new]
    insert_rows(session, CHANGE_KEYS, rows)


def record(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]], keys: Iterable[FactKey]) -> None:
    """Open rows of a recorded table under the session's change, and log the keys they touch."""
    change = change_of(session)
    filled = []
    for row in rows:
        salt = random_bytes(16)
        filled.append({**row, "recorded_by": change.id, "salt": salt, "digest": digest_of(row, salt)})
    insert_rows(session, model.__table__, filled)
    touch(session, keys)


def close(session: Session, model: type[Any], ids: Collection[int], keys: Iterable[FactKey]) -> None:
    """Close rows under the session's change; raise `Conflict` where one was closed meanwhile.

    A row that only an unsealed change has closed is still open: whoever seals first wins, and the other is refused.
    """
    change = change_of(session)
    ordered = sorted(ids)
    for at in range(0, len(ordered), BATCH):
        mine = among(session, model.id, ordered[at : at + BATCH])
        closers = list(session.scalars(select(model.closed_by).where(mine).with_for_update()))
        others = {closer for closer in closers if closer is not None and closer != change.id}
        if len(closers) != len(ordered[at : at + BATCH]) or any_sealed(session, others):
            raise Conflict("some of these facts were changed by somebody else meanwhile; look again and repeat")
        session.execute(
            update(model).where(mine).values(closed_by=change.id), execution_options={"synchronize_session": False}
        )
        change.closed[model] += len(closers) - closers.count(change.id)
    touch(session, keys)


def any_sealed(session: Session, changes: Collection[int]) -> bool:
    """Whether any of these changes is sealed; none of those that are not can be before this transaction has ended."""
    if not changes:
        return False
    found = session.scalars(select(Change.revision).where(Change.id.in_(changes)).with_for_update(read=True))
    return any(revision is not None for revision in found)


def erase_row(session: Session, model: type[Any], row_id: int, columns: Sequence[str]) -> None:
    """Blank a row's columns and its salt; row, days and digest stay. The caller has closed it and tells the trail."""
    table = model.__table__
    blank = {name: None if table.c[name].nullable else "" for name in columns}
    session.execute(update(model).where(model.id == row_id).values(**blank, salt=None, erased_by=change_of(session).id))


def seal(session: Session) -> int:
    """Give the change its revision: the last statements before commit, so that numbers follow commit order.

    It is sealed at this very moment, however long it took or waited to be written, and never before the revision before
    it: the order of moments is the order of revisions, and what was answered until then was answered without it.
    """
    change = change_of(session)
    refuse_losses(session, change)
    revision = session.execute(
        update(Ledger).values(revision=Ledger.revision + 1).returning(Ledger.revision)
    ).scalar_one()
    refuse_conflicts(session, change)
    refuse_outdated(session, change)
    for hook in change.hooks:
        hook(session, revision)
    last = session.scalars(select(Change.sealed_at).where(Change.revision == revision - 1)).one_or_none()
    now = clock.now()
    sealed_at = now if last is None else max(now, last)
    session.execute(update(Change).where(Change.id == change.id).values(revision=revision, sealed_at=sealed_at))
    return revision


def refuse_losses(session: Session, change: OpenChange) -> None:
    """Raise `Conflict` where another change has closed a row over this one, or this one was swept.

    The change's row is locked first, so that nobody can begin to close its rows between this look and its seal.
    """
    own = select(Change.id).where(Change.id == change.id).with_for_update(key_share=True)
    kept = session.scalars(own).one_or_none() is not None and all(
        session.scalars(select(func.count()).where(model.closed_by == change.id)).one() == count
        for model, count in change.closed.items()
    )
    if not kept:
        raise Conflict("somebody else changed the same facts meanwhile; nothing was applied, please repeat")


def refuse_conflicts(session: Session, change: OpenChange) -> None:
    """Raise `Conflict` where a change sealed since this one began has touched one of its keys."""
    mine, theirs = aliased(ChangeKey), aliased(ChangeKey)
    same = (mine.kind == theirs.kind) & (mine.number == theirs.number) & (mine.name == theirs.name)
    crossed = session.execute(
        select(theirs.kind, func.count())
        .join(Change, Change.id == theirs.change_id)
        .where(Change.revision > change.base_revision, Change.id != change.id)
        .where(exists().where(mine.change_id == change.id, same))
        .group_by(theirs.kind)
    ).all()
    if crossed:
        what = ", ".join(f"{count} of kind {kind}" for kind, count in crossed)
        raise Conflict(f"somebody else changed the same facts meanwhile ({what}); nothing was applied, please repeat")


def refuse_outdated(session: Session, change: OpenChange) -> None:
    """Raise `Conflict` where a change sealed since this one's facts were looked at has touched a kind it relies on."""
    since, kinds = change.relies
    later = (
        select(ChangeKey.kind)
        .join(Change, Change.id == ChangeKey.change_id)
        .where(Change.revision > since, Change.id != change.id, ChangeKey.kind.in_(kinds))
    )
    kind = session.scalars(later.limit(1)).first() if kinds else None
    if kind is not None:
        told = f"somebody else changed facts of kind {kind} after these were looked at"
        raise Conflict(f"{told}; nothing was applied, please repeat")


def keys_since(session: Session, after: int, upto: int, limit: int) -> list[FactKey]:
    """The keys that changes after one revision and up to another have touched, at most so many."""
    found = session.execute(
        select(ChangeKey.kind, ChangeKey.number, ChangeKey.name)
        .join(Change, Change.id == ChangeKey.change_id)
        .where(Change.revision > after, Change.revision <= upto)
        .limit(limit)
    )
    return [FactKey(*row) for row in found]


def revision_before(session: Session, moment: datetime) -> int:
    """The last revision sealed at or before a moment; 0 when there was none."""
    return session.execute(select(func.max(Change.revision)).where(Change.sealed_at <= moment)).scalar_one() or 0
