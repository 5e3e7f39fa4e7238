"""Decides and records: asks for the newest revision, decides at it, and answers once the record is durable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from governance.clients.rules import KeyFacts, opens, split_key
from governance.clients.store import KIND as CLIENT_KEY
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.records import Asker, make_record
from governance.decisions.rules import Decision, Question, refusal
from governance.kernel.clock import iso
from governance.kernel.db import Databases
from governance.kernel.errors import BadInput, Erased, NotFound, Unavailable
from governance.kernel.keys import FactKey
from governance.kernel.recorded import revision_before
from governance.ports.reasons import Code
from governance.ports.requirement import Requirement
from governance.ports.role_rules import SystemRules
from governance.ports.sources import FactSource, RoleRules
from governance.trail.writer import Recorder

log = structlog.get_logger("decisions")
Read = Callable[[SystemRules], Sequence[Question | BadInput]]
Admit = Callable[[Callable[[str, datetime], KeyFacts | None]], Asker]
Decided = tuple[SystemRules, Sequence[Question | BadInput], tuple[Decision, ...], int]


class Answered(NamedTuple):
    """Questions and their decisions, with the numbers of their records and the facts revision they were made at.

    `full` says that whoever asked may read the true codes behind an access on hold.
    """

    questions: Sequence[Question | BadInput]
    decisions: tuple[Decision, ...]
    ids: tuple[str, ...]
    revision: int
    full: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """What decisions are built of, from the registry of rooms and areas."""

    sources: tuple[FactSource, ...]
    requirements: Mapping[str, Requirement]
    role_rules: RoleRules


class Decisions:
    """One process's decisions. Facts are one memory under one lock; records are committed together outside of it."""

    def __init__(self, databases: Databases, parts: Parts, recorder: Recorder) -> None:
        self.databases = databases
        self.parts = parts
        self.recorder = recorder
        self._lock = threading.Lock()
        self._checked = 0
        self._memory = Memory(databases, parts.sources)
        self._systems: dict[str, SystemRules | None] = {}
        self._engine = Engine(self._memory, parts.requirements, self._systems)
        self._outdated = True
        self._rehearsed = False
        self._built: dict[int, SystemRules | None] = {}

    def catch_up(self, at_least: int = 0) -> int:
        """Move to the newest sealed revision; every change committed before this call is seen after it.

        A check that began after this call serves it as well as one of its own.
        """
        arrived = time.monotonic_ns()
        with self._lock:
            return self._catch_up(arrived, at_least)

    def _catch_up(self, arrived: int, at_least: int) -> int:
        if self._checked <= arrived:
            began = time.monotonic_ns()
            self._refresh(self.databases.freshness.current())
            self._checked = began
        if self._memory.revision < at_least:
            raise Unavailable(f"revision {at_least} has not been committed here yet", "facts_behind")
        return self._memory.revision

    def _refresh(self, revision: int) -> None:
        if "policy" in self._memory.refresh(revision):
            self._outdated = True
        if self._outdated:
            self._systems = self._engine.systems = self._load_systems(self._memory.revision)
            self._memory.forget_chains()
            self._outdated = False

    def _load_systems(self, revision: int) -> dict[str, SystemRules | None]:
        with self.databases.reading() as session:
            active = self.parts.role_rules.active(session, revision)
            for number in set(active.values()) - self._built.keys():
                try:
                    self._built[number] = self.parts.role_rules.load(session, number)
                except BadInput:
                    log.critical("policy.unreadable", policy_revision=number)
                    self._built[number] = None
        return {system: self._built[number] for system, number in active.items()}

    def system(self, name: str) -> SystemRules:
        """A system's active rules; raise `NotFound` when no pack of that name is active."""
        rules = self._found(name)
        if rules is None:
            raise Unavailable(
                f"the stored rules of {name} cannot be read; activate the pack again", "policy_unreadable"
            )
        return rules

    def _found(self, name: str) -> SystemRules | None:
        if name not in self._systems:
            raise NotFound(f"there is no system {name[:80]!r}")
        return self._systems[name]

    def systems(self) -> list[str]:
        """The names of all systems with an active pack."""
        return sorted(self._systems)

    def key(self, text: str, now: datetime) -> KeyFacts | None:
        """The front end whose key this is at the revision in memory, or None. Whoever asks holds the lock."""
        parts = split_key(text)
        key = self._memory.get(FactKey(CLIENT_KEY, 0, parts[0])) if parts is not None else None
        return key if key is not None and parts is not None and opens(key, parts[1], now) else None

    def ask_newest(
        self, system: str, read: Read, admit: Admit, now: datetime, stop_at: bool | None = None, at_least: int = 0
    ) -> Answered:
        """Move to the newest revision, let `admit` say by its keys who asks (or raise), and decide at that revision."""
        arrived = time.monotonic_ns()
        with self._lock:
            self._catch_up(arrived, at_least)
            asker = admit(self.key)
            decided = self._ask(system, read, now, stop_at)
        return self._record(*decided, asker, now)

    def ask(self, system: str, read: Read, asker: Asker, now: datetime, stop_at: bool | None = None) -> Answered:
        """Decide a system's questions and record them all; a malformed item is a recorded denial.

        `read` types the questions by the rules in force, under the lock, so that facts, rules and questions are of
        one revision. `stop_at` ends the batch at the first decision that equals it.
        """
        with self._lock:
            decided = self._ask(system, read, now, stop_at)
        return self._record(*decided, asker, now)

    def _ask(self, system: str, read: Read, now: datetime, stop_at: bool | None) -> Decided:
        rules = self.system(system)
        questions = read(rules)
        revision = self._memory.revision
        if len(questions) > 1:
            self._prefetch(questions, now)
        decisions: list[Decision] = []
        for question in questions:
            decisions.append(self._decide(self._engine, rules, question, now))
            if decisions[-1].allowed is stop_at:
                break
        return rules, questions[: len(decisions)], tuple(decisions), revision

    def ask_as_of(self, system: str, read: Read, asker: Asker, moment: datetime, now: datetime) -> Answered:
        """What would have been answered at a past moment, knowing what was known then; the record says so."""
        with self.databases.reading() as session:
            revision = revision_before(session, moment)
            number = self.parts.role_rules.active(session, revision).get(system)
            if number is None:
                raise NotFound(not_yet(system, self.parts.role_rules.since(session, system)))
            rules = self.parts.role_rules.load(session, number)
        memory = Memory(self.databases, self.parts.sources, revision)
        engine = Engine(memory, self.parts.requirements, {system: rules})
        typed = read(rules)
        decisions = tuple(self._decide(engine, rules, one, moment) for one in typed)
        return self._record(rules, typed, decisions, revision, asker._replace(historical=True), now)

    def _prefetch(self, questions: Sequence[Question | BadInput], now: datetime) -> None:
        asked = [question for question in questions if not isinstance(question, BadInput)]
        subjects = {name for question in asked for name in (question.subject, question.mediated_for) if name}
        people = self._memory.people
        if any(name not in people or people[name].chains is None for name in subjects):
            self._memory.want_people(subjects)
            self._engine.chains.prefetch([people[name] for name in subjects if name in people], self._systems, now)

    @staticmethod
    def _decide(engine: Engine, rules: SystemRules, question: Question | BadInput, now: datetime) -> Decision:
        if isinstance(question, BadInput):
            return refusal(Code.BAD_QUESTION, policy=rules.revision, where=question.faults[0].pointer or "body")
        try:
            return engine.decide(rules, question, now)
        except (Unavailable, Erased):
            raise
        except Exception as wrong:  # noqa: BLE001 - an error inside is a recorded denial
            log.warning("decision.error", kind=type(wrong).__name__, system=rules.system)
            return refusal(Code.POLICY_ERROR, "policy", rules.revision, where=type(wrong).__name__)

    def _record(
        self,
        rules: SystemRules,
        questions: Sequence[Question | BadInput],
        decisions: tuple[Decision, ...],
        revision: int,
        asker: Asker,
        now: datetime,
    ) -> Answered:
        pairs = zip(questions, decisions, strict=True)
        records = [make_record(rules.system, question, decision, asker, now, revision) for question, decision in pairs]
        return Answered(questions, decisions, tuple(self.recorder.put(records)), revision, asker.full)

    def ready(self) -> bool:
        """Whether a decision could be made and recorded now."""
        try:
            self.catch_up()
            if not self._rehearsed:
                with self._lock:
                    self._memory.rehearse()
                    self._memory.settle()
                self._rehearsed = True
        except Unavailable:
            return False
        return self.recorder.works()


def not_yet(system: str, since: datetime | None) -> str:
    """Why there is no answer as of a moment before a system's first rules, and as of when there is one."""
    if since is None:
        return f"no rules of {system} were ever in force; put them in force with postern packs activate {system}"
    whole = since if not since.microsecond else since.replace(microsecond=0) + timedelta(seconds=1)
    return f"no rules of {system} were active then: they are in force since {iso(whole)}; ask as of then or later"
