"""Search: who may, what may be opened, what may be done. Every result is a decision; none is left out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.paging import Page
from governance.decisions.planning import Plan, allowing, make_plan
from governance.decisions.questions import NOTHING, typed
from governance.decisions.rules import Decision, Question
from governance.decisions.service import Decisions
from governance.decisions.sifting import sift
from governance.grants.store import list_holders
from governance.kernel import collecting
from governance.kernel.db import Databases
from governance.people.store import list_employed
from governance.ports.requirement import Requirement
from governance.ports.role_rules import SystemRules
from governance.ports.sources import FactSource

SMALLEST, LARGEST = 250, 2_000  # so many candidates at once: few for a first page, many where many are asked about
MOST_KEPT, MOST_ENGINES = 25_000, 16


class Found(NamedTuple):
    """One candidate of a search: its id or name, and the decision about it."""

    name: str
    decision: Decision


class Snapshot(NamedTuple):
    """What a search looks at: rules and facts of one revision, at one moment."""

    rules: SystemRules
    revision: int
    now: datetime


Progress = Callable[[int], None]


class Searches:
    """Searches over memories of their own, so that no decision waits for one; the last few are kept."""

    def __init__(
        self, databases: Databases, sources: Sequence[FactSource], requirements: Mapping[str, Requirement]
    ) -> None:
        self._databases = databases
        self._sources = sources
        self._requirements = requirements
        self._lock = threading.Lock()
        self._engines: dict[tuple[str, object], Engine] = {}

    def page(self, kind: str, snapshot: Snapshot, question: Question, page: Page) -> tuple[list[str], bool]:
        """The names on one page, in order, and whether more follow."""
        with self._lock:
            permitted = (
                found.name
                for found in self._found(kind, snapshot, question, page.after, permitted=True)
                if found.decision.allowed
            )
            names = list(islice(permitted, page.limit + 1))
        return names[: page.limit], len(names) > page.limit

    def every(
        self,
        kind: str,
        snapshot: Snapshot,
        question: Question,
        progress: Progress | None = None,
        *,
        permitted: bool = False,
    ) -> Iterator[Found]:
        """Every candidate with its decision, in order; where only those `permitted` count, not all the others."""
        with self._lock:
            yield from self._found(kind, snapshot, question, "", progress, permitted=permitted)

    def plan(self, snapshot: Snapshot, question: Question, fixed: Collection[str]) -> Plan:
        """The plan of a list, for a question that names no record."""
        with self._lock:
            return make_plan(
                self._engine_at("resource", snapshot, question), snapshot.rules, question, fixed, snapshot.now
            )

    def candidates(self, kind: str, snapshot: Snapshot, question: Question) -> list[str]:
        """Whom or what a search asks about, in order: nobody and nothing else can be permitted."""
        rules = snapshot.rules
        declared = rules.resource_types.get(question.resource_type)
        if declared is None or question.subject_type != rules.subject_type:
            return []
        if kind == "resource":
            return sorted(declared.registered)
        if kind == "action":
            return sorted(declared.actions)
        roles = allowing(rules, question.resource_type, question.action)
        if not roles:
            return []
        with self._databases.reading() as session:
            if any(role.name in roles for role in rules.everyone):
                return list_employed(session, snapshot.revision)
            return list_holders(session, rules.system, roles, snapshot.revision)

    def _found(
        self,
        kind: str,
        snapshot: Snapshot,
        question: Question,
        after: str,
        progress: Progress | None = None,
        *,
        permitted: bool,
    ) -> Iterator[Found]:
        rules, engine = snapshot.rules, self._engine_at(kind, snapshot, question)
        names = [name for name in self.candidates(kind, snapshot, question) if name > after]
        for portion in portions(names):
            asked = self._bring(engine, portion, snapshot, question, permitted) if kind == "subject" else portion
            for name in asked:
                yield Found(name, engine.decide(rules, about(kind, question, name, rules), snapshot.now))
            if progress is not None:
                progress(len(portion))

    @staticmethod
    def _bring(
        engine: Engine, people: Sequence[str], snapshot: Snapshot, question: Question, permitted: bool
    ) -> Sequence[str]:
        """Make some people's chains ready; who is worth asking about, where only those permitted are looked for."""
        memory = engine.memory
        with memory.loading():
            memory.want_people(people)
            entries = {name: memory.people[name] for name in people if name in memory.people}
            if permitted:
                entries = sift(engine, snapshot.rules, question, entries, snapshot.now)
            engine.chains.prefetch(list(entries.values()), engine.systems, snapshot.now, snapshot.rules)
        return list(entries) if permitted else people

    def _engine_at(self, kind: str, snapshot: Snapshot, question: Question) -> Engine:
        rules, revision = relevant(kind, snapshot.rules, question), snapshot.revision
        name = (rules.system, kind == "subject" and (question.resource_type, question.action))
        engine = self._engines.pop(name, None)
        if engine is None or len(engine.memory.people) > MOST_KEPT or engine.memory.revision > revision:
            memory = Memory(self._databases, self._sources, revision)
            engine = Engine(memory, self._requirements, {rules.system: rules})
        engine.memory.refresh(revision)
        if engine.systems[rules.system] != rules:
            engine.systems = {rules.system: rules}
            engine.memory.forget_chains()
        self._engines[name] = engine
        while len(self._engines) > MOST_ENGINES:
            self._engines.pop(next(iter(self._engines)))
        return engine


def portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Names a few at first, then more at a time."""
    start, size = 0, SMALLEST
    while start < len(names):
        yield names[start : start + size]
        start, size = start + size, min(2 * size, LARGEST)


def searches_of(decisions: Decisions) -> Searches:
    """Searches over what a process's decisions are made of; they bring many people into memory at once."""
    collecting.settle_once()
    return Searches(decisions.databases, decisions.parts.sources, decisions.parts.requirements)


def relevant(kind: str, rules: SystemRules, question: Question) -> SystemRules:
    """The rules with those roles alone that say anything of an action on a type, where only these are asked about."""
    if kind != "subject":
        return rules
    named = rules.asked(question.resource_type, question.action)
    return replace(rules, roles={name: role for name, role in rules.roles.items() if name in named})


def about(kind: str, question: Question, name: str, rules: SystemRules) -> Question:
    """The question about one candidate."""
    if kind == "subject":
        return question._replace(subject=name)
    if kind == "action":
        return question._replace(action=name)
    declared = rules.resource_types[question.resource_type]
    stored, differing = declared.registered[name], list[str]()
    properties, _, _ = typed(NOTHING, declared.properties, stored, "")
    for each, value in question.properties.items():
        source = declared.properties[each].source
        if source == "caller" or (source == "either" and each not in stored):
            properties[each] = value
        elif source == "either" and stored[each] != value:
            differing.append(each)
    return question._replace(resource_id=name, properties=properties, mismatched=tuple(differing))
