"""Checks the questions of a truth table as a front end's door reads them: no misspelt name passes as an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from governance.decisions.questions import RESERVED, read_question
from governance.decisions.rules import Question
from governance.kernel.errors import BadInput, Fault, cure_for, nearest
from governance.kernel.toml_lines import Path_
from governance.ports.reasons import Code
from governance.ports.role_rules import SystemRules
from policies.cases import Case
from policies.conditions import CONTEXT
from policies.pack import Pack

Name = tuple[tuple[str, ...], str, Iterable[str], bool]
"""Where in the question a name stands, the name, what is declared, and whether it can stand there on purpose."""
BARE = (str, list, dict)
NO_TYPE, NO_RULE, NOBODY = Code("no_such_resource"), Code("role_not_permitted"), Code("unknown_subject")
"""Expected here, decided elsewhere."""


def check_questions(pack: Pack, cases: Sequence[Case]) -> list[Fault]:
    """Every fault of the cases' questions; one in what they share is told once."""
    words = SystemRules(
        *(pack.system, pack.name, 0, pack.subject_type, pack.resource_types, pack.context, pack.roles),
        questions={},
        rules={},
        action=pack.action,
    )
    found = dict.fromkeys(fault for case in cases for fault in question_faults(case, words))
    return sorted(found, key=lambda fault: fault.line or 0)


def question_faults(case: Case, words: SystemRules) -> Iterator[Fault]:
    """What is wrong with a case's question: what the door refuses, or what the pack does not declare."""
    try:
        asked = read_question(case.question, words)
    except BadInput as wrong:
        for fault in wrong.faults:
            at = (fault.pointer or "").strip("/").split("/")
            yield case.document.fault(case.place(*at), fault.problem, fault.cure or in_quotes(case, at, fault))
        return
    for way, name, known, on_purpose in names_of(case, words, asked):
        if not on_purpose or nearest(name, known):
            path: Path_ = case.place(*way)
            problem = "is not declared" if path[-1] == name else f'"{name}" is not declared'
            yield case.document.fault(path, problem, cure_for(name, known) if known else "Leave it out.")


def in_quotes(case: Case, way: Sequence[str], fault: Fault) -> str:
    """How a bare value is written where the door waits for text."""
    value: Any = case.question
    for part in way:
        value = value.get(part) if isinstance(value, dict) else None
    is_text = fault.problem.startswith(("must be text", "must be a day"))
    return f'Write it in quotes: "{value}".' if is_text and not isinstance(value, (*BARE, type(None))) else ""


def names_of(case: Case, words: SystemRules, asked: Question) -> Iterator[Name]:
    """Every name of a question that the pack does not declare.

    One that is like none that is declared stands there on purpose where the case expects what it leads to: of a
    subject's type, a resource type or an action the denial that there is none, of a property a permit, to which it
    makes no difference.
    """
    expected = case.expected
    if asked.subject_type != words.subject_type:
        yield ("subject", "type"), asked.subject_type, (words.subject_type,), NOBODY in expected.reasons
    kind = words.resource_types.get(asked.resource_type)
    if kind is None:
        on_purpose = NO_TYPE in expected.reasons
        yield ("resource", "type"), asked.resource_type, words.resource_types, on_purpose
        return
    actions = {action for each in words.resource_types.values() for action in each.actions}
    if asked.action not in actions:
        yield ("action", "name"), asked.action, actions, NO_RULE in expected.reasons
    for name in asked.undeclared:
        around = name.removeprefix(CONTEXT)
        if around == name:
            yield ("resource", "properties", name), name, kind.properties, expected.decision
        else:
            yield ("context", around), around, words.context.keys() | RESERVED, expected.decision
    for name in case.question["action"].get("properties", {}):
        if name not in words.action:
            yield ("action", "properties", name), name, words.action, expected.decision
