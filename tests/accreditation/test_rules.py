"""When an organisation is accredited: no app, no database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from accreditation.requirement import AccreditationRequirement, AccreditationTerms, Covers, InfrastructureRequirement
from accreditation.rules import AnswerFacts
from governance.kernel.reading import BadTable
from governance.people.rules import OrganisationFacts, OrganisationStatus
from governance.ports.reasons import Code
from governance.ports.requirement import Query

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SCHOOL = OrganisationFacts(2, "school-a", "School A", "school", 1, "", OrganisationStatus.ACTIVE)
ONE = AnswerFacts(1, "pwis", 1, True, True, NOON - timedelta(days=30), None)
TWO = ONE._replace(row=2, criterion=2)
NO = ONE._replace(row=3, met=False)
REQUIREMENT = AccreditationRequirement()
MISSING, UNMET, UNSIGNED, EXPIRED = (
    Code.ORGANISATION_NOT_ACCREDITED,
    Code.ACCREDITATION_CRITERION_UNMET,
    Code.ACCREDITATION_CRITERION_UNSIGNED,
    Code.ACCREDITATION_EXPIRED,
)


def standing_of(*lineage, covers=Covers.OWN, now=NOON):
    return REQUIREMENT.standing((SCHOOL, *lineage), AccreditationTerms("pwis", (1, 2), covers), now)


def codes(standing):
    return tuple(objection.code for objection in standing.objections)


@pytest.mark.parametrize(("says", "answers", "reasons"), [
    ("met and signed", (ONE, TWO), ()),
    ("nobody answered", (), (MISSING,)),
    ("only another checklist", (ONE._replace(checklist="core"),), (MISSING,)),
    ("one not answered", (ONE,), (UNMET,)),
    ("one answered with no", (NO, TWO), (UNMET,)),
    ("a no counts even when signed", (ONE._replace(met=False, signed=True), TWO), (UNMET,)),
    ("not signed", (ONE._replace(signed=False), TWO), (UNSIGNED,)),
    ("not signed yet", (ONE._replace(signed_at=NOON + MOMENT), TWO), (UNSIGNED,)),
    ("valid to its last moment", (ONE._replace(ends_at=NOON + MOMENT), TWO), ()),
    ("expired at the end itself", (ONE._replace(ends_at=NOON), TWO), (EXPIRED,)),
    ("every objection is told", (ONE._replace(signed=False), TWO._replace(ends_at=NOON)), (UNSIGNED, EXPIRED)),
    ("the newest answer is heard", (NO, ONE, TWO), ()),
])  # fmt: skip
def test_which_criteria_count(says, answers, reasons):
    assert codes(standing_of(answers)) == reasons


@pytest.mark.parametrize(("says", "own", "parent", "covers", "reasons"), [
    ("a parent's does not count by default", (), (ONE, TWO), Covers.OWN, (MISSING,)),
    ("a parent's covers those below", (), (ONE, TWO), Covers.DESCENDANTS, ()),
    ("one's own comes first", (ONE, TWO), (), Covers.DESCENDANTS, ()),
    ("an own no is not overruled", (NO, TWO), (ONE, TWO), Covers.DESCENDANTS, (UNMET,)),
    ("own gaps are filled from above", (ONE,), (ONE, TWO), Covers.DESCENDANTS, ()),
    ("own gaps are told where nobody fills them", (ONE,), (TWO,), Covers.DESCENDANTS, (UNMET,)),
    ("nobody", (), (), Covers.DESCENDANTS, (MISSING,)),
])  # fmt: skip
def test_whose_answers_count(says, own, parent, covers, reasons):
    assert codes(standing_of(own, parent, covers=covers)) == reasons


@pytest.mark.parametrize(("says", "signed_by", "signatories", "reasons"), [
    ("anybody's signature counts where nobody is named", "Head teacher", (), ()),
    ("the one who is named", "LA team", ("LA team",), ()),
    ("one of several", "LA team", ("Director", "LA team"), ()),
    ("somebody else", "Head teacher", ("LA team",), (UNSIGNED, UNSIGNED)),
    ("nearly the same name", "la team", ("LA team",), (UNSIGNED, UNSIGNED)),
    ("a signature without a name", "", ("LA team",), (UNSIGNED, UNSIGNED)),
])  # fmt: skip
def test_whose_signature_counts(says, signed_by, signatories, reasons):
    answers = (ONE._replace(signed_by=signed_by), TWO._replace(signed_by=signed_by))
    terms = AccreditationTerms("pwis", (1, 2), signed_by=signatories)
    assert codes(REQUIREMENT.standing((SCHOOL, answers), terms, NOON)) == reasons


def test_infrastructure_objects_in_its_own_name():
    requirement = InfrastructureRequirement()
    terms = requirement.terms({"checklist": "pwis", "criteria": [1], "signed_by": ["LA team"]})
    answered = requirement.standing((SCHOOL, (NO,)), terms, NOON)
    unanswered = requirement.standing((SCHOOL, ()), terms, NOON)
    assert [(one.code, one.requirement) for one in answered.objections] == [(UNMET, "infrastructure")]
    assert [(one.code, one.requirement) for one in unanswered.objections] == [(MISSING, "infrastructure")]


def test_until_when_it_holds():
    end = NOON + timedelta(days=1)
    standing = standing_of((ONE, TWO._replace(ends_at=end)))
    assert standing.until == end
    assert [(evidence.id, evidence.until) for evidence in standing.evidence] == [("1", None), ("2", end)]


def test_without_an_organisation_nobody_is_accredited():
    query = Query("mis", "ann", 5, (), "view", "record", "1", {}, {})
    assert REQUIREMENT.keys(query) == ()
    assert codes(REQUIREMENT.standing((), AccreditationTerms("pwis", (1,)), NOON)) == (MISSING,)


@pytest.mark.parametrize("table", [{"checklist": "pwis"}, {"checklist": "pwis", "criteria": []}])
def test_criteria_are_named(table):
    with pytest.raises(BadTable):
        REQUIREMENT.terms(table)
