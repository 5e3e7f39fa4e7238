"""Every link of a chain, those that hold as well as those that fail, for a person who reads an answer.

Nothing is judged a second time: the links are the steps that the engine's own chains are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from governance.decisions.chains import Chain, Step
from governance.decisions.engine import NO_GRANT, ROLE, Engine, Judged, denied, make_query
from governance.decisions.memory import Entry, Memory
from governance.decisions.records import Asker, make_records, noted
from governance.decisions.rules import Decision, Question, in_order
from governance.decisions.service import Decisions
from governance.decisions.unsaid import heard, unsaid_of_rules
from governance.kernel.clock import iso
from governance.kernel.keys import FactKey
from governance.ports.reasons import REASONS, Code
from governance.ports.requirement import Evidence, Objection, Query
from governance.ports.role_rules import SystemRules

CHECK = "check"
HOLD = "hold"
HELD_BACK = frozenset({"barred", "suspension", "conflict"})
"""Requirements whose very name would tell why an access is on hold."""


class Link(NamedTuple):
    """One link: what it is about, what stands in its way (nothing where it holds), and the facts that it rests on.

    `asked` says that it depends on each question too; then it holds here as far as the person alone goes.
    `unsaid` are the properties and values of the context that what stands in its way looked for in vain.
    """

    requirement: str
    objections: tuple[Objection, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    asked: bool = False
    unsaid: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.objections


class Examined(NamedTuple):
    """An answer that somebody asked about another person, with the chain that it tells of, and its record's number.

    `held_for` is the number of the organisation in whose name that chain is held; 0 for none.
    """

    rules: SystemRules
    question: Question
    decision: Decision
    role: str
    links: tuple[Link, ...]
    held_for: int
    number: str


class Held(NamedTuple):
    """A role that a person holds: where, since when, how its chain stands, and until when that holds."""

    rules: SystemRules
    role: str
    organisation: Any
    grant: int
    links: tuple[Link, ...]
    objections: tuple[Objection, ...]
    until: datetime | None
    starts_at: datetime | None


def links_of(engine: Engine, rules: SystemRules, chain: Chain, entry: Entry, now: datetime) -> list[tuple[Step, Link]]:
    """The links of a chain before any question, in the order in which they are judged."""
    grants = engine.memory.get(FactKey("grants", entry.person.id))
    grant = next((one for one in grants if one.row == chain.number), None)
    organisation = chain.lineage[0] if chain.lineage else 0
    _, steps = engine.chains.steps(entry, rules, chain.role, grant, organisation, now)
    return [(step, Link(step.requirement.kind, *judged(step), not step.standing.settled)) for step in steps]


def judged(step: Step) -> tuple[tuple[Objection, ...], tuple[Evidence, ...]]:
    """What a step objects and rests on; what many people's chains share is read from what the record keeps."""
    kept = step.shared or noted(step.standing.evidence)
    return step.standing.objections, read_evidence(kept)


def read_evidence(kept: bytes) -> tuple[Evidence, ...]:
    """Evidence as the record keeps it."""
    rows = orjson.loads(b"[" + kept + b"]")
    return tuple(Evidence(kind, name, datetime.fromisoformat(until) if until else None) for kind, name, until in rows)


def links_for(
    engine: Engine, rules: SystemRules, question: Question, best: Judged, denies: Sequence[Any], now: datetime
) -> tuple[Link, ...]:
    """The links of the chain that an answer tells of: the grant, each requirement, then the role's own rules."""
    entry, chain = engine.memory.person(question.subject), best.chain
    query = make_query(rules, question, entry, chain)
    known = links_of(engine, rules, chain, entry, now)
    found = [asked_of(step, link, query, now) if link.asked else link for step, link in known]
    if chain.number == 0 and chain.role not in rules.everyone:
        found.append(Link(NO_GRANT.requirement, (NO_GRANT,)))
    said = tuple(one for one in best.objections if one.requirement == ROLE)
    objections = in_order(denied(rule) for rule in denies) if denies else said
    asked = rules.asked(question.resource_type, question.action).get(chain.role.name)
    unsaid = unsaid_of_rules(asked, question, entry.person, chain.organisation) if objections else ()
    found.append(Link(ROLE, objections, tuple(Evidence("rule", rule.id) for rule in best.allows.allows), unsaid=unsaid))
    return tuple(found)


def asked_of(step: Step, link: Link, query: Query, now: datetime) -> Link:
    """A link with what its requirement says of the question itself."""
    missed: dict[str, None] = {}
    more = step.requirement.check(step.standing, step.facts, step.terms, heard(query, missed), now)
    return link._replace(
        objections=in_order((*link.objections, *more.objections)),
        evidence=(*link.evidence, *(one for one in more.evidence if one not in link.evidence)),
        unsaid=tuple(missed) if more.objections else (),
    )


def discreet(links: Sequence[Link], *, full: bool) -> tuple[Link, ...]:
    """Links as somebody may read them: who may not know why an access is on hold reads only whether it is."""
    if full:
        return tuple(links)
    held = [link for link in links if link.requirement in HELD_BACK]
    rest = [link for link in links if link.requirement not in HELD_BACK]
    on_hold = any(REASONS[one.code].disclosed_as is not None for link in held for one in link.objections)
    hold = Link(HOLD, (Objection(Code.ACCESS_ON_HOLD, "access"),) if on_hold else (), asked=True)
    return (*rest, hold) if held else tuple(rest)


def examine(
    decisions: Decisions,
    system: str,
    read: Callable[[SystemRules], Question],
    asker: Asker,
    now: datetime,
    moment: datetime | None = None,
) -> Examined:
    """Ask about a person now, or as of a past moment, and show every link; on the record as a check, not as a use."""
    if moment is None:
        rules, revision, _ = decisions.snapshot(system, lambda _key: asker)
    else:
        rules, revision = decisions.rules_as_of(system, moment)
        asker = asker._replace(historical=True)
    engine = engine_at(decisions, {system: rules}, revision)
    question, at = read(rules), moment or now
    decision = engine.decide(rules, question, at)
    best, denies = engine.told_of(rules, question, at)
    links = links_for(engine, rules, question, best, denies, at) if best is not None else ()
    (record,) = make_records(rules.system, [question], [decision], asker, iso(now), revision)
    record = record._replace(kind=CHECK)
    (number,) = decisions.recorder.put([record])
    role, lineage = (best.chain.role.name, best.chain.lineage) if best is not None else ("", ())
    return Examined(rules, question, decision, role, links, lineage[0] if lineage else 0, number)


def engine_at(decisions: Decisions, systems: Mapping[str, SystemRules | None], revision: int) -> Engine:
    """An engine over a memory of its own, so that no decision waits for who reads."""
    return Engine(Memory(decisions.databases, decisions.parts.sources, revision), decisions.parts.requirements, systems)


def standings(
    decisions: Decisions, people: Sequence[str], now: datetime, *, whole: bool = False
) -> dict[str, tuple[Held, ...]]:
    """The roles that some people hold in any system, and how each stands before any question.

    The `whole` tells every link, and what everybody holds too; otherwise grants only, for a list of many people.
    """
    systems, revision = decisions.in_force()
    engine = engine_at(decisions, systems, revision)
    engine.memory.want_people(people)
    known = {name: engine.memory.people[name] for name in people if name in engine.memory.people}
    engine.chains.prefetch(list(known.values()), systems, now)
    found = {}
    for name, entry in known.items():
        chains = engine.chains.of(entry, systems, now)
        if whole:
            chains = (*chains, *everybodys(engine, systems, entry, now))
        found[name] = tuple(
            held(engine, rules, one, entry, now, whole=whole)
            for one in chains
            if (rules := systems[one.system]) is not None
        )
    return found


def everybodys(engine: Engine, systems: Mapping[str, SystemRules | None], entry: Entry, now: datetime) -> list[Chain]:
    """The chains of the roles that everybody holds, in every system."""
    offering = [rules for rules in systems.values() if rules is not None and rules.everyone]
    chains = engine.chains
    return [one for rules in offering for role in rules.everyone for one in chains.untried(entry, rules, role, now)]


def held(engine: Engine, rules: SystemRules, chain: Chain, entry: Entry, now: datetime, *, whole: bool) -> Held:
    """A role that a person holds, by its chain."""
    links = tuple(link for _, link in links_of(engine, rules, chain, entry, now)) if whole else ()
    role, organisation, grant = chain.role.name, chain.organisation, chain.number
    return Held(rules, role, organisation, grant, links, chain.objections, chain.until, chain.starts_at)
