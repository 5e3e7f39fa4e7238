"""Reads most rows without a schema's whole machinery, by the schema's own fields, and keeps what each cell said.

A field's answer to a cell depends on the cell alone, and most columns say the same few things, so each is asked once.
Whatever is amiss with a row, or unusual, is not judged here: it goes to the schema, which has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing

from governance.exchange.cells import BadCell, trimmed
from governance.exchange.columns import Column, inner_fields, named_fields
from governance.exchange.compact import ABSENT
from governance.ports.sheet import Sheet

KEPT = 20_000
VALIDATES_SCHEMA = "validates_schema"
Values = list[Any]


class Unusual(Exception):
    """A row that the schema itself must read."""


class Shortcut:
    """Reads one file's rows into values in the order of the schema's fields."""

    def __init__(self, sheet: Sheet, columns: Sequence[tuple[int, Column]]) -> None:
        schema = sheet.schema()
        self._names = names = list(schema.fields)
        self._judges = judges(schema)
        by_name = {field.data_key or name: place for place, (name, field) in enumerate(schema.fields.items())}
        self._defaults = [default(field) for field in schema.fields.values()]
        self._needed = [place for place, field in enumerate(schema.fields.values()) if field.required]
        self._span = (names.index("starts_on"), names.index("ends_on")) if sheet.spans and spans(names) else None
        self._plain: list[tuple[int, int, Callable[[Any], Any]]] = []
        self._tables: list[tuple[int, int, str, Callable[[Any], Any]]] = []
        self._numbered: list[tuple[int, int, int, str, Callable[[Any], Any]]] = []
        self._inner: dict[int, tuple[dict[str, Any], frozenset[str]]] = {}
        for at, column in columns:
            self._add(sheet, at, by_name[str(column.path[0])], column)

    def _add(self, sheet: Sheet, at: int, place: int, column: Column) -> None:
        rest = column.path[1:]
        if not rest:
            self._plain.append((at, place, kept(column, column.field.deserialize)))
        elif len(rest) == 1:
            key = str(rest[0])
            self._tables.append((at, place, key, kept(column, in_table(column.field, key))))
        else:
            self._numbered.append((at, place, int(rest[0]), str(rest[1]), kept(column, column.field.deserialize)))
            inner = inner_fields(named_fields(sheet)[str(column.path[0])])
            self._inner[place] = (
                {name: default(field) for name, field in inner.items()},
                frozenset(name for name, field in inner.items() if field.required),
            )

    def values(self, cells: Sequence[Any]) -> Values | None:
        """A row's values, or None where the schema must read it."""
        row = self._defaults.copy()
        try:
            self._read_plain(row, cells)
            if self._tables:
                self._read_tables(row, cells)
            if self._numbered:
                self._read_numbered(row, cells)
        except (Unusual, BadCell, ValidationError):
            return None
        for place in self._needed:
            if row[place] is ABSENT:
                return None
        if self._span is not None:
            start, end = row[self._span[0]], row[self._span[1]]
            if end is not ABSENT and start is not ABSENT and end < start:
                return None
        return row if self._is_right(row) else None

    def _is_right(self, row: Values) -> bool:
        """Whether what the schema asks of a row as a whole holds; what it would say is left to the schema."""
        if self._judges:
            said = {name: value for name, value in zip(self._names, row, strict=True) if value is not ABSENT}
            try:
                for judge in self._judges:
                    judge(said, partial=False, many=False)
            except ValidationError:
                return False
        return True

    def _read_plain(self, row: Values, cells: Sequence[Any]) -> None:
        width = len(cells)
        for at, place, read in self._plain:
            if at < width:
                cell = cells[at]
                if cell != "" and cell is not None:
                    value = read(cell)
                    if value is not ABSENT:
                        row[place] = value

    def _read_tables(self, row: Values, cells: Sequence[Any]) -> None:
        found: dict[int, dict[str, Any]] = {}
        for at, place, key, read in self._tables:
            value = read(cells[at]) if at < len(cells) else ABSENT
            if value is not ABSENT:
                table = found.setdefault(place, {})
                if key in table:
                    raise Unusual
                table[key] = value
        for place, table in found.items():
            row[place] = table

    def _read_numbered(self, row: Values, cells: Sequence[Any]) -> None:
        found: dict[int, dict[int, dict[str, Any]]] = {}
        for at, place, number, name, read in self._numbered:
            value = read(cells[at]) if at < len(cells) else ABSENT
            if value is not ABSENT:
                found.setdefault(place, {}).setdefault(number, {})[name] = value
        for place, tables in found.items():
            defaults, needed = self._inner[place]
            row[place] = []
            for number in sorted(tables):
                if not needed <= tables[number].keys():
                    raise Unusual
                given = {name: value for name, value in defaults.items() if value is not ABSENT}
                row[place].append(given | tables[number])


def is_short(schema: Schema) -> bool:
    """Whether a schema asks its fields, and whole rows once they are read, and does nothing else to them."""
    hooks = schema._hooks  # noqa: SLF001 - the library has no other word for what a schema does beside its fields
    return all(
        kind == VALIDATES_SCHEMA and not many and not how.get("pass_original")
        for kind, found in hooks.items()
        for _, many, how in found
    )


def judges(schema: Schema) -> list[Callable[..., None]]:
    """What a schema asks of a whole row."""
    return [getattr(schema, name) for name, *_ in schema._hooks.get(VALIDATES_SCHEMA, ())]  # noqa: SLF001


def spans(names: Sequence[str]) -> bool:
    """Whether rows have a first and a last day."""
    return "starts_on" in names and "ends_on" in names


def default(field: fields.Field[Any]) -> Any:
    """What stands for an empty cell; ABSENT where nothing does."""
    value = field.load_default
    if value is missing:
        return ABSENT
    return value() if callable(value) else value


def in_table(field: fields.Field[Any], key: str) -> Callable[[Any], Any]:
    """What a table's field makes of one of its values."""
    return lambda value: field.deserialize({key: value})[key]


def kept(column: Column, ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Reads a column's cells, each text once; a number or a day of a workbook is read anew, for 1 equals TRUE there."""
    found: dict[str, Any] = {}
    read = column.read

    def value_of(cell: Any) -> Any:
        if type(cell) is not str:
            return ABSENT if cell is None else ask(read(cell))
        if cell in found:
            return found[cell]
        text = trimmed(cell)
        value = ABSENT if text is None else ask(read(text))
        if len(found) >= KEPT:
            found.clear()
        found[cell] = value
        return value

    return value_of
