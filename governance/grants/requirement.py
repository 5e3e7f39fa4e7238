"""The grant itself: begun, not ended, and approved by the right people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.grants.rules import GrantFacts, Unfilled, next_change, unfilled_approvals
from governance.kernel.clock import iso
from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable, TableFault, read_table
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, Query, Standing

KIND = "grant"


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """Which approvals a role needs: each inner list is one approval, with the capacities that may give it."""

    approvals: tuple[tuple[str, ...], ...] = ()
    source: str = ""


class GrantRequirement:
    """That the grant is in time and has its approvals."""

    kind = KIND
    always = True

    def terms(self, table: Mapping[str, Any]) -> GrantTerms:
        """What a role's `granted_by` demands."""
        terms = read_table(GrantTerms, table)
        if not all(terms.approvals):
            fault = TableFault(
                "approvals", "has an approval that nobody may give", "Name at least one capacity in each."
            )
            raise BadTable([fault])
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's grants; the engine passes one of them, with its holder's reference, to `standing`."""
        return (FactKey("grants", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: GrantTerms, now: datetime) -> Standing:
        """How one grant stands; facts are the grant and its holder's reference."""
        grant: GrantFacts = facts[0]
        holder: str = facts[1]
        evidence = Evidence(KIND, str(grant.row), grant.ends_at)
        objections = _out_of_time(grant, evidence, terms, now)
        if terms.approvals:
            unfilled = unfilled_approvals(terms.approvals, grant.approvals, holder, now)
            objections += tuple(_unapproved(item, evidence, terms) for item in unfilled)
        if objections:
            return Standing(objections, (evidence,), next_change(grant, now))
        return Standing((), (evidence,), grant.ends_at)

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: GrantTerms, query: Query, now: datetime
    ) -> Standing:
        """Nothing remains to be asked."""
        return standing


def _out_of_time(grant: GrantFacts, evidence: Evidence, terms: GrantTerms, now: datetime) -> tuple[Objection, ...]:
    if not grant.has_begun(now):
        until = Evidence(KIND, str(grant.row), grant.starts_at)
        starts = grant.starts_on.isoformat() if grant.starts_on else ""
        detail = (("role", grant.role), ("starts", starts))
        return (Objection(Code.GRANT_NOT_STARTED, KIND, until, detail, terms.source),)
    if grant.has_ended(now):
        ended = iso(grant.ends_at) if grant.ends_at else ""
        detail = (("role", grant.role), ("ended", ended))
        return (Objection(Code.GRANT_EXPIRED, KIND, evidence, detail, terms.source),)
    return ()


def _unapproved(unfilled: Unfilled, evidence: Evidence, terms: GrantTerms) -> Objection:
    grantor = " or ".join(capacity.replace("_", " ") for capacity in unfilled.capacities)
    if unfilled.by_holder:
        return Objection(Code.SELF_APPROVAL, KIND, evidence, (("approver", grantor),), terms.source)
    if unfilled.tried is not None:
        approved_by = unfilled.tried.capacity.replace("_", " ")
        detail = (("approved_by", approved_by), ("grantor", grantor))
        return Objection(Code.WRONG_GRANTOR, KIND, evidence, detail, terms.source)
    return Objection(Code.APPROVAL_MISSING, KIND, evidence, (("approver", grantor),), terms.source)
