"""Truth tables: how cases are read, how their facts are written out, and how a difference reads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.kernel.errors import BadInput, Fault
from governance.ports.requirement import Requirement
from policies.cases import CaseAnswer, differences, read_cases, read_facts, run_cases
from policies.engine import build
from policies.pack import PackTexts
from policies.reading import read_pack
from tests.policies.conftest import put

CASE = '\n[[cases]]\nid = "X"\nsays = "x"\nexpect = { decision = true }\n'


def with_cases(example: PackTexts, old: str, new: str) -> PackTexts:
    return replace(example, cases_toml=put(example.cases_toml, old, new))


def test_cases_share_what_they_do_not_say(example: PackTexts) -> None:
    first, second, *_, last = read_cases(example)
    assert first.now == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert first.question["context"] == {"trip": "T-7"}
    assert second.question["context"] == {}
    assert second.question["subject"] == first.question["subject"]
    assert second.expected == CaseAnswer(False, ("no_need", "cohort"))
    assert last.expected == CaseAnswer(True, (), ("notify",))
    assert first.line == example.cases_toml[: example.cases_toml.index("[[cases]]")].count("\n") + 1


def test_facts_are_the_base_less_what_is_removed_and_what_is_added(example: PackTexts) -> None:
    base = read_facts(example)
    more = CASE + (
        'remove = { training = [{ person = "ida.cole" }] }\n'
        'add = { training = [{ person = "ida.cole", course = "swimming", completed = 2026-01-01 }], '
        "checks = [{ a = 1 }] }\n"
    )
    case = read_cases(with_cases(example, "", more))[-1]
    assert [row["course"] for row in case.facts["training"]] == ["swimming"]
    assert case.facts["checks"] == [{"a": 1}]
    assert case.facts["people"] == base["people"]
    assert [row["course"] for row in base["training"]] == ["first-aid"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "T02"', 'id = "T01"', '"T01" is the id of the case on line'),
        ('id = "T02"', "", "cases.2.id: is missing"),
        ('id = "T02"', 'id = "T02"\nspeed = 1', "cases.2.speed: is not known"),
        (
            'id = "T02"',
            'id = "T02"\nnow = 2026-06-01T09:00:00',
            "cases.2.now: has no zone. Write it at its end: 2026-06-01T09:00:00Z for UTC.",
        ),
        (
            'id = "T02"',
            'id = "T02"\nnow = 2026-06-01',
            "cases.2.now: cannot be 2026-06-01. Write a moment such as 2026-03-31T12:00:00Z.",
        ),
        (
            'id = "T02"',
            'id = "T02"\nquestion.contxt = {}',
            'question.contxt: is not known here. Did you mean "context"?',
        ),
        (
            'id = "T02"',
            'id = "T02"\nquestion.asserted_by = "tokn"',
            'asserted_by: is not known here. Did you mean "tok',
        ),
        (
            'reasons = ["no_need", "cohort"]',
            'reasons = ["no_ned"]',
            "expect.reasons: cannot be ['no_ned']. Did you mean \"no_need\"?",
        ),
        ('reasons = ["no_need", "cohort"]', "reasons = []", "does not go with the decision"),
        ('obligations = ["notify"]', 'obligations = ["ring"]', "expect.obligations: cannot be"),
        ('obligations = ["notify"]', 'reasons = ["cohort"]', "does not go with the decision"),
        ('id = "T02"', 'id = "T02"\nremove = { people = [{ reference = "nobody" }] }', "removes no row"),
        ('id = "T02"', 'id = "T02"\nremove = { people = [{}] }', "removes no row"),
        ('id = "T02"', 'id = "T02"\nremove = { people = "all" }', "remove.people: is not a list of tables"),
        ('id = "T02"', 'id = "T02"\nquestion.subject = { type = "user" }', "subject.id: is missing"),
        ('id = "T02"', 'id = "T02"\nquestion.action = "view"', "question.action: is missing. Write { name"),
        ("[question]", "[questions]", "questions: is not known here"),
    ],
)
def test_faults_of_cases(example: PackTexts, old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_cases(with_cases(example, old, new))
    found = [fault for fault in wrong.value.faults if said in str(fault)]
    assert found, str(wrong.value)
    assert found[0].line is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("now = 2026-06-01T09:00:00Z\n", "now = 2026-06-01T09:00:00\n", "1: now: has no zone. Write it at its end: 2"),
        ("now = 2026-06-01T09:00:00Z\n", 'now = "noon"\n', "1: now: is not a moment. Write one such as 2026-"),
        ("now = 2026-06-01T09:00:00Z\n", "now = 2026-06-01\n", "1: now: is not a moment. Write one such as 2026-"),
        ('type = "user", id = "ida.cole"', 'type = "user"', "4: question.subject.id: is missing. Write text."),
        (
            'subject = { type = "user", id = "ida.cole" }',
            "subject = 3",
            "4: question.subject: is missing. Write { type",
        ),
        ("\ncontext = {", "\ncontxt = {", '7: question.contxt: is not known here. Did you mean "context"?'),
    ],
)
def test_a_fault_of_what_all_cases_share_is_told_once(example: PackTexts, old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_cases(with_cases(example, old, new))
    (fault,) = wrong.value.faults
    assert str(fault).startswith(f"cases.toml:{said}")


def test_a_pack_without_cases_proves_nothing(example: PackTexts) -> None:
    with pytest.raises(BadInput, match="without cases nothing is proved"):
        read_cases(replace(example, cases_toml=""))


def test_every_case_is_asked_even_where_one_fails(example: PackTexts, requirements: Mapping[str, Requirement]) -> None:
    cases = read_cases(example)

    def answer(rules: Any, facts: Any, question: Any, now: Any) -> CaseAnswer:
        if question["action"]["name"] == "print":
            raise KeyError("print")
        if question["context"] == {}:
            raise BadInput([Fault("facts", "nobody is there")])
        return CaseAnswer(True, (), ())

    results = run_cases(build(read_pack(example, requirements)), cases, answer)
    assert [result.passed for result in results] == [True, False, False, False, False]
    assert differences(results[1]) == ["could not be asked: facts: nobody is there."]
    assert differences(results[2]) == ["could not be asked: the service itself failed: 'print'"]
    assert differences(results[4]) == ["missing obligation: notify"]


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (CaseAnswer(False, ("no_need", "cohort")), []),
        (CaseAnswer(False, ("cohort", "no_need")), ["order of reasons: expected no_need, cohort; got cohort, no_need"]),
        (CaseAnswer(False, ("no_need", "age")), ["missing reason: cohort", "unexpected reason: age"]),
        (CaseAnswer(False, ("no_need", "cohort", "cohort")), ["unexpected reason: cohort"]),
        (
            CaseAnswer(False, ("no_need", "cohort", "age"), told=("No need.", "Outside it.", "Too old.")),
            ["unexpected reason: age", "    Too old."],
        ),
        (
            CaseAnswer(True, (), ("notify",)),
            [
                "decision: expected deny, got permit",
                "missing reason: no_need",
                "missing reason: cohort",
                "unexpected obligation: notify",
            ],
        ),
    ],
)
def test_a_difference_reads_well(
    example: PackTexts, requirements: Mapping[str, Requirement], answer: CaseAnswer, lines: list[str]
) -> None:
    case = read_cases(example)[1]
    (result,) = run_cases(build(read_pack(example, requirements)), [case], lambda *_asked: answer)
    assert differences(result) == lines
    assert result.passed is not bool(lines)
