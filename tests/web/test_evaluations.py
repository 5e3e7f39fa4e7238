"""A batch over HTTP: defaults and inheritance, when to stop, what an item says, and what the trail keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.decisions.test_questions import changed
from tests.web.conftest import RECORD, Office, problem

NOBODY = {**RECORD, "subject": {"type": "user", "id": "nobody"}}
PERMIT, DENY = {"decision": True}, {"decision": False}


def items(response: Any) -> list[dict[str, Any]]:
    """The items of a batch's answer."""
    assert response.status_code == 200, response.get_data(as_text=True)
    told = json.loads(response.data)
    assert list(told) == ["evaluations"]
    found: list[dict[str, Any]] = told["evaluations"]
    return found


def decisions(response: Any) -> list[bool]:
    return [item["decision"] for item in items(response)]


def test_each_item_is_answered_in_its_place(office: Office) -> None:
    locked = changed(RECORD, "resource.properties.locked", True)
    response = office.ask_many({"evaluations": [RECORD, NOBODY, locked, RECORD]})
    assert decisions(response) == [True, False, False, True]
    first, last = response.headers["Decision-Id"].split("..")
    assert office.record(first)["leaf"]["decision"] is True
    assert int(last.rpartition("-")[2]) - int(first.rpartition("-")[2]) == 3


def test_an_item_has_no_context_unless_it_must(office: Office) -> None:
    permit, deny = items(office.ask_many({"evaluations": [RECORD, NOBODY]}))
    assert deny == DENY
    assert [one["id"] for one in permit["context"]["obligations"]] == ["read-only", "care-note"]
    assert permit["context"].keys() == {"obligations"}


def test_an_explained_item_is_a_single_answer(office: Office) -> None:
    told = items(office.ask_many({"evaluations": [RECORD, NOBODY], "options": {"explain": True}}))
    assert told == [json.loads(office.ask(RECORD).data), json.loads(office.ask(NOBODY).data)]


@pytest.mark.parametrize("explain", [1, "true", None, [], {}])
def test_explain_is_true_or_false(quick: Office, explain: Any) -> None:
    answer = quick.ask_many({"evaluations": [NOBODY], "options": {"explain": explain}})
    assert problem(answer, 400)["errors"][0]["pointer"] == "/options/explain"
    assert items(quick.ask_many({"evaluations": [NOBODY], "options": {"explain": False}})) == [DENY]


@pytest.mark.parametrize("where", ["context", "resource"])
def test_what_all_items_share_is_short(quick: Office, where: str) -> None:
    """Else each of a thousand items would be read, and recorded, with all of it."""
    many = {f"k{number}": 0 for number in range(1_000)}
    body = changed(RECORD, *(("context", many) if where == "context" else ("resource.properties", many)))
    told = problem(quick.ask_many({**body, "evaluations": [{}] * 1_000}), 400)
    assert told["detail"].startswith("body: has more than 8,192 signs")
    assert quick.ask(body).status_code == 200


def test_defaults_stand_in_for_what_an_item_leaves_out(office: Office) -> None:
    body = {
        **RECORD,
        "evaluations": [{}, {"subject": NOBODY["subject"]}, {"action": {"name": "export"}}, {"context": {}}],
    }
    assert decisions(office.ask_many(body)) == [True, False, False, False]


@pytest.mark.parametrize(("item", "decision"), [
    ({"resource": {"id": "R-02"}}, False),
    ({"resource": {"id": "R-02", "properties": {"school": "council"}}}, True),
    ({"resource": {"properties": {"school": "council"}}}, True),
    ({"resource": {"properties": {"school": "trust"}}}, False),
    ({"resource": {"type": "record", "id": "R-02"}}, False),
    ({"resource": {"type": "room", "id": "HUB"}}, True),
    ({"subject": {"id": "cat"}}, False),
    ({"subject": {}}, True),
    ({"subject": {"type": "robot"}}, False),
    ({"action": {}}, True),
    ({"action": {"properties": {"x": 1}}}, True),
    ({"context": {"case": "C-2"}}, True),
    ({"context": {"purpose": "care"}}, False),
])  # fmt: skip
def test_an_incomplete_entity_inherits_identifiers_and_no_properties(quick: Office, item: Any, decision: bool) -> None:
    assert decisions(quick.ask_many({**RECORD, "evaluations": [item]})) == [decision]


@pytest.mark.parametrize("broken", [{"subject": "x"}, {"subject": {"type": 5}}, {"resource": None}, {"action": []}])
def test_defaults_that_no_item_uses_are_not_looked_at(quick: Office, broken: Any) -> None:
    assert decisions(quick.ask_many({**broken, "context": {}, "evaluations": [RECORD]})) == [True]


@pytest.mark.parametrize(("semantic", "expected"), [
    (None, [True, False, True, False]),
    ("execute_all", [True, False, True, False]),
    ("deny_on_first_deny", [True, False]),
    ("permit_on_first_permit", [True]),
])  # fmt: skip
def test_when_a_batch_stops(office: Office, semantic: str | None, expected: list[bool]) -> None:
    options = {} if semantic is None else {"options": {"evaluations_semantic": semantic}}
    response = office.ask_many({"evaluations": [RECORD, NOBODY, RECORD, NOBODY], **options})
    assert decisions(response) == expected
    first, _, last = response.headers["Decision-Id"].partition("..")
    assert int((last or first).rpartition("-")[2]) - int(first.rpartition("-")[2]) == len(expected) - 1


def test_a_batch_that_never_meets_its_trigger_answers_all(quick: Office) -> None:
    body = {"evaluations": [NOBODY, NOBODY], "options": {"evaluations_semantic": "permit_on_first_permit"}}
    assert decisions(quick.ask_many(body)) == [False, False]


def test_a_malformed_item_denies_and_stops_like_any_denial(quick: Office) -> None:
    body = {"evaluations": [{}, RECORD], "options": {"evaluations_semantic": "deny_on_first_deny"}}
    assert decisions(quick.ask_many(body)) == [False]


@pytest.mark.parametrize(("semantic"), ["first", "EXECUTE_ALL", "", None, 1, ["execute_all"], {}])
def test_an_unknown_semantic_is_a_400(quick: Office, semantic: Any) -> None:
    body = {"evaluations": [RECORD], "options": {"evaluations_semantic": semantic}}
    told = problem(quick.ask_many(body), 400)
    assert told["errors"][0]["pointer"] == "/options/evaluations_semantic"


@pytest.mark.parametrize(("body", "pointer"), [
    ({"evaluations": {}}, "/evaluations"),
    ({"evaluations": None}, "/evaluations"),
    ({"evaluations": "x"}, "/evaluations"),
    ({"evaluations": [RECORD], "options": []}, "/options"),
    ({"evaluations": [RECORD], "options": None}, "/options"),
    ({"evaluations": [RECORD] * 1001}, "/evaluations"),
])  # fmt: skip
def test_a_batch_that_is_none_is_a_400(quick: Office, body: Any, pointer: str) -> None:
    assert problem(quick.ask_many(body), 400)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}])
def test_without_items_it_is_a_single_question(office: Office, evaluations: Any) -> None:
    assert office.ask_many({**RECORD, **evaluations}).data == office.ask(RECORD).data
    assert problem(office.ask_many({"subject": RECORD["subject"], **evaluations}), 400)["errors"]


@pytest.mark.parametrize(("item", "pointer"), [
    ({}, "/evaluations/1/subject"),
    ("x", "/evaluations/1"),
    (None, "/evaluations/1"),
    ([RECORD], "/evaluations/1"),
    ({**RECORD, "subject": None}, "/evaluations/1/subject"),
    ({**RECORD, "resource": {"type": "record"}}, "/evaluations/1/resource/id"),
    ({**RECORD, "context": []}, "/evaluations/1/context"),
    (changed(RECORD, "resource.properties.age", "x"), "/evaluations/1/resource/properties/age"),
])  # fmt: skip
def test_an_items_failure_is_told_inside_a_200(office: Office, item: Any, pointer: str) -> None:
    response = office.ask_many({"evaluations": [NOBODY, item, NOBODY]})
    first, second, third = items(response)
    assert (first, third) == (DENY, DENY)
    assert second["decision"] is False
    assert second["context"]["error"]["status"] == 400
    assert second["context"]["error"]["message"].startswith(pointer + " ")
    name, _, seq = response.headers["Decision-Id"].partition("..")[0].rpartition("-")
    record = office.record(f"{name}-{int(seq) + 1}")
    assert record["leaf"]["codes"] == ["bad_question"]
    assert record["body"]["pointer"] == pointer


def test_three_times_asked_three_times_the_same(office: Office) -> None:
    body = {"evaluations": [RECORD, NOBODY, {}], "options": {"explain": True}}
    assert len({office.ask_many(body).data for _ in range(3)}) == 1


def test_a_batch_of_a_thousand(quick: Office) -> None:
    people = ["ann", "ben", "cat", "sue", "nobody"]
    batch = [changed(RECORD, "subject.id", people[number % 5]) for number in range(1000)]
    told = decisions(quick.ask_many({"evaluations": batch}))
    singles = {name: json.loads(quick.ask(changed(RECORD, "subject.id", name)).data)["decision"] for name in people}
    assert told == [singles[people[number % 5]] for number in range(1000)]
