"""Empty files to fill in: a CSV with headers for each sheet, and a workbook of all that explains each column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import fields, missing

from governance.exchange.cells import WRITERS, Kind
from governance.exchange.columns import columns_of, inner_fields, is_numbered, kind_of_field, named_fields, singular
from governance.exchange.unfolding import natural_headers
from governance.exchange.workbooks import write_template
from governance.kernel.errors import Conflict
from governance.ports.columns import Table, Word
from governance.ports.sheet import Sheet

WORKBOOK, SEPARATED = "facts.xlsx", "csv"
HOLDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "whole number",
    Kind.YES_NO: "yes or no",
    Kind.DAY: "day",
    Kind.LIST: "list, separated by ;",
    Kind.JSON: "JSON",
}


@dataclass(frozen=True, slots=True)
class Described:
    """A column as a reader needs it: header, whether it must be filled in, what it holds, what it means."""

    header: str
    needed: str
    holds: str
    says: str


def described(sheet: Sheet) -> Iterator[Described]:
    """A sheet's columns, described by its schema."""
    natural = natural_headers(sheet)
    for name, field in named_fields(sheet).items():
        if is_numbered(field):
            for inner, item in inner_fields(field).items():
                yield Described(f"{singular(name)}_1_{inner}", "with the others" if item.required else "", *words(item))
        elif isinstance(field, Table):
            yield Described(f"{singular(name)}.NAME", "", "text, or as :KIND says", says_of(field))
        else:
            needed = "yes" if field.required else default_of(field)
            yield Described(name, f"{needed}, identity" if name in natural and needed else needed, *words(field))


def words(field: fields.Field[Any]) -> tuple[str, str]:
    """What a field holds, and what it means."""
    if isinstance(field, fields.Enum):
        return " · ".join(member.value for member in field.enum), says_of(field)
    holds = "word" if isinstance(field, Word) else HOLDS[kind_of_field(field)]
    return holds, says_of(field)


def says_of(field: fields.Field[Any]) -> str:
    """What a field means, as its schema says."""
    return str(field.metadata["says"])


def default_of(field: fields.Field[Any]) -> str:
    """What stands for an empty cell, in words."""
    value = field.load_default
    if value is missing or callable(value):
        return ""
    return f"else {WRITERS[kind_of_field(field)](getattr(value, 'value', value))}"


def write_templates(sheets: Mapping[str, Sheet], folder: Path) -> list[Path]:
    """Write the empty files into an empty folder and give their paths; raise `Conflict` where it holds something."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty")
    made = [folder / WORKBOOK]
    write_template(made[0], {name: commented(sheet) for name, sheet in sheets.items()}, list(explained(sheets)))
    (folder / SEPARATED).mkdir()
    for name, sheet in sheets.items():
        file = folder / SEPARATED / f"{name}.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerow([column.header for column in columns_of(sheet)])
        made.append(file)
    return made


def commented(sheet: Sheet) -> list[tuple[str, str]]:
    """A sheet's headers with what the workbook says of each."""
    by_header = {one.header: one for one in described(sheet)}
    found = []
    for column in columns_of(sheet):
        first = "_".join("1" if part.isdigit() else part for part in column.header.split("_"))
        one = by_header.get(column.header) or by_header[first]
        found.append((column.header, f"{one.says}\n{one.holds}{f'; {one.needed}' if one.needed else ''}"))
    return found


def explained(sheets: Mapping[str, Sheet]) -> Iterator[tuple[str, ...]]:
    """The worksheet that explains every column of every sheet."""
    yield ("sheet", "column", "needed", "holds", "meaning")
    for name, sheet in sheets.items():
        for one in described(sheet):
            yield (name, one.header, one.needed, one.holds, one.says)
