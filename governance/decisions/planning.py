"""A plan: one decision as a filter over a front end's own records, so that a list needs no question for each of them.

The rules can tell records apart only by what they compare their properties with. So the engine itself is asked once for
each kind of record that can be told apart, and the plan says which kinds it permits. It cannot differ from the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from governance.decisions.chains import GRANT, Chain
from governance.decisions.distinctions import (
    ABSENT,
    ALL,
    Constants,
    Filter,
    Kind,
    TooManyKinds,
    cells,
    kinds,
)
from governance.decisions.engine import Engine
from governance.decisions.rules import Decision, Question, weight
from governance.ports.role_rules import Obligation, Property, SystemRules

MOST_CELLS = 4_096
OPPOSITE = {"in": "not_in", "not_in": "in", "within": "beyond", "beyond": "within"}


class Plan(NamedTuple):
    """What of a type may be seen: nothing, all, or what a condition says.

    `confirm` says that each record that passes has still to be asked about: something looks at the record itself (a
    declared conflict of interest), or there is too much to tell apart. `obligations` stand where their condition holds.
    `denied` is the nearest denial, where nothing may be seen. `told` are the properties that a row says itself.
    """

    kind: str
    condition: Filter | None
    confirm: bool
    obligations: tuple[tuple[Obligation, Filter | None], ...] = ()
    denied: Decision | None = None
    told: tuple[Property, ...] = ()


class Cell(NamedTuple):
    """A kind of record, by the kinds of its properties, and the engine's answer."""

    kinds: tuple[Kind, ...]
    decision: Decision


def make_plan(engine: Engine, rules: SystemRules, question: Question, fixed: Collection[str], now: datetime) -> Plan:
    """The plan for a question that names no record; the properties that are `fixed` are those of every record."""
    people = whose(engine, rules, question, now)
    confirm = any(
        step.requirement.names_records for _, chains in people for chain in chains for step in chain.open_steps
    )
    known: dict[str, Constants] = {}
    for person, chains in people:
        constants(rules, question, person, chains, known)
    declared = rules.resource_types.get(question.resource_type)
    properties = {} if declared is None else declared.properties
    free = open_properties(properties, fixed, known)
    told = tuple([one for one in properties.values() if one.source != "stored"])
    try:
        found = {name: kinds(each, known[name]) for name, each in free.items()}
        combined = cells(found, MOST_CELLS)
    except TooManyKinds:
        return Plan("conditional", ALL, True, told=told)
    names = tuple(found)
    decided = [Cell(each, engine.decide(rules, of_kind(question, names, each), now)) for each in combined]
    permitted = [cell for cell in decided if cell.decision.allowed]
    if not permitted:
        nearest = min((cell.decision for cell in decided), key=lambda one: weight(one.objections))
        return Plan("never", None, False, (), nearest)
    condition = tree(decided, lambda cell: cell.decision.allowed)
    obligations = due(permitted)
    kind = "always" if condition == ALL and not confirm else "conditional"
    return Plan(kind, None if kind == "always" else condition, confirm, obligations, told=told)


def whose(engine: Engine, rules: SystemRules, question: Question, now: datetime) -> list[tuple[Any, list[Chain]]]:
    """Everybody on whose chains the answer hangs, each with these: who asks, and on whose behalf."""
    entries = [engine.memory.person(name) for name in (question.subject, question.mediated_for) if name]
    found = [(entry, engine.held(rules, question, entry, now)) for entry in entries if entry.person is not None]
    if GRANT in rules.mediation.waives:  # who needs no grant is judged by what a grant would bring
        roles = [rules.roles[role] for role in allowing(rules, question.resource_type, question.action)]
        for entry, chains in found[1:]:
            if not chains:
                chains += [chain for role in roles for chain in engine.chains.untried(entry, rules, role, now)]
    return [(entry.person, chains) for entry, chains in found]


def allowing(rules: SystemRules, resource_type: str, action: str) -> list[str]:
    """The roles that have an allow rule for an action on a type."""
    return [
        role
        for role, asked in rules.asked(resource_type, action).items()
        if any(rule.effect == "allow" for rule in asked.rules)
    ]


def of_kind(question: Question, names: Sequence[str], each: Sequence[Kind]) -> Question:
    """The question about a record of one kind."""
    values = {**question.properties, **{name: kind.value for name, kind in zip(names, each, strict=True)}}
    return question._replace(properties={name: value for name, value in values.items() if value is not ABSENT})


def open_properties(
    declared: Mapping[str, Property], fixed: Collection[str], known: Mapping[str, Constants]
) -> dict[str, Property]:
    """The properties that differ from row to row and that something looks at."""
    return {
        name: each for name, each in declared.items() if name in known and each.source != "stored" and name not in fixed
    }


def constants(
    rules: SystemRules,
    question: Question,
    person: Any,
    chains: Sequence[Chain],
    found: dict[str, Constants] | None = None,
) -> dict[str, Constants]:
    """All that properties of a record are compared with: by the roles' conditions, obligations and requirements.

    It is added to what was `found` of somebody else.
    """
    found = {} if found is None else found
    for chain in chains:
        asked = rules.asked(question.resource_type, question.action).get(chain.role.name)
        ruled = asked.conditions if asked is not None else ()
        obliged = [when for one in chain.role.obligations for when in one.when]
        for comparison in (each for condition in (*ruled, *obliged) for each in condition.compares):
            if "." not in comparison.property:  # of the circumstances, or of the action
                told = found.setdefault(comparison.property, Constants())
                told.add(comparison.constants(person, chain.organisation))
                told.blank = told.blank or comparison.blank
        for step in chain.open_steps:
            for name, values in step.requirement.compares(step.facts):
                found.setdefault(name, Constants()).add(values)
    return found


def due(permitted: Sequence[Cell]) -> tuple[tuple[Obligation, Filter | None], ...]:
    """Each obligation that a permit may carry, with the condition under which it stands (None: always)."""
    every = {one.id: one for cell in permitted for one in cell.decision.obligations}
    found = []
    for name, obligation in every.items():
        condition = tree(permitted, partial(carries, name))
        found.append((obligation, None if condition == ALL else condition))
    return tuple(found)


def carries(name: str, cell: Cell) -> bool:
    """Whether a permit carries an obligation."""
    return any(one.id == name for one in cell.decision.obligations)


def tree(listed: Sequence[Cell], holds: Callable[[Cell], bool], depth: int = 0) -> Filter | None:
    """The condition under which something holds of a cell, property by property; None where it never does."""
    if not any(holds(cell) for cell in listed):
        return None
    if all(holds(cell) for cell in listed):
        return ALL
    branches: dict[str, tuple[list[Filter], Filter]] = {}
    by_kind: dict[int, list[Cell]] = {}
    for cell in listed:
        by_kind.setdefault(id(cell.kinds[depth]), []).append(cell)
    for part in by_kind.values():
        below = tree(part, holds, depth + 1)
        if below is not None:
            branches.setdefault(repr(below), ([], below))[0].append(part[0].kinds[depth].condition)
    if len(branches) == 1:
        tests, below = next(iter(branches.values()))
        if len(tests) == len(by_kind):
            return below
    return any_of([all_of([any_of(joined(tests)), below]) for tests, below in branches.values()])


def joined(tests: Sequence[Filter]) -> list[Filter]:
    """Tests of one property with those for single values made one, and those that differ in one answer merged."""
    single = [test for test in tests if test.get("is") == "in"]
    rest = [test for test in tests if test.get("is") != "in"]
    if len(single) > 1:
        single = [{**single[0], "values": [value for test in single for value in test["values"]]}]
    return [*single, *merged(rest)]


def merged(tests: Sequence[Filter]) -> list[Filter]:
    """Tests of lists, where two that differ only in a question and its opposite are one without that question."""
    found = [test.get("all", [test]) for test in tests]
    place = 0
    while place < len(found):
        one = found[place]
        other = next((each for each in found[place + 1 :] if differ_in_one(one, each)), None)
        if other is None:
            place += 1
        else:
            found = [each for each in found if each is not one and each is not other]
            found.append([test for test in one if test in other])
            place = 0
    return [all_of([{"all": each}]) for each in found]


def differ_in_one(one: Sequence[Filter], other: Sequence[Filter]) -> bool:
    """Whether two lists of tests say the same but for one test, which the other turns round."""
    left = [test for test in one if test not in other]
    right = [test for test in other if test not in one]
    if len(one) != len(other) or len(left) != 1:
        return False
    turned = {**left[0], "is": OPPOSITE.get(left[0]["is"], "")}
    return right == [turned]


def any_of(parts: Sequence[Filter]) -> Filter:
    """One of several."""
    return parts[0] if len(parts) == 1 else {"any": list(parts)}


def all_of(parts: Sequence[Filter]) -> Filter:
    """All of several."""
    flat = [one for part in parts for one in part.get("all", [part])]
    return flat[0] if len(flat) == 1 else {"all": flat}
