"""Search and plans over HTTP: whose key may, pages and their tokens, the record of each, what malformed ones get."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.web.conftest import PEOPLE, RECORD, Office, problem

ASKED: dict[str, dict[str, Any]] = {
    "subject": {**RECORD, "subject": {"type": "user"}},
    "resource": {**RECORD, "subject": {"type": "user", "id": "ann"}, "resource": {"type": "room"}},
    "action": {name: RECORD[name] for name in ("subject", "resource", "context")},
}


@pytest.fixture
def seeking(quick: Office) -> Office:
    quick.register("searcher", ["alpha"], ["search"])
    return quick


def search(office: Office, kind: str, body: Any = None, **more: Any) -> TestResponse:
    return office.post(f"alpha/access/v1/search/{kind}", ASKED[kind] if body is None else body, key="searcher", **more)


def found(response: TestResponse) -> Any:
    assert response.status_code == 200, response.get_data(as_text=True)
    return json.loads(response.data)


def allowed(office: Office, body: dict[str, Any]) -> bool:
    return bool(json.loads(office.ask(body).data)["decision"])


def test_who_may_is_everybody_whom_a_question_permits(seeking: Office) -> None:
    told = found(search(seeking, "subject"))
    asked = {name: {**RECORD, "subject": {"type": "user", "id": name}} for name in sorted([*PEOPLE, "nobody"])}
    wanted = [name for name, body in asked.items() if allowed(seeking, body)]
    assert [one["id"] for one in told["results"]] == wanted
    assert 1 < len(wanted) < len(PEOPLE)
    assert list(told) == ["page", "results"]
    assert told["page"] == {"next_token": "", "count": len(wanted)}
    assert [list(one.items()) for one in told["results"]] == [[("type", "user"), ("id", name)] for name in wanted]


def test_which_actions_are_those_that_questions_permit(seeking: Office) -> None:
    told = found(search(seeking, "action"))
    known = ("add", "edit", "export", "note", "print", "view")
    names = [name for name in known if allowed(seeking, {**RECORD, "action": {"name": name}})]
    assert told["results"] == [{"name": name} for name in names]
    assert names


def test_the_searched_entity_is_its_type_alone(seeking: Office) -> None:
    plain = search(seeking, "subject").data
    named = {**ASKED["subject"], "subject": {"type": "user", "id": "sue", "extra": 1}}
    assert search(seeking, "subject", named).data == plain
    assert (
        search(seeking, "action", {**ASKED["action"], "action": {"name": "fly"}}).data == search(seeking, "action").data
    )


@pytest.mark.parametrize("change", [{"subject": {"type": "robot"}}, {"resource": {"type": "moon", "id": "1"}}])
def test_what_is_not_known_finds_nothing(seeking: Office, change: dict[str, Any]) -> None:
    assert found(search(seeking, "subject", {**ASKED["subject"], **change})) == {
        "page": {"next_token": "", "count": 0},
        "results": [],
    }


def test_pages_are_whole_and_the_same_when_asked_again(seeking: Office) -> None:
    everybody = found(search(seeking, "subject"))["results"]
    collected, token = [], ""
    while True:
        body = {**ASKED["subject"], "page": {"limit": 1, "token": token}}
        answers = [search(seeking, "subject", body).data for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        told = json.loads(answers[0])
        collected += told["results"]
        token = told["page"]["next_token"]
        if not token:
            break
    assert collected == everybody


def test_numbers_of_any_size_are_bound_to_a_token(seeking: Office) -> None:
    first = {**ASKED["subject"], "context": {**RECORD["context"], "more": 10**30}, "page": {"limit": 1}}
    token = found(search(seeking, "subject", first))["page"]["next_token"]
    assert found(search(seeking, "subject", {**first, "page": {"token": token}}))["results"]
    other = {**first, "context": {**first["context"], "more": 10**30 + 1}, "page": {"token": token}}
    assert search(seeking, "subject", other).status_code == 400


@pytest.mark.parametrize(("says", "change", "pointer"), [
    ("another search", {"context": {"case": "C-2"}}, "/page/token"),
    ("another limit", {"page": {"limit": 2}}, "/page/limit"),
    ("a letter more", {"page": {"token": "A"}}, "/page/token"),
    ("a sign of no base64 before it", {"page": {"token": "*{}"}}, "/page/token"),
    ("no base64", {"page": {"token": "§§§"}}, "/page/token"),
    ("a number", {"page": {"token": 5}}, "/page/token"),
])  # fmt: skip
def test_a_token_is_good_for_its_search_alone(seeking: Office, says: str, change: dict[str, Any], pointer: str) -> None:
    first = {**ASKED["subject"], "page": {"limit": 1}}
    token = found(search(seeking, "subject", first))["page"]["next_token"]
    assert token, says
    page = {"token": token, **change.get("page", {})}
    page["token"] = page["token"].format(token) if isinstance(page["token"], str) else page["token"]
    told = problem(search(seeking, "subject", {**first, **change, "page": page}), 400)
    assert told["errors"][0]["pointer"] == pointer
    assert found(search(seeking, "subject", {**first, "page": {"token": token}}))["results"], "without its limit"


@pytest.mark.parametrize(("kind", "change", "pointer"), [
    ("subject", {"subject": {}}, "/subject/type"), ("subject", {"resource": {"type": "record"}}, "/resource/id"),
    ("subject", {"action": {}}, "/action/name"), ("resource", {"subject": {"type": "user"}}, "/subject/id"),
    ("action", {"resource": {"type": "record"}}, "/resource/id"), ("subject", {"page": []}, "/page"),
    ("subject", {"page": {"limit": 0}}, "/page/limit"), ("subject", {"page": {"limit": True}}, "/page/limit"),
    ("subject", {"context": []}, "/context"),
])  # fmt: skip
def test_what_is_malformed_is_told_with_its_place(
    seeking: Office, kind: str, change: dict[str, Any], pointer: str
) -> None:
    told = problem(search(seeking, kind, {**ASKED[kind], **change}), 400)
    assert told["errors"][0]["pointer"] == pointer


def test_only_a_key_with_the_scope_may_search(seeking: Office) -> None:
    told = problem(seeking.post("alpha/access/v1/search/subject", ASKED["subject"]), 403)
    assert "--scope search" in told["detail"]
    problem(seeking.post("beta/access/v1/search/subject", ASKED["subject"], key="searcher"), 403)


def test_a_search_is_on_the_record(seeking: Office) -> None:
    response = search(seeking, "subject", {**ASKED["subject"], "page": {"limit": 1}})
    kept = seeking.record(response.headers["Decision-Id"])
    assert (kept["leaf"]["kind"], kept["leaf"]["decision"]) == ("search", True)
    assert kept["body"]["results"] == [one["id"] for one in found(response)["results"]]
    assert (kept["body"]["search"], kept["body"]["limit"], kept["body"]["type"]) == ("subject", 1, "record")


def test_a_suspension_is_seen_by_the_next_search(seeking: Office) -> None:
    before = [one["id"] for one in found(search(seeking, "subject"))["results"]]
    seeking.installation.suspend(before[0])
    assert [one["id"] for one in found(search(seeking, "subject"))["results"]] == before[1:]
    seeking.installation.lift(before[0])
    assert [one["id"] for one in found(search(seeking, "subject"))["results"]] == before


def plan(office: Office, body: dict[str, Any], **more: Any) -> TestResponse:
    return office.post("alpha/access/v1/plan", body, **more)


LIST = {**RECORD, "resource": {"type": "record"}}


def test_a_plan_says_which_rows_may_be_seen(quick: Office) -> None:
    response = plan(quick, LIST)
    told = found(response)
    assert told["plan"]["kind"] == "conditional"
    assert told["plan"]["condition"] == {
        "all": [
            {"property": "school", "is": "in", "values": ["council"]},
            {"any": [{"property": "locked", "is": "in", "values": [False]}, {"property": "locked", "is": "unknown"}]},
        ]
    }
    assert [one["id"] for one in told["context"]["obligations"]] == ["read-only", "care-note"]
    kept = quick.record(response.headers["Decision-Id"])
    assert (kept["leaf"]["kind"], kept["leaf"]["decision"], kept["body"]["plan"]) == ("plan", True, "conditional")


def test_what_all_rows_have_in_common_is_no_condition(quick: Office) -> None:
    fixed = {**LIST, "resource": {"type": "record", "properties": {"school": "council", "locked": False}}}
    told = found(plan(quick, fixed))["plan"]
    said = told.pop("properties")
    assert told == {"kind": "always", "confirm": False}
    assert (said["age"], said["fields"]) == ({"type": "integer"}, {"type": "list"})


def test_a_plan_for_one_who_may_see_nothing_says_why(quick: Office) -> None:
    told = found(plan(quick, {**LIST, "subject": {"type": "user", "id": "nobody"}}))
    assert told["plan"] == {"kind": "never", "confirm": False}
    assert [reason["code"] for reason in told["context"]["reasons"]] == ["unknown_subject"]


def test_a_plan_needs_a_key(quick: Office) -> None:
    problem(plan(quick, LIST, headers={"Authorization": "Bearer none"}), 401)
