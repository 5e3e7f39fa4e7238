"""From a front end to Postern and back: codes, tokens, and what is refused on the way."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from sqlalchemy import delete

from governance.kernel import clock
from tests.tokens.issuing.front_end_kit import CALLBACK, PUBLIC, FrontEnd, Provider, words
from tokens.authenticators.models import Authenticator


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A token's header and claims, unchecked."""
    header, claims, _ = (
        json.loads(urlsafe_b64decode(part + "==")) if n < 2 else {} for n, part in enumerate(token.split("."))
    )
    return header, claims


def test_a_person_is_signed_in_to_a_front_end(provider: Provider, lookup: FrontEnd, cookie: str) -> None:
    back = provider.authorize(lookup.wish(), cookie)
    assert back.location.startswith(CALLBACK + "?")
    told = words(back)
    assert {**told, "code": ""} == {"code": "", "state": "s-1", "iss": PUBLIC}
    given = provider.token(lookup.exchange(told["code"]))
    assert given.headers["Cache-Control"] == "no-store"
    tokens = given.get_json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    header, claims = parts(tokens["access_token"])
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert claims["aud"] == [f"{PUBLIC}/systems/archive"]
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 300
    assert claims.keys() == {
        "iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid", "auth_time", "acr", "amr", "scope",
    }  # fmt: skip
    assert (claims["sub"], claims["acr"], claims["amr"]) == ("ann", "mfa", ["pwd", "otp"])
    id_header, identity = parts(tokens["id_token"])
    assert id_header["typ"] == "JWT"
    assert (identity["aud"], identity["nonce"], identity["sid"]) == (lookup.client_id, "n-1", claims["sid"])
    assert {"at_hash", "auth_time", "acr", "amr"} <= identity.keys()


@pytest.mark.parametrize(("more", "error"), [
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": "\"ü\\"}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": None}, "invalid_scope"),
    ({"request": "x"}, "request_not_supported"),
    ({"request_uri": "https://x.example"}, "request_uri_not_supported"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"nonce": "n" * 401}, "invalid_request"),
    ({"acr_values": "urn:gold"}, "unmet_authentication_requirements"),
])  # fmt: skip
def test_what_is_not_in_order_goes_back_with_its_error(
    provider: Provider, lookup: FrontEnd, cookie: str, more: dict[str, str | None], error: str
) -> None:
    back = provider.authorize(lookup.wish(**more), cookie)
    told = words(back)
    assert back.location.startswith(CALLBACK + "?")
    assert (told["error"], told["state"], told["iss"]) == (error, "s-1", PUBLIC)
    assert "code" not in told


@pytest.mark.parametrize("more", [
    {"redirect_uri": "https://lookup.example/callback/"},
    {"redirect_uri": "https://lookup.example/callback?x=1"},
    {"redirect_uri": "https://LOOKUP.example/callback"},
    {"redirect_uri": "https://lookup.example.evil/callback"},
    {"redirect_uri": "\"ü\\"},
    {"redirect_uri": None},
    {"client_id": "fe-NOBODY"},
    {"client_id": None},
    {"response_type": "token", "redirect_uri": "https://evil.example"},
])  # fmt: skip
def test_nobody_is_sent_to_where_no_front_end_is(
    provider: Provider, lookup: FrontEnd, cookie: str, more: dict[str, str | None]
) -> None:
    told = provider.authorize(lookup.wish(**more), cookie)
    assert told.status_code == 400
    assert "Location" not in told.headers


def test_a_parameter_that_comes_twice_is_refused(provider: Provider, lookup: FrontEnd, cookie: str) -> None:
    wish = "&".join(f"{name}={value}" for name, value in lookup.wish().items())
    told = provider.http.get(
        f"/oauth/authorize?{wish}&nonce=n-2", headers={"Cookie": f"__Host-postern-session={cookie}"}
    )
    assert told.status_code == 400


@pytest.mark.parametrize(("more", "error"), [
    ({"code_verifier": None}, "invalid_request"),
    ({"code_verifier": "w" * 64}, "invalid_grant"),
    ({"redirect_uri": "https://lookup.example/other"}, "invalid_grant"),
    ({"redirect_uri": None}, "invalid_grant"),
    ({"client_secret": "wrong"}, "invalid_client"),
    ({"client_secret": None}, "invalid_client"),
    ({"client_id": "fe-NOBODY"}, "invalid_client"),
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
    ({"code": "made-up"}, "invalid_grant"),
    ({"code": None}, "invalid_request"),
])  # fmt: skip
def test_a_code_is_not_taken_so(
    provider: Provider, lookup: FrontEnd, cookie: str, more: dict[str, str | None], error: str
) -> None:
    told = provider.token(lookup.exchange(provider.code(lookup, cookie), **more))
    assert (told.status_code in (400, 401), told.get_json()["error"]) == (True, error)


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /w==", "Basic Zm9v", "Bearer x", "Basic Zm9vOmJhcg=="])
def test_a_strange_header_is_no_proof(provider: Provider, lookup: FrontEnd, cookie: str, header: str) -> None:
    form = lookup.exchange(provider.code(lookup, cookie), client_secret=None)
    told = provider.token(form, Authorization=header)
    assert (told.status_code, told.get_json()["error"]) == (401, "invalid_client")


def test_a_code_is_bound_to_its_front_end(provider: Provider, lookup: FrontEnd, cookie: str) -> None:
    other = provider.register("Other")
    other.verifier = lookup.verifier
    code = provider.code(lookup, cookie)
    assert provider.token(other.exchange(code)).get_json()["error"] == "invalid_grant"
    assert provider.token(lookup.exchange(code)).status_code == 200, "another's attempt does not use it up"


def test_a_code_used_again_ends_what_it_gave(provider: Provider, lookup: FrontEnd, cookie: str) -> None:
    code = provider.code(lookup, cookie)
    token = provider.token(lookup.exchange(code)).get_json()["access_token"]
    assert provider.is_active(lookup, token)
    assert provider.token(lookup.exchange(code)).get_json()["error"] == "invalid_grant"
    assert not provider.is_active(lookup, token)


@pytest.mark.parametrize(("seconds", "good"), [(59, True), (60, False), (61, False)])
def test_a_code_lives_a_minute(provider: Provider, lookup: FrontEnd, seconds: int, *, good: bool) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        code = provider.code(lookup, provider.sign_in())
        moment.shift(seconds)
        assert (provider.token(lookup.exchange(code)).status_code == 200) is good


@pytest.mark.parametrize(("seconds", "good"), [(299, True), (300, False), (301, False)])
def test_a_token_lives_five_minutes(provider: Provider, lookup: FrontEnd, seconds: int, *, good: bool) -> None:
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as moment:
        token = provider.given(lookup, provider.sign_in())["access_token"]
        moment.shift(seconds)
        assert provider.is_active(lookup, token) is good


def test_a_token_ends_with_the_session_at_the_latest(provider: Provider, lookup: FrontEnd) -> None:
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as moment:
        cookie = provider.sign_in()
        for _ in range(24):
            moment.shift(timedelta(minutes=29, seconds=50))
            provider.authorize(lookup.wish(), cookie)
        moment.shift(timedelta(minutes=2))
        assert provider.given(lookup, cookie)["expires_in"] == 120


def test_a_public_front_end_needs_no_secret_and_has_none(provider: Provider, cookie: str) -> None:
    public = provider.register("In a browser", public=True)
    token = provider.given(public, cookie)["access_token"]
    assert provider.ask("introspect", public, token).status_code == 401
    told = provider.token(public.exchange(provider.code(public, cookie), client_secret="made-up"))
    assert told.get_json()["error"] == "invalid_client"
    assert provider.ask("revoke", public, token).status_code == 200


# --- signing in first, or again


def goes(provider: Provider, lookup: FrontEnd, cookie: str, **more: str) -> str:
    """Where a person is sent."""
    told = provider.authorize(lookup.wish(**more), cookie)
    return "back" if told.location.startswith(CALLBACK) else urlsplit(told.location).path


def test_who_is_not_signed_in_signs_in_first(provider: Provider, lookup: FrontEnd) -> None:
    told = provider.authorize(lookup.wish())
    assert urlsplit(told.location).path == "/sign-in"
    following = words(told)["next"]
    assert following.startswith("/oauth/authorize?")
    back = provider.http.get(following, headers={"Cookie": f"__Host-postern-session={provider.sign_in()}"})
    assert words(back)["state"] == "s-1"


def test_the_pages_of_signing_in_say_where_one_signs_in_to(provider: Provider) -> None:
    front_end = provider.register("Look-up <b>of</b> pupils")
    page = provider.http.get(provider.authorize(front_end.wish()).location, headers={"Accept": "text/html"})
    assert "You are signing in to <strong>Look-up &lt;b&gt;of&lt;/b&gt; pupils</strong>" in page.get_data(as_text=True)
    assert "form-action 'self' https://lookup.example;" in page.headers["Content-Security-Policy"], "forms end there"
    for elsewhere in ("/account", "https://evil.example/oauth/authorize?client_id=x", "/oauth/authorize?client_id=x"):
        page = provider.http.get(f"/sign-in?{urlencode({'next': elsewhere})}", headers={"Accept": "text/html"})
        assert "You are signing in to" not in page.get_data(as_text=True)
        assert "form-action 'self';" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("acr", "more", "where"), [
    ("mfa", {}, "back"),
    ("", {}, "/sign-in/second-step"),
    ("mfa", {"acr_values": "mfa"}, "back"),
    ("passkey", {"acr_values": "mfa"}, "back"),
    ("passkey", {"acr_values": "passkey"}, "back"),
    ("mfa", {"acr_values": "passkey"}, "/sign-in/second-step"),
    ("mfa", {"acr_values": "passkey mfa"}, "back"),
    ("mfa", {"acr_values": "urn:gold passkey"}, "/sign-in/second-step"),
    ("mfa", {"max_age": "600"}, "back"),
    ("mfa", {"max_age": "0"}, "/sign-in/second-step"),
    ("mfa", {"prompt": "login"}, "/sign-in/second-step"),
    ("mfa", {"prompt": "none"}, "back"),
])  # fmt: skip
def test_how_well_and_how_lately(
    provider: Provider, lookup: FrontEnd, acr: str, more: dict[str, str], where: str
) -> None:
    assert goes(provider, lookup, provider.sign_in(acr=acr), **more) == where


@pytest.mark.parametrize(
    ("seconds", "where"), [(59, "back"), (60, "/sign-in/second-step"), (61, "/sign-in/second-step")]
)
def test_a_greatest_age_to_the_second(provider: Provider, lookup: FrontEnd, seconds: int, where: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        cookie = provider.sign_in()
        moment.shift(seconds)
        assert goes(provider, lookup, cookie, max_age="60") == where


@pytest.mark.parametrize("more", [{"max_age": "0"}, {"prompt": "login"}, {"acr_values": "passkey"}])
def test_who_has_proved_it_again_comes_back(provider: Provider, lookup: FrontEnd, more: dict[str, str]) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        cookie = provider.sign_in()
        moment.shift(5)
        following = words(provider.authorize(lookup.wish(**more), cookie))["next"]
        again = provider.http.get(following, headers={"Cookie": f"__Host-postern-session={cookie}"})
        assert urlsplit(again.location).path == "/sign-in/second-step", "nothing was proved yet"
        moment.shift(5)
        proved = provider.prove(cookie, "passkey")
        assert words(provider.http.get(following, headers={"Cookie": f"__Host-postern-session={proved}"}))["code"]


@pytest.mark.parametrize("more", [{"max_age": "0"}, {"prompt": "login"}])
def test_nobody_but_us_says_when_somebody_was_sent_to_prove_it(
    provider: Provider, lookup: FrontEnd, more: dict[str, str]
) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        sent = {"prompt": "login", "state": "another"}
        earlier = parse_qs(urlsplit(words(provider.authorize(lookup.wish(**sent), ""))["next"]).query)["prompted"][0]
        moment.shift(5)
        cookie, now = provider.sign_in(), int(clock.now().timestamp())
        mark = earlier.partition(".")[2]
        for forged in (str(now - 600), f"{now}.{mark}", f"{now - 600}.", earlier, f"{now}.{'0' * 64}", ".", "é.é"):
            assert goes(provider, lookup, cookie, prompted=forged, **more) == "/sign-in/second-step", forged


def test_who_cannot_prove_it_so_goes_back_without_a_code(provider: Provider, lookup: FrontEnd) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        cookie = provider.sign_in()
        following = words(provider.authorize(lookup.wish(acr_values="passkey"), cookie))["next"]
        moment.shift(5)
        proved = provider.prove(cookie, "mfa")
        told = words(provider.http.get(following, headers={"Cookie": f"__Host-postern-session={proved}"}))
    assert (told["error"], told["state"]) == ("unmet_authentication_requirements", "s-1")


@pytest.mark.parametrize(("acr_values", "told"), [
    ("passkey", True), ("urn:gold passkey", True), ("mfa", False), ("passkey mfa", False), (None, False),
])  # fmt: skip
def test_who_has_no_passkey_reads_that_one_is_asked_for(
    provider: Provider, lookup: FrontEnd, acr_values: str | None, *, told: bool
) -> None:
    cookie = provider.sign_in()
    step = provider.authorize(lookup.wish(acr_values=acr_values, prompt="login"), cookie).location
    with provider.databases.writing() as session:
        app = Authenticator(
            person_id=provider.visitor(cookie).person, kind="totp", label="Phone", state="active", digits=6, drift=0,
            last_step=-1, failures=0, created_at=clock.now(), activated_at=clock.now(),
        )  # fmt: skip
        session.add(app)
        session.flush()
        row = app.id
    headers = {"Cookie": f"__Host-postern-session={cookie}", "Accept": "text/html"}
    page = provider.http.get(step, headers=headers).get_data(as_text=True)
    with provider.databases.writing() as session:
        session.execute(delete(Authenticator).where(Authenticator.id == row))
    assert ("It asks for a passkey or a security key, and you have none." in page) is told
    assert ("second-step?next=/account/authenticators/add" in page) is told


@pytest.mark.parametrize(
    ("acr", "more"), [(None, {}), ("", {}), ("mfa", {"max_age": "0"}), ("mfa", {"acr_values": "passkey"})]
)
def test_whom_nothing_may_be_asked_goes_back_without_a_code(
    provider: Provider, lookup: FrontEnd, acr: str | None, more: dict[str, str]
) -> None:
    cookie = "" if acr is None else provider.sign_in(acr=acr)
    told = words(provider.authorize(lookup.wish(prompt="none", **more), cookie))
    assert (told["error"], told["iss"]) == ("login_required", PUBLIC)


def test_a_form_is_asked_again_as_an_address(provider: Provider, lookup: FrontEnd) -> None:
    told = provider.http.post("/oauth/authorize", data=lookup.wish())
    assert told.status_code == 303
    assert parse_qs(urlsplit(told.location).query)["client_id"] == [lookup.client_id]


def test_an_address_that_is_not_registered_is_named_where_an_error_may_have_its_letters(
    provider: Provider, lookup: FrontEnd, cookie: str
) -> None:
    other = "http://localhost:5050/signed-in"
    told = provider.authorize(lookup.wish(redirect_uri=other), cookie)
    assert (told.status_code, other in told.get_data(as_text=True)) == (400, True)
    odd = 'http://localhost:5050/"ü\\'
    refused = provider.authorize(lookup.wish(redirect_uri=odd), cookie)
    assert (refused.status_code, "localhost" in refused.get_data(as_text=True)) == (400, False)


def test_a_wrong_secret_is_told_in_words(provider: Provider, lookup: FrontEnd) -> None:
    answer = provider.token({**lookup.exchange("code"), "client_secret": "wrong"})
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    said = answer.get_json()["error_description"]
    assert "its secret is not right" in said
    assert "client_secret_basic" not in said
