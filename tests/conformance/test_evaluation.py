"""Every sentence of the Authorization API 1.0 about one question and about batches, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.conftest import FrontEnd

READ: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
WRITE = {"name": "write"}
BOB = {"type": "user", "id": "bob"}
R2 = {"type": "record", "id": "record-2"}
Y, N = {"action": {"name": "read"}}, {"subject": BOB, "action": WRITE}


def without(*way: str) -> dict[str, Any]:
    """The question without one of its members."""
    body: dict[str, Any] = json.loads(json.dumps(READ))
    inner = body
    for name in way[:-1]:
        inner = inner[name]
    del inner[way[-1]]
    return body


# --- one question


def test_an_answer_is_a_decision_in_json(front_end: FrontEnd) -> None:
    for body, decision in ((READ, True), ({**READ, **N}, False)):
        answer = front_end.ask("certification", body)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json["decision"] is decision
        assert isinstance(answer.json["context"], dict)


@pytest.mark.parametrize("way", [
    ("subject",), ("action",), ("resource",), ("subject", "type"), ("subject", "id"), ("action", "name"),
    ("resource", "type"), ("resource", "id"),
])  # fmt: skip
def test_a_missing_member_is_400_and_named(front_end: FrontEnd, way: tuple[str, ...]) -> None:
    answer = front_end.ask("certification", without(*way))
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["errors"][0]["pointer"] == "/" + "/".join(way)


@pytest.mark.parametrize("body", [
    {**READ, "subject": "alice"}, {**READ, "action": {"name": 123}}, {**READ, "resource": []}, {**READ, "context": 1},
    {**READ, "subject": {**READ["subject"], "properties": []}}, [READ], None, "x",
    b"", b"{", b"nonsense", b'{"subject": {}, "subject": {}}', b'{"a": NaN}', b'{"a": "\\ud800"}',
    b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", b"\xff",
])  # fmt: skip
def test_what_is_no_question_is_400(front_end: FrontEnd, body: Any) -> None:
    answer = front_end.ask("certification", body)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/jsonx", None])
def test_another_content_type_is_400(front_end: FrontEnd, kind: str | None) -> None:
    assert front_end.ask("certification", READ, Content_Type=kind).status == 400


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_parameter_of_the_content_type_is_nothing(front_end: FrontEnd, kind: str) -> None:
    assert front_end.ask("certification", READ, Content_Type=kind).json["decision"] is True


def test_unknown_members_are_ignored_everywhere(front_end: FrontEnd) -> None:
    body = {name: {**member, "strange": 1} for name, member in READ.items()} | {"strange": {"nested": True}}
    body["subject"]["properties"] = {"department": "Sales", "role": "manager"}
    body["action"]["properties"] = {"method": "GET"}
    body["resource"]["properties"] = {"status": "active", "owner": "bob"}
    assert front_end.ask("certification", body).json["decision"] is True


def test_the_callers_clock_is_not_ours(front_end: FrontEnd) -> None:
    for time in ("2025-06-27T18:03-07:00", "1990-01-01T00:00Z", "tomorrow"):
        assert front_end.ask("certification", {**READ, "context": {"time": time}}).json["decision"] is True


@pytest.mark.parametrize("key", [None, "Bearer nonsense", "Basic eDp5", "Bearer postern_aaaaaaaaaa_bbbb"])
def test_a_bad_key_is_401(front_end: FrontEnd, key: str | None) -> None:
    answer = front_end.ask("certification", READ, Authorization=key, X_Request_ID="k-1")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="postern"')
    assert answer.headers["x-request-id"] == "k-1"


def test_a_request_id_is_echoed_on_errors_too(front_end: FrontEnd) -> None:
    for body in (READ, b"{"):
        assert front_end.ask("certification", body, X_Request_ID="r-77").headers["x-request-id"] == "r-77"
        assert front_end.ask("certification", body).headers["x-request-id"]


def test_the_same_question_has_the_same_answer(front_end: FrontEnd) -> None:
    assert len({front_end.ask("certification", READ).body for _ in range(3)}) == 1


# --- batches


def many(front_end: FrontEnd, items: Any, options: Any = None, **defaults: Any) -> Any:
    body = {**READ, **defaults, "evaluations": items}
    return front_end.ask("certification", body if options is None else {**body, "options": options}, "evaluations")


@pytest.mark.parametrize("more", [{}, {"evaluations": []}])
def test_without_items_it_is_one_question(front_end: FrontEnd, more: dict[str, Any]) -> None:
    answer = front_end.ask("certification", {**READ, **more}, "evaluations")
    assert answer.json["decision"] is True
    assert "evaluations" not in answer.json
    assert front_end.ask("certification", {**without("subject"), **more}, "evaluations").status == 400


def test_answers_come_in_order_and_number(front_end: FrontEnd) -> None:
    assert many(front_end, [Y, N, Y, Y, N]).decisions == [True, False, True, True, False]


@pytest.mark.parametrize(("semantic", "items", "decisions"), [
    ("execute_all", [Y, N, Y], [True, False, True]),
    ("deny_on_first_deny", [Y, N, Y], [True, False]),
    ("deny_on_first_deny", [N, Y], [False]),
    ("deny_on_first_deny", [Y, {"resource": {"type": "record", "id": 7}}, Y], [True, False]),
    ("deny_on_first_deny", [Y, Y], [True, True]),
    ("permit_on_first_permit", [N, N, Y, N], [False, False, True]),
    ("permit_on_first_permit", [Y, N], [True]),
    ("permit_on_first_permit", [N, N], [False, False]),
])  # fmt: skip
def test_the_semantics(front_end: FrontEnd, semantic: str, items: list[Any], decisions: list[bool]) -> None:
    assert many(front_end, items, {"evaluations_semantic": semantic}).decisions == decisions


@pytest.mark.parametrize("options", [{"evaluations_semantic": "all"}, {"evaluations_semantic": None}, [], "x"])
def test_an_unknown_semantic_is_400(front_end: FrontEnd, options: Any) -> None:
    assert many(front_end, [Y], options).status == 400


def test_a_complete_entity_replaces_the_default(front_end: FrontEnd) -> None:
    archived = {"type": "record", "id": "record-2", "properties": {"status": "archived"}}
    item = {"resource": {"type": "record", "id": "record-1"}}
    assert many(front_end, [{}, item], subject=BOB, action=WRITE, resource=archived).decisions == [True, False]


def test_an_incomplete_one_inherits_identifiers_and_never_properties(front_end: FrontEnd) -> None:
    soft = {"name": "delete", "properties": {"soft": True}}
    items = [{}, {"action": {"properties": {"soft": True}}}, {"action": {"properties": {}}}, {"action": {}}]
    assert many(front_end, items, action=soft).decisions == [True, True, False, False]
    assert many(front_end, [{"resource": {"id": "record-1"}}], resource={"type": "record"}).decisions == [True]


def test_an_item_that_stays_incomplete_fails_alone(front_end: FrontEnd) -> None:
    answer = front_end.ask(
        "certification", {**without("resource"), "evaluations": [{}, {"resource": R2}, 5]}, "evaluations"
    )
    assert answer.decisions == [False, True, False]
    failed = answer.json["evaluations"][0]["context"]["error"]
    assert failed["status"] == 400
    assert "/evaluations/0/resource" in failed["message"]


def test_defaults_that_no_item_uses_may_be_anything(front_end: FrontEnd) -> None:
    assert many(front_end, [READ], subject=7, resource={"type": None}, action=[], context={}).decisions == [True]


def test_an_items_context_replaces_the_default(front_end: FrontEnd) -> None:
    items = [{}, {"context": {"time": "2025-06-27T19:00-07:00", "source": "override"}}, {"context": 3}]
    assert many(front_end, items, context={"time": "2025-06-27T18:03-07:00"}).decisions == [True, True, False]


def test_an_item_has_no_context_unless_it_is_asked_for(front_end: FrontEnd) -> None:
    assert many(front_end, [Y, N]).json["evaluations"] == [{"decision": True}, {"decision": False}]
    explained = many(front_end, [Y, N], {"explain": True}).json["evaluations"]
    assert [reason["code"] for reason in explained[1]["context"]["reasons"]] == ["condition_unmet"]


def test_a_batch_has_the_same_body_each_time(front_end: FrontEnd) -> None:
    assert len({many(front_end, [Y, N, 1], {"explain": True}).body for _ in range(3)}) == 1


def test_a_thousand_items_and_no_more(front_end: FrontEnd) -> None:
    answer = many(front_end, [Y, N] * 500)
    assert answer.decisions == [True, False] * 500
    assert many(front_end, [Y] * 1001).status == 400


# --- obligations


VIEW: dict[str, Any] = {
    "subject": {"type": "user", "id": "ann"}, "action": {"name": "view"}, "resource": {"type": "file", "id": "F-1"},
}  # fmt: skip
ADOPTED = {"supported_mandatory_extensions": ["obligations", "another"]}


@pytest.mark.parametrize(("declared", "decision"), [
    ({}, True),
    ({**ADOPTED, "supported_obligations": ["read-only", "notify", "unheard-of"]}, True),
    ({"supported_obligations": ["read-only"]}, True),
    ({**ADOPTED, "supported_obligations": ["notify"]}, False),
    ({"supported_obligations": []}, False),
    (ADOPTED, False),
    ({"supported_mandatory_extensions": ["another"]}, True),
])  # fmt: skip
def test_a_permit_obliges_to_nothing_that_cannot_be_done(front_end: FrontEnd, declared: Any, decision: bool) -> None:
    context = {"case": "C-1", **declared}
    answer = front_end.ask("archive", {**VIEW, "context": context}).json
    assert answer["decision"] is decision
    assert [one["type"] for one in answer["context"]["obligations"]] == (["read-only"] if decision else [])
    codes = [reason["code"] for reason in answer["context"]["reasons"]]
    assert codes == ([] if decision else ["obligation_unsupported"])
    items = [{}, {"context": {"case": "C-1"}}, {"context": {**context, "case": "C-2"}}]
    batch = front_end.ask("archive", {**VIEW, "context": context, "evaluations": items}, "evaluations")
    assert batch.decisions == [decision, True, decision]


def test_an_obligation_is_never_left_out_of_a_batch(front_end: FrontEnd) -> None:
    answer = front_end.ask("archive", {**VIEW, "context": {"case": "C"}, "evaluations": [{}]}, "evaluations").json
    assert answer["evaluations"] == [
        {"decision": True, "context": {"obligations": [{"id": "calm", "type": "read-only", "properties": {}}]}}
    ]


def test_a_declaration_is_a_list_of_texts(front_end: FrontEnd) -> None:
    answer = front_end.ask("archive", {**VIEW, "context": {"supported_obligations": "read-only"}})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/context/supported_obligations")


def test_a_declaration_is_read_to_its_end(front_end: FrontEnd) -> None:
    types = [*[f"type-{number}" for number in range(30)], "read-only"]
    answer = front_end.ask("archive", {**VIEW, "context": {"case": "C", "supported_obligations": types}})
    assert answer.json["decision"] is True
    for more in ([7], ["x"] * 50):
        answer = front_end.ask("archive", {**VIEW, "context": {"case": "C", "supported_obligations": [*types, *more]}})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/context/supported_obligations")


def test_metadata_names_what_permits_may_oblige_to(front_end: FrontEnd) -> None:
    told = front_end.get("/.well-known/authzen-configuration/systems/archive").json
    assert told["supported_obligations"] == ["read-only"]
    assert told["capabilities"] == ["urn:openid:authzen:capability:obligations"]
