"""From a fact's columns back to a row as people write it: for exports, and for showing what an import would change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.cells import WRITERS, kind_of
from governance.exchange.columns import (
    Column,
    columns_of,
    is_numbered,
    named_fields,
    table_column,
    tables_of,
    value_at,
)
from governance.exchange.names import identities
from governance.kernel.recorded import Recorded
from governance.ports.sheet import Sheet

ReferenceOf = Callable[[str, int], str]
KEPT = frozenset(Recorded.__annotations__) - {"starts_on", "ends_on"} | {"recorded_by", "closed_by", "erased_by"}


class References:
    """The references behind numbers: those that are handed in, then those of the database."""

    def __init__(self, session: Session, sheets: Mapping[str, Sheet]) -> None:
        self._session = session
        self._tables = identities(sheets)
        self._found: dict[str, dict[int, str]] = {kind: {} for kind in self._tables}

    def add(self, kind: str, number: int, reference: str) -> None:
        """Know one that the database does not know yet."""
        self._found[kind][number] = reference

    def load(self) -> None:
        """Know all that the database knows."""
        for kind, table in self._tables.items():
            self._found[kind].update(
                (row[0], row[1]) for row in self._session.execute(select(table.id, table.reference))
            )

    def want(self, kind: str, numbers: Collection[int]) -> None:
        """Know the references of some numbers (no more than a statement takes), in one query."""
        table, known = self._tables[kind], self._found[kind]
        if missing := [number for number in numbers if number not in known]:
            found = self._session.execute(select(table.id, table.reference).where(table.id.in_(missing)))
            known.update((row[0], row[1]) for row in found)

    def __call__(self, kind: str, number: int) -> str:
        """The reference of a number."""
        self.want(kind, (number,))
        return self._found[kind][number]


def fact_columns(sheet: Sheet) -> tuple[str, ...]:
    """The columns in which a sheet's facts say something."""
    return tuple(column.name for column in sheet.model.__table__.columns if column.name not in KEPT)


def column_behind(sheet: Sheet, name: str) -> str:
    """The table's column behind a schema's field."""
    if name == "reference" and sheet.introduces:
        return sheet.owner
    return f"{name}_id" if name in dict(sheet.refers) else name


def natural_headers(sheet: Sheet) -> list[str]:
    """The names that people write of the columns that say which fact a row is."""
    natural = set(sheet.natural)
    schema = sheet.schema()
    return [field.data_key or name for name, field in schema.fields.items() if column_behind(sheet, name) in natural]


def row_of(sheet: Sheet, columns: Mapping[str, Any], reference_of: ReferenceOf) -> dict[str, Any]:
    """A fact's row by the names that people write; what it does not say is left out."""
    kinds = dict(sheet.refers) | ({"reference": sheet.introduces} if sheet.introduces else {})
    values = columns if sheet.unfold is None else sheet.unfold(columns)
    row: dict[str, Any] = {}
    for name, field in named_fields(sheet).items():
        attribute = str(field.name)
        if attribute in kinds:
            number = columns[column_behind(sheet, attribute)]
            value: Any = None if number is None else reference_of(kinds[attribute], number)
        else:
            value = values.get(attribute)
        if value is not None and value not in ([], {}):
            row[name] = value
    return row


def cells_of(row: Mapping[str, Any], columns: Iterable[Column]) -> list[str]:
    """A row as cells under some columns."""
    values = ((column, value_at(row, column)) for column in columns)
    return ["" if value is None else WRITERS[column.kind](value) for column, value in values]


def columns_for(sheet: Sheet, rows: Iterable[Mapping[str, Any]]) -> list[Column]:
    """The columns that some rows need: the documented ones, and as many numbered and named ones as they use."""
    numbered = [name for name, field in named_fields(sheet).items() if is_numbered(field)]
    tables = tables_of(sheet)
    most, named = 0, dict[tuple[str, str], Column]()
    for row in rows if numbered or tables else ():
        most = max(most, *(len(row.get(name, ())) for name in numbered)) if numbered else 0
        for name, field in tables.items():
            for key, value in row.get(name, {}).items():
                column = table_column(name, field, key, kind_of(value))
                named[name, column.header] = column
    return [*columns_of(sheet, most), *(named[key] for key in sorted(named))]
