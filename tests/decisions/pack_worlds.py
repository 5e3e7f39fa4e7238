"""Every shipped pack's engine over the facts of its own truth table, and the questions that its cases ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from governance.app import trial_service
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.questions import NOTHING, read_context, typed
from governance.decisions.rules import Question
from governance.decisions.searching import Searches
from governance.decisions.trial import blank_databases
from governance.exchange.applying import apply_rows
from governance.exchange.reading import read_rows
from governance.kernel.toml import Document
from governance.ports.actor import Actor
from governance.ports.role_rules import SystemRules
from policies import engine
from policies.cases import read_cases
from policies.pack import OWN, SHIPPED
from policies.reading import read_packs
from wsgi import AREAS

SYSTEMS = sorted(folder.name for folder in SHIPPED.iterdir() if (folder / "system.toml").is_file())


class Told(NamedTuple):
    """What a case says of a question: who asks to do what to which record, and what it says of all three."""

    person: str
    action: str
    kind: str
    context: Mapping[str, Any]
    name: str
    properties: Mapping[str, Any]


class World(NamedTuple):
    """A pack's engine over the facts of its truth table, searches over the same, and what its cases ask."""

    engine: Engine
    rules: SystemRules
    now: datetime
    searches: Searches
    people: tuple[str, ...]
    revision: int
    questions: tuple[Told, ...]


@cache
def worlds() -> dict[str, World]:
    service = trial_service(AREAS)
    return {name: world(service, pack) for name, pack in read_packs(SHIPPED, service.requirements).items()}


def world(service: Any, pack: Any) -> World:
    cases, rules = read_cases(pack.texts), engine.build(pack)
    facts, now = next((case.facts, case.now) for case in cases if case.expected.decision)
    databases = blank_databases()
    rows = read_rows(Document("facts", dict(facts), {}), service.sheets)
    apply_rows(databases, service.sheets, rows, actor=Actor("test"), now=now, where="facts")
    revision = databases.freshness.current()
    memory = Memory(databases, service.parts.sources, revision)
    searches = Searches(databases, service.parts.sources, service.requirements)
    people = tuple(row["reference"] for row in facts["people"])
    asked = {}
    for case in cases:
        one = case.question
        if case.facts == facts and case.now == now and "mediated_for" not in one.get("context", {}):
            about, triple = one["resource"], (one["subject"]["id"], one["action"]["name"], one["resource"]["type"])
            told = Told(*triple, one.get("context", {}), about["id"], about.get("properties", {}))
            asked.setdefault(repr(told), told)
    built = Engine(memory, service.requirements, {rules.system: rules})
    return World(built, rules, now, searches, people, revision, tuple(asked.values()))


def question_of(
    rules: SystemRules,
    person: str,
    action: str,
    kind: str,
    context: Mapping[str, Any],
    properties: Mapping[str, Any] = NOTHING,
) -> Question:
    """A question about no record by name; what is not said of it has the pack's default."""
    told, _, _ = read_context(context, rules, "/context") if context or rules.context else (NOTHING, (), ())
    declared = rules.resource_types[kind].properties
    said, _, _ = typed(properties, declared, NOTHING, "/resource/properties")
    asserted_by = "session" if rules.system == OWN else "key"
    return Question(rules.subject_type, person, action, kind, "", said, told, asserted_by=asserted_by)
