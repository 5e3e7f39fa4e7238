"""A chain: one grant's requirements and how they stand, worked out once and kept until the first of them may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from governance.decisions.memory import Entry, Memory
from governance.decisions.records import noted
from governance.decisions.rules import in_order
from governance.kernel.keys import FactKey
from governance.ports.requirement import Objection, Query, Requirement, Standing, earliest
from governance.ports.role_rules import Demand, Role, SystemRules

GRANT = "grant"
Pool = dict[bytes, bytes]
Systems = Mapping[str, SystemRules | None]


class Step(NamedTuple):
    """One requirement of a chain: the facts it judged and how it stands."""

    requirement: Requirement
    terms: Any
    facts: tuple[Any, ...]
    standing: Standing
    shared: bytes = b""  # its evidence as the record keeps it, where many people's chains share it


class Chain:
    """What remains of one grant (or of a role that might be granted) once its requirements are judged.

    `evidence` is as the record keeps it; `open_steps` are the requirements that look at the question itself.
    """

    __slots__ = (
        "evidence",
        "lineage",
        "number",
        "objections",
        "open_steps",
        "organisation",
        "role",
        "starts_at",
        "system",
        "until",
    )

    def __init__(
        self,
        system: str,
        role: Role,
        grant: Any,
        lineage: tuple[int, ...],
        organisation: Any,
        steps: Sequence[Step],
        pool: Pool,
    ) -> None:
        self.system = system
        self.role = role
        self.number: int = grant.row if grant is not None else 0
        self.starts_at: datetime | None = grant.starts_at if grant is not None else None
        self.lineage = lineage
        self.organisation = organisation
        self.objections: tuple[Objection, ...] = in_order(one for step in steps for one in step.standing.objections)
        self.evidence = pieces(steps, pool)
        self.open_steps = tuple([step for step in steps if not step.standing.settled])
        self.until = earliest(*[step.standing.until for step in steps])

    def has_begun(self, now: datetime) -> bool:
        """Whether the grant's first moment has come; only then do its role's deny rules apply."""
        return self.starts_at is None or now >= self.starts_at


def spelt(requirement: str, keys: Iterable[FactKey]) -> str:
    """A requirement and the keys of its facts as one text, which weighs less than they do; no name holds a NUL."""
    return "\0".join([requirement, *(f"{key.kind}\0{key.number}\0{key.name}" for key in keys)])


def shareable(step: Step) -> Step:
    """A step that many chains share: once settled, its facts are not asked again, and its evidence is a piece."""
    standing = step.standing
    shared = noted(standing.evidence)
    if not standing.settled:
        return step._replace(shared=shared)
    return step._replace(facts=(), standing=standing._replace(evidence=()), shared=shared)


def pieces(steps: Sequence[Step], pool: Pool) -> tuple[bytes, ...]:
    """The evidence of a chain as the record keeps it, in pieces that chains share."""
    own = noted(one for step in steps if not step.shared for one in step.standing.evidence if one.type != GRANT)
    held = noted(one for step in steps for one in step.standing.evidence if one.type == GRANT)
    return tuple([piece for piece in (pool.setdefault(own, own), *[step.shared for step in steps], held) if piece])


class Chains:
    """Builds chains from facts in memory."""

    def __init__(self, memory: Memory, requirements: Mapping[str, Requirement]) -> None:
        self._memory = memory
        self._requirements = requirements
        self._always = tuple(Demand(one.kind, one.terms({})) for one in requirements.values() if one.always)
        self._judged_for_many: dict[tuple[str, Any], Step] = {}
        self._lineages: dict[int, tuple[int, ...]] = {}
        self._generation = memory.generation

    def of(self, entry: Entry, systems: Systems, now: datetime) -> tuple[Chain, ...]:
        """All chains of a person, one for each grant, in the order of the grants."""
        self._memory.at(now)
        if entry.chains is None or (entry.until is not None and now >= entry.until):
            entry.forget()
            with self._memory.loading():
                entry.chains = self._build(entry, systems, now)
            self._keep(entry, entry.chains)
        return entry.chains

    @staticmethod
    def _keep(entry: Entry, made: Sequence[Chain]) -> None:
        """Keep what was made of a person's facts until the first of it may change, and let the facts go."""
        entry.facts = None
        entry.until = earliest(entry.until, *[chain.until for chain in made])

    def _build(self, entry: Entry, systems: Systems, now: datetime) -> tuple[Chain, ...]:
        grants = self._memory.get(FactKey("grants", entry.person.id))
        found, pool = [], Pool()
        for grant in sorted(grants, key=lambda one: one.row):
            rules = systems.get(grant.system)
            if rules is not None and grant.role in rules.roles:
                found.append(self.chain(entry, rules, rules.roles[grant.role], grant, grant.organisation, now, pool))
        return tuple(found)

    def untried(self, entry: Entry, rules: SystemRules, role: Role, now: datetime) -> tuple[Chain, ...]:
        """The chains that a role would have, were it granted in the name of each of the person's employers."""
        for tried, chains in entry.tried:
            if tried is role:
                return chains
        with self._memory.loading():
            chains = self._for_employers(entry, rules, role, now)
        entry.tried = (*entry.tried, (role, chains))
        self._keep(entry, chains)
        return chains

    def _for_employers(self, entry: Entry, rules: SystemRules, role: Role, now: datetime) -> tuple[Chain, ...]:
        employed = self._memory.get(FactKey("employment", entry.person.id))
        employers = sorted({one.organisation for one in employed}) or [0]
        pool = Pool()
        return tuple(self.chain(entry, rules, role, None, employer, now, pool) for employer in employers)

    def chain(
        self,
        entry: Entry,
        rules: SystemRules,
        role: Role,
        grant: Any,
        organisation: int,
        now: datetime,
        pool: Pool,
    ) -> Chain:
        """The chain of a grant, or (without one) of a role that might be granted in an organisation's name."""
        lineage = self.lineage(organisation)
        query = blank_query(rules.system, entry.person, lineage)
        demands = self.demands(role)
        self._memory.want(key for demand in demands for key in self._keys(demand, query))
        steps = [self._step(demand, query, now) for demand in demands if demand.requirement != GRANT]
        if grant is not None:
            held = next(demand for demand in demands if demand.requirement == GRANT)
            grants = self._memory.get(FactKey("grants", entry.person.id))
            steps.append(self._judged(held, (grant, entry.person.reference, self._names(lineage), grants), now))
        found = self._memory.get(FactKey("organisation", organisation)) if organisation else None
        return Chain(rules.system, role, grant, lineage, found, steps, pool)

    def _step(self, demand: Demand, query: Query, now: datetime) -> Step:
        """How a demand stands; what concerns no person alone is judged once for all whom it concerns."""
        keys = self._requirements[demand.requirement].keys(query)
        if any(self._memory.is_personal(key.kind) for key in keys):
            return self._judged(demand, tuple([self._memory.get(key) for key in keys]), now)
        self._forget_what_changed()
        name = (spelt(demand.requirement, keys), demand.terms)
        step = self._judged_for_many.get(name)
        if step is None or (step.standing.until is not None and now >= step.standing.until):
            step = self._judged(demand, tuple([self._memory.get(key) for key in keys]), now)
            step = self._judged_for_many[name] = shareable(step)
        return step

    def _judged(self, demand: Demand, facts: tuple[Any, ...], now: datetime) -> Step:
        requirement = self._requirements[demand.requirement]
        return Step(requirement, demand.terms, facts, requirement.standing(facts, demand.terms, now))

    def _forget_what_changed(self) -> None:
        if self._generation != self._memory.generation:
            self._judged_for_many.clear()
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

    def _names(self, lineage: tuple[int, ...]) -> tuple[str, ...]:
        """The references of organisations; one that has no facts now has none."""
        found = [self._memory.get(FactKey("organisation", number)) for number in lineage]
        return tuple([facts.reference for facts in found if facts is not None])

    def prefetch(self, entries: Sequence[Entry], systems: Systems, now: datetime) -> None:
        """Build the chains of many people: their facts are loaded stage by stage, one query a kind."""
        memory = self._memory
        memory.at(now)
        people = [entry for entry in entries if entry.chains is None]
        if not people:
            return
        with memory.loading():
            memory.want(FactKey("grants", entry.person.id) for entry in people)
            held = [(entry, grant) for entry in people for grant in memory.get(FactKey("grants", entry.person.id))]
            memory.want({FactKey("organisation", grant.organisation) for _, grant in held})
            memory.want({key for entry, grant in held for key in self._grant_keys(entry, systems, grant)})
            for entry in people:
                entry.chains = self._build(entry, systems, now)
                self._keep(entry, entry.chains)

    def _grant_keys(self, entry: Entry, systems: Systems, grant: Any) -> Iterable[FactKey]:
        rules = systems.get(grant.system)
        if rules is None or grant.role not in rules.roles:
            return
        query = blank_query(rules.system, entry.person, self.lineage(grant.organisation))
        for demand in self.demands(rules.roles[grant.role]):
            yield from self._keys(demand, query)

    def _keys(self, demand: Demand, query: Query) -> tuple[FactKey, ...]:
        return self._requirements[demand.requirement].keys(query) if demand.requirement != GRANT else ()


def blank_query(system: str, person: Any, lineage: tuple[int, ...]) -> Query:
    """A query before its question: enough to say whose facts are needed."""
    return Query(system, person.reference, person.id, lineage, "", "", "", {}, {})
