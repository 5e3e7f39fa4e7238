"""Applies rows as one change: a new fact is opened, a differing one closed and opened anew, an equal one left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy.orm import Session

from governance.exchange.checking import Checked, Doubt, Rows, check_rows
from governance.exchange.meant import with_nearest
from governance.exchange.names import KnownNames, identities, introduced
from governance.exchange.reading import MOST_FAULTS
from governance.exchange.standing import PART, check_kept, compare, resolved
from governance.exchange.unsaid import as_bytes, unsaid_of
from governance.exchange.versions import unknown_versions
from governance.kernel.db import Databases, LongChange
from governance.kernel.errors import BadInput, Fault
from governance.kernel.recorded import change_of, close, record, touch
from governance.kernel.toml import Document
from governance.kernel.toml_lines import Path_
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Change, Sheet
from governance.trail.entries import tell

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an application did, by sheet."""

    sheets: Mapping[str, Change]

    @property
    def changed(self) -> int:
        """How many facts were opened or closed."""
        return sum(change.opened + change.closed for change in self.sheets.values())


class Ending(NamedTuple):
    """A fact that ends although no row says so: the row that stands, and what follows it (nothing: it is withdrawn)."""

    sheet: str
    old: dict[str, Any]
    new: dict[str, Any] | None


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
    document = where if isinstance(where, Document) else Document(where, {}, {})
    with databases.reading() as session:
        checked = check_rows(session, sheets, rows)
        checked.doubts += unknown_versions(session, sheets, rows, checked)
        doubts = [*with_nearest(session, sheets, rows, checked.doubts), *check_kept(session, sheets, rows, checked)]
    if doubts:
        raise BadInput([told(document, doubt) for doubt in doubts[:MOST_FAULTS]])
    entry = Entry("facts.applied", actor, {"from": document.name})
    return apply_checked(databases, sheets, rows, checked, entry=entry, now=now, progress=progress)


def told(document: Document, doubt: Doubt, row: Path_ = ()) -> Fault:
    """A doubt as the fault of a document, in which the row stands elsewhere than in its sheet where `row` says so."""
    value = "" if doubt.value is None else f": {doubt.value!r}"
    if doubt.earlier >= 0:
        doubt = doubt.beside(document.line((doubt.sheet, doubt.earlier)))
    return document.fault((*(row or (doubt.sheet, doubt.number)), *doubt.path), f"{doubt.problem}{value}", doubt.cure)


def apply_checked(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    rows: Rows,
    checked: Checked,
    *,
    entry: Entry,
    now: datetime,
    endings: Sequence[Ending] = (),
    progress: Progress | None = None,
) -> Applied:
    """Apply rows that were looked at and found good, then the endings; the trail is told what was done."""
    done: dict[str, Change] = {}
    with databases.long_change(str(entry.actor), now) as change:
        introduce(change, sheets, rows, checked.names)
        change.change.relies = (checked.at, relied_on(sheets, rows, checked.names))
        for name, sheet in sheets.items():
            if rows.get(name):
                done[name] = apply_sheet(change, sheet, rows[name], checked, progress)
        for name in {ending.sheet: None for ending in endings}:
            done[name] = end_facts(change, sheets[name], [one for one in endings if one.sheet == name], done.get(name))
        counts = {name: {"opened": one.opened, "closed": one.closed} for name, one in done.items()}
        details = {**entry.details, "counts": counts, "digest": digest_of_rows(rows)}
        with change.part() as session:
            tell(session, replace(entry, details=details))
    return Applied(done)


def relied_on(sheets: Mapping[str, Sheet], rows: Rows, names: KnownNames) -> frozenset[str]:
    """The kinds of fact that the look at some rows relied on: their own, and those of what they refer to."""
    found: set[str] = set()
    for name, sheet in sheets.items():
        first = resolved(sheet, rows.get(name, ()), range(min(1, len(rows.get(name, ())))), names, {})
        for row in first:
            found |= {key.kind for key in sheet.keys(row)} | {kind for _, kind in sheet.refers}
            found |= {kind for *_, kind in sheet.mentions}
    return frozenset(found)


def introduce(change: LongChange, sheets: Mapping[str, Sheet], rows: Rows, names: KnownNames) -> None:
    """Bring the identities of all rows into being."""
    tables = identities(sheets)
    for kind, references in introduced(sheets, rows).items():
        for part in parts(sorted(references)):
            with change.part() as session:
                names.introduce(session, kind, tables[kind], part)


def apply_sheet(
    change: LongChange, sheet: Sheet, rows: Sequence[dict[str, Any]], checked: Checked, progress: Progress | None
) -> Change:
    """Apply the rows of one sheet, part by part."""
    total = Change()
    for start in range(0, len(rows), PART):
        part = resolved(sheet, rows, range(start, min(start + PART, len(rows))), checked.names, checked.repeats)
        if part:
            with change.part() as session:
                one = apply_part(session, sheet, part)
            total = Change(total.opened + one.opened, total.closed + one.closed, total.same + one.same)
        if progress is not None:
            progress(len(part))
    return total


def apply_part(session: Session, sheet: Sheet, rows: Sequence[dict[str, Any]]) -> Change:
    """Compare some rows with what stands, close what differs, open what is new."""
    compared = compare(session, sheet, rows, change_of(session).base_revision)
    replace_rows(
        session, sheet, [old for old, _ in compared.changed], compared.new + [new for _, new in compared.changed]
    )
    return Change(len(compared.new) + len(compared.changed), len(compared.changed), compared.same)


def replace_rows(
    session: Session, sheet: Sheet, closed: Sequence[dict[str, Any]], opened: Sequence[dict[str, Any]]
) -> None:
    """Close rows that stand and open others."""
    if closed:
        close(session, sheet.model, [old["id"] for old in closed], {key for old in closed for key in sheet.keys(old)})
    if opened:
        record(session, sheet.model, opened, {key for row in opened for key in sheet.keys(row)})
    if sheet.further is not None:
        touch(session, sheet.further(session, [*closed, *opened]))


def end_facts(change: LongChange, sheet: Sheet, endings: Sequence[Ending], done: Change | None) -> Change:
    """End facts part by part; what was done comes on top of what the sheet's own rows did."""
    total = done or Change()
    for part in parts(endings):
        opened = [ending.new for ending in part if ending.new is not None]
        with change.part() as session:
            replace_rows(session, sheet, [ending.old for ending in part], opened)
        total = Change(total.opened + len(opened), total.closed + len(part), total.same)
    return total


def parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Rows in portions of one short transaction each."""
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]


def digest_of_rows(rows: Rows) -> str:
    """SHA-256 of all rows in a canonical form, for the trail: neither their order nor the form of the file counts.

    It covers each sheet's name, in the order of the alphabet, and the sorted digests of its rows as JSON, each with
    what it does not say.
    """
    whole = hashlib.sha256()
    for name in sorted(rows):
        whole.update(name.encode())
        lines = (
            orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS) + as_bytes(unsaid_of(row)) for row in rows[name]
        )
        for digest in sorted(hashlib.sha256(line).digest() for line in lines):
            whole.update(digest)
    return whole.hexdigest()
