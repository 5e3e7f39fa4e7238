"""The grant itself: begun, not ended, and approved by the right people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from governance.grants.rules import (
    Approval,
    GrantFacts,
    Unfilled,
    in_system,
    lasts_longest,
    next_change,
    outside,
    unfilled_approvals,
)
from governance.kernel.clock import iso
from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable, TableFault, read_table
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, OfAnyRecord, Query, Standing, earliest

KIND = "grant"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was needed before a day: which approvals, and a current grant in which other system."""

    day: date
    approvals: tuple[tuple[str, ...], ...]
    holding: str = ""


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """Which approvals a role needs: each inner list is one approval, with the capacities that may give it.

    `anywhere` are the capacities that reach every organisation; all others reach those below the approver's own.
    `holding` is another system, of which the holder must have a current grant too (empty for none).
    `before` is what was needed earlier, the oldest first: the rule of the day on which the last approval was given.
    `everyone`: everybody who works somewhere holds the role, in the name of each employer, without a grant.
    """

    approvals: tuple[tuple[str, ...], ...] = ()
    anywhere: tuple[str, ...] = ()
    holding: str = ""
    before: tuple[Earlier, ...] = ()
    everyone: bool = False
    source: str = ""

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """What it names and facts hold as words, by field."""
        now = (name for capacities in self.approvals for name in capacities)
        earlier = (name for rule in self.before for capacities in rule.approvals for name in capacities)
        return {"approvals": tuple(now), "before": tuple(earlier)}

    def rule_of(self, grant: GrantFacts, holder: str, now: datetime) -> GrantTerms | Earlier:
        """What a grant needs, by the rule of its day; approvals that could count under no rule do not choose it."""
        if not self.before:
            return self
        groups = [self.approvals, *(rule.approvals for rule in self.before)]
        named = {name for approvals in groups for capacities in approvals for name in capacities}
        given = [item for item in grant.approvals if item.is_given(now) and item.by != holder]
        day = max((item.on for item in given if item.on and item.capacity in named), default=grant.starts_on)
        return next((rule for rule in self.before if day is not None and day < rule.day), self)


class GrantRequirement(OfAnyRecord):
    """That the grant is in time and has its approvals."""

    kind = KIND
    always = True

    def terms(self, table: Mapping[str, Any]) -> GrantTerms:
        """What a role's `granted_by` demands."""
        before = read_earlier(table.get("before", []))
        terms = replace(read_table(GrantTerms, {**table, "before": []}), before=before)
        groups = [terms.approvals, *(rule.approvals for rule in before)]
        faults = []
        if not all(all(approvals) for approvals in groups):
            faults.append(
                TableFault("approvals", "has an approval that nobody may give", "Name at least one capacity in each.")
            )
        known = {capacity for approvals in groups for capacities in approvals for capacity in capacities}
        faults += [
            TableFault("anywhere", f'names capacity "{name}", which approves nothing', "Take it out, or correct it.")
            for name in terms.anywhere
            if name not in known
        ]
        if terms.everyone:
            more = [name for name in ("approvals", "anywhere", "holding", "before") if table.get(name)]
            cure = "What everybody holds is granted by nobody: leave one of them out."
            faults += [TableFault(name, "does not go with everyone = true", cure) for name in more]
        if faults:
            raise BadTable(faults)
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The person's grants; the engine passes one, its holder's reference, its organisations' line, and all."""
        return (FactKey("grants", query.person),)

    def standing(self, facts: tuple[Any, ...], terms: GrantTerms, now: datetime) -> Standing:
        """How one grant stands; facts are it, its holder's reference, its organisation and those above, all grants."""
        grant: GrantFacts = facts[0]
        holder: str = facts[1]
        line: tuple[str, ...] = facts[2]
        evidence = Evidence(KIND, str(grant.row), grant.ends_at)
        objections = _out_of_time(grant, evidence, terms, now)
        rule = terms.rule_of(grant, holder, now)
        if rule.approvals:
            unfilled = unfilled_approvals(rule.approvals, grant.approvals, holder, now, line, terms.anywhere)
            objections += tuple(_unapproved(item, evidence, terms) for item in unfilled)
        others = in_system(facts[3], rule.holding) if rule.holding else ()
        held = lasts_longest(others, now)
        if rule.holding and held is None:
            objections += (_not_held(rule.holding, terms),)
        settled = not grant.scope
        turns = next_change(grant, now) if terms.before else None  # a later approval may choose a later rule
        if objections:
            until = earliest(*(next_change(each, now) for each in (grant, *others)))
            return Standing(objections, (evidence,), until, settled)
        if held is None:
            return Standing((), (evidence,), earliest(grant.ends_at, turns), settled)
        other = Evidence(KIND, str(held.row), held.ends_at)
        return Standing((), (evidence, other), earliest(grant.ends_at, held.ends_at, turns), settled)

    def compares(self, facts: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The properties that the grant's scope limits."""
        grant: GrantFacts = facts[0]
        for name, allowed in grant.scope.items():
            yield name, tuple(allowed) if isinstance(allowed, (list, tuple)) else (allowed,)

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: GrantTerms, query: Query, now: datetime
    ) -> Standing:
        """Whether the record lies within the grant's scope; a property that is not known lies outside."""
        grant: GrantFacts = facts[0]
        evidence = Evidence(KIND, str(grant.row), grant.ends_at)
        beyond = outside(grant.scope, query.properties)
        return Standing(tuple(_outside(name, grant, evidence, terms) for name in beyond))


def _outside(name: str, grant: GrantFacts, evidence: Evidence, terms: GrantTerms) -> Objection:
    values = grant.scope[name]
    allowed = ", ".join(map(str, values)) if isinstance(values, (list, tuple)) else str(values)
    return Objection(Code.COHORT, KIND, evidence, (("cohort", f"{name} is {allowed}"),), terms.source)


def read_earlier(value: object) -> tuple[Earlier, ...]:
    """The rules of earlier days, the oldest first; raise `BadTable` with every fault."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadTable([TableFault("before", "is not a list of tables", "Write { day = …, approvals = [[…]] } in it.")])
    return tuple(sorted((read_table(Earlier, item) for item in value), key=lambda rule: rule.day))


def _approver(tried: Approval) -> str:
    """Who approved, as a reason says it."""
    capacity = tried.capacity.replace("_", " ")
    return f"{capacity} of {tried.organisation}" if tried.organisation else capacity


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


def _not_held(system: str, terms: GrantTerms) -> Objection:
    return Objection(Code.CONDITION_UNMET, KIND, None, (("condition", f"current access to {system}"),), terms.source)


def _unapproved(unfilled: Unfilled, evidence: Evidence, terms: GrantTerms) -> Objection:
    grantor = " or ".join(capacity.replace("_", " ") for capacity in unfilled.capacities)
    if unfilled.by_holder:
        return Objection(Code.SELF_APPROVAL, KIND, evidence, (("approver", grantor),), terms.source)
    if unfilled.tried is not None:
        detail = (("approved_by", _approver(unfilled.tried)), ("grantor", grantor))
        return Objection(Code.WRONG_GRANTOR, KIND, evidence, detail, terms.source)
    return Objection(Code.APPROVAL_MISSING, KIND, evidence, (("approver", grantor),), terms.source)
