"""Which checks and training count, whose record a conflict names, who is suspended. Pure: values in, answers out."""

from __future__ import annotations

import hmac
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from governance.kernel.clock import day_end, day_start, last_day_of_years
from governance.kernel.verdict import Reason, Verdict, unexplained

ALREADY_SUSPENDED = Reason("already_suspended", "this person is suspended already")
NOT_SUSPENDED = Reason("not_suspended", "this person is not suspended")


class Level(StrEnum):
    """How deep a check looks, shallowest first."""

    BASIC = "basic"
    STANDARD = "standard"
    ENHANCED = "enhanced"


class Workforce(StrEnum):
    """For work with whom a check was made."""

    CHILD = "child"
    ADULT = "adult"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of a check."""

    CLEAR = "clear"
    NOT_CLEAR = "not_clear"
    PENDING = "pending"


class BarredList(StrEnum):
    """What the barred list said."""

    BARRED = "barred"
    NOT_BARRED = "not_barred"
    NOT_CHECKED = "not_checked"


class StatusResult(StrEnum):
    """What the DBS Update Service said of a certificate: its own wordings, and nothing of what the certificate says."""

    CLEAR_AND_CURRENT = "clear_and_current"
    CURRENT = "current"
    NO_LONGER_CURRENT = "no_longer_current"
    NOT_FOUND = "not_found"


class Relation(StrEnum):
    """How a person knows whom a record is about."""

    CLOSE_RELATION = "close_relation"
    ACQUAINTANCE = "acquaintance"
    HEARD_OF = "heard_of"
    SELF = "self"
    COLLEAGUE = "colleague"


RANK = {level: rank for rank, level in enumerate(Level)}
SERVED = frozenset({Level.STANDARD, Level.ENHANCED})
"""The levels that the Update Service covers: it has no basic checks."""
STILL_CURRENT = frozenset({StatusResult.CLEAR_AND_CURRENT, StatusResult.CURRENT})


class UpdateService(NamedTuple):
    """A certificate and the DBS Update Service: subscription, the day of consent, the last status check."""

    subscribed: bool
    consented_on: date | None
    checked_on: date | None
    result: StatusResult | None

    def is_checked(self, now: datetime) -> bool:
        """Whether the day of the last status check has come."""
        return self.checked_on is not None and day_start(self.checked_on) <= now

    @property
    def is_allowed(self) -> bool:
        """Whether the last status check was one that may be made: of a subscriber who had consented by then."""
        consented, checked = self.consented_on, self.checked_on
        return self.subscribed and consented is not None and checked is not None and consented <= checked


class CheckFacts(NamedTuple):
    """A criminal records check: never its contents."""

    row: int
    level: Level
    workforce: Workforce
    issued_on: date | None
    outcome: Outcome
    barred_list: BarredList
    update: UpdateService | None = None

    def is_issued(self, now: datetime) -> bool:
        """Whether its day has come."""
        return self.issued_on is None or day_start(self.issued_on) <= now

    def is_overtaken(self, now: datetime) -> bool:
        """Whether a status check has found that something has come to light since: then a new check is due."""
        update = self.update
        return update is not None and update.result is StatusResult.NO_LONGER_CURRENT and update.is_checked(now)

    def is_still_current(self, now: datetime) -> bool:
        """Whether the last status check said that nothing has come to light since, and may be relied on."""
        update = self.update
        if update is None or self.level not in SERVED:
            return False
        return update.result in STILL_CURRENT and update.is_allowed and update.is_checked(now)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The days on which it may begin to count, or cease to: of its issue, and of its last status check."""
        return self.issued_on, None if self.update is None else self.update.checked_on


class TrainingFacts(NamedTuple):
    """A completed course; the end is exclusive."""

    row: int
    course: str
    completed_on: date | None
    ends_at: datetime | None

    def is_completed(self, now: datetime) -> bool:
        """Whether its day has come."""
        return self.completed_on is None or day_start(self.completed_on) <= now


class ConflictFacts(NamedTuple):
    """A record of somebody whom the person knows, only by its keyed hash."""

    row: int
    key_id: str
    record_hash: bytes
    relation: Relation


class SuspensionFacts(NamedTuple):
    """A suspension that nobody has lifted."""

    row: int
    why: str
    starts_on: date | None

    def has_begun(self, now: datetime) -> bool:
        """Whether its first day has come."""
        return self.starts_on is None or day_start(self.starts_on) <= now


Lasting = TypeVar("Lasting")


def lasts_longest(ends: Iterable[tuple[Lasting, datetime | None]]) -> tuple[Lasting, datetime | None] | None:
    """The one that ends last, with its end; an open end is later than any; None where there is none."""
    return max(ends, key=lambda item: (item[1] is None, item[1].timestamp() if item[1] else 0.0), default=None)


def counting_checks(checks: Iterable[CheckFacts], workforce: Workforce, now: datetime) -> list[CheckFacts]:
    """Clear checks for a workforce, issued by now, of which no status check says that they are no longer current.

    What came to light with a later check came to light for the earlier ones too: a check that is not clear, or no
    longer current, takes with it those that were issued before it.
    """
    issued = [check for check in checks if check.workforce is workforce and check.is_issued(now)]
    bad = [check for check in issued if check.outcome is Outcome.NOT_CLEAR or check.is_overtaken(now)]
    last = max(map(order_of_issue, bad), default=None)
    clear = [check for check in issued if check.outcome is Outcome.CLEAR and check not in bad]
    return [check for check in clear if last is None or order_of_issue(check) > last]


def is_enough(check: CheckFacts, level: Level) -> bool:
    """Whether a check looks at least as deep as a level."""
    return RANK[check.level] >= RANK[level]


def check_last_day(check: CheckFacts, renewal_years: int) -> date | None:
    """The last day on which a check counts; None where it need not be renewed."""
    if not renewal_years or check.issued_on is None:
        return None
    return last_day_of_years(check.issued_on, renewal_years)


def order_of_issue(check: CheckFacts) -> date:
    """By the day of issue, one without a day first."""
    return check.issued_on or date.min


def last_days(check: CheckFacts, renewal_years: int, status_months: int, now: datetime) -> list[date | None]:
    """The last day on which a check counts, for each way in which it does: by its age, by its last status check.

    None is no end, where nothing is asked but that there is a check. Where only a status check is asked for and none
    may be relied on, there is no way.
    """
    if not renewal_years and not status_months:
        return [None]
    days = [check_last_day(check, renewal_years)] if renewal_years else []
    checked_on = check.update.checked_on if check.update and status_months and check.is_still_current(now) else None
    return days if checked_on is None else [*days, last_day_of_months(checked_on, status_months)]


def training_end(training: TrainingFacts, renewal_months: int) -> datetime | None:
    """The first moment at which a completion no longer counts: its own end, or the day by which it is renewed."""
    if not renewal_months or training.completed_on is None:
        return training.ends_at
    renewed = day_end(last_day_of_months(training.completed_on, renewal_months))
    return renewed if training.ends_at is None else min(renewed, training.ends_at)


@lru_cache(maxsize=8192)
def last_day_of_months(completed_on: date, months: int) -> date:
    """The day before the same day some months later; where that month is shorter, before its last day."""
    years, month = divmod(completed_on.month - 1 + months, 12)
    year, month = completed_on.year + years, month + 1
    return date(year, month, min(completed_on.day, monthrange(year, month)[1])) - timedelta(days=1)


def record_hash(key: bytes, system: str, resource_type: str, resource_id: str) -> bytes:
    """The keyed hash by which a record is named: HMAC-SHA256 over its length-prefixed parts."""
    parts = [part.encode() for part in (system, resource_type, resource_id)]
    return hmac.digest(key, b"".join(len(part).to_bytes(4, "big") + part for part in parts), "sha256")


def conflict_with(
    conflicts: Iterable[ConflictFacts], keys: Sequence[tuple[str, bytes]], system: str, types: Sequence[str], name: str
) -> ConflictFacts | None:
    """The declared conflict that names this record, under any of the keys and of the types that it may be known under.

    Raise `LookupError` where a conflict was declared under a key that is gone: it cannot be judged, so it is not.
    """
    declared = list(conflicts)
    used = {conflict.key_id for conflict in declared}
    hashes = {
        key_id: [record_hash(key, system, kind, name) for kind in types] for key_id, key in keys if key_id in used
    }
    if used - hashes.keys():
        raise LookupError(f"record keys are missing: {', '.join(sorted(used - hashes.keys()))}")
    return next((item for item in declared if is_one_of(item.record_hash, hashes[item.key_id])), None)


def is_one_of(hashed: bytes, hashes: Iterable[bytes]) -> bool:
    """Whether a hash is one of some, in a time that does not tell which."""
    return sum(hmac.compare_digest(hashed, other) for other in hashes) > 0


def next_day(days: Iterable[date | None], now: datetime) -> datetime | None:
    """The first moment after now at which one of some days begins."""
    return min((day_start(day) for day in days if day is not None and day_start(day) > now), default=None)


def may_suspend(why: str, *, suspended: bool) -> Verdict:
    """Whether a person may be suspended now, for this reason."""
    return Verdict.unless(unexplained(why), (suspended, ALREADY_SUSPENDED))


def may_lift(why: str, *, suspended: bool) -> Verdict:
    """Whether a person's suspension may be lifted now, for this reason."""
    return Verdict.unless(unexplained(why), (not suspended, NOT_SUSPENDED))
