"""What a cell says: each kind of column reads and writes its cells here. What is mistyped is refused, never bent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

import orjson

from governance.exchange.days import CURE as DAY_CURE
from governance.exchange.days import NoDay, read_day
from governance.kernel.formulas import as_typed, defused

WHOLE = re.compile(r"[+-]?\d{1,18}")
UNRECKONED = "#FORMULA!"
"""What a formula without a result reads as."""
BROKEN = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", UNRECKONED}
)
YES_NO = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yesno"
    DAY = "day"
    LIST = "list"
    JSON = "json"


class BadCell(ValueError):
    """A cell that cannot be read: what is wrong, and what to write instead. It never repeats what the cell says."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cure = cure


def trimmed(value: Any) -> Any:
    """A cell without blanks around it; an empty one is None."""
    if isinstance(value, str):
        return value.strip() or None
    return value


def is_filled(cells: Iterable[Any]) -> bool:
    """Whether any cell of a row says something."""
    return any(trimmed(cell) is not None for cell in cells)


def read_text(value: Any) -> str:
    """Text; a number is taken as it looks: 123, never 123.0."""
    if isinstance(value, str):
        if value in BROKEN:
            if value == UNRECKONED:
                raise BadCell("holds a formula whose result is not in the file", "Write the value itself.")
            raise BadCell("holds an error of the spreadsheet", "Mend the formula, or write the value itself.")
        return as_typed(value) if value[0] == "'" else value
    if isinstance(value, bool):
        raise BadCell("is TRUE or FALSE where text is meant", "Format the column as text and write it again.")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    problem = "is a date or a time where text is meant: the spreadsheet made it one"
    raise BadCell(problem, "Format the column as text and write it again.")


def read_number(value: Any) -> int:
    """A whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and WHOLE.fullmatch(as_typed(value)):
        return int(as_typed(value))
    raise BadCell("is not a whole number", "Write a whole number such as 3.")


def read_yes_no(value: Any) -> bool:
    """Yes or no, in any case, or a spreadsheet's TRUE or FALSE."""
    if isinstance(value, bool):
        return value
    found = YES_NO.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise BadCell("is neither yes nor no", "Write yes or no.")
    return found


def read_a_day(value: Any) -> date:
    """A day."""
    try:
        return read_day(value)
    except NoDay as wrong:
        raise BadCell(str(wrong), DAY_CURE) from None


def read_list(value: Any) -> list[str]:
    """Texts between semicolons, or a JSON list of texts where an item holds one."""
    text = read_text(value)
    if text.startswith("["):
        found = read_json(text)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return found
        raise BadCell("is no list of texts", "Write the items with semicolons between them.")
    return [part for item in text.split(";") if (part := item.strip())]


def read_json(value: Any) -> Any:
    """A value as JSON, for what the other kinds cannot say."""
    try:
        return orjson.loads(read_text(value))
    except orjson.JSONDecodeError:
        raise BadCell("is not JSON", 'Write JSON, such as "text", 5, true or ["a", "b"].') from None


READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: read_text,
    Kind.NUMBER: read_number,
    Kind.YES_NO: read_yes_no,
    Kind.DAY: read_a_day,
    Kind.LIST: read_list,
    Kind.JSON: read_json,
}


def write_list(items: list[str]) -> str:
    """A list as one cell."""
    text = "; ".join(items)
    is_plain = all(is_simple(item) and ";" not in item for item in items)
    return defused(text) if is_plain and not text.startswith("[") else orjson.dumps(items).decode()


WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: lambda value: defused(str(value)),
    Kind.NUMBER: str,
    Kind.YES_NO: lambda value: "yes" if value else "no",
    Kind.DAY: date.isoformat,
    Kind.LIST: write_list,
    Kind.JSON: lambda value: orjson.dumps(value).decode(),
}


def is_simple(text: str) -> bool:
    """Whether a text comes back from a cell as it went in."""
    return bool(text) and text == text.strip() and text not in BROKEN


def kind_of(value: Any) -> Kind:
    """The kind of column that brings a value of a table back as it is."""
    if isinstance(value, bool):
        return Kind.YES_NO
    if isinstance(value, int):
        return Kind.NUMBER
    if isinstance(value, str):
        return Kind.TEXT if is_simple(value) else Kind.JSON
    return Kind.LIST if value and all(is_simple(item) for item in value) else Kind.JSON


def shown(value: Any) -> str:
    """A cell as a report shows it."""
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return "" if value is None else str(value)
