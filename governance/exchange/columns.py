"""A sheet's columns as a spreadsheet has them: flat, named as documented, told apart from their headers.

A list of tables becomes numbered columns (`approval_1_by`), a table one column a name (`scope.area`). The columns are
read off the sheet's schema, so that a sheet is described once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marshmallow import fields

from governance.exchange.cells import READERS, Kind, kind_of
from governance.kernel.errors import nearest
from governance.ports.columns import Day, Table, YesNo
from governance.ports.sheet import Sheet

SHOWN_APPROVALS = 4
MOST_NUMBERED = 20
FORGIVEN = re.compile(r"[\s_-]+")
KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (Day, Kind.DAY),
    (YesNo, Kind.YES_NO),
    (fields.Integer, Kind.NUMBER),
    (fields.List, Kind.LIST),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, where its value goes in a row, what it holds, the schema's own field behind it.

    `path` has one name for a plain column, (name, number, field) for one of a numbered table, counted from 0, and
    (name, key) for one of a table of names and values.
    """

    header: str
    path: tuple[str | int, ...]
    kind: Kind
    field: fields.Field[Any]

    @property
    def required(self) -> bool:
        """Whether a row without it is refused by the schema."""
        return self.field.required

    def read(self, cell: Any) -> Any:
        """What a cell under it says; of enumerated words the case is forgiven, as in headers. Raise `BadCell`."""
        value = READERS[self.kind](cell)
        return as_listed(self.field, value) if isinstance(self.field, fields.Enum) else value


@dataclass(frozen=True, slots=True)
class Misnamed:
    """A header that is no column of the sheet, or is one twice: which column it stands in, and what was meant."""

    position: int
    problem: str
    cure: str


def singular(name: str) -> str:
    """The word for one of several: approvals → approval, properties → property."""
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


def kind_of_field(field: fields.Field[Any]) -> Kind:
    """What a plain field's column holds."""
    return next((kind for cls, kind in KINDS if isinstance(field, cls)), Kind.TEXT)


def as_listed(field: fields.Enum[Any], text: str) -> str:
    """A word as the schema lists it; one that it does not list is left as it is, for the schema to refuse."""
    listed = {plain_name(member.value): str(member.value) for member in field.enum}
    return listed.get(plain_name(text), text)


def is_numbered(field: fields.Field[Any]) -> bool:
    """Whether a field is a list of tables."""
    return isinstance(field, fields.List) and isinstance(field.inner, fields.Nested)


@lru_cache(maxsize=256)
def named_fields(sheet: Sheet) -> dict[str, fields.Field[Any]]:
    """A sheet's fields by the names that people write."""
    return {item.data_key or name: item for name, item in sheet.schema().fields.items()}


def inner_fields(field: fields.Field[Any]) -> dict[str, fields.Field[Any]]:
    """The fields of each table in a list of them."""
    nested: Any = field
    return {item.data_key or name: item for name, item in nested.inner.schema.fields.items()}


@lru_cache(maxsize=256)
def columns_of(sheet: Sheet, numbered: int = SHOWN_APPROVALS) -> tuple[Column, ...]:
    """A sheet's columns, so many of each numbered table; names of tables of names and values are not known here."""
    found: list[Column] = []
    for name, field in named_fields(sheet).items():
        if is_numbered(field):
            found += [
                Column(f"{singular(name)}_{number + 1}_{inner}", (name, number, inner), kind_of_field(item), item)
                for number in range(numbered)
                for inner, item in inner_fields(field).items()
            ]
        elif not isinstance(field, Table):
            found.append(Column(name, (name,), kind_of_field(field), field))
    return tuple(found)


@lru_cache(maxsize=256)
def tables_of(sheet: Sheet) -> dict[str, fields.Field[Any]]:
    """A sheet's tables of names and values."""
    return {name: field for name, field in named_fields(sheet).items() if isinstance(field, Table)}


def table_column(name: str, field: fields.Field[Any], key: str, kind: Kind) -> Column:
    """The column of one name of a table; its header tells the kind unless it is text."""
    needs_kind = kind is not Kind.TEXT or ":" in key
    return Column(f"{singular(name)}.{key}{f':{kind}' if needs_kind else ''}", (name, key), kind, field)


def plain_name(header: str) -> str:
    """A header without what is forgiven: case, blanks, underscores, hyphens."""
    return FORGIVEN.sub("", header.casefold())


def match_headers(sheet: Sheet, headers: Sequence[str]) -> tuple[list[Column | None], list[Misnamed]]:
    """The column under each header (None where there is none), and what is wrong with the headers."""
    known = {plain_name(column.header): column for column in columns_of(sheet, MOST_NUMBERED)}
    found: list[Column | None] = []
    wrong: list[Misnamed] = []
    first: dict[tuple[str, Kind], int] = {}
    for position, header in enumerate(headers):
        column = known.get(plain_name(header)) or find_table_column(sheet, header)
        if not header:
            pass  # nothing may stand under it: that is told where something does
        elif column is None:
            wrong.append(Misnamed(position, *unknown(sheet, header)))
        elif (column.header, column.kind) in first:
            column_before = first[column.header, column.kind] + 1
            wrong.append(Misnamed(position, f"is {column.header} again: so is column {column_before}", "Keep one."))
            column = None
        else:
            first[column.header, column.kind] = position
        found.append(column)
    return found, wrong


def find_table_column(sheet: Sheet, header: str) -> Column | None:
    """The column of a name of a table: `scope.area`, `attribute.floor:number`."""
    prefix, dot, rest = header.partition(".")
    for name, field in tables_of(sheet).items():
        if dot and plain_name(prefix) in (plain_name(name), plain_name(singular(name))):
            key, colon, kind = rest.rpartition(":")
            if colon:
                is_kind = kind.strip().lower() in list(Kind) and bool(key.strip())
                return table_column(name, field, key.strip(), Kind(kind.strip().lower())) if is_kind else None
            return table_column(name, field, rest.strip(), Kind.TEXT) if rest.strip() else None
    return None


def unknown(sheet: Sheet, header: str) -> tuple[str, str]:
    """What is wrong with a header that is no column, and what was perhaps meant."""
    kind = header.rpartition(":")[2].strip()
    if ":" in header and kind.lower() not in list(Kind) and find_table_column(sheet, header.rpartition(":")[0]):
        kinds = f"{nearest(kind, list(Kind))} The kinds are: {', '.join(Kind)}.".lstrip()
        return "has a colon, and after it no kind of value", kinds
    meant = nearest(FORGIVEN.sub("_", header), [column.header for column in columns_of(sheet)])
    known = ", ".join(dict.fromkeys(documented(sheet)))
    return "has a header that is no column of this sheet", f"{meant} The columns are: {known}.".lstrip()


def documented(sheet: Sheet) -> Iterator[str]:
    """The headers of a sheet as its page has them: each numbered table once, each table by its prefix."""
    for name, field in named_fields(sheet).items():
        if is_numbered(field):
            yield from (f"{singular(name)}_1_{inner}" for inner in inner_fields(field))
        elif isinstance(field, Table):
            yield f"{singular(name)}.NAME"
        else:
            yield name


def missing(sheet: Sheet, found: Iterable[Column | None]) -> list[str]:
    """The columns without which no row of a sheet can be read, that no header names."""
    there = {column.path for column in found if column is not None}
    return [column.header for column in columns_of(sheet, 0) if column.required and column.path not in there]


def header_of(sheet: Sheet, path: Sequence[str | int]) -> str:
    """The header of the column that a fault's path speaks of."""
    names = named_fields(sheet)
    head, *rest = [str(part + 1) if isinstance(part, int) else part for part in path] or [""]
    field = names.get(head)
    if field is None or not rest:
        return head
    return "_".join((singular(head), *rest)) if is_numbered(field) else ".".join((singular(head), *rest))


def value_at(row: Mapping[str, Any], column: Column) -> Any:
    """The value that a row has for a column, or None; of a table's columns the one of the value's kind has it."""
    name, *rest = column.path
    value = row.get(str(name))
    if value is None or not rest:
        return value
    if len(rest) == 2:
        number, inner = int(rest[0]), str(rest[1])
        return value[number].get(inner) if number < len(value) else None
    found = value.get(rest[0])
    return found if found is not None and kind_of(found) is column.kind else None
