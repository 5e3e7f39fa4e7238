"""Which agreements are in force, and what they cover: no app, no database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from agreements.requirement import (
    AgreementRequirement,
    AgreementTerms,
    Covers,
    IndividualRequirement,
    IndividualTerms,
    ProtocolRequirement,
    ProtocolTerms,
)
from agreements.rules import (
    IN_FORCE,
    AgreementFacts,
    AgreementKind,
    AgreementState,
    SignatureFacts,
    complete_from,
)
from governance.kernel.reading import BadTable
from governance.people.rules import OrganisationFacts, OrganisationStatus
from governance.ports.reasons import Code
from governance.ports.requirement import Query

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
LONG_AGO, SOON, LATER = NOON - timedelta(days=90), NOON + timedelta(days=9), NOON + timedelta(days=99)
SCHOOL = OrganisationFacts(2, "school-a", "School A", "school", 1, "", OrganisationStatus.ACTIVE)
SHARING = AgreementFacts(
    1, "dsa", AgreementKind.SHARING, 1, "mis", AgreementState.ACTIVE, LONG_AGO, LATER, LONG_AGO, LONG_AGO, (), ()
)
PROTOCOL = SHARING._replace(row=2, reference="protocol", kind=AgreementKind.PROTOCOL, complete_at=None)


def codes(standing):
    return tuple(objection.code for objection in standing.objections)


def sharing(*lineage, covers=Covers.OWN):
    return AgreementRequirement().standing((SCHOOL, *lineage), AgreementTerms(covers), NOON)


@pytest.mark.parametrize(("says", "changes", "reasons"), [
    ("in force", {}, ()),
    ("not begun", {"starts_at": NOON + MOMENT}, (Code.AGREEMENT_NOT_IN_FORCE,)),
    ("until its last moment", {"ends_at": NOON + MOMENT}, ()),
    ("ended at the end itself", {"ends_at": NOON}, (Code.AGREEMENT_NOT_IN_FORCE,)),
    ("one party has not signed", {"complete_at": None}, (Code.AGREEMENT_NOT_IN_FORCE,)),
    ("the last party signs later", {"complete_at": SOON}, (Code.AGREEMENT_NOT_IN_FORCE,)),
    ("a protocol shares nothing", {"kind": AgreementKind.PROTOCOL}, (Code.AGREEMENT_MISSING,)),
])  # fmt: skip
def test_when_an_agreement_is_in_force(says, changes, reasons):
    assert codes(sharing((SHARING._replace(**changes),))) == reasons


@pytest.mark.parametrize("state", AgreementState)
def test_which_states_are_in_force(state):
    expected = () if state in IN_FORCE else (Code.AGREEMENT_NOT_IN_FORCE,)
    assert codes(sharing((SHARING._replace(state=state),))) == expected


@pytest.mark.parametrize(("covers", "reasons"), [(Covers.OWN, (Code.AGREEMENT_MISSING,)), (Covers.DESCENDANTS, ())])
def test_a_parents_agreement_covers_those_below_where_the_pack_says_so(covers, reasons):
    assert codes(sharing((), (SHARING,), covers=covers)) == reasons


def test_the_agreement_that_lasts_longest_is_shown():
    standing = sharing((SHARING._replace(ends_at=SOON), SHARING._replace(row=5, version=2)))
    assert (standing.evidence[0].id, standing.until) == ("dsa/2", LATER)


def test_a_refusal_says_which_agreement_comes_nearest():
    draft = SHARING._replace(reference="draft", state=AgreementState.DRAFT)
    (objection,) = sharing((draft, SHARING._replace(ends_at=NOON))).objections
    assert objection.detail == (("agreement", "dsa"),)
    assert objection.evidence == ("agreement", "dsa/1", NOON)


TWO_SCHOOLS = SHARING._replace(cohort=(("school", ("oak", "elm")),))
BOTH = TWO_SCHOOLS._replace(cohort=(("school", ("oak", "elm")), ("area", ("north",))))
LIMITED = SHARING._replace(purposes=("safeguarding",), fields=("name", "school"))


@pytest.mark.parametrize(("says", "agreements", "context", "properties", "what"), [
    ("within", (LIMITED,), {"purpose": "safeguarding"}, {"fields": ["name"]}, None),
    ("another purpose", (LIMITED,), {"purpose": "research"}, {"fields": ["name"]}, "the purpose research"),
    ("no purpose", (LIMITED,), {}, {"fields": ["name"]}, "an unstated purpose"),
    ("another field", (LIMITED,), {"purpose": "safeguarding"}, {"fields": ["name", "notes"]}, "the field notes"),
    ("no fields", (LIMITED,), {"purpose": "safeguarding"}, {}, "unstated fields"),
    ("all that is outside", (LIMITED,), {}, {"fields": ["notes"]}, "an unstated purpose, the field notes"),
    ("a shorter agreement covers it", (LIMITED, SHARING._replace(ends_at=SOON)), {}, {}, None),
    ("a record of the cohort", (TWO_SCHOOLS,), {}, {"school": "oak"}, None),
    ("another record", (TWO_SCHOOLS,), {}, {"school": "ash"}, "a record outside its cohort by school"),
    ("nobody says whose record", (TWO_SCHOOLS,), {}, {}, "a record outside its cohort by school"),
    ("one of two schools", (TWO_SCHOOLS,), {}, {"school": ("oak", "ash")}, "a record outside its cohort by school"),
    ("both schools", (TWO_SCHOOLS,), {}, {"school": ("oak", "elm")}, None),
    ("no school", (TWO_SCHOOLS,), {}, {"school": ()}, "a record outside its cohort by school"),
    ("one property of two", (BOTH,), {}, {"school": "oak", "area": "south"}, "a record outside its cohort by area"),
])  # fmt: skip
def test_what_an_agreement_covers(says, agreements, context, properties, what):
    requirement, facts = AgreementRequirement(), (SCHOOL, agreements)
    standing = requirement.standing(facts, AgreementTerms(), NOON)
    assert (codes(standing), standing.settled) == ((), False)
    query = Query("mis", "ann", 5, (2,), "view", "record", "1", properties, context)
    found = requirement.check(standing, facts, AgreementTerms(), query, NOON)
    assert codes(found) == (() if what is None else (Code.AGREEMENT_OUT_OF_SCOPE,))
    assert what is None or found.objections[0].detail == (("agreement", "dsa"), ("what", what))


@pytest.mark.parametrize(("states", "agreements", "what"), [
    ((), (SHARING,), None),
    (("cohort",), (SHARING,), "any cohort, for it states none"),
    (("purposes", "fields"), (TWO_SCHOOLS,), "any purposes, for it states none, any fields, for it states none"),
    (("cohort",), (TWO_SCHOOLS,), None),
    (("cohort",), (SHARING, TWO_SCHOOLS._replace(ends_at=SOON)), None),
    (("fields",), (LIMITED,), None),
])  # fmt: skip
def test_what_an_agreement_must_state(states, agreements, what):
    requirement = AgreementRequirement()
    terms = requirement.terms({"states": list(states)})
    standing = requirement.standing((SCHOOL, agreements), terms, NOON)
    properties, context = {"school": "oak", "fields": ["name"]}, {"purpose": "safeguarding"}
    query = Query("mis", "ann", 5, (2,), "view", "record", "1", properties, context)
    found = standing if standing.settled else requirement.check(standing, (SCHOOL, agreements), terms, query, NOON)
    assert [dict(one.detail)["what"] for one in found.objections] == ([] if what is None else [what])


@pytest.mark.parametrize(("named", "reasons"), [("", ()), ("dsa", ()), ("other", (Code.AGREEMENT_MISSING,))])
def test_a_role_may_demand_one_agreement_by_name(named, reasons):
    requirement = AgreementRequirement()
    facts, terms = (SCHOOL, (SHARING, TWO_SCHOOLS)), AgreementTerms(agreement=named)
    standing = requirement.standing(facts, terms, NOON)
    assert codes(standing) == reasons
    query = Query("mis", "ann", 5, (2,), "view", "record", "1", {}, {})
    assert codes(requirement.check(standing, facts, terms, query, NOON)) == reasons


def test_only_known_limits_can_be_demanded():
    with pytest.raises(BadTable, match="states"):
        AgreementRequirement().terms({"states": ["cohorts"]})


@pytest.mark.parametrize(("says", "changes", "covers", "reasons"), [
    ("signed", {}, Covers.OWN, ()),
    ("others need not have signed", {"complete_at": None}, Covers.OWN, ()),
    ("not signed", {"signed_at": None}, Covers.OWN, (Code.PROTOCOL_MISSING,)),
    ("signed later", {"signed_at": NOON + MOMENT}, Covers.OWN, (Code.PROTOCOL_MISSING,)),
    ("until its last moment", {"ends_at": NOON + MOMENT}, Covers.OWN, ()),
    ("ended at the end itself", {"ends_at": NOON}, Covers.OWN, (Code.PROTOCOL_MISSING,)),
    ("another protocol", {"reference": "other"}, Covers.OWN, (Code.PROTOCOL_MISSING,)),
])  # fmt: skip
def test_who_has_joined_a_protocol(says, changes, covers, reasons):
    facts = (SCHOOL, (PROTOCOL._replace(**changes),))
    assert codes(ProtocolRequirement().standing(facts, ProtocolTerms("protocol", covers), NOON)) == reasons


def test_a_missing_protocol_names_it():
    (objection,) = ProtocolRequirement().standing((SCHOOL, ()), ProtocolTerms("protocol"), NOON).objections
    assert objection.detail == (("agreement", "protocol"), ("organisation", "school-a"))


SIGNED = SignatureFacts(4, "user-agreement", 2, LONG_AGO)
VERSION = SHARING._replace(row=5, reference="user-agreement", kind=AgreementKind.INDIVIDUAL, version=2)
SUPERSEDED = Code.INDIVIDUAL_AGREEMENT_SUPERSEDED


@pytest.mark.parametrize(("says", "signatures", "reasons"), [
    ("signed", (SIGNED,), ()),
    ("a later version", (SIGNED._replace(version=3),), ()),
    ("only an older version", (SIGNED._replace(version=1),), (SUPERSEDED,)),
    ("an older and the needed", (SIGNED._replace(version=1), SIGNED), ()),
    ("nothing", (), (Code.INDIVIDUAL_AGREEMENT_MISSING,)),
    ("another agreement", (SIGNED._replace(reference="other"),), (Code.INDIVIDUAL_AGREEMENT_MISSING,)),
    ("not before its day", (SIGNED._replace(signed_at=NOON + MOMENT),), (Code.INDIVIDUAL_AGREEMENT_MISSING,)),
    ("a version that there never was", (SIGNED._replace(version=77),), (SUPERSEDED,)),
    ("a good one beside it", (SIGNED._replace(version=77), SIGNED), ()),
])  # fmt: skip
def test_who_has_agreed(says, signatures, reasons):
    facts = (signatures, tuple(VERSION._replace(version=number) for number in (1, 2, 3)))
    assert codes(IndividualRequirement().standing(facts, IndividualTerms("user-agreement", 2), NOON)) == reasons


@pytest.mark.parametrize(("says", "changes", "reasons", "until"), [
    ("in force", {}, (), LATER),
    ("begins later", {"starts_at": SOON}, (SUPERSEDED,), SOON),
    ("until its last moment", {"ends_at": NOON + MOMENT}, (), NOON + MOMENT),
    ("ended at the end itself", {"ends_at": NOON}, (SUPERSEDED,), None),
    ("terminated", {"state": AgreementState.TERMINATED}, (SUPERSEDED,), LATER),
    ("of another name", {"reference": "other"}, (SUPERSEDED,), None),
])  # fmt: skip
def test_a_signature_counts_while_what_was_signed_is_in_force(says, changes, reasons, until):
    standing = IndividualRequirement().standing(
        ((SIGNED,), (VERSION._replace(**changes),)), IndividualTerms("user-agreement", 2), NOON
    )
    assert codes(standing) == reasons
    assert standing.until == until


def test_a_superseded_signature_names_the_version_to_sign():
    facts = ((SIGNED,), (VERSION._replace(state=AgreementState.SUPERSEDED), VERSION._replace(version=4)))
    (objection,) = IndividualRequirement().standing(facts, IndividualTerms("user-agreement", 2), NOON).objections
    assert dict(objection.detail) == {"agreement": "user-agreement", "signed": "2", "needed": "4"}


@pytest.mark.parametrize(("says", "signings", "complete"), [
    ("two parties", (LONG_AGO, SOON), SOON),
    ("one has not signed", (LONG_AGO, None), None),
    ("a protocol with its one school", (LONG_AGO,), LONG_AGO),
    ("a protocol that nobody joined", (), None),
])  # fmt: skip
def test_when_all_have_signed(says, signings, complete):
    assert complete_from(signings) == complete


@pytest.mark.parametrize(("says", "terms", "reasons"), [
    ("nobody to share with", AgreementTerms(), (Code.AGREEMENT_NOT_IN_FORCE,)),
    ("the organisation's own, which the pack means", AgreementTerms(agreement=SHARING.reference), ()),
])  # fmt: skip
def test_an_agreement_of_one_party(says, terms, reasons):
    facts = (SCHOOL, (SHARING._replace(alone=True),))
    assert codes(AgreementRequirement().standing(facts, terms, NOON)) == reasons


def test_without_an_organisation_nothing_is_agreed():
    assert codes(AgreementRequirement().standing((), AgreementTerms(), NOON)) == (Code.AGREEMENT_MISSING,)
    assert codes(ProtocolRequirement().standing((), ProtocolTerms("protocol"), NOON)) == (Code.PROTOCOL_MISSING,)
