"""Answers one question over facts of its own: how packs are tested, through the same tables, stores and engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from governance.decisions.engine import Engine
from governance.decisions.explanation import reasons
from governance.decisions.memory import Memory
from governance.decisions.questions import read_question
from governance.decisions.rules import Decision
from governance.exchange.applying import apply_rows
from governance.exchange.reading import read_rows
from governance.kernel.db import Databases
from governance.kernel.toml import Document
from governance.ports.actor import Actor
from governance.ports.requirement import Requirement
from governance.ports.role_rules import SystemRules
from governance.ports.sheet import Sheet
from governance.ports.sources import FactSource

IN_MEMORY = "sqlite://"
Facts = Mapping[str, Sequence[Mapping[str, Any]]]


class CaseAnswer(NamedTuple):
    """What a case came to; `told` are the administrators' sentences of the reasons, in their order."""

    decision: bool
    reasons: tuple[str, ...]
    obligations: tuple[str, ...]
    routes: tuple[str, ...]
    told: tuple[str, ...]


class Trial:
    """Runs cases one after another, each in a database in memory that holds its facts and nothing else."""

    def __init__(
        self, sources: Sequence[FactSource], requirements: Mapping[str, Requirement], sheets: Mapping[str, Sheet]
    ) -> None:
        self._sources = sources
        self._requirements = requirements
        self.sheets = sheets

        self._databases: Databases | None = None
        self._image = b""
        self._holds: Facts | None = None

    def _holding(self, facts: Facts, now: datetime) -> Databases:
        """The trial's own database with these facts alone; they are left there for the next case that has the same."""
        databases = self._databases
        if databases is None or self._holds != facts:
            self._holds = None
            databases = self._blank()
            rows = read_rows(Document("facts", dict(facts), {}), self.sheets)
            apply_rows(databases, self.sheets, rows, actor=Actor("case"), now=now, where="facts")
            self._holds = {name: list(listed) for name, listed in facts.items()}
        return databases

    def _blank(self) -> Databases:
        """The trial's own database, as empty as on its first day."""
        if self._databases is None:
            self._databases = blank_databases()
            self._image = self._databases.image()
        else:
            self._databases.restore(self._image)
        return self._databases

    def __call__(
        self,
        rules: SystemRules,
        facts: Facts,
        question: Mapping[str, Any],
        now: datetime,
    ) -> CaseAnswer:
        """The answer to a case's question; raise `BadInput` where its facts or its question are wrong."""
        return answer_of(self.decide(rules, facts, question, now))

    def decide(
        self,
        rules: SystemRules,
        facts: Facts,
        question: Mapping[str, Any],
        now: datetime,
    ) -> Decision:
        """The whole decision of a case."""
        databases = self._holding(facts, now)
        memory = Memory(databases, self._sources, databases.freshness.current())
        engine = Engine(memory, self._requirements, {rules.system: rules})
        asked = read_question(question, rules)._replace(asserted_by=question.get("asserted_by", "key"))
        return engine.decide(rules, asked, now)


def answer_of(decision: Decision) -> CaseAnswer:
    """What a truth table says of a decision."""
    return CaseAnswer(
        decision.allowed,
        decision.codes,
        tuple(one.type for one in decision.obligations),
        tuple(one.id for one in decision.routes),
        tuple(one["admin"] for one in reasons(decision, full=True)),
    )


def blank_databases() -> Databases:
    """An empty facts database in memory."""
    databases = Databases.open(IN_MEMORY, IN_MEMORY)
    databases.lay_out()
    return databases
