"""Reads a table that somebody typed into a frozen dataclass or a function's parameters, and names every fault."""

from __future__ import annotations

import json
import types
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from governance.kernel.errors import cure_for

T = TypeVar("T")

WORDS = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    date: "a day such as 2026-03-31",
    datetime: "a moment such as 2026-03-31T12:00:00Z",
}


@dataclass(frozen=True, slots=True)
class TableFault:
    """One fault of a table: which field, what is wrong, what to write instead."""

    field: str
    problem: str
    cure: str


class BadTable(ValueError):
    """A table that does not say what it should, with every fault."""

    def __init__(self, faults: list[TableFault]) -> None:
        super().__init__("; ".join(f"{fault.field} {fault.problem}" for fault in faults))
        self.faults = faults


def read_table(cls: type[T], table: Mapping[str, Any]) -> T:
    """Make a frozen dataclass of a table; raise `BadTable` with every unknown, missing and mistyped field."""
    hints, needed = shape_of(cast("Any", cls))
    return cls(**read_values(hints, needed, table))


@cache
def shape_of(cls: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The types of a dataclass's fields, and which of them are needed; worked out once."""
    hints = get_type_hints(cls)
    needed = {item.name for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING}
    return {item.name: hints[item.name] for item in fields(cls)}, frozenset(needed)


def read_values(hints: Mapping[str, Any], needed: AbstractSet[str], table: Mapping[str, Any]) -> dict[str, Any]:
    """Check a table's values against named types; raise `BadTable` with every fault."""
    faults: list[TableFault] = []
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in hints:
            faults.append(TableFault(name, "is not known here", cure_for(name, hints) if hints else "Leave it out."))
            continue
        try:
            values[name] = coerce(hints[name], value)
        except ValueError as wrong:
            shown = value.isoformat() if isinstance(value, date) else repr(value)
            faults.append(TableFault(name, f"cannot be {shown}", str(wrong)))
    missing = sorted(needed - table.keys()) if not needed <= table.keys() else ()
    faults.extend(TableFault(name, "is missing", f"Add it: {describe(hints[name])}.") for name in missing)
    if faults:
        raise BadTable(faults)
    return values


def composed(text: str) -> str:
    """Text in composed Unicode (NFC): however its letters are put together, it is the same text."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def coerce(hint: Any, value: Any) -> Any:
    """A value as its type wants it; raise `ValueError` with a sentence that says what to write instead."""
    if type(value) is hint:
        return composed(value) if hint is str else value
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return coerce(next(part for part in get_args(hint) if part is not type(None)), value)
    if origin in (tuple, frozenset):
        return origin(coerce_items(hint, value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise ValueError("Write a table.")
        return dict(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in list(hint):
            raise ValueError(cure_for(value, hint) if isinstance(value, str) else f"Write {describe(hint)}.")
        return hint(value)
    if hint is not Any and type(value) is not hint:
        raise ValueError(f"Write {describe(hint)}.")
    return value


def coerce_items(hint: Any, value: Any) -> list[Any]:
    """A list's items as their type wants them; where it is wrong, the fault says how the whole list is written."""
    item = get_args(hint)[0]
    if not isinstance(value, list):
        raise ValueError(f"Write {describe(hint, value)}.")
    try:
        return [coerce(item, each) for each in value]
    except ValueError:
        known = isinstance(item, type) and issubclass(item, StrEnum)
        if known and all(isinstance(each, str) for each in value):
            raise
        raise ValueError(f"Write {describe(hint, value)}.") from None


def describe(hint: Any, value: Any = None) -> str:
    """What a field of this type is written as; lists in a list are shown with what somebody wrote instead."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return describe(next(part for part in get_args(hint) if part is not type(None)), value)
    if origin in (tuple, frozenset):
        item = get_args(hint)[0]
        if get_origin(item) in (tuple, frozenset):
            return f"lists in a list, such as {wrapped(value)}"
        return f"a list of {describe(item)}"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "one of: " + ", ".join(f'"{member}"' for member in sorted(hint))
    return WORDS.get(hint, "a value") if isinstance(hint, type) else "a table"


def wrapped(value: Any) -> str:
    """Text, or a list of it, written as lists in a list; an example where it is something else."""
    listed = value if isinstance(value, list) else [value]
    lists = [each if isinstance(each, list) else [each] for each in listed]
    plain = bool(lists) and all(isinstance(text, str) for each in lists for text in each)
    return json.dumps(lists, ensure_ascii=False) if plain else '[["…"]]'
