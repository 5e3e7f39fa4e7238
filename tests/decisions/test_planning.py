"""A plan over rows says what single decisions say of each of them, in every pack, for everybody in its truth table."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

import pytest

from governance.decisions import planning
from governance.decisions.distinctions import ALL
from governance.decisions.planning import Plan, constants, make_plan, whose
from governance.decisions.rules import Question
from governance.ports.role_rules import Mediation, Property
from tests.decisions.filters import holds
from tests.decisions.pack_worlds import SYSTEMS, World, question_of, worlds

SEED = 7
ROWS, MORE = 20, 80


def planned(one: World, question: Question) -> Plan:
    return make_plan(one.engine, one.rules, question, (), one.now)


def some_value(draw: random.Random, kind: Property, known: list[Any]) -> Any:
    """A value that a row may have: often one that the rules know, now and then none."""
    texts = [item for item in known if isinstance(item, str)]
    if kind.values:
        texts = [text for text in texts if text in kind.values] + list(kind.values)
    texts += [] if kind.values else ["elsewhere", "other", ""]
    numbers = [item + step for item in known if type(item) is int for step in (-1, 0, 1)] or [0, 17, 400]
    return draw.choice(
        {
            "text": [None, *texts],
            "list": [None, (), *[tuple(draw.sample(texts, min(len(texts), size))) for size in (1, 2, 3)]],
            "boolean": [None, True, False],
            "integer": [None, *numbers],
            "date": [None, one_day(draw)],
        }[kind.type]
    )


def one_day(draw: random.Random) -> Any:
    return datetime(2009, 1, 1 + draw.randrange(28)).date()  # noqa: DTZ001 - a day is wanted


def rows(draw: random.Random, one: World, question: Question, count: int) -> Iterator[dict[str, Any]]:
    entry = one.engine.memory.person(question.subject)
    chains = [] if entry.person is None else one.engine.chains.of(entry, one.engine.systems, one.now)
    known = constants(one.rules, question, entry.person, [each for each in chains if each.system == one.rules.system])
    told = {name: [*(x for group in each.sets for x in sorted(group)), *each.ends] for name, each in known.items()}
    for _ in range(count):
        declared = one.rules.resource_types[question.resource_type].properties
        drawn = {
            name: some_value(draw, kind, told.get(name, []))
            for name, kind in declared.items()
            if kind.source != "stored"
        }
        yield {name: value for name, value in drawn.items() if value is not None}


def check(one: World, question: Question, plan: Plan, row: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether the plan lets a row pass, and whether a decision does; obligations must be the same."""
    decision = one.engine.decide(one.rules, question._replace(properties={**question.properties, **row}), one.now)
    passes = plan.kind == "always" or (plan.condition is not None and holds(plan.condition, row))
    if passes and decision.allowed:
        due = {obligation.id for obligation, when in plan.obligations if when is None or holds(when, row)}
        assert plan.confirm or due == {each.id for each in decision.obligations}, (question, row)
    return passes, decision.allowed


def says_what_decisions_say(system: str, count: int) -> None:
    one, draw, kinds = worlds()[system], random.Random(SEED), set()
    for person, action, kind, context, *_ in one.questions:
        if kind in one.rules.resource_types:
            question = question_of(one.rules, person, action, kind, context)
            plan = planned(one, question)
            kinds.add(plan.kind)
            for row in rows(draw, one, question, count):
                passes, allowed = check(one, question, plan, row)
                assert passes >= allowed, (system, question, row, plan)
                assert plan.confirm or passes is allowed, (system, question, row, plan)
    assert kinds - {"never"}, "somebody may see something"


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_plan_says_what_decisions_say(system: str) -> None:
    says_what_decisions_say(system, ROWS)


@pytest.mark.soak
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_plan_says_what_decisions_say_of_many_rows(system: str) -> None:
    says_what_decisions_say(system, MORE)


def test_ten_thousand_rows_of_the_databook() -> None:
    one, draw = worlds()["derbyshire-databook"], random.Random(SEED)
    question = question_of(one.rules, "helen.ward", "view", "databook-record", {})
    plan = planned(one, question)
    assert (plan.kind, plan.confirm) == ("conditional", False)
    found = [check(one, question, plan, row) for row in rows(draw, one, question, 10_000)]
    assert [passes for passes, _ in found] == [allowed for _, allowed in found]
    assert 100 < sum(allowed for _, allowed in found) < 9_900


def test_whoever_may_see_nothing_learns_why() -> None:
    one = worlds()["derbyshire-databook"]
    plan = planned(one, question_of(one.rules, "nobody.known", "view", "databook-record", {}))
    assert plan.denied is not None
    assert (plan.kind, plan.condition, plan.denied.codes) == ("never", None, ("unknown_subject",))


def test_a_declared_conflict_leaves_each_record_to_be_asked() -> None:
    one = worlds()["coventry-lcs"]
    context = {"case": "EH-20418"}
    assert planned(one, question_of(one.rules, "amira.khan", "view", "child-record", context)).confirm


def hangs_on_both(system: str, waived: frozenset[str], questions: int, people: int, count: int) -> None:
    one, draw = worlds()[system], random.Random(SEED)
    one = one._replace(rules=replace(one.rules, mediation=Mediation(allowed=True, waives=waived)))
    able = (
        question
        for asked in draw.sample(one.questions, len(one.questions))
        if asked.kind in one.rules.resource_types
        and planned(one, question := question_of(one.rules, *asked[:4])).kind != "never"
    )
    for question in islice(able, questions):
        for behind in draw.sample(one.people, min(len(one.people), people)):
            mediated = question._replace(mediated_for=behind)
            plan = planned(one, mediated)
            drawn = rows(draw, one, question._replace(subject=behind), count // 2)
            for row in [*drawn, *rows(draw, one, question, count // 2)]:
                passes, allowed = check(one, mediated, plan, row)
                assert passes >= allowed, (system, mediated, row, plan)
                assert plan.confirm or passes is allowed, (system, mediated, row, plan)


waiving = pytest.mark.parametrize("waived", [frozenset(), frozenset({"grant"})], ids=["granted", "ungranted"])


@waiving
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_plan_hangs_on_both_where_one_asks_for_another(system: str, waived: frozenset[str]) -> None:
    hangs_on_both(system, waived, 2, 2, ROWS)


@pytest.mark.soak
@waiving
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_plan_hangs_on_both_for_many(system: str, waived: frozenset[str]) -> None:
    hangs_on_both(system, waived, 12, 8, MORE)


def test_the_conflict_of_whom_one_asks_for_counts() -> None:
    one = worlds()["coventry-lcs"]
    question = question_of(one.rules, "lucy.marsh", "view", "child-record", {"case": "EH-20418"})
    asker, behind = whose(one.engine, one.rules, question._replace(mediated_for="amira.khan"), one.now)
    assert (asker[0].reference, behind[0].reference) == ("lucy.marsh", "amira.khan")
    named = [step for _, chains in (asker, behind) for chain in chains for step in chain.open_steps]
    assert any(step.requirement.names_records and step.facts[0] for step in named), "amira.khan has declared one"
    known = constants(one.rules, question, behind[0], behind[1])
    assert known.keys() <= constants(one.rules, question, asker[0], asker[1], known).keys(), "what one says is kept"


def test_what_would_be_too_long_a_plan_leaves_each_record_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    one = worlds()["derbyshire-databook"]
    monkeypatch.setattr(planning, "MOST_CELLS", 3)
    plan = planned(one, question_of(one.rules, "helen.ward", "view", "databook-record", {}))
    assert (plan.kind, plan.condition, plan.confirm) == ("conditional", ALL, True)
