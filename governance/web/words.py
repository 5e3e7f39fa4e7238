"""Days, moments and numbers as people read them, in London time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from governance.kernel.clock import LONDON
from governance.ports.reasons import of_them

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WHO = {
    "user": "you",
    "line_manager": "your line manager",
    "organisation_lead": "whoever answers for your organisation",
    "system_owner": "the owner of the system",
}
WHO_OF_THEM = {who: of_them(words) for who, words in WHO.items()} | {"user": "they themselves"}
"""The same, as others read it."""


def day(value: date | datetime | None) -> str:
    """A day in full: 31 March 2027. A moment is told as its day in London; nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(LONDON).date()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def clock_time(value: datetime) -> str:
    """A time of day in London: 9am, 4:05pm, midday, midnight."""
    local = value.astimezone(LONDON)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def moment(value: datetime | None) -> str:
    """A moment in London: 31 March 2027, 4:05pm."""
    return "" if value is None else f"{day(value)}, {clock_time(value)}"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its word: 1 person, 2 people, 1,200 people."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words as a list in a sentence: a, b and c."""
    *most, end = [str(word) for word in words] or [""]
    return f"{', '.join(most)} {last} {end}" if most else end


def mender(reason: object) -> str:
    """Who can mend what a reason says, in words; nothing where it does not say, as those of our own rules do not.

    A reason that has a sentence for its `user` speaks to whoever reads it; any other speaks of somebody.
    """
    told = reason if isinstance(reason, Mapping) else {}
    who = str(told.get("remedy", {}).get("who", ""))
    return (WHO if "user" in told else WHO_OF_THEM).get(who, "")
