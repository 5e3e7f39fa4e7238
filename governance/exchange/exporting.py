"""Writes all facts that stand as a folder that an import reads: CSV in UTF-8 with a mark, so that Excel opens it."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.unfolding import References, cells_of, columns_for, fact_columns, row_of
from governance.kernel.db import Databases
from governance.kernel.errors import Conflict
from governance.kernel.recorded import Ledger, seen
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Sheet
from governance.trail.entries import tell

Row = dict[str, Any]
Progress = Callable[[str, int], None]
MANY = 2000


@dataclass(slots=True)
class Standing:
    """All facts that stood at a revision, as rows, sheet by sheet."""

    session: Session
    sheets: Mapping[str, Sheet]
    at: int
    reference_of: References

    def rows(self, name: str) -> Iterator[Row]:
        """A sheet's rows, oldest first."""
        sheet = self.sheets[name]
        names = fact_columns(sheet)
        picked = select(*(getattr(sheet.model, column) for column in names)).where(seen(sheet.model, self.at))
        ordered = picked.order_by(sheet.model.id).execution_options(yield_per=MANY)
        for found in self.session.execute(ordered):
            yield row_of(sheet, dict(zip(names, found, strict=True)), self.reference_of)


@dataclass(slots=True)
class Scope:
    """What belongs to one system: its own rows, all that they refer to, and what is known of those."""

    standing: Standing
    system: str
    wanted: dict[str, set[str]] = field(default_factory=dict)

    def gather(self) -> None:
        """Follow references from the system's own rows until nothing new is found."""
        size = -1
        while size != (size := sum(map(len, self.wanted.values()))):
            for name, sheet in self.standing.sheets.items():
                for row in self.standing.rows(name):
                    if self.takes(sheet, row):
                        self._want(sheet, row)

    def _want(self, sheet: Sheet, row: Row) -> None:
        kinds = [*sheet.refers, *([("reference", sheet.introduces)] if sheet.introduces else [])]
        for name, kind in kinds:
            if row.get(name):
                self.wanted.setdefault(kind, set()).add(row[name])

    def takes(self, sheet: Sheet, row: Row) -> bool:
        """Whether a row belongs to the system: by its own word, or because its owner and its agreement do."""
        if "system" in row:
            return bool(row["system"] == self.system)
        owners = [("reference", sheet.introduces)] if sheet.introduces else [
            (name, kind) for name, kind in sheet.refers if f"{name}_id" == sheet.owner or kind == "agreement"
        ]  # fmt: skip
        return all(row.get(name) in self.wanted.get(kind, ()) for name, kind in owners)


def export_facts(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    folder: Path,
    *,
    actor: Actor,
    now: datetime,
    system: str = "",
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write every sheet into an empty folder, of one system or of all; give how many rows each has.

    Raise `Conflict` where the folder holds something. The files may be read by their owner alone; the trail is told.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty")
    counts: dict[str, int] = {}
    with databases.reading() as session:
        references = References(session, sheets)
        references.load()
        at = session.execute(select(Ledger.revision)).scalar_one()
        standing = Standing(session, sheets, at, references)
        scope = Scope(standing, system) if system else None
        if scope is not None:
            scope.gather()
        for name in sheets:
            counts[name] = write_sheet(standing, name, folder / f"{name}.csv", scope)
            if progress is not None:
                progress(name, counts[name])
    with databases.change(str(actor), now) as session:
        tell(session, Entry("facts.exported", actor, {"revision": at, "system": system, "counts": counts}))
    return counts


def write_sheet(standing: Standing, name: str, file: Path, scope: Scope | None) -> int:
    """Write one sheet's rows, and give how many there are."""
    sheet = standing.sheets[name]

    def rows() -> Iterator[Row]:
        return (row for row in standing.rows(name) if scope is None or scope.takes(sheet, row))

    columns = columns_for(sheet, rows())
    count = 0
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([column.header for column in columns])
        for row in rows():
            writer.writerow(cells_of(row, columns))
            count += 1
    return count
