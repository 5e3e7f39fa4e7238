"""Who may use a grant by their employment: no app, no database, no clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.kernel.clock import day_end
from governance.kernel.reading import BadTable
from governance.people.requirement import EmploymentRequirement, EmploymentTerms
from governance.people.rules import EmploymentFacts, OrganisationFacts, OrganisationStatus
from governance.ports.reasons import REASONS, Code
from governance.ports.requirement import Query

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
COUNCIL = OrganisationFacts(1, "council", "Council", "local_authority", 0, "ALL", OrganisationStatus.ACTIVE)
SCHOOL = OrganisationFacts(2, "school-a", "School A", "school", 1, "", OrganisationStatus.ACTIVE)
JOB = EmploymentFacts(7, 2, "teacher", False, date(2025, 9, 1), None)
REQUIREMENT = EmploymentRequirement()


def codes(employments, lineage, now=NOON, **terms):
    standing = REQUIREMENT.standing((employments, *lineage), EmploymentTerms(**terms), now)
    return tuple(objection.code for objection in standing.objections)


@pytest.mark.parametrize(("says", "job", "now", "reasons"), [
    ("an open end holds", {}, NOON, ()),
    ("not before its first day in London", {"starts_on": date(2026, 3, 3)}, NOON, (Code.NOT_EMPLOYED,)),
    ("from its first moment", {"starts_on": date(2026, 3, 2)}, datetime(2026, 3, 2, tzinfo=UTC), ()),
    ("a summer day begins an hour earlier", {"starts_on": date(2026, 7, 1)}, datetime(2026, 6, 30, 23, tzinfo=UTC), ()),
    ("until its last moment", {"ends_at": day_end(date(2026, 3, 2))}, datetime(2026, 3, 3, tzinfo=UTC) - MOMENT, ()),
    ("closed at the end itself", {"ends_at": day_end(date(2026, 3, 2))}, datetime(2026, 3, 3, tzinfo=UTC),
     (Code.NOT_EMPLOYED,)),
    ("elsewhere is not here", {"organisation": 1}, NOON, (Code.NOT_EMPLOYED,)),
])  # fmt: skip
def test_when_an_employment_holds(says, job, now, reasons):
    assert codes((JOB._replace(**job),), (SCHOOL, COUNCIL), now) == reasons


@pytest.mark.parametrize(("says", "school", "council", "terms", "reasons"), [
    ("of the kind", {}, {}, {"organisation_kinds": ("school",)}, ()),
    ("of another kind", {}, {}, {"organisation_kinds": ("charity",)}, (Code.ORGANISATION_KIND,)),
    ("of the kind but not named", {}, {}, {"organisation_kinds": ("school",), "organisations": ("school-b",)},
     (Code.ORGANISATION_KIND,)),
    ("suspended", {"status": OrganisationStatus.SUSPENDED}, {}, {}, (Code.ACCREDITATION_SUSPENDED,)),
    ("closed", {"status": OrganisationStatus.CLOSED}, {}, {}, (Code.ACCREDITATION_SUSPENDED,)),
    ("a suspended parent covers all below", {}, {"status": OrganisationStatus.SUSPENDED}, {},
     (Code.ACCREDITATION_SUSPENDED,)),
    ("another post", {}, {}, {"posts": ("head",)}, (Code.NOT_EMPLOYED,)),
    ("no casework", {}, {}, {"casework": True}, (Code.NO_NEED,)),
    ("every objection is told", {"status": OrganisationStatus.SUSPENDED}, {},
     {"organisation_kinds": ("charity",), "casework": True},
     (Code.ORGANISATION_KIND, Code.ACCREDITATION_SUSPENDED, Code.NO_NEED)),
])  # fmt: skip
def test_what_a_role_may_demand(says, school, council, terms, reasons):
    assert codes((JOB,), (SCHOOL._replace(**school), COUNCIL._replace(**council)), **terms) == reasons


@pytest.mark.parametrize(("posts", "said"), [
    (("head", "deputy"), "No current employment in school-a as head or deputy, only as teacher, cook."),
    ((), "No current employment in school-a."),
])  # fmt: skip
def test_posts_that_a_role_is_not_for_are_named(posts, said):
    jobs = (JOB, JOB._replace(post="cook"), JOB._replace(post="head", ends_at=NOON)) if posts else ()
    (objection,) = REQUIREMENT.standing((jobs, SCHOOL), EmploymentTerms(posts=posts), NOON).objections
    assert REASONS[objection.code].admin.format(**dict(objection.detail)) == said


@pytest.mark.parametrize("lineage", [(), (None,)])
def test_an_unknown_organisation_employs_nobody(lineage):
    assert codes((JOB,), lineage) == (Code.NOT_EMPLOYED,)


def test_the_employment_that_lasts_longest_counts():
    ends = day_end(date(2026, 12, 31))
    jobs = (JOB._replace(row=1, ends_at=day_end(date(2026, 4, 1))), JOB._replace(row=2, ends_at=ends))
    standing = REQUIREMENT.standing((jobs, SCHOOL), EmploymentTerms(), NOON)
    assert (standing.until, standing.evidence[0].id) == (ends, "2")


def test_a_refusal_lasts_until_an_employment_begins():
    job = JOB._replace(starts_on=date(2026, 4, 1))
    standing = REQUIREMENT.standing(((job,), SCHOOL), EmploymentTerms(), NOON)
    assert standing.until == datetime(2026, 3, 31, 23, tzinfo=UTC)


def test_the_keys_follow_the_lineage():
    query = Query("lcs", "ann", 5, (2, 1), "view", "record", "1", {}, {})
    assert [(key.kind, key.number) for key in REQUIREMENT.keys(query)] == [
        ("employment", 5), ("organisation", 2), ("organisation", 1),
    ]  # fmt: skip


def test_a_mistyped_demand_is_refused_with_every_fault():
    with pytest.raises(BadTable) as wrong:
        REQUIREMENT.terms({"post": ["head"], "casework": "yes"})
    assert [fault.field for fault in wrong.value.faults] == ["post", "casework"]
