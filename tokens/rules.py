"""Whether a second factor was used, and lately enough. Pure: values in, answers out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

LEEWAY = timedelta(minutes=1)  # how far a front end's clock may run ahead of ours


ALSO_COUNTS_AS: dict[str, frozenset[str]] = {"passkey": frozenset({"mfa"})}
"""Which weaker contexts a stronger one fulfils too: a passkey counts wherever any second factor does."""
SPOKEN_BY_US = frozenset({"session", "token"})
"""How a question may be asserted so that it is our own word for who is there: a session of the pages, or our token."""


class Trust(StrEnum):
    """Whose word counts for the second factor: the front end's, or ours alone."""

    CALLER = "caller"
    TOKEN = "token"  # noqa: S105 - a name, not a secret


class Finding(StrEnum):
    """What was found of a second factor."""

    GOOD = "good"
    MISSING = "missing"
    TOO_OLD = "too_old"


class Factor(NamedTuple):
    """What was found, and the first moment at which a good one is too old."""

    finding: Finding
    until: datetime | None = None


MISSING = Factor(Finding.MISSING)
NONE: frozenset[str] = frozenset()


def is_trusted(trust: Trust, asserted_by: str) -> bool:
    """Whether the word counts for a role by which a question names the second factor."""
    return trust is Trust.CALLER or asserted_by in SPOKEN_BY_US


def find_factor(used: object, at: object, accepted: tuple[str, ...], max_age_minutes: int, now: datetime) -> Factor:
    """Judge what a question says of the second factor: which one, and when it was used.

    `at` is seconds since 1970 or an ISO moment with its zone; without a greatest age it may be absent.
    """
    if not isinstance(used, str) or not (used in accepted or ALSO_COUNTS_AS.get(used, NONE).intersection(accepted)):
        return MISSING
    if not max_age_minutes:
        return Factor(Finding.GOOD)
    moment = read_moment(at)
    if moment is None or moment - now > LEEWAY:
        return MISSING
    until = moment + timedelta(minutes=max_age_minutes)
    return Factor(Finding.GOOD, until) if now < until else Factor(Finding.TOO_OLD, until)


def read_moment(value: object) -> datetime | None:
    """A moment from seconds since 1970 or from ISO text with its zone; None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
    return None
