"""A plan's condition applied to rows, as docs/api.md tells it: written from the grammar, not from the code."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]


def holds(condition: Mapping[str, Any], row: Row) -> bool:
    """Whether a row passes."""
    if "all" in condition:
        return all(holds(each, row) for each in condition["all"])
    if "any" in condition:
        return any(holds(each, row) for each in condition["any"])
    value = row.get(condition["property"])
    if condition["is"] == "unknown":
        return value is None
    return value is not None and TESTS[condition["is"]](value, condition)


def items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def is_visible(sign: str) -> bool:
    """Whether a sign is seen by itself: no blank, control or mark, and no filler that only looks like nothing."""
    name = unicodedata.name(sign, "")
    return unicodedata.category(sign)[0] not in "ZCM" and "FILLER" not in name and "BLANK" not in name


def says(value: Any) -> bool:
    """Whether a text has a visible sign, a list an item."""
    if isinstance(value, str):
        return any(is_visible(sign) for sign in value)
    return not isinstance(value, (list, tuple)) or bool(value)


TESTS: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "known": lambda _value, _test: True,
    "stated": lambda value, _: says(value),
    "blank": lambda value, _: not says(value),
    "in": lambda value, test: any(item in test["values"] for item in items(value)),
    "not_in": lambda value, test: not any(item in test["values"] for item in items(value)),
    "within": lambda value, test: all(item in test["values"] for item in items(value)),
    "beyond": lambda value, test: any(item not in test["values"] for item in items(value)),
    "at_least": lambda value, test: bool(value >= test["value"]),
    "at_most": lambda value, test: bool(value <= test["value"]),
}
