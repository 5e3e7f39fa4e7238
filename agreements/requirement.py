"""What agreements ask: that an organisation shares lawfully and joined the protocol, and that a person has agreed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from agreements.rules import (
    AgreementFacts,
    AgreementKind,
    BasisNeeded,
    Limit,
    SignatureFacts,
    basis_gaps,
    best_candidate,
    current_versions,
    founded,
    in_force,
    joined,
    next_change,
    of_kind,
    outside_scope,
)
from agreements.store import agreement_key, individual_key
from governance.kernel.keys import FactKey
from governance.kernel.reading import read_table
from governance.people.rules import OrganisationFacts
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, OfAnyRecord, Query, Standing, earliest

COMPARED = {Limit.PURPOSES: "context.purpose", Limit.FIELDS: "fields", Limit.COHORT: ""}
"""What of a question each limit is compared with; a cohort names properties of its own."""


class Covers(StrEnum):
    """Whose agreements count: the organisation's own, or those of any organisation above it too."""

    OWN = "own"
    DESCENDANTS = "descendants"


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """Whose data sharing agreement a role demands, which one ("" for any), and what it must state and record.

    `states` are the limits that it must name, `lawful_basis` how much of its lawful basis must be on record.
    """

    covers: Covers = Covers.OWN
    agreement: str = ""
    states: tuple[Limit, ...] = ()
    lawful_basis: BasisNeeded = BasisNeeded.NONE
    source: str = ""

    @property
    def compared(self) -> Mapping[str, tuple[tuple[Limit, str], ...]]:
        """The limits that it names and what of a question each is compared with, by field."""
        return {"states": tuple((limit, COMPARED[limit]) for limit in self.states if COMPARED[limit])}


@dataclass(frozen=True, slots=True)
class ProtocolTerms:
    """Which protocol must be signed, and by whom."""

    agreement: str
    covers: Covers = Covers.OWN
    source: str = ""


@dataclass(frozen=True, slots=True)
class IndividualTerms:
    """Which individual agreement a person must have signed, in which version at least."""

    agreement: str
    version: int = 1
    source: str = ""


def lineage_keys(query: Query) -> tuple[FactKey, ...]:
    """The organisation itself, then the agreements of its lineage for the system, nearest first."""
    if not query.lineage:
        return ()
    agreements = (agreement_key(number, query.system) for number in query.lineage)
    return (FactKey("organisation", query.organisation), *agreements)


def covering(facts: tuple[Any, ...], covers: Covers) -> list[AgreementFacts]:
    """The agreements that count for the organisation."""
    reach = facts[1:] if covers is Covers.DESCENDANTS else facts[1:2]
    return [agreement for agreements in reach for agreement in agreements]


def sharing(facts: tuple[Any, ...], terms: AgreementTerms) -> list[AgreementFacts]:
    """The data sharing agreements that count for the organisation and are of the name that is demanded."""
    found = of_kind(covering(facts, terms.covers), AgreementKind.SHARING)
    return [item for item in found if not terms.agreement or item.reference == terms.agreement]


def relied_on(found: Iterable[AgreementFacts], terms: AgreementTerms, now: datetime) -> list[AgreementFacts]:
    """Those in force that have somebody to share with; where the pack names one, it may be the organisation's own."""
    return in_force((item for item in found if terms.agreement or not item.alone), now)


def named(facts: tuple[Any, ...]) -> str:
    """The organisation's reference, as a reason says it."""
    organisation: OrganisationFacts | None = facts[0] if facts else None
    return organisation.reference if organisation else "an unknown organisation"


def proof(agreement: AgreementFacts) -> Evidence:
    """An agreement as evidence, with its end."""
    return Evidence("agreement", f"{agreement.reference}/{agreement.version}", agreement.ends_at)


class AgreementRequirement(OfAnyRecord):
    """That a data sharing agreement for this system is in force, says on what basis, and covers what is asked."""

    kind = "agreement"
    always = False

    def terms(self, table: Mapping[str, Any]) -> AgreementTerms:
        """What a role demands of data sharing agreements."""
        return read_table(AgreementTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The organisation, then the agreements of its lineage for this system."""
        return lineage_keys(query)

    def standing(self, facts: tuple[Any, ...], terms: AgreementTerms, now: datetime) -> Standing:
        """The agreement in force that lasts longest; one of limited scope leaves the question's scope to be asked."""
        found = sharing(facts, terms)
        holding = relied_on(found, terms, now)
        lawful = founded(holding, terms.lawful_basis)
        if lawful:
            best = lawful[0]
            if best.is_limited or terms.states:
                return Standing(until=best.ends_at, settled=False)
            return Standing((), (proof(best),), best.ends_at)
        until = next_change(found, now)
        if holding:
            return Standing((_without_basis(holding[0], terms),), (proof(holding[0]),), until)
        if not found:
            detail = (("organisation", named(facts)),)
            return Standing((Objection(Code.AGREEMENT_MISSING, self.kind, None, detail, terms.source),), until=until)
        best = best_candidate(found)
        detail = (("agreement", best.reference),)
        objection = Objection(Code.AGREEMENT_NOT_IN_FORCE, self.kind, proof(best), detail, terms.source)
        return Standing((objection,), until=until)

    def compares(self, facts: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The properties that cohorts name, and the fields that are asked for."""
        for agreement in (item for agreements in facts[1:] for item in agreements):
            yield from agreement.cohort
            if agreement.fields:
                yield "fields", agreement.fields

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: AgreementTerms, query: Query, now: datetime
    ) -> Standing:
        """Whether any agreement in force states what it must and covers this question."""
        holding = founded(relied_on(sharing(facts, terms), terms, now), terms.lawful_basis)
        if not holding:
            return self.standing(facts, terms, now)
        purpose = query.context.get("purpose")
        for agreement in holding:
            if not outside_scope(agreement, purpose, query.properties, terms.states):
                return Standing((), (proof(agreement),), agreement.ends_at)
        best = holding[0]
        what = ", ".join(outside_scope(best, purpose, query.properties, terms.states))
        detail = (("agreement", best.reference), ("what", what))
        objection = Objection(Code.AGREEMENT_OUT_OF_SCOPE, self.kind, proof(best), detail, terms.source)
        return Standing((objection,), (proof(best),), standing.until)


def _without_basis(agreement: AgreementFacts, terms: AgreementTerms) -> Objection:
    what = ", ".join(basis_gaps(agreement.basis, terms.lawful_basis))
    detail = (("agreement", agreement.reference), ("what", what))
    return Objection(Code.AGREEMENT_WITHOUT_BASIS, "agreement", proof(agreement), detail, terms.source)


class ProtocolRequirement(OfAnyRecord):
    """That the organisation has signed a protocol that is in force."""

    kind = "protocol"
    always = False

    def terms(self, table: Mapping[str, Any]) -> ProtocolTerms:
        """Which protocol a role demands."""
        return read_table(ProtocolTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The organisation, then the agreements of its lineage for this system."""
        return lineage_keys(query)

    def standing(self, facts: tuple[Any, ...], terms: ProtocolTerms, now: datetime) -> Standing:
        """The signed version that lasts longest, or the protocol that is missing."""
        protocols = [
            item
            for item in of_kind(covering(facts, terms.covers), AgreementKind.PROTOCOL)
            if item.reference == terms.agreement
        ]
        holding = joined(protocols, now)
        if holding:
            return Standing((), (proof(holding[0]),), holding[0].ends_at)
        evidence = proof(best_candidate(protocols)) if protocols else None
        detail = (("agreement", terms.agreement), ("organisation", named(facts)))
        objection = Objection(Code.PROTOCOL_MISSING, self.kind, evidence, detail, terms.source)
        return Standing((objection,), until=next_change(protocols, now))

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: ProtocolTerms, query: Query, now: datetime
    ) -> Standing:
        """Nothing remains to be asked."""
        return standing


class IndividualRequirement(OfAnyRecord):
    """That the person has signed the individual agreement: a version that is in force, the needed one or a later."""

    kind = "individual-agreement"
    always = False

    def terms(self, table: Mapping[str, Any]) -> IndividualTerms:
        """Which individual agreement a role demands."""
        return read_table(IndividualTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's signatures, and the versions of the system's individual agreements."""
        return (FactKey("signatures", query.person), individual_key(query.system))

    def standing(self, facts: tuple[Any, ...], terms: IndividualTerms, now: datetime) -> Standing:
        """The newest version that the person has signed and that is in force, against the one that is needed."""
        signatures: tuple[SignatureFacts, ...] = facts[0]
        versions = [item for item in facts[1] if item.reference == terms.agreement]
        current = current_versions(versions, now)
        of_agreement = [item for item in signatures if item.reference == terms.agreement]
        given = [item for item in of_agreement if item.is_given(now)]
        to_sign = [item.signed_at for item in of_agreement if item.signed_at and item.signed_at > now]
        until = earliest(next_change(versions, now), *to_sign)
        if not given:
            detail = (("agreement", terms.agreement),)
            missing = Objection(Code.INDIVIDUAL_AGREEMENT_MISSING, self.kind, None, detail, terms.source)
            return Standing((missing,), until=until)
        newest = max(given, key=lambda item: (item.version in current, item.version))
        ends = [item.ends_at for item in versions if item.version == newest.version and item.is_in_time(now)]
        evidence = Evidence("signature", f"{newest.reference}/{newest.version}", earliest(*ends))
        if newest.version in current and newest.version >= terms.version:
            return Standing((), (evidence,), next_change(versions, now))
        asked = max((terms.version, *current))
        needed = (("agreement", terms.agreement), ("signed", str(newest.version)), ("needed", str(asked)))
        old = Objection(Code.INDIVIDUAL_AGREEMENT_SUPERSEDED, self.kind, evidence, needed, terms.source)
        return Standing((old,), (evidence,), until)

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: IndividualTerms, query: Query, now: datetime
    ) -> Standing:
        """Nothing remains to be asked."""
        return standing
