"""Reads a table that somebody typed into a frozen dataclass or a function's parameters, and names every fault."""

from __future__ import annotations

import types
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

WORDS = {str: "text in quotes", int: "a whole number", bool: "true or false", date: "a day such as 2026-03-31"}


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
            known = ", ".join(sorted(hints))
            faults.append(TableFault(name, "is not known here", f"Use one of: {known}." if known else "Leave it out."))
            continue
        try:
            values[name] = coerce(hints[name], value)
        except ValueError as wrong:
            faults.append(TableFault(name, f"cannot be {value!r}", f"Write {wrong}."))
    faults.extend(
        TableFault(name, "is missing", f"Add it: {describe(hints[name])}.") for name in sorted(needed - table.keys())
    )
    if faults:
        raise BadTable(faults)
    return values


def coerce(hint: Any, value: Any) -> Any:
    """A value as its type wants it; raise `ValueError` with what to write instead."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return coerce(next(part for part in get_args(hint) if part is not type(None)), value)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise ValueError(describe(hint))
        return origin(coerce(get_args(hint)[0], item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise ValueError("a table")
        return dict(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in list(hint):
            raise ValueError(describe(hint))
        return hint(value)
    if hint is not Any and type(value) is not hint:
        raise ValueError(describe(hint))
    return value


def describe(hint: Any) -> str:
    """What a field of this type is written as."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return describe(next(part for part in get_args(hint) if part is not type(None)))
    if origin in (tuple, frozenset):
        return f"a list of {describe(get_args(hint)[0])}"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "one of: " + ", ".join(f'"{member}"' for member in hint)
    return WORDS.get(hint, "a value") if isinstance(hint, type) else "a table"
