"""A chain: one grant's requirements and how they stand, worked out once and kept until the first of them may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from governance.decisions.memory import Entry, Memory
from governance.decisions.rules import in_order
from governance.kernel.keys import FactKey
from governance.ports.requirement import Evidence, Objection, Query, Requirement, Standing, earliest
from governance.ports.role_rules import Demand, Role, SystemRules

GRANT = "grant"


class Step(NamedTuple):
    """One requirement of a chain: the facts it judged and how it stands."""

    requirement: Requirement
    terms: Any
    facts: tuple[Any, ...]
    standing: Standing


class Chain:
    """One grant (or a role that might be granted) with everything that must hold for it."""

    __slots__ = ("evidence", "grant", "lineage", "objections", "open_steps", "organisation", "role", "until")

    def __init__(
        self, role: Role, grant: Any, lineage: tuple[int, ...], organisation: Any, steps: Sequence[Step]
    ) -> None:
        self.role = role
        self.grant = grant
        self.lineage = lineage
        self.organisation = organisation
        self.objections: tuple[Objection, ...] = in_order(one for step in steps for one in step.standing.objections)
        self.evidence: tuple[Evidence, ...] = tuple(one for step in steps for one in step.standing.evidence)
        self.open_steps = tuple(step for step in steps if not step.standing.settled)
        self.until = earliest(*(step.standing.until for step in steps))

    def has_begun(self, now: datetime) -> bool:
        """Whether the grant's first moment has come; only then do its role's deny rules apply."""
        starts_at = self.grant.starts_at if self.grant is not None else None
        return starts_at is None or bool(now >= starts_at)

    @property
    def number(self) -> int:
        """The grant's row; 0 where there is no grant."""
        return self.grant.row if self.grant is not None else 0


class Chains:
    """Builds chains from facts in memory."""

    def __init__(self, memory: Memory, requirements: Mapping[str, Requirement]) -> None:
        self._memory = memory
        self._requirements = requirements
        self._always = tuple(Demand(one.kind, one.terms({})) for one in requirements.values() if one.always)
        self._shared: dict[tuple[str, Any, tuple[FactKey, ...]], Step] = {}
        self._lineages: dict[int, tuple[int, ...]] = {}
        self._generation = memory.generation

    def of(self, entry: Entry, rules: SystemRules, now: datetime) -> tuple[Chain, ...]:
        """A person's chains in one system, one for each grant, in the order of the grants."""
        kept = entry.chains
        if kept is None:
            kept = entry.chains = {}
        chains = kept.get(rules.system)
        if chains is None:
            chains = kept[rules.system] = self._build(entry, rules, now)
        for chain in chains:
            if chain.until is not None and now >= chain.until:
                chains = kept[rules.system] = self._build(entry, rules, now)
                break
        return chains

    def _build(self, entry: Entry, rules: SystemRules, now: datetime) -> tuple[Chain, ...]:
        grants = self._memory.get(FactKey("grants", entry.person.id))
        return tuple(
            self.chain(entry, rules, rules.roles[grant.role], grant, grant.organisation, now)
            for grant in sorted(grants, key=lambda one: one.row)
            if grant.system == rules.system and grant.role in rules.roles
        )

    def chain(
        self, entry: Entry, rules: SystemRules, role: Role, grant: Any, organisation: int, now: datetime
    ) -> Chain:
        """The chain of a grant, or (without one) of a role that might be granted in an organisation's name."""
        lineage = self.lineage(organisation)
        query = blank_query(rules.system, entry.person, lineage)
        steps = [self._step(demand, query, now) for demand in self.demands(role) if demand.requirement != GRANT]
        if grant is not None:
            held = next(demand for demand in self.demands(role) if demand.requirement == GRANT)
            steps.append(self._judged(held, (grant, entry.person.reference), now))
        found = self._memory.get(FactKey("organisation", organisation)) if organisation else None
        return Chain(role, grant, lineage, found, steps)

    def _step(self, demand: Demand, query: Query, now: datetime) -> Step:
        """How a demand stands; what concerns no person alone is judged once for all whom it concerns."""
        keys = self._requirements[demand.requirement].keys(query)
        if any(self._memory.is_personal(key.kind) for key in keys):
            return self._judged(demand, tuple([self._memory.get(key) for key in keys]), now)
        self._forget_what_changed()
        name = (demand.requirement, demand.terms, keys)
        step = self._shared.get(name)
        if step is None or (step.standing.until is not None and now >= step.standing.until):
            step = self._judged(demand, tuple([self._memory.get(key) for key in keys]), now)
            self._shared[name] = step
        return step

    def _judged(self, demand: Demand, facts: tuple[Any, ...], now: datetime) -> Step:
        requirement = self._requirements[demand.requirement]
        return Step(requirement, demand.terms, facts, requirement.standing(facts, demand.terms, now))

    def _forget_what_changed(self) -> None:
        if self._generation != self._memory.generation:
            self._shared.clear()
            self._lineages.clear()
            self._generation = self._memory.generation

    def demands(self, role: Role) -> tuple[Demand, ...]:
        """What a role demands, and what every role does."""
        named = {demand.requirement for demand in role.demands}
        return (*role.demands, *(demand for demand in self._always if demand.requirement not in named))

    def lineage(self, organisation: int) -> tuple[int, ...]:
        """An organisation and those above it, nearest first."""
        self._forget_what_changed()
        known = self._lineages.get(organisation)
        if known is not None:
            return known
        start, line = organisation, list[int]()
        while organisation and organisation not in line:
            line.append(organisation)
            facts = self._memory.get(FactKey("organisation", organisation))
            organisation = facts.parent if facts is not None else 0
        return self._lineages.setdefault(start, tuple(line))

    def prefetch(self, entries: Sequence[Entry], rules: SystemRules) -> None:
        """Load what the chains of many people need, stage by stage, one query a kind."""
        memory = self._memory
        people = [entry for entry in entries if entry.person is not None]
        memory.want(FactKey("grants", entry.person.id) for entry in people)
        held = [(entry, grant) for entry in people for grant in memory.get(FactKey("grants", entry.person.id))]
        memory.want({FactKey("organisation", grant.organisation) for _, grant in held})
        memory.want(
            {key for entry, grant in held if grant.system == rules.system for key in self._keys(entry, rules, grant)}
        )

    def _keys(self, entry: Entry, rules: SystemRules, grant: Any) -> Iterable[FactKey]:
        role = rules.roles.get(grant.role)
        if role is None:
            return
        query = blank_query(rules.system, entry.person, self.lineage(grant.organisation))
        for demand in self.demands(role):
            if demand.requirement != GRANT:
                yield from self._requirements[demand.requirement].keys(query)


def blank_query(system: str, person: Any, lineage: tuple[int, ...]) -> Query:
    """A query before its question: enough to say whose facts are needed."""
    return Query(system, person.reference, person.id, lineage, "", "", "", {}, {})
