"""Metadata, the description, health, and how any other request is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from governance.kernel.errors import Unavailable
from governance.web.guards import page_mark
from tests.web.conftest import PUBLIC, RECORD, Office, problem

AUTHZEN = Path(__file__).parents[3] / "shared" / "data" / "authzen"


def description(office: Office) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(office.get("/openapi.json").data)
    return told


# --- metadata


def test_metadata_says_where_to_ask(office: Office) -> None:
    response = office.get("/.well-known/authzen-configuration/systems/alpha")
    point = f"{PUBLIC}/systems/alpha"
    issued = json.loads(response.data)["supported_obligations"]
    assert json.loads(response.data) == {
        "policy_decision_point": point,
        "access_evaluation_endpoint": f"{point}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{point}/access/v1/evaluations",
        "search_subject_endpoint": f"{point}/access/v1/search/subject",
        "search_resource_endpoint": f"{point}/access/v1/search/resource",
        "search_action_endpoint": f"{point}/access/v1/search/action",
        "capabilities": ["urn:openid:authzen:capability:obligations"],
        "supported_obligations": issued,
    }
    assert issued == sorted(issued)
    assert "read-only" in issued
    assert response.content_type == "application/json"
    assert next(iter(json.loads(response.data))) == "policy_decision_point"


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Proto": "http"},
    {"Forwarded": "host=evil.example"}, {"X-Forwarded-Prefix": "/x"},
])  # fmt: skip
def test_the_public_address_is_the_settings_own(quick: Office, headers: dict[str, str]) -> None:
    plain = quick.get("/.well-known/authzen-configuration/systems/alpha")
    assert quick.get("/.well-known/authzen-configuration/systems/alpha", **headers).data == plain.data


def test_metadata_of_an_unknown_system_is_a_404(quick: Office) -> None:
    problem(quick.get("/.well-known/authzen-configuration/systems/nowhere"), 404)


# --- the description


def test_the_description_is_openapi(quick: Office) -> None:
    found = description(quick)
    OpenAPIV31SpecValidator(found).validate()
    assert found["openapi"].startswith("3.1")
    assert found["servers"] == [{"url": PUBLIC}]


def routes(office: Office) -> Iterator[tuple[str, str]]:
    """Every path with its method, of Flask and of the door in front of it.

    Pages for people are no part of the API, but for those of the OpenID provider: front ends send browsers to them.
    """
    for rule in office.app.url_map.iter_rules():
        is_page = page_mark(office.app.view_functions[rule.endpoint]) is not None or rule.endpoint.startswith("web.")
        if is_page and not rule.rule.startswith("/oauth/"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield rule.rule.replace("<", "{").replace(">", "}"), method.lower()
    for path in office.app.wsgi_app.views:  # type: ignore[attr-defined]
        yield "/systems/{system}" + path, "post"


def test_the_description_covers_every_route(quick: Office) -> None:
    described = {(path, method) for path, item in description(quick)["paths"].items() for method in item}
    assert described == set(routes(quick))


def answer_schema(office: Office, name: str) -> Any:
    """A validator of one of the described shapes."""
    found = description(office)
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": found["components"]})


def test_answers_have_the_shape_that_is_described(office: Office) -> None:
    full = {**RECORD, "evaluations": [{}, {"subject": {"id": "cat"}}, "x"], "options": {"explain": True}}
    for person in ("ann", "cat", "sue", "nobody"):
        answer_schema(office, "Answer").validate(
            json.loads(office.ask({**RECORD, "subject": {"type": "user", "id": person}}).data)
        )
    answer_schema(office, "BatchAnswer").validate(json.loads(office.ask_many(full).data))
    answer_schema(office, "Problem").validate(json.loads(office.ask({}).data))
    answer_schema(office, "Question").validate(RECORD)
    answer_schema(office, "Batch").validate(full | {"evaluations": [{}]})


if AUTHZEN.is_dir():  # they are not ours to pass on, so a clone may stand without them

    def official(what: str) -> Any:
        """A validator of one of the official shapes."""
        return jsonschema.Draft202012Validator(
            json.loads((AUTHZEN / f"api__schemas__evaluation-{what}.schema.json").read_text())
        )

    def test_the_official_schemas_fit(office: Office) -> None:
        official("request").validate(RECORD)
        example = json.loads((AUTHZEN / "api__schemas__evaluation-request.schema.json").read_text())["examples"][0]
        for body in (RECORD, example):
            response = office.ask(body)
            assert response.status_code == 200
            official("response").validate(json.loads(response.data))
        for item in json.loads(office.ask_many({"evaluations": [RECORD, example, {}]}).data)["evaluations"]:
            official("response").validate(item)


def test_the_description_can_be_read(quick: Office) -> None:
    """A page of its own: no script, nothing from elsewhere, every path on it."""
    page = quick.get("/docs/api")
    shown = page.get_data(as_text=True)
    assert page.content_type == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    told = description(quick)
    assert all(path in shown for path in told["paths"])
    assert [tag["name"] for tag in told["tags"] if f"<h2>{tag['name']}</h2>" not in shown] == []
    assert not any(strange in shown for strange in ("<script", "style=", "http://", "https://"))
    assert quick.get("/docs/api.css").content_type == "text/css; charset=utf-8"


def section(office: Office, place: str) -> str:
    """What the page says of one operation."""
    shown = office.get("/docs/api").get_data(as_text=True)
    assert f'<a href="#{place}">' in shown, "it is listed"
    return shown.partition(f'<h3 id="{place}">')[2].partition("<h3 ")[0]


@pytest.mark.parametrize(("place", "says"), [
    ("post-oauth-token", ("client_secret by HTTP Basic, or in the form", "application/x-www-form-urlencoded",
                          '<a href="#TokenRequest">', "WWW-Authenticate", '<a href="#OAuthError">')),
    ("get-oauth-authorize", ("(public)", "In the address", "<code>code_challenge</code></td><td>needed</td>",
                             "one of: none, login (none asks nothing, login asks again)", "Location", "text/html")),
    ("post-oauth-userinfo", ("with an access token of a person", '<a href="#UserInfo">')),
    ("post-systems-system-access-v1-evaluation", ("(postern keys add)", '<a href="#Question">', "Decision-Id")),
])  # fmt: skip
def test_an_operation_is_told_whole(quick: Office, place: str, says: tuple[str, ...]) -> None:
    """Who may ask, what is sent in the address or as a form, what comes back with which headers."""
    told = section(quick, place)
    assert [one for one in says if one not in told] == []


# --- health


def test_health_and_readiness(office: Office) -> None:
    assert json.loads(office.get("/healthz").data) == {"status": "ok"}
    ready = office.get("/readyz")
    assert (ready.status_code, json.loads(ready.data)) == (200, {"status": "ready"})


def test_not_ready_while_nothing_can_be_recorded(quick: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(_records: object) -> list[str]:
        raise Unavailable("no", "audit_unavailable")

    monkeypatch.setattr(quick.app.extensions["postern"].decisions.recorder, "put", put)
    ready = quick.get("/readyz")
    assert (ready.status_code, json.loads(ready.data)) == (503, {"status": "not ready"})
    assert problem(quick.ask(RECORD), 503)["code"] == "audit_unavailable"
    assert quick.get("/healthz").status_code == 200


# --- every request


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/systems", 404),
    ("GET", "/systems/alpha", 404),
    ("POST", "/systems/alpha/access/v1/evaluation/", 404),
    ("POST", "/systems/alpha/access/v1/search/person", 404),
    ("POST", "/systems/a/b/access/v1/evaluation", 404),
    ("POST", "/systems/alpha/access/v1/../v1/evaluation", 404),
    ("GET", "/systems/alpha/access/v1/evaluation", 405),
    ("PUT", "/systems/alpha/access/v1/evaluations", 405),
    ("DELETE", "/openapi.json", 405),
    ("POST", "/healthz", 405),
    ("GET", "/%ff", 404),
    ("GET", "/.well-known/authzen-configuration", 404),
])  # fmt: skip
def test_what_is_not_there_is_told_as_a_problem(quick: Office, method: str, path: str, status: int) -> None:
    response = quick.app.test_client().open(path, method=method, headers={"X-Request-ID": "r-9"})
    problem(response, status)
    assert response.headers["X-Request-ID"] == "r-9"
    assert ("Allow" in response.headers) is (status == 405)


def test_who_comes_to_the_front_page_is_told_where_to_look(quick: Office) -> None:
    told = problem(quick.get("/"), 404)
    assert "/openapi.json" in told["detail"]
    assert "docs/api.md" in told["detail"]
    assert quick.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(("given", "echoed"), [
    ("abc-123", True), ("!~" * 64, True), ("x" * 128, True), ("", False), ("x" * 129, False), ("a b", False),
    ("\u00e9", False), ("a\tb", False),
])  # fmt: skip
@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/systems/alpha/access/v1/evaluation"])
def test_a_request_keeps_its_name(quick: Office, given: str, echoed: bool, path: str) -> None:
    for method in ("GET", "POST"):
        response = quick.app.test_client().open(path, method=method, headers={"X-Request-ID": given})
        name = response.headers["X-Request-ID"]
        assert (name == given) is echoed
        assert name


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/nowhere", "/systems/alpha/access/v1/evaluation"])
def test_answers_are_private(quick: Office, path: str) -> None:
    headers = quick.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_mistake_is_a_problem_that_tells_nothing(quick: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise RuntimeError("secret of ann")

    monkeypatch.setattr("governance.decisions.asked.read_object", stumble)
    monkeypatch.setattr("governance.decisions.api.document", stumble)
    for response in (quick.ask(RECORD), quick.get("/openapi.json")):
        assert "secret" not in response.get_data(as_text=True)
        assert "logged" in problem(response, 500)["detail"]


def test_an_error_inside_a_decision_is_a_recorded_denial(quick: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("governance.decisions.engine.Engine._judge", stumble)
    response = quick.ask(RECORD)
    told = json.loads(response.data)
    assert told["decision"] is False
    assert [one["code"] for one in told["context"]["reasons"]] == ["policy_error"]
    assert quick.record(response.headers["Decision-Id"])["leaf"]["codes"] == ["policy_error"]
