"""The one place that reads the clock, and the one rule for days: they end at midnight in London."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def london_day(moment: datetime) -> date:
    """The calendar day in London at a moment."""
    return moment.astimezone(LONDON).date()


@lru_cache(maxsize=8192)
def day_start(day: date) -> datetime:
    """The first moment of a day in London, in UTC."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


@lru_cache(maxsize=8192)
def day_end(day: date) -> datetime:
    """The first moment after a day in London, in UTC: a date-only end holds until then (2 March → 3 March 00:00Z)."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return day_start(day + timedelta(days=1))


def last_day_of_years(issued_on: date, years: int) -> date:
    """The last day on which something issued then is still in date, if it must be renewed every so many years.

    It is the day before the anniversary; what was issued on 29 February has its anniversary on 28 February
    of a common year (domain: the 3-year anniversary, pinned).
    """
    try:
        anniversary = issued_on.replace(year=issued_on.year + years)
    except ValueError:
        anniversary = issued_on.replace(year=issued_on.year + years, day=28)
    return anniversary - timedelta(days=1)


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, with Z and microseconds only where there are any."""
    text = moment.isoformat() if moment.tzinfo is UTC else moment.astimezone(UTC).isoformat()
    return text[:-6] + "Z"
