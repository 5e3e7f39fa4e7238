"""Employment: a grant is used only by who works for the grant's organisation, and the organisation must take part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.kernel.keys import FactKey
from governance.kernel.reading import read_table
from governance.people.rules import (
    EmploymentFacts,
    OrganisationFacts,
    current_employments,
    is_admitted,
    lasts_longest,
    next_change,
    not_taking_part,
)
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, OfAnyRecord, Query, Standing

KIND = "employment"


@dataclass(frozen=True, slots=True)
class EmploymentTerms:
    """Which organisations and posts a role is for, and whether it takes casework; all that is named must hold."""

    organisation_kinds: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    casework: bool = False
    source: str = ""

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """What it names and facts hold as words, by field."""
        return {"organisation_kinds": self.organisation_kinds}


class EmploymentRequirement(OfAnyRecord):
    """That the holder of a grant works now for the organisation in whose name it is held."""

    kind = KIND
    always = True

    def terms(self, table: Mapping[str, Any]) -> EmploymentTerms:
        """What a role demands of employment."""
        return read_table(EmploymentTerms, table)

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's employments, then the organisations of the lineage, nearest first."""
        return (FactKey(KIND, query.person), *(FactKey("organisation", number) for number in query.lineage))

    def standing(self, facts: tuple[Any, ...], terms: EmploymentTerms, now: datetime) -> Standing:
        """What stands in the way, or the current employment that lasts longest."""
        employments: tuple[EmploymentFacts, ...] = facts[0]
        lineage: tuple[OrganisationFacts | None, ...] = facts[1:]
        organisation = lineage[0] if lineage else None
        about_organisation = _about_organisation(organisation, lineage, terms)
        number = organisation.id if organisation else 0
        current = current_employments(employments, number, terms.posts, now) if organisation else []
        suited = [item for item in current if item.casework] if terms.casework else current
        if not suited:
            held = current_employments(employments, number, (), now) if organisation else []
            objection = _no_need(current, terms) if current else _not_employed(organisation, held, terms)
            return Standing((*about_organisation, objection), until=next_change(employments, now))
        longest = lasts_longest(suited)
        evidence = Evidence(KIND, str(longest.row), longest.ends_at)
        return Standing(about_organisation, (evidence,), longest.ends_at)

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: EmploymentTerms, query: Query, now: datetime
    ) -> Standing:
        """Nothing remains to be asked."""
        return standing


def _about_organisation(
    organisation: OrganisationFacts | None, lineage: Sequence[OrganisationFacts | None], terms: EmploymentTerms
) -> tuple[Objection, ...]:
    objections = []
    if organisation and not is_admitted(organisation, terms.organisation_kinds, terms.organisations):
        allowed = ", ".join((*terms.organisation_kinds, *terms.organisations))
        detail = (("organisation", organisation.reference), ("kind", organisation.kind), ("allowed", allowed))
        evidence = Evidence("organisation", organisation.reference)
        objections.append(Objection(Code.ORGANISATION_KIND, KIND, evidence, detail, terms.source))
    stopped = not_taking_part(lineage)
    if stopped:
        evidence = Evidence("organisation", stopped.reference)
        detail_ = (("organisation", stopped.reference),)
        objections.append(Objection(Code.ACCREDITATION_SUSPENDED, KIND, evidence, detail_, terms.source))
    return tuple(objections)


def _not_employed(
    organisation: OrganisationFacts | None, held: Sequence[EmploymentFacts], terms: EmploymentTerms
) -> Objection:
    """Not there now; or there, in other posts than the role is for."""
    named = organisation.reference if organisation else "an unknown organisation"
    if held:
        posts = ", ".join(dict.fromkeys(item.post for item in held))
        named = f"{named} as {' or '.join(terms.posts)}, only as {posts}"
    return Objection(Code.NOT_EMPLOYED, KIND, None, (("organisation", named),), terms.source)


def _no_need(current: Sequence[EmploymentFacts], terms: EmploymentTerms) -> Objection:
    longest = lasts_longest(current)
    evidence = Evidence(KIND, str(longest.row), longest.ends_at)
    return Objection(Code.NO_NEED, KIND, evidence, (("needed", "a post with casework"),), terms.source)
