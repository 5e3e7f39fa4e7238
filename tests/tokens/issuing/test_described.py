"""The provider's doors answer as their description says: shapes of good answers, errors and their headers."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
from werkzeug.test import TestResponse

from tests.tokens.issuing.front_end_kit import FrontEnd, Provider

BASIC = 'Basic realm="postern"'


def described(provider: Provider) -> dict[str, Any]:
    """The description as it is served."""
    found: dict[str, Any] = provider.http.get("/openapi.json").get_json()
    return found


def fits(provider: Provider, response: TestResponse) -> str:
    """Hold an answer against what is described of its door; the name of the shape that it has."""
    told, request = described(provider), response.request
    operation = told["paths"][request.path][request.method.lower()]
    answer = operation["responses"][str(response.status_code)]
    for name, header in answer.get("headers", {}).items():
        jsonschema.validate(response.headers[name], header["schema"])
    schema = answer["content"][response.mimetype]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": told["components"]}).validate(response.get_json())
    return str(schema["$ref"]).rpartition("/")[2]


def strictly(provider: Provider, name: str) -> set[str]:
    """The members that a shape has by its description."""
    return set(described(provider)["components"]["schemas"][name]["properties"])


def test_what_is_given_has_the_shapes_that_are_described(provider: Provider, lookup: FrontEnd, cookie: str) -> None:
    given = provider.token(lookup.exchange(provider.code(lookup, cookie)))
    token = given.get_json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answers = {
        "Tokens": given,
        "TokenStanding": provider.ask("introspect", lookup, token),
        "UserInfo": provider.http.get("/oauth/userinfo", headers=bearer),
        "OpenIDConfiguration": provider.http.get("/.well-known/openid-configuration"),
        "Keys": provider.http.get("/.well-known/jwks.json"),
        "Nothing": provider.ask("revoke", lookup, token),
    }
    assert {name: fits(provider, answer) for name, answer in answers.items()} == {name: name for name in answers}
    for name in ("Tokens", "TokenStanding", "UserInfo"):
        assert answers[name].get_json().keys() == strictly(provider, name), "nothing is left undescribed"
    assert fits(provider, provider.ask("introspect", lookup, token)) == "TokenStanding"


@pytest.mark.parametrize("door", ["token", "introspect", "revoke"])
@pytest.mark.parametrize(("how", "client", "secret"), [
    ("basic", "fe-NOBODY", "x"), ("basic", "", "wrong"), ("form", "fe-NOBODY", "x"), ("form", "", "wrong"),
    ("form", "fe-NOBODY", ""), ("not at all", "", ""),
])  # fmt: skip
def test_who_is_no_front_end_is_told_how_to_prove_itself(
    provider: Provider, lookup: FrontEnd, door: str, how: str, client: str, secret: str
) -> None:
    """RFC 6749, 5.2: 401 with the scheme, in JSON, kept by nobody."""
    name, form, headers = (
        client or lookup.client_id,
        {"grant_type": "authorization_code", "code": "x", "token": "x"},
        {},
    )
    if how == "basic":
        headers["Authorization"] = "Basic " + b64encode(f"{name}:{secret}".encode()).decode()
    elif how == "form":
        form |= {"client_id": name, "client_secret": secret}
    told = provider.http.post(f"/oauth/{door}", data=form, headers=headers)
    assert (told.status_code, told.get_json()["error"]) == (401, "invalid_client")
    assert (told.headers["WWW-Authenticate"], told.headers["Cache-Control"]) == (BASIC, "no-store")
    assert fits(provider, told) == "OAuthError"


def test_a_token_is_no_front_end_s_proof(provider: Provider, lookup: FrontEnd) -> None:
    told = provider.http.post("/oauth/introspect", data={"token": "x"}, headers={"Authorization": "Bearer x"})
    assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, BASIC)


@pytest.mark.parametrize("door", ["introspect", "revoke"])
def test_what_kind_of_token_it_is_said_to_be_changes_nothing(
    provider: Provider, lookup: FrontEnd, cookie: str, door: str
) -> None:
    """RFC 7009, 2.2: a hint that is not known is not read."""
    token = provider.given(lookup, cookie)["access_token"]
    for hint in ("access_token", "refresh_token", "no_such_kind", "é"):
        told = provider.ask(door, lookup, token, token_type_hint=hint)
        assert told.status_code == 200, told.get_data(as_text=True)
    assert provider.is_active(lookup, token) is (door == "introspect")
    form = {"client_id": lookup.client_id, "client_secret": lookup.secret}
    told = provider.http.post(f"/oauth/{door}", data=form)
    assert (told.status_code, told.get_json()["error"], fits(provider, told)) == (400, "invalid_request", "OAuthError")


@pytest.mark.parametrize(("headers", "challenge"), [
    ({}, 'Bearer realm="postern"'),
    ({"Authorization": "Basic eDp4"}, 'Bearer realm="postern"'),
    ({"Authorization": "Bearer x"},
     'Bearer realm="postern", error="invalid_token", error_description="this access token is not good"'),
])  # fmt: skip
def test_no_token_is_no_error_and_a_bad_one_is(provider: Provider, headers: dict[str, str], challenge: str) -> None:
    """RFC 6750, 3.1: who has shown no token is told of no error with it."""
    for ask in (provider.http.get, provider.http.post):
        told = ask("/oauth/userinfo", headers=headers)
        assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, challenge)
        assert fits(provider, told) == "OAuthError"


@pytest.mark.parametrize("door", ["authorize", "logout"])
def test_a_form_that_no_address_holds_is_too_large(provider: Provider, door: str) -> None:
    """A browser would be sent on to an address that no server takes."""
    for length, status in ((100, 303), (20_000, 413)):
        told = provider.http.post(f"/oauth/{door}", data={"state": "s" * length})
        assert told.status_code == status
    assert fits(provider, told) == "Problem"
    assert "Location" not in told.headers


@pytest.mark.parametrize("door", ["token", "introspect", "revoke", "userinfo", "authorize", "logout"])
def test_another_method_is_told_which_there_are(provider: Provider, door: str) -> None:
    told = provider.http.put(f"/oauth/{door}")
    methods = {method.upper() for method in described(provider)["paths"][f"/oauth/{door}"]}
    assert told.status_code == 405
    assert set(told.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == methods


def test_the_address_takes_what_is_described(provider: Provider, lookup: FrontEnd, cookie: str) -> None:
    """What a front end sends usually passes the description of the address and of the form alike."""
    told = described(provider)
    form = told["components"]["schemas"]["AuthorizationRequest"]["properties"]
    address = {one["name"]: one for one in told["paths"]["/oauth/authorize"]["get"]["parameters"]}
    assert form == {name: one["schema"] for name, one in address.items()}
    wish = lookup.wish(acr_values="passkey mfa", prompt="login")
    for name, value in wish.items():
        jsonschema.validate(value, address[name]["schema"])
    assert {name for name, one in address.items() if one["required"]} <= wish.keys()
    assert provider.http.post("/oauth/authorize", data=wish).location.endswith(urlencode(wish))
