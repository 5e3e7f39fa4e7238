"""The engine against a plain reading of the rules, over every state, and the lock under which it is asked."""

import threading
from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.kernel.errors import BadInput
from governance.ports.reasons import Code
from governance.ports.requirement import Requirement
from governance.ports.role_rules import Condition, Rule
from policies import engine
from policies.engine import Engine, PolicyError, Question, build
from policies.pack import PackTexts
from policies.reading import read_pack

NAMES = ("a", "b", "c", "d", "e")
TRIPLE = ("clerk", "record", "view")

some_rules = st.lists(
    st.tuples(st.sampled_from(["allow", "deny"]), st.sets(st.sampled_from(NAMES))), min_size=1, max_size=6
)


def plainly(rules: list[Rule], state: Mapping[str, bool | None]) -> bool:
    """What the rules say, in as few words as possible: deny wins, silence denies, unknown never helps."""
    for rule in rules:
        if rule.effect == "deny" and not any(state[name] is False for name in rule.conditions):
            return False
    return any(rule.effect == "allow" and all(state[name] for name in rule.conditions) for rule in rules)


@given(some_rules)
def test_every_state_is_answered_as_the_rules_read(drawn: list[tuple[str, set[str]]]) -> None:
    rules = [Rule(f"R-{i}", *TRIPLE, tuple(sorted(names)), effect, "x") for i, (effect, names) in enumerate(drawn)]
    names = sorted({name for rule in rules for name in rule.conditions})
    conditions = tuple(Condition(name, lambda _asked: None, Code.CONDITION_UNMET) for name in names)
    question = Question(Engine(rules), TRIPLE, conditions, tuple(rules))
    states = list(product((True, False, None), repeat=len(names)))[::7] or [()]
    for state in states:
        answer = question.answer(state)
        assert answer.allowed is plainly(rules, dict(zip(names, state, strict=True)))
        assert answer.allowed is (bool(answer.allows) and not answer.denies)


@given(some_rules, st.randoms())
def test_order_does_not_matter(drawn: list[tuple[str, set[str]]], chance: object) -> None:
    rules = [Rule(f"R-{i}", *TRIPLE, tuple(sorted(names)), effect, "x") for i, (effect, names) in enumerate(drawn)]
    shuffled = list(rules)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    names = sorted({name for rule in rules for name in rule.conditions})
    held = " ".join(f"+{name}" for name in names)
    assert Engine(rules).ask(TRIPLE, held) is Engine(shuffled).ask(TRIPLE, held)


def test_a_question_has_at_most_five_conditions() -> None:
    names = (*NAMES, "f")
    rule = Rule("R-1", *TRIPLE, names, "allow", "x")
    conditions = tuple(Condition(name, lambda _asked: None, Code.CONDITION_UNMET) for name in names)
    with pytest.raises(PolicyError, match="more than 5"):
        Question(Engine([rule]), TRIPLE, conditions, (rule,))


def test_many_threads_ask_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [Rule("R-1", *TRIPLE, ("a",), "allow", "x")]
    one = Engine(rules)
    inside, most = 0, 0
    real = one._enforcer.enforce

    def counted(*fields: str) -> bool:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        answer = real(*fields)
        inside -= 1
        return bool(answer)

    monkeypatch.setattr(one._enforcer, "enforce", counted)
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(one.ask(TRIPLE, "+a") for _ in range(20))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, set(answers), len(answers)) == (1, {True}, 160)


def test_a_pack_becomes_a_system_s_rules(example: PackTexts, requirements: Mapping[str, Requirement]) -> None:
    rules = build(read_pack(example, requirements), 7)
    assert (rules.system, rules.revision, set(rules.rules)) == ("trip-register", 7, {"TRIP-1", "TRIP-2", "TRIP-3"})
    printing = rules.asked("emergency-sheet", "print")["trip-leader"]
    assert [condition.name for condition in printing.conditions] == [
        "own_school",
        "of_school_age",
        "on_a_trip",
        "medical",
    ]
    assert printing.answer((True, True, True, False)).allowed is True
    assert printing.answer((True, True, True, None)).denies[0].id == "TRIP-3"
    assert printing.answer((True, None, True, False)).allowed is False
    assert rules.asked("emergency-sheet", "edit") == {}


def test_a_pack_that_cannot_be_built_is_refused(
    example: PackTexts, requirements: Mapping[str, Requirement], monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = read_pack(example, requirements)
    monkeypatch.setattr(engine, "model_text", lambda: engine.MODEL.read_text("utf-8").replace("&&", "||"))
    with pytest.raises(BadInput, match="cannot be built"):
        build(pack)
