"""Decides and records: asks for the newest revision, decides at it, and answers once the record is durable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy.orm import Session

from governance.clients.rules import KeyFacts, opens, split_key
from governance.clients.store import KIND as CLIENT_KEY
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.records import Asker, make_records
from governance.decisions.registry import by_system, with_registered
from governance.decisions.rules import Decision, Proof, Question, refusal
from governance.decisions.vouching import Vouching, proved
from governance.kernel import collecting
from governance.kernel.clock import iso
from governance.kernel.db import Databases
from governance.kernel.errors import BadInput, Erased, NotFound, Unavailable
from governance.kernel.keys import FactKey
from governance.kernel.recorded import revision_before
from governance.ports.reasons import Code
from governance.ports.requirement import Requirement, earliest
from governance.ports.role_rules import SystemRules
from governance.ports.sources import FactSource, RoleRules
from governance.trail.rules import Record
from governance.trail.writer import Recorder

log = structlog.get_logger("decisions")
RESOURCES = "resources"
ERASURES = 3  # that may come between a look at the newest revision and the facts, before one is told to come again
NO_TOKENS, NOBODY = Vouching(None, ""), Asker("")
Admit = Callable[[Callable[[str, datetime], KeyFacts | None]], Asker]
Decided = tuple[SystemRules, Sequence[Question | BadInput], tuple[Decision, ...], int]


class Questions(NamedTuple):
    """What a request asks: its questions, or what is wrong with them, in order.

    The first decision that equals `stop_at` is the last; None lets all be decided.
    """

    items: Sequence[Question | BadInput]
    stop_at: bool | None = None


Read = Callable[[SystemRules], Questions]
"""Reads a request's questions by the rules in force; called once it is known who asks."""


class Answered(NamedTuple):
    """Questions and their decisions, with the numbers of their records and the facts revision they were made at.

    `full` says that whoever asked may read the true codes behind an access on hold.
    """

    questions: Sequence[Question | BadInput]
    decisions: tuple[Decision, ...]
    ids: Sequence[str]
    revision: int
    full: bool = False


class Held(NamedTuple):
    """Decisions that are made and not yet recorded: nobody may be told of them."""

    questions: Sequence[Question | BadInput]
    decisions: tuple[Decision, ...]
    records: Sequence[Record]
    revision: int
    full: bool

    def answered(self, ids: Sequence[str]) -> Answered:
        """What may be told, once the records are durable and have their numbers."""
        return Answered(self.questions, self.decisions, ids, self.revision, self.full)


@dataclass(frozen=True, slots=True)
class Parts:
    """What decisions are built of, from the registry of rooms and areas."""

    sources: tuple[FactSource, ...]
    requirements: Mapping[str, Requirement]
    role_rules: RoleRules


class Decisions:
    """One process's decisions. Facts are one memory under one lock; records are committed together outside of it."""

    def __init__(self, databases: Databases, parts: Parts, recorder: Recorder, vouching: Vouching = NO_TOKENS) -> None:
        self.databases = databases
        self._vouching = vouching
        self.parts = parts
        self.recorder = recorder
        self._lock = threading.Lock()
        self._checked = self._failed = 0
        self._memory = Memory(databases, parts.sources)
        self._systems: dict[str, SystemRules | None] = {}
        self._engine = Engine(self._memory, parts.requirements, self._systems)
        self._outdated = True
        self._rehearsed = False
        self._built: dict[int, SystemRules | None] = {}

    def catch_up(self, at_least: int = 0) -> int:
        """Move to the newest sealed revision; every change committed before this call is seen after it.

        A check that began after this call serves it as well as one of its own; so does one that failed.
        """
        arrived = time.monotonic_ns()
        with self._lock:
            return self._catch_up(arrived, at_least)

    def _catch_up(self, arrived: int, at_least: int) -> int:
        if self._checked <= arrived:
            if self._failed > arrived:
                raise Unavailable("the facts database does not answer", "facts_unavailable")
            self._check()
        if self._memory.revision < at_least:
            raise Unavailable(f"revision {at_least} has not been committed here yet", "facts_behind")
        return self._memory.revision

    def _check(self) -> None:
        began = time.monotonic_ns()
        try:
            newest = self.databases.freshness.current()
        except Unavailable:
            self._failed = began
            raise
        self._refresh(newest)
        self._checked = began

    def _refresh(self, revision: int) -> None:
        changed = self._memory.refresh(revision)
        if "policy" in changed:
            self._outdated = True
        if self._outdated or RESOURCES in changed:
            self._systems = self._engine.systems = self._load_systems(self._memory.revision)
        if self._outdated:
            self._memory.forget_chains()
            self._outdated = False

    def _load_systems(self, revision: int) -> dict[str, SystemRules | None]:
        with self.databases.reading() as session:
            active = self.parts.role_rules.active(session, revision)
            with collecting.at_rest():
                for number in set(active.values()) - self._built.keys():
                    self._built[number] = self._build(session, number)
            listed = by_system(self.parts.role_rules.resources(session, revision))
        built = {system: self._built[number] for system, number in active.items()}
        return {name: rules and with_registered(rules, listed.get(name, {})) for name, rules in built.items()}

    def _build(self, session: Session, number: int) -> SystemRules | None:
        try:
            return self.parts.role_rules.load(session, number)
        except BadInput:
            log.critical("policy.unreadable", policy_revision=number)
            return None

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

    def in_force(self) -> tuple[dict[str, SystemRules | None], int]:
        """Every system's rules at the newest revision, and that revision."""
        with self._lock:
            revision = self._catch_up(time.monotonic_ns(), 0)
            return dict(self._systems), revision

    def key(self, text: str, now: datetime) -> KeyFacts | None:
        """The front end whose key this is at the revision in memory, or None. Whoever asks holds the lock."""
        parts = split_key(text)
        key = self._memory.get(FactKey(CLIENT_KEY, 0, parts[0])) if parts is not None else None
        return key if key is not None and parts is not None and opens(key, parts[1], now) else None

    def decide_newest(
        self,
        system: str,
        read: Read,
        admit: Admit,
        now: datetime,
        at_least: int = 0,
        arrived: int = 0,
    ) -> Held:
        """Move to the newest revision, let `admit` say by its keys who asks (or raise), and decide at that revision.

        `arrived` is a monotonic moment in nanoseconds by which the request had arrived; this very moment unless given.
        """
        arrived = arrived or time.monotonic_ns()
        with self._lock:
            self._catch_up(arrived, at_least)
            asker = admit(self.key)
            decided = self._ask_newest(system, read, asker, now)
        return hold(*decided, asker, now)

    def proof(self, question: Question, system: str, asker: Asker, now: datetime) -> Proof | None:
        """What a question's token proves at the revision in memory; None where it is not good."""
        with self._lock:
            return self._vouching.proof(question, system, asker.key_of, self._engine.chains, now)

    def snapshot(self, system: str, admit: Admit, at_least: int = 0) -> tuple[SystemRules, int, Asker]:
        """A system's rules and the newest revision, for one whom `admit` lets in (or raises)."""
        arrived = time.monotonic_ns()
        with self._lock:
            revision = self._catch_up(arrived, at_least)
            asker = admit(self.key)
            return self.system(system), revision, asker

    def ask(self, system: str, read: Read, asker: Asker, now: datetime) -> Answered:
        """Decide a system's questions and record them all; a malformed item is a recorded denial.

        `read` types the questions by the rules in force, under the lock, so that facts, rules and questions are of
        one revision.
        """
        with self._lock:
            decided = self._ask_newest(system, read, asker, now)
        return self.record(hold(*decided, asker, now))

    def glance(self, system: str, read: Read, now: datetime) -> tuple[Decision, ...]:
        """Decisions that nobody acts on and no record tells of: which links a page shows, and nothing else."""
        with self._lock:
            self._catch_up(time.monotonic_ns(), 0)
            return self._ask_newest(system, read, NOBODY, now)[2]

    def record(self, held: Held) -> Answered:
        """Make decisions durable, and only then say what may be told; raise `Unavailable` where that takes too long."""
        return held.answered(self.recorder.put(held.records))

    def _ask_newest(self, system: str, read: Read, asker: Asker, now: datetime) -> Decided:
        """Decide; a fact that is erased while it is being read is read no more at the newest revision."""
        for _ in range(ERASURES):
            with suppress(Erased):
                return self._ask(system, read, asker, now)
            self._check()
        raise Unavailable("facts are being erased; ask again", "facts_unavailable")

    def _ask(self, system: str, read: Read, asker: Asker, now: datetime) -> Decided:
        rules = self.system(system)
        questions, stop_at = read(rules)
        revision = self._memory.revision
        if len(questions) > 1:
            self._prefetch(rules, questions, now)
        decisions: list[Decision] = []
        for question in questions:
            decisions.append(self._decide(self._engine, rules, question, asker, now))
            if decisions[-1].allowed is stop_at:
                break
        return rules, questions[: len(decisions)], tuple(decisions), revision

    def rules_as_of(self, system: str, moment: datetime) -> tuple[SystemRules, int]:
        """A system's rules as they were in force at a past moment, and the revision of that moment."""
        with self.databases.reading() as session:
            revision = revision_before(session, moment)
            number = self.parts.role_rules.active(session, revision).get(system)
            if number is None:
                raise NotFound(not_yet(system, self.parts.role_rules.since(session, system)))
            listed = by_system(self.parts.role_rules.resources(session, revision))
            return with_registered(self.parts.role_rules.load(session, number), listed.get(system, {})), revision

    def ask_as_of(self, system: str, read: Read, asker: Asker, moment: datetime, now: datetime) -> Answered:
        """What would have been answered at a past moment, knowing what was known then; the record says so."""
        rules, revision = self.rules_as_of(system, moment)
        memory = Memory(self.databases, self.parts.sources, revision)
        engine = Engine(memory, self.parts.requirements, {system: rules})
        typed, _ = read(rules)
        decisions = tuple(self._decide(engine, rules, one, asker, moment) for one in typed)
        return self.record(hold(rules, typed, decisions, revision, asker._replace(historical=True), now))

    def _prefetch(self, rules: SystemRules, questions: Sequence[Question | BadInput], now: datetime) -> None:
        asked = [question for question in questions if not isinstance(question, BadInput)]
        subjects = {name for question in asked for name in (question.subject, question.mediated_for) if name}
        people = self._memory.people
        if any(name not in people or people[name].chains is None for name in subjects):
            self._memory.want_people(subjects)
            known = [people[name] for name in subjects if name in people]
            self._engine.chains.prefetch(known, self._systems, now, rules)

    def _decide(
        self, engine: Engine, rules: SystemRules, question: Question | BadInput, asker: Asker, now: datetime
    ) -> Decision:
        if isinstance(question, BadInput):
            return refusal(Code.BAD_QUESTION, policy=rules.revision, where=question.faults[0].pointer or "body")
        try:
            if question.token:
                return self._decide_by_token(engine, rules, question, asker, now)
            return engine.decide(rules, question, now)
        except (Unavailable, Erased):
            raise
        except Exception as wrong:  # noqa: BLE001 - an error inside is a recorded denial
            log.warning("decision.error", kind=type(wrong).__name__, system=rules.system)
            return refusal(Code.POLICY_ERROR, "policy", rules.revision, where=type(wrong).__name__)

    def _decide_by_token(
        self, engine: Engine, rules: SystemRules, question: Question, asker: Asker, now: datetime
    ) -> Decision:
        proof = self._vouching.proof(question, rules.system, asker.key_of, engine.chains, now)
        if proof is None:
            return refusal(Code.TOKEN_NOT_GOOD, "token", rules.revision)
        decision = engine.decide(rules, proved(question, proof), now)
        until = earliest(decision.until, proof.expires_at) if decision.allowed else None
        return decision._replace(until=until, proof=proof)

    def ready(self) -> bool:
        """Whether a decision could be made and recorded now."""
        try:
            self.catch_up()
            if not self._rehearsed:
                with self._lock:
                    self._memory.rehearse()
                collecting.settle()
                self._rehearsed = True
        except Unavailable:
            return False
        return self.recorder.works()


def hold(
    rules: SystemRules,
    questions: Sequence[Question | BadInput],
    decisions: tuple[Decision, ...],
    revision: int,
    asker: Asker,
    now: datetime,
) -> Held:
    """Decisions with the records that they must leave."""
    records = make_records(rules.system, questions, decisions, asker, iso(now), revision)
    return Held(questions, decisions, records, revision, asker.full)


def not_yet(system: str, since: datetime | None) -> str:
    """Why there is no answer as of a moment before a system's first rules, and as of when there is one."""
    if since is None:
        return f"no rules of {system} were ever in force; put them in force with postern packs activate {system}"
    whole = since if not since.microsecond else since.replace(microsecond=0) + timedelta(seconds=1)
    return f"no rules of {system} were active then: they are in force since {iso(whole)}; ask as of then or later"
