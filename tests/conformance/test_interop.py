"""The working group's interop scenarios, loaded side by side and asked over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.conftest import VECTORS, FrontEnd

TODO = VECTORS / "authzen-todo-backend__test__decisions-authorization-api-1_0-02.json"
RICK, MORTY, SUMMER, BETH, JERRY = (
    f"CiRmZD{letter}TRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs"
    for letter in ("A2M", "E2M", "I2M", "M2M", "Q2M")
)
EDITORS = {RICK, MORTY, SUMMER}


@pytest.mark.skipif(not TODO.exists(), reason=f"the AuthZEN vectors are not at {VECTORS}; see docs/interop.md")
def test_the_todo_vectors(front_end: FrontEnd) -> None:
    vectors = json.loads(TODO.read_text())
    wrong = [
        case
        for case in vectors["evaluation"]
        if front_end.ask("todo", case["request"]).json["decision"] is not case["expected"]
    ]
    assert wrong == []
    for case in vectors["evaluations"]:
        answer = front_end.ask("todo", case["request"], "evaluations")
        assert answer.decisions == [item["decision"] for item in case["expected"]]
    assert (len(vectors["evaluation"]), len(vectors["evaluations"])) == (40, 3)


@pytest.mark.parametrize(("method", "route", "who"), [
    ("GET", "/users/{userId}", {RICK, MORTY, SUMMER, BETH, JERRY}),
    ("GET", "/todos", {RICK, MORTY, SUMMER, BETH, JERRY}),
    ("POST", "/todos", EDITORS),
    ("PUT", "/todos/{todoId}", EDITORS),
    ("DELETE", "/todos/{todoId}", EDITORS),
])  # fmt: skip
def test_the_api_gateway(front_end: FrontEnd, method: str, route: str, who: set[str]) -> None:
    body: dict[str, Any] = {"action": {"name": method}, "resource": {"type": "route", "id": route}, "context": {}}
    for person in (RICK, MORTY, SUMMER, BETH, JERRY):
        answer = front_end.ask("api-gateway", {**body, "subject": {"type": "identity", "id": person}})
        assert answer.json["decision"] is (person in who)


def test_whom_the_identity_provider_issues_tokens(front_end: FrontEnd) -> None:
    claims = {"alice": "manager", "bob": "editor", "carol": "contractor", "dan": "manager", "erin": "editor"}
    for person, role in {**claims, "felix": "contractor"}.items():
        body = {
            "subject": {"type": "user", "id": person, "properties": {"role": role, "balance": 60}},
            "action": {"name": "issue"},
            "resource": {"type": "application", "id": "DemoApp"},
        }
        assert front_end.ask("idp", body).json["decision"] is (role != "contractor")


OWNERS = ("alice", "bob", "carol", "dan", "erin", "felix")


@pytest.mark.parametrize("system", ["idp", "search"])
def test_whoever_owns_a_record_may_delete_it(front_end: FrontEnd, system: str) -> None:
    items = [{"resource": {"type": "record", "id": str(number)}} for number in range(101, 121)]
    for person in OWNERS:
        body = {"subject": {"type": "user", "id": person}, "action": {"name": "delete"}, "evaluations": items}
        own = [OWNERS[place % 6] == person for place in range(20)]
        assert front_end.ask(system, body, "evaluations").decisions == own


def test_what_search_lets_see_and_edit(front_end: FrontEnd) -> None:
    for record, action, who in (
        ("101", "view", {"alice", "bob", "carol", "dan"}),
        ("104", "view", {"alice", "dan", "felix"}),
        ("110", "edit", {"alice", "dan"}),
        ("115", "edit", {"carol", "dan"}),
        ("120", "edit", {"bob"}),
    ):
        body = {
            "action": {"name": action},
            "resource": {"type": "record", "id": record},
            "evaluations": [{"subject": {"type": "user", "id": person}} for person in OWNERS],
        }
        assert front_end.ask("search", body, "evaluations").decisions == [person in who for person in OWNERS]


R1, R2 = {"type": "record", "id": "record-1"}, {"type": "record", "id": "record-2"}
ARCHIVED = {**R2, "properties": {"status": "archived"}}
ACTIVE = {"id": "record-1", "properties": {"status": "active"}}
ALICE, BOB = {"type": "user", "id": "alice"}, {"type": "user", "id": "bob"}
ADMIN = {**BOB, "properties": {"role": "admin"}}


@pytest.mark.parametrize(("subject", "action", "resource", "decision"), [
    (ALICE, {"name": "read"}, R1, True),
    (ALICE, {"name": "write"}, R1, True),
    (BOB, {"name": "read"}, R1, True),
    (BOB, {"name": "write"}, R1, False),
    (ALICE, {"name": "write"}, ARCHIVED, False),
    (ADMIN, {"name": "write"}, ARCHIVED, True),
    (ALICE, {"name": "delete", "properties": {"soft": True}}, R1, True),
    (ALICE, {"name": "delete", "properties": {"soft": False}}, R1, False),
])  # fmt: skip
def test_the_certification_fixture(
    front_end: FrontEnd, subject: Any, action: Any, resource: Any, decision: bool
) -> None:
    body = {"subject": subject, "action": action, "resource": resource}
    for context in (
        {},
        {"context": {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}},
        {"foo": {"nested": True}},
    ):
        assert front_end.ask("certification", {**body, **context}).json["decision"] is decision


def test_the_certification_batches(front_end: FrontEnd) -> None:
    for body, expected in (
        ({"subject": BOB, "resource": R1, "evaluations": [{"action": {"name": "read"}}, {"action": {"name": "write"}}]},
         [True, False]),
        ({"action": {"name": "write"}, "resource": ARCHIVED, "evaluations": [{"subject": ALICE}, {"subject": ADMIN}]},
         [False, True]),
        ({"subject": ALICE, "action": {"name": "write"}, "resource": {"type": "record"},
          "evaluations": [{"resource": ACTIVE}, {"resource": ARCHIVED}]},
         [True, False]),
        ({"subject": ALICE, "action": {"name": "read"}, "evaluations": [{"resource": R1}, {}]}, [True, False]),
    ):  # fmt: skip
        assert front_end.ask("certification", body, "evaluations").decisions == expected
