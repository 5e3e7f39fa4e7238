"""One question over HTTP: what a front end sends, what it gets, and what the trail keeps of it."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from governance.kernel import clock
from tests.decisions.test_questions import GONE, changed
from tests.web.conftest import RECORD, Office, codes, problem

MASH: dict[str, Any] = {**RECORD, "resource": {"type": "room", "id": "HUB"}}


def test_a_permit_says_why_and_until_when(office: Office) -> None:
    response = office.ask(RECORD)
    assert response.status_code == 200
    assert response.content_type == "application/json"
    told = json.loads(response.data)
    assert list(told) == ["decision", "context"]
    assert told["decision"] is True
    context = told["context"]
    assert list(context) == ["reasons", "obligations", "permitted_by", "cache_seconds", "valid_until"]
    assert context["reasons"] == []
    assert context["permitted_by"] == [{"rule": "A-1", "source": "one"}]
    assert [one["id"] for one in context["obligations"]] == ["read-only", "care-note"]
    assert context["cache_seconds"] == 0
    assert context["valid_until"].endswith("Z")


def test_a_denial_is_a_200_with_all_its_reasons(office: Office) -> None:
    body = changed(RECORD, "subject.id", "cat")
    body["context"] = {"unsure": True}  # nearest is the lead, who needs a second factor, and neither case nor certainty
    told = json.loads(office.ask(body).data)
    assert told["decision"] is False
    assert [one["code"] for one in told["context"]["reasons"]] == ["second_factor_missing", "no_grant"]
    assert told["context"]["obligations"] == []
    assert told["context"]["valid_until"] is None
    for reason in told["context"]["reasons"]:
        assert {"code", "requirement", "user", "admin", "remedy"} <= reason.keys()
        assert reason["remedy"].keys() == {"who", "what"}


def test_an_answer_names_its_record_and_revisions(office: Office) -> None:
    response = office.ask(RECORD, headers={"X-Request-ID": "r-1"})
    record = office.record(response.headers["Decision-Id"])
    assert record["leaf"]["decision"] is True
    assert record["leaf"]["system"] == "alpha"
    assert str(record["leaf"]["facts"]) == response.headers["Facts-Revision"]
    assert str(record["leaf"]["policy"]) == response.headers["Policy-Revision"]
    body = record["body"]
    assert (body["subject"], body["type"], body["id"]) == ("ann", "record", "R-01")
    assert (body["request_id"], body["asserted_by"]) == ("r-1", "key")
    assert body["client"] == "key:" + office.keys["good"].split("_")[1]
    assert response.headers["Cache-Control"] == "no-store"


def test_three_times_asked_three_times_the_same(office: Office) -> None:
    for body in (
        RECORD,
        changed(RECORD, "subject.id", "cat"),
        changed(RECORD, "context.time", "2025-06-27T18:03-07:00"),
    ):
        answers = [office.ask(body) for _ in range(3)]
        assert len({answer.data for answer in answers}) == 1
        assert len({answer.headers["Decision-Id"] for answer in answers}) == 3


@pytest.mark.parametrize(("path", "value", "expected"), [
    ("subject.id", "nobody", ["unknown_subject"]),
    ("subject.id", "ANN", ["unknown_subject"]),
    ("subject.type", "robot", ["unknown_subject"]),
    ("resource.type", "cellar", ["no_such_resource"]),
    ("resource.type", "Record", ["no_such_resource"]),
    ("action.name", "shred", ["role_not_permitted"]),
    ("action.name", "VIEW", ["role_not_permitted"]),
    ("action.name", "export", ["role_not_permitted"]),
    ("context.case", " ", ["no_need"]),
    ("context", {}, ["no_need"]),
    ("resource.properties", {}, ["cohort"]),
    ("resource.properties.locked", True, ["part_locked"]),
    ("context.mediated_for", "nobody", ["unknown_subject"]),
    ("context.mediated_for", "cat", ["no_grant"]),
])  # fmt: skip
def test_what_is_not_permitted_is_denied(office: Office, path: str, value: Any, expected: list[str]) -> None:
    response = office.ask(changed(RECORD, path, value))
    assert codes(response) == expected
    assert office.record(response.headers["Decision-Id"])["leaf"]["codes"] == expected


def test_one_may_ask_through_another(office: Office) -> None:
    told = json.loads(office.ask(changed(RECORD, "context.mediated_for", "rea") | {"context": {
        "case": "C-1", "mediated_for": "rea", "purpose": "care"}}).data)  # fmt: skip
    assert told["decision"] is True
    assert "record-both-identities" in [one["type"] for one in told["context"]["obligations"]]
    assert [one["rule"] for one in told["context"]["permitted_by"]] == ["A-5", "A-1"]


@pytest.mark.parametrize(("path", "value"), [
    ("surprise", {"any": "thing"}),
    ("subject.surprise", 1),
    ("subject.properties", {"role": "lead", "suspended": False}),
    ("action.properties", {"method": "GET"}),
    ("resource.surprise", None),
    ("resource.properties.surprise", [1, 2]),
    ("context.surprise", {"x": [None]}),
    ("context.time", "2025-06-27T18:03-07:00"),
    ("evaluations", []),
    ("options", {"explain": True, "surprise": 1}),
])  # fmt: skip
def test_unknown_members_change_nothing(office: Office, path: str, value: Any) -> None:
    assert office.ask(changed(RECORD, path, value)).data == office.ask(RECORD).data


def test_undeclared_properties_are_listed_in_the_record(office: Office) -> None:
    response = office.ask(changed(RECORD, "resource.properties.colour", "red"))
    assert office.record(response.headers["Decision-Id"])["body"]["undeclared"] == ["colour"]


def test_the_callers_time_is_recorded_and_never_honoured(office: Office) -> None:
    body = changed(RECORD, "context.time", "2020-01-01T00:00Z")
    response = office.ask(body)
    assert codes(response) == []
    assert office.record(response.headers["Decision-Id"])["body"]["context"]["time"] == "2020-01-01T00:00Z"
    with time_machine.travel(clock.now() + timedelta(days=365 * 4), tick=True):
        assert "vetting_expired" in codes(office.ask(changed(RECORD, "context.time", "2026-06-27T18:03-07:00")))
    office.app.extensions["postern"].decisions._memory.forget_chains()  # the clock of a service never goes back


@pytest.mark.parametrize(("path", "value", "pointer"), [
    ("subject", GONE, "/subject"),
    ("subject.id", "  ", "/subject/id"),
    ("resource.id", "R-1", "/resource/id"),
    ("resource.properties.age", "12", "/resource/properties/age"),
    ("context", None, "/context"),
    ("action.name", "x" * 201, "/action/name"),
])  # fmt: skip
def test_a_malformed_question_is_a_400_with_its_pointer(office: Office, path: str, value: Any, pointer: str) -> None:
    told = problem(office.ask(changed(RECORD, path, value)), 400)
    assert [one["pointer"] for one in told["errors"]] == [pointer]


def test_caller_and_store_must_agree_where_either_counts(office: Office) -> None:
    assert codes(office.ask(MASH)) == []
    assert codes(office.ask(changed(MASH, "resource.properties", {"wing": "west"}))) == []
    response = office.ask(changed(MASH, "resource.properties", {"wing": "east"}))
    assert codes(response) == ["property_mismatch"]
    assert office.record(response.headers["Decision-Id"])["leaf"]["codes"] == ["property_mismatch"]


def test_what_a_caller_says_of_a_stored_property_does_not_count(office: Office) -> None:
    locked = changed(MASH, "resource.id", "MASH")
    assert codes(office.ask(locked)) == ["explicitly_denied"]
    assert codes(office.ask(changed(locked, "resource.properties", {"team": "HUB"}))) == ["explicitly_denied"]


def test_a_second_factor_is_the_front_ends_word(office: Office) -> None:
    export = changed(
        changed(changed(RECORD, "subject.id", "ben"), "action.name", "export"), "resource.properties.age", 12
    )
    assert codes(office.ask(export)) == ["second_factor_missing"]
    export["context"] |= {"acr": "mfa", "auth_time": int(clock.now().timestamp()) - 30 * 60}
    told = json.loads(office.ask(export).data)
    assert told["decision"] is True
    ends = clock.now() + timedelta(minutes=30)
    assert ends - timedelta(minutes=1) < datetime.fromisoformat(told["context"]["valid_until"]) < ends
    export["context"]["auth_time"] -= 31 * 60
    assert codes(office.ask(export)) == ["second_factor_too_old"]


@pytest.mark.parametrize(("person", "record"), [("sue", "R-01"), ("coi", "R-07"), ("bar", "R-01")])
def test_discretion(office: Office, person: str, record: str) -> None:
    """A front end reads that access is on hold, no more; one with the scope, and the trail, read why."""
    body = changed(changed(RECORD, "subject.id", person), "resource.id", record)
    true = {"sue": "suspended", "coi": "conflict_of_interest", "bar": "barred"}[person]
    response = office.ask(body)
    assert codes(response) == ["access_on_hold"]
    (told,) = json.loads(response.data)["context"]["reasons"]
    assert told == {
        "code": "access_on_hold", "requirement": "access", "user": "Your access is on hold.",
        "remedy": {"who": "line_manager", "what": "Speak with your line manager."},
    }  # fmt: skip
    assert office.record(response.headers["Decision-Id"])["leaf"]["codes"] == [true]
    (full,) = json.loads(office.ask(body, key="full").data)["context"]["reasons"]
    assert full["code"] == true
    assert full["admin"]
    item = json.loads(office.ask_many({"evaluations": [body], "options": {"explain": True}}).data)["evaluations"][0]
    assert item["context"]["reasons"] == [told]


def test_discretion_hides_no_other_reason(office: Office) -> None:
    body = changed(changed(RECORD, "subject.id", "sue"), "context", {})
    assert codes(office.ask(body)) == ["no_need", "access_on_hold"]
    assert codes(office.ask(body, key="full")) == ["no_need", "suspended"]


def test_the_front_end_cannot_tell_how_many_holds_there_are(office: Office) -> None:
    office.installation.apply(suspensions=[{"person": "coi", "why": "x", "from": clock.london_day(clock.now())}])
    body = changed(changed(RECORD, "subject.id", "coi"), "resource.id", "R-07")
    assert codes(office.ask(body)) == ["access_on_hold"]
    assert codes(office.ask(body, key="full")) == ["conflict_of_interest", "suspended"]


def test_at_least_as_fresh_as_was_asked(office: Office) -> None:
    newest = int(office.ask(RECORD).headers["Facts-Revision"])
    assert office.ask(RECORD, headers={"Min-Facts-Revision": str(newest)}).status_code == 200
    response = office.ask(RECORD, headers={"Min-Facts-Revision": str(newest + 1)})
    assert problem(response, 503)["code"] == "facts_behind"
    assert response.headers["Retry-After"]


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "", "9" * 16, "\u0661", "1 "])
def test_a_minimum_that_is_no_number_is_a_400(quick: Office, text: str) -> None:
    response = quick.ask(RECORD, headers={"Min-Facts-Revision": text})
    assert "Min-Facts-Revision" in problem(response, 400)["detail"]


def test_the_question_is_left_as_it_was(quick: Office) -> None:
    body = deepcopy(RECORD)
    quick.ask(body)
    assert body == RECORD
