"""Writes all facts that stand as a folder that an import reads: CSV in UTF-8 with a mark, so that Excel opens it."""

from __future__ import annotations

import csv
import os
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.columns import Column
from governance.exchange.gone import LeftOut, is_about_gone, standing_references, without_gone
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
    """All facts that stood at a revision, as rows, sheet by sheet, without what they say of people who are gone."""

    session: Session
    sheets: Mapping[str, Sheet]
    at: int
    reference_of: References
    stands: Mapping[str, Collection[str]]

    def rows(self, name: str, scope: Scope | None = None, left_out: LeftOut | None = None) -> Iterator[Row]:
        """A sheet's rows, oldest first, of one system or of all; what is left out is counted."""
        sheet, counted = self.sheets[name], left_out or LeftOut()
        for row in self._all_rows(sheet):
            if scope is not None and not scope.takes(sheet, row):
                continue
            if is_about_gone(sheet, row, self.stands):
                counted.rows[name] += 1
            else:
                counted.references += without_gone(sheet, row, self.stands)
                yield row

    def _all_rows(self, sheet: Sheet) -> Iterator[Row]:
        names, model = fact_columns(sheet), sheet.model
        stood = seen(model, self.at), model.erased_by.is_(None)
        picked = select(*(getattr(model, column) for column in names)).where(*stood)
        for found in self.session.execute(picked.order_by(model.id).execution_options(yield_per=MANY)):
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
        named = [(kind, row.get(name)) for name, kind in kinds]
        named += [(kind, table.get(inner)) for name, inner, kind in sheet.mentions for table in row.get(name, ())]
        for kind, reference in named:
            if reference:
                self.wanted.setdefault(kind, set()).add(reference)

    def takes(self, sheet: Sheet, row: Row) -> bool:
        """Whether a row belongs to the system: by its own word, or because its owner and its agreement do."""
        if "system" in row:
            return bool(row["system"] == self.system)
        owners = [("reference", sheet.introduces)] if sheet.introduces else [
            (name, kind) for name, kind in sheet.refers if f"{name}_id" == sheet.owner or kind == "agreement"
        ]  # fmt: skip
        return all(row.get(name) in self.wanted.get(kind, ()) for name, kind in owners)


@dataclass(frozen=True, slots=True)
class Measured:
    """A sheet as it will be written: its columns, and how many rows it has."""

    columns: Sequence[Column]
    rows: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: how many rows each sheet has, and what was left out because it names somebody erased."""

    counts: Mapping[str, int]
    left_out: LeftOut


def export_facts(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    folder: Path,
    *,
    actor: Actor,
    now: datetime,
    system: str = "",
    progress: Progress | None = None,
) -> Exported:
    """Write every sheet into an empty folder, of one system or of all.

    Raise `Conflict` where the folder holds something, `OSError` where it cannot be written. The files may be read by
    their owner alone. The trail is told before the first is written; where the last is not, none of them stays.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty")
    left_out = LeftOut()
    with databases.reading() as session:
        standing, scope = standing_facts(session, sheets, system)
        measured = {name: measure(standing, name, scope, left_out) for name in sheets}
    counts = {name: one.rows for name, one in measured.items()}
    told = {"revision": standing.at, "system": system, "counts": counts}
    if left_out.rows or left_out.references:
        told["left_out"] = {"rows": dict(left_out.rows), "references": left_out.references}
    with databases.change(str(actor), now) as session:
        tell(session, Entry("facts.exported", actor, told))
    with databases.reading() as session:
        standing.session = session
        write_sheets(standing, scope, measured, folder, progress)
    return Exported(counts, left_out)


def standing_facts(session: Session, sheets: Mapping[str, Sheet], system: str) -> tuple[Standing, Scope | None]:
    """What stands now, and what of it belongs to a system where one is named."""
    references = References(session, sheets)
    references.load()
    at = session.execute(select(Ledger.revision)).scalar_one()
    standing = Standing(session, sheets, at, references, standing_references(session, sheets))
    scope = Scope(standing, system) if system else None
    if scope is not None:
        scope.gather()
    return standing, scope


def measure(standing: Standing, name: str, scope: Scope | None, left_out: LeftOut) -> Measured:
    """The columns that a sheet's rows need, and how many rows there are."""
    numbers = count()
    rows = (row for row, _ in zip(standing.rows(name, scope, left_out), numbers, strict=False))
    columns = columns_for(standing.sheets[name], rows)
    deque(rows, maxlen=0)
    return Measured(columns, next(numbers))


def write_sheets(
    standing: Standing,
    scope: Scope | None,
    measured: Mapping[str, Measured],
    folder: Path,
    progress: Progress | None,
) -> None:
    """Write every sheet; where that ends early, nothing that was written stays."""
    written: list[Path] = []
    try:
        for name, one in measured.items():
            file = folder / f"{name}.csv"
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            written.append(file)
            write_sheet(descriptor, one.columns, standing.rows(name, scope))
            if progress is not None:
                progress(name, one.rows)
    except BaseException:
        for file in written:
            file.unlink(missing_ok=True)
        raise


def write_sheet(descriptor: int, columns: Sequence[Column], rows: Iterator[Row]) -> None:
    """Write one sheet's rows into an open file."""
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([column.header for column in columns])
        writer.writerows(cells_of(row, columns) for row in rows)
