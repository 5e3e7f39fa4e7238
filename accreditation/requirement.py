"""That an organisation, or one above it, meets and has signed the criteria of a checklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from accreditation.rules import Criterion, Lack, accreditation_of, first_end, nearest, next_change
from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable, TableFault, read_table
from governance.people.rules import OrganisationFacts
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, OfAnyRecord, Query, Standing

KIND = "accreditation"

CODES = {
    Lack.UNMET: Code.ACCREDITATION_CRITERION_UNMET,
    Lack.UNSIGNED: Code.ACCREDITATION_CRITERION_UNSIGNED,
    Lack.EXPIRED: Code.ACCREDITATION_EXPIRED,
}


class Covers(StrEnum):
    """Whose answers count: the organisation's own, or those of any organisation above it too."""

    OWN = "own"
    DESCENDANTS = "descendants"


@dataclass(frozen=True, slots=True)
class AccreditationTerms:
    """Which criteria of which checklist a role demands, whose answers count, and whose signature (any, where none)."""

    checklist: str
    criteria: tuple[int, ...]
    covers: Covers = Covers.OWN
    signed_by: tuple[str, ...] = ()
    source: str = ""

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """What it names and facts hold as words, by field."""
        return {"checklist": (self.checklist,)}


class AccreditationRequirement(OfAnyRecord):
    """That the organisation of a grant is accredited."""

    kind = KIND
    always = False

    def terms(self, table: Mapping[str, Any]) -> AccreditationTerms:
        """Which criteria a role demands."""
        terms = read_table(AccreditationTerms, table)
        if not terms.criteria:
            raise BadTable([TableFault("criteria", "is empty", "Name at least one criterion by its number.")])
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The organisation, then the answers of its lineage, nearest first."""
        if not query.lineage:
            return ()
        return (FactKey("organisation", query.organisation), *(FactKey(KIND, number) for number in query.lineage))

    def standing(self, facts: tuple[Any, ...], terms: AccreditationTerms, now: datetime) -> Standing:
        """One objection for each criterion that does not count, or one when nobody has answered."""
        lineage = facts[1:] if terms.covers is Covers.DESCENDANTS else facts[1:2]
        found = nearest(
            accreditation_of(answers, terms.checklist, terms.criteria, now, terms.signed_by) for answers in lineage
        )
        if found.holds:
            return Standing((), tuple(_proof(item) for item in found.criteria), first_end(found.criteria))
        until = next_change(chain.from_iterable(lineage), now)
        if not found.answered:
            organisation: OrganisationFacts | None = facts[0] if facts else None
            named = organisation.reference if organisation else "an unknown organisation"
            detail = (("organisation", named), ("checklist", terms.checklist))
            return Standing(
                (Objection(Code.ORGANISATION_NOT_ACCREDITED, self.kind, None, detail, terms.source),), until=until
            )
        lacking = tuple(self._objection(item, item.lack, terms) for item in found.criteria if item.lack is not None)
        return Standing(lacking, until=until)

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: AccreditationTerms, query: Query, now: datetime
    ) -> Standing:
        """Nothing remains to be asked."""
        return standing

    def _objection(self, criterion: Criterion, lack: Lack, terms: AccreditationTerms) -> Objection:
        evidence = _proof(criterion) if criterion.answer else None
        detail = (("criterion", str(criterion.number)), ("checklist", terms.checklist))
        return Objection(CODES[lack], self.kind, evidence, detail, terms.source)


class InfrastructureRequirement(AccreditationRequirement):
    """That its workstations and infrastructure are: a checklist beside the first, which mediation may waive alone."""

    kind = "infrastructure"


def _proof(criterion: Criterion) -> Evidence:
    answer = criterion.answer
    return Evidence("checklist_answer", str(answer.row) if answer else "", answer.ends_at if answer else None)
