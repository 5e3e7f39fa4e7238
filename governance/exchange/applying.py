"""Applies rows as one change: a new fact is opened, a differing one closed and opened anew, an equal one left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.names import KnownNames, identities, introduced, refuse_unknown
from governance.exchange.reading import Rows
from governance.kernel.db import Databases, LongChange
from governance.kernel.errors import BadInput
from governance.kernel.recorded import BATCH, change_of, close, record, seen, touch
from governance.kernel.toml import Document
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Change, Sheet
from governance.trail.entries import tell

PART = 2000
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an application did, by sheet."""

    sheets: Mapping[str, Change]

    @property
    def changed(self) -> int:
        """How many facts were opened or closed."""
        return sum(change.opened + change.closed for change in self.sheets.values())


def apply_rows(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    rows: Rows,
    *,
    actor: Actor,
    now: datetime,
    where: str | Document,
    progress: Progress | None = None,
) -> Applied:
    """Apply rows, all or nothing, in short transactions that nobody waits for; raise `BadInput` or `Conflict`."""
    names = KnownNames()
    document = where if isinstance(where, Document) else Document(where, {}, {})
    with databases.reading() as session:
        refuse_unknown(session, sheets, rows, names, document)
    done: dict[str, Change] = {}
    with databases.long_change(str(actor), now) as change:
        introduce(change, sheets, rows, names)
        for name, sheet in sheets.items():
            if rows.get(name):
                done[name] = apply_sheet(change, sheet, rows[name], names, document, progress)
        with change.part() as session:
            counts = {name: {"opened": one.opened, "closed": one.closed} for name, one in done.items()}
            tell(
                session,
                Entry(
                    "facts.applied", actor, {"from": document.name, "counts": counts, "digest": digest_of_rows(rows)}
                ),
            )
    return Applied(done)


def introduce(change: LongChange, sheets: Mapping[str, Sheet], rows: Rows, names: KnownNames) -> None:
    """Bring the identities of all rows into being."""
    tables = identities(sheets)
    for kind, references in introduced(sheets, rows).items():
        for part in parts(sorted(references)):
            with change.part() as session:
                names.introduce(session, kind, tables[kind], part)


def apply_sheet(
    change: LongChange,
    sheet: Sheet,
    rows: Sequence[dict[str, Any]],
    names: KnownNames,
    document: Document,
    progress: Progress | None,
) -> Change:
    """Apply the rows of one sheet, part by part."""
    resolved = distinct(sheet, [sheet.resolve(row, names) for row in rows], document)
    total = Change()
    for part in parts(resolved):
        with change.part() as session:
            one = apply_part(session, sheet, part)
        total = Change(total.opened + one.opened, total.closed + one.closed, total.same + one.same)
        if progress is not None:
            progress(len(part))
    return total


def distinct(sheet: Sheet, resolved: Sequence[dict[str, Any]], document: Document) -> list[dict[str, Any]]:
    """Rows, each fact once; raise `BadInput` where two rows say different things of the same fact."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    faults = []
    for number, row in enumerate(resolved):
        kept = found.setdefault(tuple(row[column] for column in sheet.natural), row)
        if kept != row:
            problem = "says something else of a fact that an earlier row states"
            faults.append(document.fault((sheet.name, number), problem, "Keep one of them."))
    if faults:
        raise BadInput(faults)
    return list(found.values())


def apply_part(session: Session, sheet: Sheet, rows: Sequence[dict[str, Any]]) -> Change:
    """Compare some rows with what stands, close what differs, open what is new."""
    columns = tuple(rows[0])
    standing = {
        tuple(row[column] for column in sheet.natural): row for row in standing_rows(session, sheet, rows, columns)
    }
    opened, closed, same = [], [], 0
    for row in rows:
        old = standing.get(tuple(row[column] for column in sheet.natural))
        if old is not None and all(old[column] == row[column] for column in columns):
            same += 1
            continue
        if old is not None:
            closed.append(old)
        opened.append(row)
    if closed:
        close(session, sheet.model, [old["id"] for old in closed], {key for old in closed for key in sheet.keys(old)})
    if opened:
        record(session, sheet.model, opened, {key for row in opened for key in sheet.keys(row)})
        if sheet.further is not None:
            touch(session, sheet.further(session, opened))
    return Change(len(opened), len(closed), same)


def standing_rows(
    session: Session, sheet: Sheet, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """The rows that stand of the same owners."""
    model, at = sheet.model, change_of(session).base_revision
    wanted = sorted({row[sheet.owner] for row in rows})
    picked = [model.id, *(getattr(model, column) for column in columns)]
    for start in range(0, len(wanted), BATCH):
        owners = getattr(model, sheet.owner).in_(wanted[start : start + BATCH])
        for found in session.execute(select(*picked).where(owners, seen(model, at))):
            yield dict(zip(("id", *columns), found, strict=True))


def parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Rows in portions of one short transaction each."""
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]


def digest_of_rows(rows: Rows) -> str:
    """A digest of all rows in a canonical form, for the trail."""
    return hashlib.sha256(orjson.dumps(rows, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()
