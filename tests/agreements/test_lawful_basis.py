"""On what lawful basis an agreement shares, and what a pack insists on: no app, no database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from agreements.requirement import AgreementRequirement, AgreementTerms
from agreements.rules import (
    SCHEDULE_1,
    AgreementFacts,
    AgreementKind,
    AgreementState,
    Article6,
    Article9,
    BasisNeeded,
    LawfulBasis,
    basis_gaps,
)
from agreements.schemas import AgreementIn
from governance.kernel.reading import BadTable
from governance.people.rules import OrganisationFacts, OrganisationStatus
from governance.ports.reasons import REASONS, Code
from governance.ports.requirement import Query

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
LONG_AGO, SOON, LATER = NOON - timedelta(days=90), NOON + timedelta(days=9), NOON + timedelta(days=99)
TRUST = OrganisationFacts(2, "trust", "The Trust", "charity", 0, "", OrganisationStatus.ACTIVE)
SAFEGUARDING = LawfulBasis(Article6.PUBLIC_TASK, Article9.SUBSTANTIAL_PUBLIC_INTEREST, 18)
SHARING = AgreementFacts(
    1, "dsa", AgreementKind.SHARING, 1, "mis", AgreementState.ACTIVE, LONG_AGO, LATER, LONG_AGO, LONG_AGO, (), (),
    basis=SAFEGUARDING,
)  # fmt: skip
BARE = SHARING._replace(row=2, reference="bare", basis=LawfulBasis())
ARTICLE_6 = "the basis of UK GDPR Article 6"
ARTICLE_9 = "the condition of UK GDPR Article 9"
PARAGRAPH = "the paragraph of DPA 2018 Schedule 1"


@pytest.mark.parametrize(("says", "basis", "needed", "gaps"), [
    ("nothing asked", (None, None, None), "none", ()),
    ("nothing asked, of a half-written one", (None, Article9.HEALTH_OR_SOCIAL_CARE, None), "none", ()),
    ("nothing recorded", (None, None, None), "ordinary", (ARTICLE_6,)),
    ("nothing recorded, special", (None, None, None), "special_category", (ARTICLE_6, ARTICLE_9)),
    ("ordinary", (Article6.LEGAL_OBLIGATION, None, None), "ordinary", ()),
    ("ordinary is not special", (Article6.LEGAL_OBLIGATION, None, None), "special_category", (ARTICLE_9,)),
    ("special", SAFEGUARDING, "special_category", ()),
    ("a condition that needs no paragraph", (Article6.PUBLIC_TASK, Article9.LEGAL_CLAIMS, None), "special_category",
     ()),
    ("a condition that needs one", (Article6.PUBLIC_TASK, Article9.HEALTH_OR_SOCIAL_CARE, None), "special_category",
     (PARAGRAPH,)),
    ("another's paragraph", (Article6.PUBLIC_TASK, Article9.HEALTH_OR_SOCIAL_CARE, 18), "special_category",
     (PARAGRAPH,)),
    ("a condition is held to its paragraph even where none is asked for",
     (Article6.PUBLIC_TASK, Article9.SUBSTANTIAL_PUBLIC_INTEREST, None), "ordinary", (PARAGRAPH,)),
    ("a condition without a basis", (None, Article9.EXPLICIT_CONSENT, None), "special_category", (ARTICLE_6,)),
])  # fmt: skip
def test_what_a_basis_lacks(says, basis, needed, gaps):
    assert basis_gaps(LawfulBasis(*basis), BasisNeeded(needed)) == gaps


PARAGRAPHS = {"b": {1}, "h": {2}, "i": {3}, "j": {4}, "g": set(range(6, 29))}
"""DPA 2018, section 10(2) and (3), and Schedule 1, Parts 1 and 2."""


@pytest.mark.parametrize("condition", Article9)
def test_which_paragraphs_a_condition_needs(condition):
    fitting = {
        number
        for number in (None, *range(1, 38))
        if not basis_gaps(LawfulBasis(Article6.PUBLIC_TASK, condition, number), BasisNeeded.SPECIAL_CATEGORY)
    }
    assert fitting == PARAGRAPHS.get(condition, {None, *range(1, 38)})
    assert SCHEDULE_1.keys() == set(Article9)


def standing(*agreements, needed="special_category", now=NOON):
    return AgreementRequirement().standing((TRUST, agreements), AgreementTerms(lawful_basis=BasisNeeded(needed)), now)


def codes(found):
    return tuple(objection.code for objection in found.objections)


@pytest.mark.parametrize(("says", "agreements", "needed", "reasons"), [
    ("recorded", (SHARING,), "special_category", ()),
    ("not recorded, and not asked for", (BARE,), "none", ()),
    ("not recorded", (BARE,), "ordinary", (Code.AGREEMENT_WITHOUT_BASIS,)),
    ("one of two is enough", (BARE, SHARING), "special_category", ()),
    ("one that has ended is not", (BARE, SHARING._replace(ends_at=NOON)), "special_category",
     (Code.AGREEMENT_WITHOUT_BASIS,)),
    ("an ended one without a basis has ended", (BARE._replace(ends_at=NOON),), "special_category",
     (Code.AGREEMENT_NOT_IN_FORCE,)),
    ("no agreement", (), "special_category", (Code.AGREEMENT_MISSING,)),
])  # fmt: skip
def test_a_pack_insists(says, agreements, needed, reasons):
    assert codes(standing(*agreements, needed=needed)) == reasons


def test_a_refusal_names_what_is_lacking_and_when_it_may_change():
    found = standing(BARE, SHARING._replace(starts_at=SOON))
    (objection,) = found.objections
    words = REASONS[objection.code].admin.format(**dict(objection.detail))
    assert words == f"Agreement bare does not record: {ARTICLE_6}, {ARTICLE_9}."
    assert (objection.evidence, found.until) == (("agreement", "bare/1", LATER), SOON)


def test_only_what_is_founded_may_cover_a_question():
    terms = AgreementTerms(lawful_basis=BasisNeeded.SPECIAL_CATEGORY)
    facts = (TRUST, (SHARING._replace(purposes=("safeguarding",)), BARE._replace(ends_at=None)))
    requirement = AgreementRequirement()
    found = requirement.standing(facts, terms, NOON)
    assert not found.settled
    for purpose, reasons in (("safeguarding", ()), ("research", (Code.AGREEMENT_OUT_OF_SCOPE,))):
        query = Query("mis", "ann", 5, (2,), "view", "record", "1", {}, {"purpose": purpose})
        assert codes(requirement.check(found, facts, terms, query, NOON)) == reasons


def test_a_mistyped_demand_is_refused():
    with pytest.raises(BadTable) as wrong:
        AgreementRequirement().terms({"lawful_basis": "any"})
    assert [fault.field for fault in wrong.value.faults] == ["lawful_basis"]


ROW = {
    "reference": "dsa", "kind": "sharing", "version": 1, "system": "mis", "from": "2026-01-01", "article_6": "e",
    "article_9": "g", "schedule_1": 18, "gateway": "Children Act 2004, section 16LA", "dpia": "DPIA-2026-014",
    "dpia_outcome": "proceed_with_measures", "dpia_on": "2026-01-01",
}  # fmt: skip


@pytest.mark.parametrize(("says", "changes", "fields"), [
    ("all of it", {}, set()),
    ("none of it", dict.fromkeys([*ROW][5:]), set()),
    ("a point that Article 6 has not", {"article_6": "g"}, {"article_6"}),
    ("recognised legitimate interests", {"article_6": "ea"}, set()),
    ("a point that Article 9 has not", {"article_9": "k"}, {"article_9"}),
    ("the last paragraph", {"schedule_1": 37}, set()),
    ("beyond the last paragraph", {"schedule_1": 38}, {"schedule_1"}),
    ("before the first", {"schedule_1": 0}, {"schedule_1"}),
    ("an assessment without its outcome", {"dpia_outcome": None}, {"dpia_outcome"}),
    ("an outcome without its assessment", {"dpia": None, "dpia_on": None}, {"dpia", "dpia_on"}),
])  # fmt: skip
def test_what_may_be_written(says, changes, fields):
    row = {name: found for name, found in {**ROW, **changes}.items() if found is not None}
    assert set(AgreementIn().validate(row)) == fields
