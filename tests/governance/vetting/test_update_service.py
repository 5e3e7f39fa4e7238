"""Status checks with the DBS Update Service: when one stands in for renewal, and what it never tells. No database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.kernel.clock import day_end, day_start
from governance.kernel.reading import BadTable
from governance.ports.reasons import REASONS, Code
from governance.vetting.models import Check
from governance.vetting.requirement import BarredRequirement, PlainTerms, VettingRequirement, VettingTerms
from governance.vetting.rules import BarredList, CheckFacts, Level, Outcome, StatusResult, UpdateService, Workforce
from governance.vetting.schemas import CheckIn

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
CURRENT = UpdateService(True, date(2022, 5, 9), date(2026, 2, 2), StatusResult.CURRENT)
CHECK = CheckFacts(3, Level.ENHANCED, Workforce.CHILD, date(2022, 5, 3), Outcome.CLEAR, BarredList.NOT_BARRED, CURRENT)
END = datetime(2027, 2, 2, tzinfo=UTC)  # twelve months after 2 February 2026: 1 February 2027 is the last day
BOTH = VettingTerms(Level.ENHANCED, renewal_years=3, status_months=12)
STATUS_ONLY = VettingTerms(Level.ENHANCED, status_months=12)
RENEWAL_ONLY = VettingTerms(Level.ENHANCED, renewal_years=3)


def checked(**changes):
    """The check with another part in the Update Service."""
    return CHECK._replace(update=CURRENT._replace(**changes))


def judged(check, terms, now=NOON):
    standing = VettingRequirement().standing(((check,),), terms, now)
    return tuple(objection.code for objection in standing.objections)


@pytest.mark.parametrize(("says", "check", "terms", "now", "reasons"), [
    ("a status check stands in for renewal", CHECK, BOTH, NOON, ()),
    ("where the pack accepts none, it does not", CHECK, RENEWAL_ONLY, NOON, (Code.VETTING_EXPIRED,)),
    ("until its last moment", CHECK, BOTH, END - MOMENT, ()),
    ("not at the end itself", CHECK, BOTH, END, (Code.VETTING_EXPIRED,)),
    ("alone, until its last moment", CHECK, STATUS_ONLY, END - MOMENT, ()),
    ("alone, not at the end itself", CHECK, STATUS_ONLY, END, (Code.VETTING_STATUS_MISSING,)),
    ("a young check needs none where renewal will do", checked(checked_on=None, result=None)._replace(
        issued_on=date(2024, 5, 3)), BOTH, NOON, ()),
    ("a young check needs one where nothing else will do", checked(checked_on=None, result=None)._replace(
        issued_on=date(2026, 10, 1)), STATUS_ONLY, NOON, (Code.VETTING_STATUS_MISSING,)),
    ("nor has it any part in the Update Service", CHECK._replace(update=None), STATUS_ONLY, NOON,
     (Code.VETTING_STATUS_MISSING,)),
    ("neither asked for: it counts for good", CHECK._replace(update=None), VettingTerms(Level.ENHANCED), NOON, ()),
    ("no check at all", None, STATUS_ONLY, NOON, (Code.VETTING_MISSING,)),
    ("a status is of that very check: another level is still missing", CHECK._replace(level=Level.STANDARD),
     STATUS_ONLY, NOON, (Code.VETTING_LEVEL,)),
])  # fmt: skip
def test_when_a_status_check_keeps_a_check_in_date(says, check, terms, now, reasons):
    checks = () if check is None else (check,)
    standing = VettingRequirement().standing((checks,), terms, now)
    assert tuple(objection.code for objection in standing.objections) == reasons


@pytest.mark.parametrize(("says", "check", "counts"), [
    ("clear and current", checked(result=StatusResult.CLEAR_AND_CURRENT), True),
    ("current", CHECK, True),
    ("not found", checked(result=StatusResult.NOT_FOUND), False),
    ("not looked up", checked(checked_on=None, result=None), False),
    ("looked up tomorrow", checked(checked_on=date(2026, 10, 13)), False),
    ("looked up today", checked(checked_on=date(2026, 10, 12)), True),
    ("not subscribed", checked(subscribed=False), False),
    ("without consent", checked(consented_on=None), False),
    ("consented on that day", checked(consented_on=date(2026, 2, 2)), True),
    ("consented the day after", checked(consented_on=date(2026, 2, 3)), False),
    ("there are no basic checks in it", CHECK._replace(level=Level.BASIC), False),
])  # fmt: skip
def test_which_status_check_may_be_relied_on(says, check, counts):
    assert (judged(check, VettingTerms(Level.BASIC, status_months=12)) == ()) is counts


FOUND_ON = date(2026, 10, 12)


@pytest.mark.parametrize("terms", [BOTH, STATUS_ONLY, RENEWAL_ONLY, VettingTerms(Level.ENHANCED)])
@pytest.mark.parametrize(("now", "counts"), [(day_start(FOUND_ON) - MOMENT, True), (day_start(FOUND_ON), False)])
def test_a_check_that_is_no_longer_current_counts_for_nobody(terms, now, counts):
    """And it reads like no check: that something came to light is nobody's business at a front end."""
    young = checked(checked_on=FOUND_ON, result=StatusResult.NO_LONGER_CURRENT)._replace(issued_on=date(2025, 5, 3))
    before = (Code.VETTING_STATUS_MISSING,) if terms is STATUS_ONLY else ()
    assert judged(young, terms, now) == (before if counts else (Code.VETTING_MISSING,))


def test_a_new_check_takes_its_place():
    old = checked(result=StatusResult.NO_LONGER_CURRENT)
    new = CheckFacts(4, Level.ENHANCED, Workforce.CHILD, date(2026, 9, 1), Outcome.CLEAR, BarredList.NOT_BARRED)
    assert not VettingRequirement().standing(((old, new),), BOTH, NOON).objections


@pytest.mark.parametrize(("says", "check", "terms", "until"), [
    ("the later of the two ends: the status check's", CHECK, BOTH, END),
    ("the later of the two ends: renewal's", CHECK._replace(issued_on=date(2025, 5, 3)), BOTH,
     day_end(date(2028, 5, 2))),
    ("a status check of a shorter month", checked(checked_on=date(2026, 8, 31)),
     VettingTerms(Level.ENHANCED, status_months=6), day_end(date(2027, 2, 27))),
    ("the day of a status check to come, which may say anything", checked(checked_on=date(2026, 11, 2))._replace(
        issued_on=date(2025, 5, 3)), BOTH, datetime(2026, 11, 2, tzinfo=UTC)),
])  # fmt: skip
def test_until_when_it_counts(says, check, terms, until):
    standing = VettingRequirement().standing(((check,),), terms, NOON)
    assert (standing.objections, standing.until) == ((), until)


def test_a_status_check_to_come_ends_a_refusal():
    standing = VettingRequirement().standing(((checked(checked_on=date(2026, 11, 2)),),), STATUS_ONLY, NOON)
    assert (standing.objections[0].code, standing.until) == (
        Code.VETTING_STATUS_MISSING, datetime(2026, 11, 2, tzinfo=UTC),
    )  # fmt: skip


def test_what_is_told_names_days_and_never_a_result():
    for terms, now in ((BOTH, END), (STATUS_ONLY, END)):
        (objection,) = VettingRequirement().standing(((CHECK,),), terms, now).objections
        words = REASONS[objection.code].admin.format(**dict(objection.detail))
        assert "2022-05-03" in words
        assert objection.evidence == ("check", "3", END)
        assert not any(result.replace("_", " ") in str(objection.detail) for result in StatusResult)
    assert dict(VettingRequirement().standing(((CHECK,),), BOTH, END).objections[0].detail)["last_day"] == "2027-02-01"


def test_barred_stays_barred_whatever_the_status():
    barred = CHECK._replace(barred_list=BarredList.BARRED)
    assert BarredRequirement().standing(((barred,),), PlainTerms(), NOON).objections[0].code is Code.BARRED


@pytest.mark.parametrize("months", [-1, 601, "12"])
def test_mistyped_months_are_refused(months):
    with pytest.raises(BadTable) as wrong:
        VettingRequirement().terms({"level": "enhanced", "status_months": months})
    assert [fault.field for fault in wrong.value.faults] == ["status_months"]


ROW = {
    "person": "ann", "level": "enhanced", "issued": "2025-05-03", "subscribed": True, "consented_on": "2025-05-09",
    "status_on": "2026-02-02", "status": "current",
}  # fmt: skip


@pytest.mark.parametrize(("says", "changes", "fields"), [
    ("all of it", {}, set()),
    ("a status without a day", {"status_on": None}, {"status_on"}),
    ("a day without a status", {"status": None}, {"status"}),
    ("on the day of issue", {"status_on": "2025-05-03", "consented_on": "2025-05-03"}, set()),
    ("before the check was issued", {"status_on": "2025-05-02", "consented_on": "2025-05-02"}, {"status_on"}),
    ("without consent", {"consented_on": None}, {"consented_on"}),
    ("before the consent", {"consented_on": "2026-02-03"}, {"consented_on"}),
    ("in words of one's own", {"status": "fine"}, {"status"}),
    ("what the certificate says", {"offences": "none"}, {"offences"}),
])  # fmt: skip
def test_what_may_be_written_of_a_status_check(says, changes, fields):
    row = {name: found for name, found in {**ROW, **changes}.items() if found is not None}
    assert set(CheckIn().validate(row)) == fields


def test_there_is_no_column_for_what_a_certificate_says():
    own = set(Check.__table__.columns.keys()) - {
        "id", "starts_on", "ends_on", "digest", "salt", "recorded_by", "closed_by", "erased_by",
    }  # fmt: skip
    assert own == {
        "person_id", "level", "workforce", "outcome", "barred_list",
        "subscribed", "consented_on", "status_on", "status",
    }  # fmt: skip
