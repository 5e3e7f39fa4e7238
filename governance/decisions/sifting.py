"""Whom a question could permit at all, found out from their grants before anything else of them is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.decisions.chains import granted
from governance.decisions.engine import Engine, state_of
from governance.decisions.memory import Entry
from governance.decisions.rules import Question
from governance.kernel.keys import FactKey
from governance.ports.role_rules import RoleQuestion, SystemRules


def sift(
    engine: Engine, rules: SystemRules, question: Question, people: Mapping[str, Entry], now: datetime
) -> dict[str, Entry]:
    """Those of some people who hold a role with an allow rule that holds: of nobody else any chain can permit.

    What else a permit needs is not looked at here. Those whose chains are in memory need no sifting; nor does anybody
    where everybody holds a role that might allow what is asked.
    """
    by_role = rules.asked(question.resource_type, question.action)
    if any(role.name in by_role for role in rules.everyone):
        return dict(people)
    memory = engine.memory
    memory.at(now)
    new = {name: entry for name, entry in people.items() if entry.chains is None}
    memory.want(FactKey("grants", entry.person.id) for entry in new.values())
    held = {
        name: [
            (asked, grant.organisation)
            for _, role, grant in granted(memory, entry, engine.systems)
            if (asked := by_role.get(role.name)) is not None
        ]
        for name, entry in new.items()
    }
    memory.want({FactKey("organisation", number) for each in held.values() for _, number in each if number})
    return {
        name: entry
        for name, entry in people.items()
        if name not in held or any(allows(engine, question, entry.person, *one) for one in held[name])
    }


def allows(engine: Engine, question: Question, person: Any, role_question: RoleQuestion, organisation: int) -> bool:
    """Whether an allow rule of a role holds for whoever holds it in the name of an organisation."""
    found = engine.memory.get(FactKey("organisation", organisation)) if organisation else None
    return bool(role_question.answer(state_of(role_question, question, person, found)).allows)
