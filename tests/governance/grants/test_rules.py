"""When a grant holds, and whose approvals it needs: no app, no database, no clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.grants.requirement import GrantRequirement, GrantTerms
from governance.grants.rules import Approval, GrantFacts
from governance.kernel.clock import day_end, day_start
from governance.kernel.reading import BadTable
from governance.ports.reasons import Code
from governance.ports.requirement import Query

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
GRANT = GrantFacts(9, "lcs", "practitioner", 2, FIRST, day_start(FIRST), day_end(LAST), (), {})
REQUIREMENT = GrantRequirement()
MANAGER, LEAD = ("line_manager", "head"), ("igg",)


def standing_of(grant, approvals=(), now=NOON):
    terms = GrantTerms(approvals, source="the procedure")
    return REQUIREMENT.standing((grant, "ann", ("team", "council"), (grant,)), terms, now)


def by(person, capacity, on=FIRST):
    return Approval(person, capacity, "council", on)


@pytest.mark.parametrize(("says", "now", "reasons", "until"), [
    ("not before its start", GRANT.starts_at - MOMENT, (Code.GRANT_NOT_STARTED,), GRANT.starts_at),
    ("from its start", GRANT.starts_at, (), GRANT.ends_at),
    ("until its last moment", GRANT.ends_at - MOMENT, (), GRANT.ends_at),
    ("closed at the end itself", GRANT.ends_at, (Code.GRANT_EXPIRED,), None),
])  # fmt: skip
def test_when_a_grant_holds(says, now, reasons, until):
    standing = standing_of(GRANT, now=now)
    assert tuple(objection.code for objection in standing.objections) == reasons
    assert standing.until == until


@pytest.mark.parametrize(("says", "needed", "given", "reasons"), [
    ("none needed", (), (), ()),
    ("given", (MANAGER,), (by("mo", "line_manager"),), ()),
    ("given in another right capacity", (MANAGER,), (by("mo", "head"),), ()),
    ("not given", (MANAGER,), (), (Code.APPROVAL_MISSING,)),
    ("given by the wrong person", (MANAGER,), (by("mo", "colleague"),), (Code.WRONG_GRANTOR,)),
    ("one's own never counts", (MANAGER,), (by("ann", "line_manager"),), (Code.SELF_APPROVAL,)),
    ("one's own beside another's", (MANAGER,), (by("ann", "line_manager"), by("mo", "head")), ()),
    ("one of two", (MANAGER, LEAD), (by("mo", "line_manager"),), (Code.APPROVAL_MISSING,)),
    ("two by two", (MANAGER, LEAD), (by("mo", "line_manager"), by("ian", "igg")), ()),
    ("two by one", (MANAGER, LEAD), (by("mo", "line_manager"), by("mo", "igg")), (Code.APPROVAL_MISSING,)),
    ("two by two, whoever comes first", (MANAGER, LEAD),
     (by("mo", "line_manager"), by("mo", "igg"), by("kim", "head")), ()),
    ("none of the right capacity", (MANAGER, LEAD), (by("mo", "colleague"),),
     (Code.WRONG_GRANTOR, Code.APPROVAL_MISSING)),
    ("not before its day", (MANAGER,), (by("mo", "head", date(2026, 3, 3)),), (Code.APPROVAL_MISSING,)),
])  # fmt: skip
def test_whose_approvals_are_needed(says, needed, given, reasons):
    standing = standing_of(GRANT._replace(approvals=given), needed)
    assert tuple(objection.code for objection in standing.objections) == reasons


def standing_beside(table, approvals, *others):
    grant = GRANT._replace(approvals=approvals)
    facts = (grant, "ann", ("team", "council"), (grant, *others))
    return REQUIREMENT.standing(facts, REQUIREMENT.terms(table), NOON)


def reasons_of(table, *approvals):
    return [(one.code, dict(one.detail)) for one in standing_beside(table, approvals).objections]


@pytest.mark.parametrize(("says", "organisation", "told"), [
    ("the grant's own organisation", "team", []),
    ("one above it", "council", []),
    ("no organisation is named", "", [(Code.WRONG_GRANTOR, {"approved_by": "head", "grantor": "head"})]),
    ("another part of the tree", "east", [(Code.WRONG_GRANTOR, {"approved_by": "head of east", "grantor": "head"})]),
])  # fmt: skip
def test_for_which_part_of_the_tree_an_approval_counts(says, organisation, told):
    assert reasons_of({"approvals": [["head"]]}, Approval("mo", "head", organisation, FIRST)) == told


def test_a_capacity_may_reach_everywhere():
    table = {"approvals": [["head"]], "anywhere": ["head"]}
    assert reasons_of(table, Approval("mo", "head", "east", FIRST)) == []
    with pytest.raises(BadTable, match="anywhere"):
        REQUIREMENT.terms({"approvals": [["head"]], "anywhere": ["haed"]})


@pytest.mark.parametrize(("on", "capacity", "codes"), [
    (date(2025, 8, 31), "supplier", []),
    (date(2025, 8, 31), "head", [Code.WRONG_GRANTOR]),
    (date(2025, 9, 1), "supplier", [Code.WRONG_GRANTOR]),
    (date(2025, 9, 1), "head", []),
    (date(2024, 12, 31), "founder", []),
    (date(2025, 1, 1), "founder", [Code.WRONG_GRANTOR]),
])  # fmt: skip
def test_the_rule_of_the_day_decides_who_may_approve(on, capacity, codes):
    before = [
        {"day": date(2025, 9, 1), "approvals": [["supplier"]]},
        {"day": date(2025, 1, 1), "approvals": [["founder"]]},
    ]
    told = reasons_of({"approvals": [["head"]], "before": before}, by("mo", capacity, on))
    assert [code for code, _ in told] == codes


@pytest.mark.parametrize("stray", [
    Approval("xx", "visitor", "", date(2026, 2, 1)),
    Approval("xx", "head", "council", date(2026, 4, 1)),
    Approval("ann", "head", "council", date(2026, 2, 1)),
])  # fmt: skip
def test_an_approval_that_could_not_count_does_not_choose_the_rule(stray):
    table = {"approvals": [["head"]], "before": [{"day": date(2025, 9, 1), "approvals": [["supplier"]]}]}
    assert reasons_of(table, by("mo", "supplier", date(2025, 8, 31)), stray) == []


def test_a_permit_holds_no_longer_than_the_rule_that_its_approvals_choose():
    """An approval that is yet to come may move a grant under a later rule: until then it is approved."""
    table = {"approvals": [["igg"]], "before": [{"day": date(2026, 3, 10), "approvals": [["head"]]}]}
    approvals = (by("mo", "head", date(2026, 2, 1)), by("di", "head", date(2026, 3, 12)))
    grant, terms = GRANT._replace(approvals=approvals), REQUIREMENT.terms(table)
    facts = (grant, "ann", ("team", "council"), (grant,))
    now = day_start(date(2026, 3, 11))
    standing = REQUIREMENT.standing(facts, terms, now)
    assert (standing.objections, standing.until) == ((), day_start(date(2026, 3, 12)))
    later = REQUIREMENT.standing(facts, terms, standing.until)
    assert [one.code for one in later.objections] == [Code.WRONG_GRANTOR]


SCOPED = [
    ({}, {}, []),
    ({"area": "north"}, {"area": "north"}, []),
    ({"area": "north"}, {"area": "south"}, ["area is north"]),
    ({"area": "north"}, {}, ["area is north"]),
    ({"area": ["north", "east"]}, {"area": "east"}, []),
    ({"area": ["north", "east"]}, {"area": ("north", "east")}, []),
    ({"area": ["north", "east"]}, {"area": ("north", "west")}, ["area is north, east"]),
    ({"area": "north"}, {"area": ()}, ["area is north"]),
    ({"floor": 1, "area": "north"}, {"floor": True, "area": "south"}, ["floor is 1", "area is north"]),
]


@pytest.mark.parametrize(("scope", "properties", "told"), SCOPED)
def test_a_grant_reaches_as_far_as_its_scope(scope, properties, told):
    facts, terms = (GRANT._replace(scope=scope), "ann", ("team",), ()), GrantTerms(source="the procedure")
    standing = REQUIREMENT.standing(facts, terms, NOON)
    assert standing.settled is (not scope)
    query = Query("lcs", "ann", 1, (2,), "view", "record", "1", properties, {})
    objections = REQUIREMENT.check(standing, facts, terms, query, NOON).objections
    assert [dict(one.detail)["cohort"] for one in objections] == told
    assert {one.code for one in objections} <= {Code.COHORT}


@pytest.mark.parametrize("before", [[{"day": "soon", "approvals": []}], [{"approvals": [["a"]]}], "never", [[]]])
def test_earlier_rules_that_cannot_be_read_are_refused(before):
    with pytest.raises(BadTable):
        REQUIREMENT.terms({"approvals": [["head"]], "before": before})


OTHER = GRANT._replace(row=4, system="caseload", ends_at=day_end(date(2026, 3, 31)))
UNMET = [(Code.CONDITION_UNMET, {"condition": "current access to caseload"})]


@pytest.mark.parametrize(("says", "others", "told", "until"), [
    ("none held", (), UNMET, GRANT.ends_at),
    ("held, until it ends", (OTHER,), [], OTHER.ends_at),
    ("held longer than this one", (OTHER._replace(ends_at=None),), [], GRANT.ends_at),
    ("held in the nick of time", (OTHER._replace(starts_at=NOON, ends_at=NOON + MOMENT),), [], NOON + MOMENT),
    ("ended at this moment", (OTHER._replace(ends_at=NOON),), UNMET, GRANT.ends_at),
    ("not begun", (OTHER._replace(starts_at=NOON + MOMENT),), UNMET, NOON + MOMENT),
    ("in a third system", (OTHER._replace(system="other"),), UNMET, GRANT.ends_at),
    ("the one that lasts longest counts", (OTHER._replace(ends_at=NOON + MOMENT), OTHER), [], OTHER.ends_at),
])  # fmt: skip
def test_a_grant_may_need_one_in_another_system(says, others, told, until):
    approvals = (by("mo", "head"),)
    standing = standing_beside({"approvals": [["head"]], "holding": "caseload"}, approvals, *others)
    assert [(one.code, dict(one.detail)) for one in standing.objections] == told
    assert standing.until == until
    assert [one.id for one in standing.evidence] == (["9"] if told else ["9", "4"])


@pytest.mark.parametrize(("on", "told"), [(date(2025, 8, 31), UNMET), (date(2025, 9, 1), [])])
def test_an_earlier_rule_may_need_another_system_where_the_later_does_not(on, told):
    before = [{"day": date(2025, 9, 1), "approvals": [["head"]], "holding": "caseload"}]
    assert reasons_of({"approvals": [["head"]], "before": before}, by("mo", "head", on)) == told


def test_every_objection_is_told():
    standing = standing_of(GRANT, (MANAGER,), GRANT.ends_at)
    assert [objection.code for objection in standing.objections] == [Code.GRANT_EXPIRED, Code.APPROVAL_MISSING]
    assert {objection.source for objection in standing.objections} == {"the procedure"}
    assert standing.objections[1].detail == (("approver", "line manager or head"),)


def test_an_approval_of_tomorrow_ends_the_refusal():
    approved = GRANT._replace(approvals=(by("mo", "head", date(2026, 3, 3)),))
    assert standing_of(approved, (MANAGER,)).until == datetime(2026, 3, 3, tzinfo=UTC)


def test_an_approval_that_nobody_may_give_is_refused():
    assert REQUIREMENT.terms({"approvals": [["head"], ["igg"]]}).approvals == (("head",), ("igg",))
    with pytest.raises(BadTable):
        REQUIREMENT.terms({"approvals": [[]]})
