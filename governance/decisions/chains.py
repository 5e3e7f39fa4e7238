"""A chain: one grant's requirements and how they stand, worked out once and kept until the first of them may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from governance.decisions.memory import Entry, Held, Memory
from governance.decisions.records import noted
from governance.decisions.rules import in_order
from governance.kernel.keys import FactKey
from governance.ports.requirement import Objection, Query, Requirement, Standing, earliest
from governance.ports.role_rules import Demand, Role, SystemRules

GRANT = "grant"
TOGETHER = 200
"""So many people's chains are made together: what is worked out on the way is gone before the next are begun."""
Pool = dict[bytes, bytes]
Systems = Mapping[str, SystemRules | None]


class Step(NamedTuple):
    """One requirement of a chain: the facts it judged and how it stands."""

    requirement: Requirement
    terms: Any
    facts: tuple[Any, ...]
    standing: Standing
    shared: bytes = b""  # its evidence as the record keeps it, where many people's chains share it


class Draft(NamedTuple):
    """A chain to be made: its grant (None for a role that might be granted), and whose facts each demand needs."""

    rules: SystemRules
    role: Role
    grant: Any
    lineage: tuple[int, ...]
    needs: Sequence[tuple[Demand, tuple[FactKey, ...]]]


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
        self.memory = memory
        self._requirements = requirements
        self._always = tuple(Demand(one.kind, one.terms({})) for one in requirements.values() if one.always)
        self._judged_for_many: dict[tuple[str, Any], Step] = {}
        self._lineages: dict[int, tuple[int, ...]] = {}
        self._generation = memory.generation

    def of(self, entry: Entry, systems: Systems, now: datetime) -> tuple[Chain, ...]:
        """All chains of a person, one for each grant, in the order of the grants."""
        if now is not self.memory.latest:
            self.memory.at(now)
        if entry.chains is None or (entry.until is not None and now >= entry.until):
            entry.forget()
            with self.memory.loading():
                self._make_granted([entry], systems, now)
        return entry.chains or ()

    @staticmethod
    def _keep(entry: Entry, made: Sequence[Chain]) -> None:
        """Keep what was made of a person's facts until the first of it may change, and let the facts go."""
        entry.facts = None
        entry.until = earliest(entry.until, *[chain.until for chain in made])

    def untried(self, entry: Entry, rules: SystemRules, role: Role, now: datetime) -> tuple[Chain, ...]:
        """The chains that a role would have, were it granted in the name of each of the person's employers."""
        for tried, chains in entry.tried:
            if tried is role:
                return chains
        with self.memory.loading():
            self._make_for_employers([entry], rules, (role,), now)
        return entry.tried[-1][1]

    def _employers(self, entry: Entry) -> list[int]:
        """Where a person works, worked or will work; whoever never does stands in the name of no organisation."""
        employed = self.memory.get(FactKey("employment", entry.person.id))
        return sorted({one.organisation for one in employed}) or [0]

    def steps(
        self, entry: Entry, rules: SystemRules, role: Role, grant: Any, organisation: int, now: datetime
    ) -> tuple[tuple[int, ...], list[Step]]:
        """What a chain is made of, requirement by requirement, with the organisations in whose line it stands."""
        draft = self._draft(entry, rules, role, grant, organisation)
        self.memory.want(keys_of([draft]))
        return draft.lineage, self._steps(entry, draft, now)

    def _draft(self, entry: Entry, rules: SystemRules, role: Role, grant: Any, organisation: int) -> Draft:
        lineage = self.lineage(organisation)
        query, known = blank_query(rules.system, entry.person, lineage), self._requirements
        needs = [
            (one, known[one.requirement].keys(query) if one.requirement != GRANT else ()) for one in self.demands(role)
        ]
        return Draft(rules, role, grant, lineage, needs)

    def _chain(self, entry: Entry, draft: Draft, now: datetime, pool: Pool) -> Chain:
        """The chain of a grant, or (without one) of a role that might be granted in an organisation's name."""
        rules, role, grant, lineage, _ = draft
        found = self.memory.get(FactKey("organisation", lineage[0])) if lineage else None
        return Chain(rules.system, role, grant, lineage, found, self._steps(entry, draft, now), pool)

    def _steps(self, entry: Entry, draft: Draft, now: datetime) -> list[Step]:
        steps = [self._step(demand, keys, now) for demand, keys in draft.needs if demand.requirement != GRANT]
        if draft.grant is not None:
            held = next(demand for demand, _ in draft.needs if demand.requirement == GRANT)
            grants = self.memory.get(FactKey("grants", entry.person.id))
            facts = (draft.grant, entry.person.reference, self._names(draft.lineage), grants)
            steps.append(self._judged(held, facts, now))
        return steps

    def _step(self, demand: Demand, keys: tuple[FactKey, ...], now: datetime) -> Step:
        """How a demand stands; what concerns no person alone is judged once for all whom it concerns."""
        if any(self.memory.is_personal(key.kind) for key in keys):
            return self._judged(demand, tuple([self.memory.get(key) for key in keys]), now)
        self._forget_what_changed()
        name = (spelt(demand.requirement, keys), demand.terms)
        step = self._judged_for_many.get(name)
        if step is None or (step.standing.until is not None and now >= step.standing.until):
            step = self._judged(demand, tuple([self.memory.get(key) for key in keys]), now)
            step = self._judged_for_many[name] = shareable(step)
        return step

    def _judged(self, demand: Demand, facts: tuple[Any, ...], now: datetime) -> Step:
        requirement = self._requirements[demand.requirement]
        return Step(requirement, demand.terms, facts, requirement.standing(facts, demand.terms, now))

    def _forget_what_changed(self) -> None:
        if self._generation != self.memory.generation:
            self._judged_for_many.clear()
            self._lineages.clear()
            self._generation = self.memory.generation

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
            facts = self.memory.get(FactKey("organisation", organisation))
            organisation = facts.parent if facts is not None else 0
        return self._lineages.setdefault(start, tuple(line))

    def all_within(self, entry: Entry, organisation: int, now: datetime) -> bool:
        """Whether a person holds no role, begun or not, for an organisation that is neither this one nor below it."""
        held = entry.held
        if held is None or (held.until is not None and now >= held.until):
            held = entry.held = self._held(entry, now)
        return all(organisation in self.lineage(one) for one in held.organisations)

    def _held(self, entry: Entry, now: datetime) -> Held:
        """In the name of which organisations a person holds roles that have not ended, whatever system knows them."""
        grants = [one for one in self.memory.get(FactKey("grants", entry.person.id)) if not one.has_ended(now)]
        if entry.chains is not None:
            entry.facts = None
        return Held(tuple({one.organisation for one in grants}), earliest(*[one.ends_at for one in grants]))

    def _names(self, lineage: tuple[int, ...]) -> tuple[str, ...]:
        """The references of organisations; one that has no facts now has none."""
        found = [self.memory.get(FactKey("organisation", number)) for number in lineage]
        return tuple([facts.reference for facts in found if facts is not None])

    def prefetch(
        self, entries: Sequence[Entry], systems: Systems, now: datetime, rules: SystemRules | None = None
    ) -> None:
        """Build the chains of many people: their facts are loaded stage by stage, one query a kind.

        `rules` are those of the system that is asked about: what everybody holds there is made ready too.
        """
        self.memory.at(now)
        new = [entry for entry in entries if entry.chains is None]
        for start in range(0, len(new), TOGETHER):
            with self.memory.loading():
                self._make_granted(new[start : start + TOGETHER], systems, now)
        if rules is not None and rules.everyone:
            first = rules.everyone[0]
            with self.memory.loading():
                left = [entry for entry in entries if not any(tried is first for tried, _ in entry.tried)]
                self._make_for_employers(left, rules, rules.everyone, now)

    def _make_for_employers(
        self, people: Sequence[Entry], rules: SystemRules, roles: Sequence[Role], now: datetime
    ) -> None:
        """The chains that roles would have for some people, held in the name of each of their employers."""
        memory = self.memory
        memory.want(FactKey("employment", entry.person.id) for entry in people)
        drafts = []
        for entry in people:
            employers = self._employers(entry)
            each = [(role, [self._draft(entry, rules, role, None, one) for one in employers]) for role in roles]
            drafts.append((entry, each))
        memory.want(keys_of(draft for _, each in drafts for _, some in each for draft in some))
        for entry, each in drafts:
            pool = Pool()
            made = tuple([(role, tuple([self._chain(entry, one, now, pool) for one in some])) for role, some in each])
            entry.tried = (*entry.tried, *made)
            self._keep(entry, [chain for _, chains in made for chain in chains])

    def _make_granted(self, people: Sequence[Entry], systems: Systems, now: datetime) -> None:
        """The chains of all grants of some people, by the rules that their systems have now."""
        memory = self.memory
        memory.want(FactKey("grants", entry.person.id) for entry in people)
        held = [(entry, granted(memory, entry, systems)) for entry in people]
        memory.want({FactKey("organisation", grant.organisation) for _, each in held for _, _, grant in each})
        drafts = [
            (entry, [self._draft(entry, rules, role, grant, grant.organisation) for rules, role, grant in each])
            for entry, each in held
        ]
        memory.want(keys_of(draft for _, each in drafts for draft in each))
        for entry, each in drafts:
            pool = Pool()
            entry.chains = tuple([self._chain(entry, draft, now, pool) for draft in each])
            self._keep(entry, entry.chains)


def granted(memory: Memory, entry: Entry, systems: Systems) -> list[tuple[SystemRules, Role, Any]]:
    """A person's grants in their order, each with its system's rules and its role; those of unknown roles are none."""
    found = []
    for grant in sorted(memory.get(FactKey("grants", entry.person.id)), key=by_row):
        rules = systems.get(grant.system)
        if rules is not None and grant.role in rules.roles:
            found.append((rules, rules.roles[grant.role], grant))
    return found


def keys_of(drafts: Iterable[Draft]) -> set[FactKey]:
    """Whose facts some chains need."""
    return {key for draft in drafts for _, keys in draft.needs for key in keys}


by_row = attrgetter("row")


def blank_query(system: str, person: Any, lineage: tuple[int, ...]) -> Query:
    """A query before its question: enough to say whose facts are needed."""
    return Query(system, person.reference, person.id, lineage, "", "", "", {}, {})
