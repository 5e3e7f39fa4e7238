"""Days as people in Britain write them, and as spreadsheets keep them. Pure: a cell in, a day out, or why not."""

from __future__ import annotations

import re
from datetime import date, datetime, time

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
NUMBERS = {name: number for names in (MONTHS, LONG_MONTHS) for number, name in enumerate(names, 1)} | {"sept": 9}

ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
BRITISH = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)
IN_WORDS = re.compile(r"(\d{1,2})[ -]([A-Za-z]+)[ -](\d{4})", re.ASCII)
MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?Z?$")
CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}")
SHORT_YEAR = re.compile(r"(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{2}|\d{1,2}[ -][A-Za-z]+[ -]\d{2})")

CURE = "Write the day as 2026-03-31, 31/03/2026 or 31 March 2026."


class NoDay(ValueError):
    """A cell that is no day, and why."""


def read_day(value: object) -> date:
    """The day that a cell says: ISO or British, or a spreadsheet's own; raise `NoDay` for any other.

    The month never comes first: where only an American reading would make a day of it, the fault says so.
    """
    if isinstance(value, datetime):
        if value.time() != time.min:
            raise NoDay("is a moment, not a day")
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise NoDay("is a number, not a day: the column is not formatted as dates")
    if not isinstance(value, str):
        raise NoDay("is not a day")
    text = MIDNIGHT.sub("", value)
    if CLOCK.search(text):
        raise NoDay("is a moment, not a day")
    if SHORT_YEAR.fullmatch(text):
        raise NoDay("has a year of two digits, which may be of either century")
    return day_of(parts_of(text))


def parts_of(text: str) -> tuple[int, int, int]:
    """Year, month and day as they are written; raise `NoDay` where the form is none that we read."""
    if found := ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := BRITISH.fullmatch(text):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
        if month > 12 >= day:
            raise NoDay("has the month first, as in America: here the day comes first")
        return year, month, day
    if (found := IN_WORDS.fullmatch(text)) and found[2].lower() in NUMBERS:
        return int(found[3]), NUMBERS[found[2].lower()], int(found[1])
    raise NoDay("is not a day")


def day_of(parts: tuple[int, int, int]) -> date:
    """A day of its parts; raise `NoDay` where the calendar has none."""
    try:
        return date(*parts)
    except ValueError:
        raise NoDay("is a day that the calendar does not have") from None
