"""What vetting asks of a person: a check, no bar, training, no suspension, no conflict of interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.kernel.clock import day_end
from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable, TableFault, read_table
from governance.kernel.settings import RecordKeys
from governance.ports.reasons import Code
from governance.ports.requirement import CLEAR, Evidence, Objection, OfAnyRecord, Query, Standing, earliest
from governance.vetting.rules import (
    RANK,
    BarredList,
    CheckFacts,
    ConflictFacts,
    Level,
    SuspensionFacts,
    TrainingFacts,
    Workforce,
    conflict_with,
    counting_checks,
    is_enough,
    last_days,
    lasts_longest,
    next_day,
    order_of_issue,
    training_end,
)

UNSETTLED = Standing(settled=False)
LONGEST_RENEWAL = 600


@dataclass(frozen=True, slots=True)
class VettingTerms:
    """Which check a role demands, and how it stays in date.

    It counts until it must be renewed (`renewal_years`), and for so many months after a status check with the DBS
    Update Service that found it current (`status_months`). Where both are given, either will do; 0 is no such way, and
    a check that neither binds counts for good.
    """

    level: Level
    workforce: Workforce = Workforce.CHILD
    renewal_years: int = 0
    status_months: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class TrainingTerms:
    """Which courses a role demands, and after how many months they must be renewed (0 for never)."""

    courses: tuple[str, ...]
    renewal_months: int = 0
    source: str = ""

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """What it names and facts hold as words, by field."""
        return {"courses": self.courses}


@dataclass(frozen=True, slots=True)
class PlainTerms:
    """A demand that leaves nothing to choose."""

    source: str = ""


class Settled(OfAnyRecord):
    """A requirement of which nothing remains to be asked of a single question."""

    def check(self, standing: Standing, facts: tuple[Any, ...], terms: Any, query: Query, now: datetime) -> Standing:
        """Nothing remains to be asked."""
        return standing


class VettingRequirement(Settled):
    """That a clear check of the right level and workforce is in date, by its age or by a status check."""

    kind = "vetting"
    always = False

    def terms(self, table: Mapping[str, Any]) -> VettingTerms:
        """What a role demands of checks."""
        terms = read_table(VettingTerms, table)
        refuse_negative("renewal_years", terms.renewal_years)
        refuse_negative("status_months", terms.status_months)
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's checks."""
        return (FactKey("checks", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: VettingTerms, now: datetime) -> Standing:
        """What stands in the way, or the check that lasts longest."""
        checks: tuple[CheckFacts, ...] = facts[0]
        counting = counting_checks(checks, terms.workforce, now)
        enough = [check for check in counting if is_enough(check, terms.level)]
        until = next_day((day for check in checks for day in check.days), now)
        if not enough:
            return Standing((_no_check(counting, terms),), until=until)
        longest = lasts_longest(
            ((check, last_day), None if last_day is None else day_end(last_day))
            for check in enough
            for last_day in last_days(check, terms.renewal_years, terms.status_months, now)
        )
        if longest is None:
            return Standing((_no_status(max(enough, key=order_of_issue), None, terms),), until=until)
        (check, last_day), end = longest
        evidence = Evidence("check", str(check.row), end)
        if end is None or now < end:
            return Standing((), (evidence,), earliest(end, until))
        if not terms.renewal_years:
            return Standing((_no_status(check, evidence, terms),), (evidence,), until)
        detail = (("issued", str(check.issued_on)), ("last_day", str(last_day)))
        expired = Objection(Code.VETTING_EXPIRED, self.kind, evidence, detail, terms.source)
        return Standing((expired,), (evidence,), until)


def _no_check(lower: list[CheckFacts], terms: VettingTerms) -> Objection:
    if not lower:
        detail = (("level", str(terms.level)), ("workforce", str(terms.workforce)))
        return Objection(Code.VETTING_MISSING, "vetting", None, detail, terms.source)
    best = max(lower, key=lambda check: RANK[check.level])
    held = (("held", str(best.level)), ("level", str(terms.level)))
    return Objection(Code.VETTING_LEVEL, "vetting", Evidence("check", str(best.row)), held, terms.source)


def _no_status(check: CheckFacts, evidence: Evidence | None, terms: VettingTerms) -> Objection:
    detail = (("issued", str(check.issued_on)), ("months", str(terms.status_months)))
    return Objection(
        Code.VETTING_STATUS_MISSING, "vetting", evidence or Evidence("check", str(check.row)), detail, terms.source
    )


class BarredRequirement(Settled):
    """That no check says that the person is barred."""

    kind = "barred"
    always = True

    def terms(self, table: Mapping[str, Any]) -> PlainTerms:
        """Nothing to choose but the source."""
        return read_table(PlainTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's checks."""
        return (FactKey("checks", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: PlainTerms, now: datetime) -> Standing:
        """Barred by any check, of whatever age."""
        for check in facts[0]:
            if check.barred_list is BarredList.BARRED:
                evidence = Evidence("check", str(check.row))
                detail = (("workforce", str(check.workforce)),)
                return Standing((Objection(Code.BARRED, self.kind, evidence, detail, terms.source),), (evidence,))
        return CLEAR


class TrainingRequirement(Settled):
    """That every course is completed and in date."""

    kind = "training"
    always = False

    def terms(self, table: Mapping[str, Any]) -> TrainingTerms:
        """What a role demands of training."""
        terms = read_table(TrainingTerms, table)
        refuse_negative("renewal_months", terms.renewal_months)
        if not terms.courses:
            raise BadTable([TableFault("courses", "is empty", "Name at least one course.")])
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's training."""
        return (FactKey("training", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: TrainingTerms, now: datetime) -> Standing:
        """One objection for each course that is missing or out of date."""
        completed: tuple[TrainingFacts, ...] = facts[0]
        each = [_course(course, completed, terms, now) for course in terms.courses]
        return Standing(
            tuple(objection for one in each for objection in one.objections),
            tuple(evidence for one in each for evidence in one.evidence),
            earliest(*(one.until for one in each)),
        )


def _course(course: str, completed: tuple[TrainingFacts, ...], terms: TrainingTerms, now: datetime) -> Standing:
    of_course = [item for item in completed if item.course == course]
    until = next_day((item.completed_on for item in of_course), now)
    longest = lasts_longest(
        (item, training_end(item, terms.renewal_months)) for item in of_course if item.is_completed(now)
    )
    if longest is None:
        missing = Objection(Code.TRAINING_MISSING, "training", None, (("course", course),), terms.source)
        return Standing((missing,), until=until)
    best, end = longest
    evidence = Evidence("training", str(best.row), end)
    if end is None or now < end:
        return Standing((), (evidence,), end)
    detail = (("course", course), ("completed", str(best.completed_on)))
    return Standing((Objection(Code.TRAINING_EXPIRED, "training", evidence, detail, terms.source),), (evidence,), until)


class SuspensionRequirement(Settled):
    """That the person is not suspended."""

    kind = "suspension"
    always = True

    def terms(self, table: Mapping[str, Any]) -> PlainTerms:
        """Nothing to choose but the source."""
        return read_table(PlainTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's suspension."""
        return (FactKey("suspension", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: PlainTerms, now: datetime) -> Standing:
        """Suspended from the first day until somebody lifts it."""
        suspension: SuspensionFacts | None = facts[0]
        if not suspension:
            return CLEAR
        if not suspension.has_begun(now):
            return Standing(until=next_day((suspension.starts_on,), now))
        evidence = Evidence("suspension", str(suspension.row))
        detail = (("since", str(suspension.starts_on)),)
        return Standing((Objection(Code.SUSPENDED, self.kind, evidence, detail, terms.source),), (evidence,))


class ConflictRequirement(OfAnyRecord):
    """That the record is not of somebody whom the person has declared to know."""

    kind = "conflict"
    always = True
    names_records = True

    def __init__(self, record_keys: RecordKeys) -> None:
        self._keys = record_keys.keys

    def terms(self, table: Mapping[str, Any]) -> PlainTerms:
        """Nothing to choose but the source."""
        return read_table(PlainTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's declared conflicts."""
        return (FactKey("conflicts", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: PlainTerms, now: datetime) -> Standing:
        """Settled for who has declared none."""
        return UNSETTLED if facts[0] else CLEAR

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: PlainTerms, query: Query, now: datetime
    ) -> Standing:
        """Whether one of the declared records is this one, under whichever type it was named."""
        conflicts: tuple[ConflictFacts, ...] = facts[0]
        types = query.alike or (query.resource_type,)
        found = conflict_with(conflicts, self._keys, query.system, types, query.resource_id)
        if found is None:
            return CLEAR
        evidence = Evidence("conflict", str(found.row))
        detail = (("relation", found.relation.replace("_", " ")),)
        return Standing((Objection(Code.CONFLICT_OF_INTEREST, self.kind, evidence, detail, terms.source),), (evidence,))


def refuse_negative(field: str, value: int) -> None:
    """Raise `BadTable` where a count of years or months is below nought or beyond all sense."""
    if not 0 <= value <= LONGEST_RENEWAL:
        raise BadTable([TableFault(field, f"cannot be {value}", f"Write a number from 0 to {LONGEST_RENEWAL}.")])
