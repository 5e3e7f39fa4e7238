"""A twin whose role rules are one live Casbin engine: each activation loads its rules anew into the same one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from governance.ports.role_rules import Condition, RoleAnswer, Rule, SystemRules
from governance.ports.sources import RoleRules
from policies.engine import SENTINEL, SIGNS, Engine, State, Triple, row_of


class LiveQuestion:
    """A role question that is put to the live engine each time."""

    def __init__(
        self, engine: Engine, triple: Triple, conditions: tuple[Condition, ...], rules: tuple[Rule, ...]
    ) -> None:
        self._engine, self._triple = engine, triple
        self.conditions, self.rules = conditions, rules

    def answer(self, state: State) -> RoleAnswer:
        """What the engine says at this moment."""
        held = " ".join(SIGNS[sign] + item.name for item, sign in zip(self.conditions, state, strict=True))
        return RoleAnswer(self._engine.ask(self._triple, held), (), ())


class InPlace:
    """Role rules over a live engine."""

    def __init__(self, stored: RoleRules, first: SystemRules) -> None:
        self._stored = stored
        self._engine = Engine(rules_of(first))

    def active(self, session: Session, at: int) -> Mapping[str, int]:
        """Which policy revision was active at a facts revision."""
        return self._stored.active(session, at)

    def since(self, session: Session, system: str) -> datetime | None:
        """When rules of a system were first in force."""
        return self._stored.since(session, system)

    def resources(self, session: Session, at: int) -> Iterable[tuple[str, str, str, Mapping[str, Any]]]:
        """The resources that imports have registered."""
        return self._stored.resources(session, at)

    def load(self, session: Session, policy_revision: int) -> SystemRules:
        """A system's rules; their engine is the live one."""
        rules = self._stored.load(session, policy_revision)
        questions = {
            about: {
                role: LiveQuestion(self._engine, (role, *about), tuple(question.conditions), tuple(question.rules))
                for role, question in by_role.items()
            }
            for about, by_role in rules.questions.items()
        }
        return replace(rules, questions=MappingProxyType(questions))

    def reload(self, rules: SystemRules) -> None:
        """Load other rules into the live engine, as `load_policy` does it."""
        model = self._engine._enforcer.model
        model.clear_policy()
        for row in (SENTINEL, *map(row_of, rules_of(rules))):
            model.add_policy("p", "p", list(row))


def rules_of(rules: SystemRules) -> tuple[Rule, ...]:
    """The rules of all questions."""
    return tuple(rule for by_role in rules.questions.values() for one in by_role.values() for rule in one.rules)
