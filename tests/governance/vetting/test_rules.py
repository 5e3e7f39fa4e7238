"""What vetting asks of a person: no app, no database, no clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.kernel.clock import day_end
from governance.kernel.reading import BadTable
from governance.kernel.settings import RecordKeys
from governance.ports.reasons import Code
from governance.ports.requirement import Query
from governance.vetting.requirement import (
    BarredRequirement,
    ConflictRequirement,
    PlainTerms,
    SuspensionRequirement,
    TrainingRequirement,
    TrainingTerms,
    VettingRequirement,
    VettingTerms,
)
from governance.vetting.rules import (
    BarredList,
    CheckFacts,
    ConflictFacts,
    Level,
    Outcome,
    Relation,
    SuspensionFacts,
    TrainingFacts,
    Workforce,
    last_day_of_months,
    record_hash,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
CHECK = CheckFacts(3, Level.ENHANCED, Workforce.CHILD, date(2023, 3, 3), Outcome.CLEAR, BarredList.NOT_BARRED)
END = datetime(2026, 3, 3, tzinfo=UTC)  # three years: 2 March 2026 is the last day
KEYS = RecordKeys.parse("new:" + "11" * 16 + ",old:" + "22" * 16)
MARKS = dict(zip(("new", "old"), dict(KEYS.keys), strict=True))


def codes(standing):
    return tuple(objection.code for objection in standing.objections)


@pytest.mark.parametrize(("says", "changes", "now", "reasons"), [
    ("in date on its last day", {}, END - MOMENT, ()),
    ("expired at the end itself", {}, END, (Code.VETTING_EXPIRED,)),
    ("not before it is issued", {"issued_on": date(2026, 3, 3)}, END - MOMENT, (Code.VETTING_MISSING,)),
    ("a lower level", {"level": Level.STANDARD}, NOON, (Code.VETTING_LEVEL,)),
    ("for other work", {"workforce": Workforce.ADULT}, NOON, (Code.VETTING_MISSING,)),
    ("not clear", {"outcome": Outcome.NOT_CLEAR}, NOON, (Code.VETTING_MISSING,)),
    ("pending", {"outcome": Outcome.PENDING}, NOON, (Code.VETTING_MISSING,)),
])  # fmt: skip
def test_which_check_counts(says, changes, now, reasons):
    terms = VettingTerms(Level.ENHANCED, renewal_years=3)
    assert codes(VettingRequirement().standing(((CHECK._replace(**changes),),), terms, now)) == reasons


LATER = CHECK._replace(row=4, issued_on=date(2025, 6, 2))


@pytest.mark.parametrize(("says", "changes", "reasons"), [
    ("a later clear one", {}, ()),
    ("a later one that is not clear", {"outcome": Outcome.NOT_CLEAR}, (Code.VETTING_MISSING,)),
    ("of the same day", {"outcome": Outcome.NOT_CLEAR, "issued_on": CHECK.issued_on}, (Code.VETTING_MISSING,)),
    ("an earlier one", {"outcome": Outcome.NOT_CLEAR, "issued_on": date(2020, 1, 1)}, ()),
    ("one that is not issued yet", {"outcome": Outcome.NOT_CLEAR, "issued_on": date(2026, 3, 3)}, ()),
    ("one that is awaited", {"outcome": Outcome.PENDING}, ()),
    ("for other work", {"outcome": Outcome.NOT_CLEAR, "workforce": Workforce.ADULT}, ()),
])  # fmt: skip
def test_what_comes_to_light_later_came_to_light_for_earlier_checks_too(says, changes, reasons):
    terms = VettingTerms(Level.ENHANCED, renewal_years=5)
    standing = VettingRequirement().standing(((CHECK, LATER._replace(**changes)),), terms, NOON)
    assert codes(standing) == reasons


def test_a_bad_check_of_tomorrow_ends_the_standing():
    bad = LATER._replace(outcome=Outcome.NOT_CLEAR, issued_on=date(2026, 3, 10))
    standing = VettingRequirement().standing(((CHECK, bad),), VettingTerms(Level.ENHANCED, renewal_years=5), NOON)
    assert standing.until == datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(("says", "checks", "terms", "until"), [
    ("the newest of two", (CHECK, CHECK._replace(row=4, issued_on=date(2025, 1, 2))), {"renewal_years": 3},
     datetime(2028, 1, 2, tzinfo=UTC)),
    ("a deeper one counts", (CHECK,), {"level": Level.BASIC, "renewal_years": 3}, END),
    ("never renewed", (CHECK,), {}, None),
    ("issued on 29 February", (CHECK._replace(issued_on=date(2024, 2, 29)),), {"renewal_years": 3},
     datetime(2027, 2, 28, tzinfo=UTC)),
])  # fmt: skip
def test_until_when_a_check_counts(says, checks, terms, until):
    standing = VettingRequirement().standing((checks,), VettingTerms(**{"level": Level.ENHANCED, **terms}), NOON)
    assert (codes(standing), standing.until) == ((), until)


def test_an_expired_check_shows_its_days():
    (objection,) = (
        VettingRequirement().standing(((CHECK,),), VettingTerms(Level.ENHANCED, renewal_years=3), END).objections
    )
    assert objection.evidence == ("check", "3", END)
    assert objection.detail == (("issued", "2023-03-03"), ("last_day", "2026-03-02"))


@pytest.mark.parametrize("issued_on", [date(1990, 1, 1), date(2030, 1, 1)])
def test_barred_by_any_check(issued_on):
    barred = CHECK._replace(outcome=Outcome.NOT_CLEAR, barred_list=BarredList.BARRED, issued_on=issued_on)
    assert codes(BarredRequirement().standing(((CHECK, barred),), PlainTerms(), NOON)) == (Code.BARRED,)
    assert codes(BarredRequirement().standing(((CHECK,),), PlainTerms(), NOON)) == ()


DONE = TrainingFacts(5, "safeguarding", date(2025, 3, 3), None)


@pytest.mark.parametrize(("says", "completed", "terms", "now", "reasons"), [
    ("completed", (DONE,), {}, NOON, ()),
    ("never", (), {}, NOON, (Code.TRAINING_MISSING,)),
    ("only another course", (DONE._replace(course="first-aid"),), {}, NOON, (Code.TRAINING_MISSING,)),
    ("not before its day", (DONE._replace(completed_on=date(2026, 3, 3)),), {}, NOON, (Code.TRAINING_MISSING,)),
    ("in date on its last day", (DONE,), {"renewal_months": 12}, END - MOMENT, ()),
    ("lapsed at the end itself", (DONE,), {"renewal_months": 12}, END, (Code.TRAINING_EXPIRED,)),
    ("its own end comes first", (DONE._replace(ends_at=day_end(date(2026, 3, 1))),), {"renewal_months": 24}, NOON,
     (Code.TRAINING_EXPIRED,)),
    ("the longest-lasting counts", (DONE, DONE._replace(row=6, completed_on=date(2025, 6, 1))),
     {"renewal_months": 12}, END, ()),
    ("one objection a course", (DONE,), {"courses": ("safeguarding", "first-aid"), "renewal_months": 12}, END,
     (Code.TRAINING_EXPIRED, Code.TRAINING_MISSING)),
])  # fmt: skip
def test_which_training_counts(says, completed, terms, now, reasons):
    terms = TrainingTerms(**{"courses": ("safeguarding",), **terms})
    assert codes(TrainingRequirement().standing((completed,), terms, now)) == reasons


@pytest.mark.parametrize(("completed", "months", "last"), [
    (date(2025, 3, 3), 12, date(2026, 3, 2)),
    (date(2026, 1, 31), 1, date(2026, 2, 27)),
    (date(2025, 12, 1), 1, date(2025, 12, 31)),
    (date(2024, 2, 29), 36, date(2027, 2, 27)),
])  # fmt: skip
def test_last_day_of_months(completed, months, last):
    assert last_day_of_months(completed, months) == last


def test_suspended_from_the_first_day():
    standing = SuspensionRequirement().standing((SuspensionFacts(1, "misuse", date(2026, 3, 3)),), PlainTerms(), NOON)
    assert (codes(standing), standing.until) == ((), END)
    standing = SuspensionRequirement().standing((SuspensionFacts(1, "misuse", date(2026, 3, 3)),), PlainTerms(), END)
    assert codes(standing) == (Code.SUSPENDED,)
    assert standing.objections[0].detail == (("since", "2026-03-03"),)


@pytest.mark.parametrize("nothing", [None, ()])
def test_not_suspended(nothing):
    assert codes(SuspensionRequirement().standing((nothing,), PlainTerms(), NOON)) == ()


CONFLICT = Code.CONFLICT_OF_INTEREST


def declared(name, *record):
    mark = MARKS[name]
    return ConflictFacts(8, mark, record_hash(dict(KEYS.keys)[mark], *record), Relation.CLOSE_RELATION)


def asked(record):
    system, kind, name = record
    return Query(system, "ann", 5, (2,), "view", kind, name, {}, {}, alike=("child", "plan") if kind == "plan" else ())


@pytest.mark.parametrize(("says", "conflict", "record", "reasons"), [
    ("the record itself", ("new", "lcs", "child", "1"), ("lcs", "child", "1"), (CONFLICT,)),
    ("under a retired key", ("old", "lcs", "child", "1"), ("lcs", "child", "1"), (CONFLICT,)),
    ("another record", ("new", "lcs", "child", "1"), ("lcs", "child", "2"), ()),
    ("another type", ("new", "lcs", "child", "1"), ("lcs", "adult", "1"), ()),
    ("a type that names the same records", ("new", "lcs", "child", "1"), ("lcs", "plan", "1"), (CONFLICT,)),
    ("such a type, another record", ("new", "lcs", "child", "1"), ("lcs", "plan", "2"), ()),
    ("another system", ("new", "lcs", "child", "1"), ("mis", "child", "1"), ()),
    ("parts do not run together", ("new", "lcs", "child", "1"), ("lcs", "chil", "d1"), ()),
])  # fmt: skip
def test_whose_record_may_not_be_opened(says, conflict, record, reasons):
    requirement, facts = ConflictRequirement(KEYS), ((declared(*conflict),),)
    standing = requirement.standing(facts, PlainTerms(), NOON)
    assert not standing.settled
    assert codes(requirement.check(standing, facts, PlainTerms(), asked(record), NOON)) == reasons


def test_nothing_declared_is_settled():
    assert ConflictRequirement(KEYS).standing(((),), PlainTerms(), NOON).settled


def test_a_conflict_under_a_lost_key_is_never_passed_over():
    requirement, facts = ConflictRequirement(RecordKeys.parse("new:" + "11" * 16)), ((declared("old", "a", "b", "c"),),)
    with pytest.raises(LookupError):
        requirement.check(requirement.standing(facts, PlainTerms(), NOON), facts, PlainTerms(), asked("abc"), NOON)


@pytest.mark.parametrize(("requirement", "table", "field"), [
    (VettingRequirement(), {"level": "deep"}, "level"),
    (VettingRequirement(), {}, "level"),
    (VettingRequirement(), {"level": "enhanced", "renewal_years": -1}, "renewal_years"),
    (TrainingRequirement(), {"courses": "safeguarding"}, "courses"),
    (TrainingRequirement(), {"courses": ["a"], "renewal_months": 601}, "renewal_months"),
    (TrainingRequirement(), {"courses": []}, "courses"),
])  # fmt: skip
def test_mistyped_demands_are_refused(requirement, table, field):
    with pytest.raises(BadTable) as wrong:
        requirement.terms(table)
    assert [fault.field for fault in wrong.value.faults] == [field]
