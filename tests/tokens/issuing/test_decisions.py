"""A question that comes with an access token: the token says who is there and how well proved, or the answer is no."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

import pytest
import time_machine

from governance.clients.service import register_key
from governance.kernel import clock
from governance.kernel.jws import PrivateKey
from policies.pack import PackTexts
from tests.installation import ACTOR, POLICY, SYSTEM_TOML
from tests.servers import SYSTEM
from tests.tokens.issuing.front_end_kit import PUBLIC, FrontEnd, Provider, codes
from tokens.issuing.keys import read_keys

INSISTS = """
[roles.reader.requires.second-factor]
acr = ["mfa"]
max_age_minutes = 30
trust = "token"
source = "Tests"
"""


@pytest.fixture(scope="module", autouse=True)
def insistent(provider: Provider) -> None:
    """The pack in force trusts tokens alone."""
    text = SYSTEM_TOML.replace("\n[rules.A-1]", INSISTS + "\n[rules.A-1]")
    provider.installation.activate(PackTexts(text, POLICY, "", ""))


@pytest.fixture(scope="module")
def reports(provider: Provider) -> FrontEnd:
    return provider.register("Reports", systems=("reporting",))


@pytest.fixture
def token(provider: Provider, lookup: FrontEnd) -> str:
    return str(provider.given(lookup, provider.sign_in())["access_token"])


def test_a_token_is_believed(provider: Provider, lookup: FrontEnd, token: str) -> None:
    answer = provider.decide(token)
    assert answer["decision"] is True
    until = clock.now().timestamp() + 301
    assert clock.now() < datetime.fromisoformat(answer["context"]["valid_until"])
    assert datetime.fromisoformat(answer["context"]["valid_until"]).timestamp() < until


def test_without_one_the_callers_word_is_not_enough(provider: Provider) -> None:
    body = {
        "subject": {"type": "user", "id": "ann"}, "action": {"name": "view"}, "resource": {"type": "file", "id": "F-1"},
        "context": {"case": "C-1", "acr": "mfa", "auth_time": int(clock.now().timestamp())},
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {provider.installation.key}"}
    told = provider.http.post(f"/systems/{SYSTEM}/access/v1/evaluation", json=body, headers=headers).get_json()
    assert codes(told) == ["second_factor_missing"]


def test_the_record_tells_of_the_token_and_never_holds_it(provider: Provider, lookup: FrontEnd, token: str) -> None:
    body = provider.installation.recorded(provider.decide(token, acr="made-up", amr=["x"], auth_time=1)["id"])["body"]
    assert body["asserted_by"] == "token"
    assert body["token"]["client"] == lookup.client_id
    assert body["token"].keys() == {"client", "session", "acr", "amr", "auth_time"}
    assert (body["token"]["acr"], body["context"]) == ("mfa", {"case": "C-1"}), "what the caller said is not read"
    assert token not in json.dumps(body)
    assert token.split(".")[2] not in json.dumps(body)


def test_what_the_caller_says_of_the_factor_counts_for_nothing(provider: Provider, lookup: FrontEnd) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        cookie = provider.sign_in()
        moment.shift(29 * 60)
        token = provider.given(lookup, cookie)["access_token"]
        assert provider.decide(token)["decision"] is True
        moment.shift(61)
        fresh = int(clock.now().timestamp())
        assert codes(provider.decide(token, acr="passkey", auth_time=fresh)) == ["second_factor_too_old"]


def test_a_passkey_counts_wherever_a_second_factor_does(provider: Provider, lookup: FrontEnd) -> None:
    token = provider.given(lookup, provider.sign_in(acr="passkey"))["access_token"]
    assert provider.decide(token)["decision"] is True


@pytest.mark.parametrize("spoil", ["signature", "cut", "empty claims", "identity", "none", "words"])
def test_what_is_no_token_of_ours_is_a_denial(provider: Provider, lookup: FrontEnd, spoil: str) -> None:
    given = provider.given(lookup, provider.sign_in())
    token = given["access_token"]
    spoilt = {
        "signature": token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB"),
        "cut": token[:-1],
        "empty claims": PrivateKey(read_keys(provider.keys)[0]).sign({}, "at+jwt"),
        "identity": given["id_token"],
        "none": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + token.split(".")[1] + ".",
        "words": "let me in",
    }[spoil]
    answer = provider.decide(spoilt, acr="mfa", auth_time=int(clock.now().timestamp()))
    assert codes(answer) == ["token_not_good"]
    assert provider.installation.recorded(answer["id"])["leaf"]["codes"] == ["token_not_good"]


def test_it_speaks_for_its_own_person_alone(provider: Provider, token: str) -> None:
    assert codes(provider.decide(token, "mo")) == ["token_not_good"]


def test_a_token_for_reporting_is_refused_by_the_look_up(provider: Provider, reports: FrontEnd) -> None:
    token = provider.given(reports, provider.sign_in())["access_token"]
    assert codes(provider.decide(token)) == ["token_not_good"]


@pytest.mark.parametrize("own", [True, False])
def test_a_key_may_go_with_one_front_end_alone(provider: Provider, lookup: FrontEnd, token: str, *, own: bool) -> None:
    tied = lookup if own else provider.register("Other")
    now = clock.now()
    with provider.databases.change("test", now) as session:
        key = register_key(session, "tied", [SYSTEM], [], None, tied.client_id, actor=ACTOR, now=now).text
    assert provider.decide(token, key=key)["decision"] is own


@pytest.mark.parametrize("sent", ["", "x" * 4_097, 5, None, ["x"], "a\nb"])
def test_what_cannot_be_a_token_is_a_bad_question(provider: Provider, sent: Any) -> None:
    body = {
        "subject": {"type": "user", "id": "ann"}, "action": {"name": "view"}, "resource": {"type": "file", "id": "F-1"},
        "context": {"access_token": sent},
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {provider.installation.key}"}
    told = provider.http.post(f"/systems/{SYSTEM}/access/v1/evaluation", json=body, headers=headers)
    assert told.status_code == 400
    assert told.get_json()["errors"][0]["pointer"] == "/context/access_token"
    assert "xxxx" not in told.get_data(as_text=True)


def asks(provider: Provider, path: str, token: str, **more: Any) -> Any:
    """Another of the doors."""
    now = clock.now()
    with provider.databases.change("test", now) as session:
        key = register_key(session, "searcher", [SYSTEM], ["search"], None, actor=ACTOR, now=now).text
    body = {"context": {"case": "C-1", "access_token": token}, **more}
    told = provider.http.post(
        f"/systems/{SYSTEM}/access/v1/{path}", json=body, headers={"Authorization": f"Bearer {key}"}
    )
    return {**told.get_json(), "id": told.headers.get("Decision-Id"), "code": told.status_code}


WHO, WHAT = {"type": "user", "id": "ann"}, {"type": "file", "id": "F-1"}


def test_every_item_of_a_batch(provider: Provider, token: str) -> None:
    items = [{"subject": WHO}, {"subject": {"type": "user", "id": "mo"}}]
    told = asks(provider, "evaluations", token, action={"name": "view"}, resource=WHAT, evaluations=items)
    assert [one["decision"] for one in told["evaluations"]] == [True, False]


def test_searches_and_plans(provider: Provider, token: str) -> None:
    found = asks(provider, "search/action", token, subject=WHO, resource=WHAT)
    assert found["results"] == [{"name": "view"}]
    assert asks(provider, "search/action", token[:-4] + "AAAA", subject=WHO, resource=WHAT)["results"] == []
    plan = asks(provider, "plan", token, subject=WHO, action={"name": "view"}, resource={"type": "file"})
    assert plan["plan"]["kind"] == "always"
    assert provider.installation.recorded(plan["id"])["body"]["asserted_by"] == "token"
    refused = asks(provider, "plan", "nonsense", subject=WHO, action={"name": "view"}, resource={"type": "file"})
    assert (refused["plan"]["kind"], codes(refused)) == ("never", ["token_not_good"])
    people = asks(provider, "search/subject", token, subject={"type": "user"}, action={"name": "view"}, resource=WHAT)
    assert people["code"] == 400


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def test_no_secret_is_in_a_log_or_on_the_trail(
    provider: Provider, lookup: FrontEnd, loud: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    cookie = provider.sign_in()
    code = provider.code(lookup, cookie)
    given = provider.token(lookup.exchange(code)).get_json()
    provider.token(lookup.exchange(code))
    again = provider.given(lookup, cookie)
    provider.decide(again["access_token"])
    provider.ask("introspect", lookup, again["access_token"])
    provider.ask("revoke", lookup, again["access_token"])
    out, err = capfd.readouterr()
    with provider.databases.reading() as session:
        kept = [str(row) for row in session.connection().exec_driver_sql("SELECT body FROM trail_entry_body")]
        rows = [str(row) for row in session.connection().exec_driver_sql("SELECT * FROM authorization_code")]
    said = " ".join([loud.text, out, err, *kept, *rows])
    secrets = (code, lookup.secret, lookup.verifier, cookie, given["access_token"], again["id_token"], "n" * 8)
    assert [secret[:6] for secret in secrets if secret in said] == []


def test_a_rotated_key_is_published_before_it_signs_and_kept_after(provider: Provider, lookup: FrontEnd) -> None:
    from tokens.issuing.keys import rotated, write_keys

    def published() -> list[str]:
        return [key["kid"] for key in provider.http.get("/.well-known/jwks.json").get_json()["keys"]]

    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as moment:
        old = published()[0]
        write_keys(provider.keys, rotated(read_keys(provider.keys), clock.now(), at_once=False))
        new = published()[0]
        assert (new != old, published()[1]) == (True, old)
        cookie, token = provider.sign_in(), provider.given(lookup, provider.sign_in())["access_token"]
        assert kid(token) == old, "not before it has been published for a while"
        moment.shift(600)
        token = provider.given(lookup, cookie)["access_token"]
        assert kid(token) == new
        assert provider.decide(token)["decision"] is True
        moment.shift(26 * 3600)
        write_keys(provider.keys, rotated(read_keys(provider.keys), clock.now(), at_once=False))
        assert old not in published()
        fresh = provider.given(lookup, provider.sign_in())["access_token"]
        assert provider.decide(fresh)["decision"] is True
        write_keys(provider.keys, rotated(read_keys(provider.keys), clock.now(), at_once=True))
        assert codes(provider.decide(fresh)) == ["token_not_good"], "a key that others may have signs nothing more"


def kid(token: str) -> str:
    """The key that a token names."""
    from base64 import urlsafe_b64decode

    return str(json.loads(urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"])


def test_the_issuer_is_the_settings_word(provider: Provider) -> None:
    told = provider.http.get("/.well-known/openid-configuration").get_json()
    assert told["issuer"] == PUBLIC
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
