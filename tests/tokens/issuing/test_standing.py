"""Whatever ends a person's access ends it at once: introspection says so, and the next decision denies, everywhere."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine

from governance.clients.service import revoke_front_end
from governance.kernel import clock
from governance.people.signin.service import end_sessions
from policies.pack import PackTexts
from tests.installation import ACTOR, APPROVED, POLICY, SYSTEM_TOML
from tests.servers import SYSTEM, Launcher, Server
from tests.tokens.issuing.front_end_kit import FrontEnd, Provider, codes, words

Cause = Callable[[Provider, str, "Given"], object]


class Given:
    """What a person was given by a front end of their own."""

    def __init__(self, provider: Provider, person: str) -> None:
        self.front_end: FrontEnd = provider.register(f"of {person}")
        self.cookie = provider.sign_in(person)
        self.token: str = provider.given(self.front_end, self.cookie)["access_token"]


def ended(provider: Provider, given: Given, why: str) -> None:
    visitor = provider.visitor(given.cookie)
    now = clock.now()
    with provider.databases.change("test", now) as session:
        end_sessions(session, visitor.person, why, actor=ACTOR, now=now)


def client_revoked(provider: Provider, _person: str, given: Given) -> None:
    with provider.databases.change("test", clock.now()) as session:
        revoke_front_end(session, given.front_end.client_id, "a test", actor=ACTOR)


def working(person: str, organisation: str = "council", **more: str) -> dict[str, str]:
    return {"person": person, "organisation": organisation, "post": "archivist", "from": "2020-01-01", **more}


def closing(status: str) -> dict[str, str]:
    return {"reference": "closing", "name": "Closing", "kind": "school", "parent": "council", "status": status}


CHECK = {"level": "enhanced", "issued": "2025-05-03", "barred_list": "barred"}
CLOSED = "accreditation_suspended"
CAUSES: Mapping[str, tuple[Cause, str]] = {
    "suspended": (lambda p, who, _: p.installation.suspend(who), "suspended"),
    "barred": (lambda p, who, _: p.installation.apply(checks=[{"person": who, **CHECK}]), "barred"),
    "left": (lambda p, who, _: p.installation.apply(employment=[working(who, to="2021-01-01")]), "not_employed"),
    "organisation-closed": (lambda p, *_: p.installation.apply(organisations=[closing("closed")]), CLOSED),
    "session-revoked": (lambda p, _, given: ended(p, given, "revoked"), "token_not_good"),
    "authenticator-lost": (lambda p, _, given: ended(p, given, "an authenticator was lost"), "token_not_good"),
    "token-revoked": (lambda p, _, given: p.ask("revoke", given.front_end, given.token), "token_not_good"),
    "client-revoked": (client_revoked, "token_not_good"),
}  # fmt: skip


class Worker:
    """One server as a front end asks it."""

    def __init__(self, server: Server, key: str) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        self._key = key

    def _post(self, path: str, body: str, kind: str, **headers: str) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": kind, "Host": "127.0.0.1", **headers}
        self._link.request("POST", path, body, headers)
        answer = self._link.getresponse()
        return answer.status, json.loads(answer.read())

    def introspect(self, by: FrontEnd, given: Given) -> tuple[int, dict[str, Any]]:
        secret = {"client_id": by.client_id, "client_secret": by.secret}
        form = urlencode({"token": given.token, **secret})
        return self._post("/oauth/introspect", form, "application/x-www-form-urlencoded")

    def decide(self, person: str, given: Given) -> dict[str, Any]:
        body = {
            "subject": {"type": "user", "id": person}, "action": {"name": "view"},
            "resource": {"type": "file", "id": "F-1"}, "context": {"case": "C-1", "access_token": given.token},
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {self._key}"}
        path = f"/systems/{SYSTEM}/access/v1/evaluation"
        return self._post(path, json.dumps(body), "application/json", **headers)[1]

    def close(self) -> None:
        self._link.close()


@pytest.fixture(scope="module")
def workers(provider: Provider, launcher: Launcher) -> Iterator[tuple[Worker, Worker]]:
    """Two workers of the same installation, with the same keys."""
    more = {"POSTERN_SIGNING_KEYS": str(provider.keys), "POSTERN_TRAIL_TIMEOUT": "5"}
    servers = [provider.installation.server(launcher, **more) for _ in range(2)]
    for server in servers:
        server.wait()
    one, other = (Worker(server, provider.installation.key) for server in servers)
    yield one, other
    one.close()
    other.close()


@pytest.fixture(scope="module", autouse=True)
def people(provider: Provider) -> None:
    """One person for each cause, all of them in order, one of them in an organisation that will close."""
    text = SYSTEM_TOML.replace('organisations = ["council"]', 'organisations = ["council", "closing"]')
    provider.installation.activate(PackTexts(text, POLICY, "", ""))
    grants = [
        {
            "person": name, "system": SYSTEM, "role": "reader", "from": "2020-01-01", "approvals": [APPROVED],
            "organisation": place(name),
        }
        for name in CAUSES
    ]  # fmt: skip
    provider.installation.apply(
        organisations=[closing("active")],
        people=[{"reference": name, "name": name, "manager": "mo"} for name in CAUSES],
        employment=[working(name, place(name)) for name in CAUSES],
        grants=grants,
    )


def place(cause: str) -> str:
    return "closing" if cause == "organisation-closed" else "council"


@pytest.mark.parametrize("cause", CAUSES)
def test_what_ends_access_ends_it_everywhere_at_the_next_request(
    provider: Provider, lookup: FrontEnd, workers: tuple[Worker, Worker], cause: str
) -> None:
    given, (act, code) = Given(provider, cause), CAUSES[cause]
    for worker in workers:
        assert worker.introspect(lookup, given)[1]["active"] is True
        before = worker.decide(cause, given)
        assert before["decision"] is True, before
    act(provider, cause, given)
    for worker in workers:
        after = worker.decide(cause, given)
        assert after["decision"] is False
        assert any(one.startswith(code) for one in codes(after)), codes(after)
        assert worker.introspect(lookup, given) == (200, {"active": False})


@pytest.mark.parametrize("cause", ["suspended", "left", "session-revoked"])
def test_who_may_not_sign_in_gets_no_code_and_no_token(provider: Provider, cause: str) -> None:
    person = f"{cause}-later"
    provider.installation.apply(
        people=[{"reference": person, "name": person, "manager": "mo"}], employment=[working(person)]
    )
    given = Given(provider, person)
    code = provider.code(given.front_end, given.cookie)
    CAUSES[cause][0](provider, person, given)
    assert provider.token(given.front_end.exchange(code)).get_json()["error"] == "invalid_grant"
    told = provider.authorize(given.front_end.wish(prompt="none"), given.cookie)
    assert words(told)["error"] in ("access_denied", "login_required")


@pytest.mark.parametrize("kind", ["unknown", "another's", "id token", "other systems'"])
def test_introspection_tells_nobody_else(provider: Provider, lookup: FrontEnd, kind: str) -> None:
    given = provider.given(lookup, provider.sign_in())
    other = provider.register("Other", systems=("elsewhere",))
    front_end = other if kind in ("another's", "other systems'") else lookup
    text = {"unknown": "abc", "id token": given["id_token"]}.get(kind, given["access_token"])
    told = provider.ask("introspect", front_end, text)
    assert (told.status_code, told.get_json()) == (200, {"active": False})


def test_a_front_end_of_the_same_system_may_know(provider: Provider, lookup: FrontEnd) -> None:
    given = provider.given(lookup, provider.sign_in())
    told = provider.ask("introspect", provider.register("Beside"), given["access_token"]).get_json()
    assert (told["active"], told["sub"], told["client_id"]) == (True, "ann", lookup.client_id)


def test_revocation_answers_200_for_what_is_unknown_and_stops_nobody_else(provider: Provider, lookup: FrontEnd) -> None:
    given = provider.given(lookup, provider.sign_in())
    assert provider.ask("revoke", lookup, "unknown").status_code == 200
    assert provider.ask("revoke", provider.register("Other"), given["access_token"]).status_code == 400
    assert provider.is_active(lookup, given["access_token"])
    assert provider.ask("revoke", lookup, given["access_token"]).status_code == 200
    assert not provider.is_active(lookup, given["access_token"])
    assert provider.ask("revoke", lookup, given["access_token"]).status_code == 200


def test_of_many_who_bring_one_code_one_is_given_tokens(provider: Provider, lookup: FrontEnd) -> None:
    for _ in range(2):
        code = provider.code(lookup, provider.sign_in())
        start, told = threading.Barrier(8), []

        def bring(code: str = code, start: Any = start, told: Any = told) -> None:
            client = provider.app.test_client(use_cookies=False)
            start.wait()
            told.append(client.post("/oauth/token", data=lookup.exchange(code)))

        threads = [threading.Thread(target=bring) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one.status_code for one in told) == [200] + [400] * 7
        (token,) = [one.get_json()["access_token"] for one in told if one.status_code == 200]
        assert not provider.is_active(lookup, token), "somebody else had the code too"


# --- signing out, and who it is


def test_a_front_end_signs_its_person_out_of_all(provider: Provider, lookup: FrontEnd) -> None:
    cookie = provider.sign_in()
    given, other = provider.given(lookup, cookie), provider.register("Other")
    beside = provider.given(other, cookie)["access_token"]
    asked = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": "https://lookup.example/bye", "state": "s"}
    headers = {"Cookie": f"__Host-postern-session={cookie}"}
    told = provider.http.get(f"/oauth/logout?{urlencode(asked)}", headers=headers)
    assert told.location == "https://lookup.example/bye?state=s"
    assert "Max-Age=0" in told.headers["Set-Cookie"]
    assert not provider.is_active(lookup, given["access_token"])
    assert not provider.is_active(other, beside)


def test_what_is_posted_to_sign_out_stands_in_no_address(provider: Provider, lookup: FrontEnd) -> None:
    cookie = provider.sign_in()
    given = provider.given(lookup, cookie)
    form = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": "https://lookup.example/bye", "state": "s"}
    sent = provider.http.post("/oauth/logout", data=form)
    assert sent.status_code == 303
    assert given["id_token"].rpartition(".")[0] not in sent.location
    assert "lookup.example" not in sent.location
    with time_machine.travel(clock.now() + timedelta(seconds=62), tick=False):
        late = provider.http.get(sent.location, headers={"Accept": "text/html"})
    assert (late.status_code, provider.is_active(lookup, given["access_token"])) == (400, True)
    told = provider.http.get(sent.location, headers={"Cookie": f"__Host-postern-session={cookie}"})
    assert told.location == "https://lookup.example/bye?state=s"
    assert not provider.is_active(lookup, given["access_token"])


@pytest.mark.parametrize("word", ["", "x", "%00", "AAAA", "A" * 64, "é"])
def test_a_word_that_hands_nothing_over_is_told(provider: Provider, word: str) -> None:
    told = provider.http.get("/oauth/logout", query_string={"handed": word}, headers={"Accept": "text/html"})
    assert told.status_code == 400
    assert "Go back there and try again." in told.get_data(as_text=True)


def test_an_id_token_posted_with_a_request_to_sign_in_goes_no_further(provider: Provider) -> None:
    sent = provider.http.post("/oauth/authorize", data={"client_id": "x", "id_token_hint": "a.b.c"})
    assert sent.location == "/oauth/authorize?client_id=x"


def test_from_another_browser_only_its_own_session_ends(provider: Provider, lookup: FrontEnd) -> None:
    cookie = provider.sign_in()
    given, other = provider.given(lookup, cookie), provider.register("Other")
    beside = provider.given(other, cookie)["access_token"]
    provider.http.get(f"/oauth/logout?{urlencode({'id_token_hint': given['id_token']})}")
    assert not provider.is_active(lookup, given["access_token"])
    assert provider.is_active(other, beside)


@pytest.mark.parametrize("more", [
    {"post_logout_redirect_uri": "https://lookup.example/bye/"},
    {"post_logout_redirect_uri": "https://evil.example/bye"},
    {"post_logout_redirect_uri": "https://lookup.example/callback"},
    {},
])  # fmt: skip
def test_nobody_is_led_elsewhere_after_signing_out(provider: Provider, lookup: FrontEnd, more: dict[str, str]) -> None:
    given = provider.given(lookup, provider.sign_in())
    told = provider.http.get(f"/oauth/logout?{urlencode({'id_token_hint': given['id_token'], **more})}")
    assert told.location == "/sign-in"


def test_without_an_id_token_of_ours_a_person_is_asked_first(provider: Provider, lookup: FrontEnd) -> None:
    cookie = provider.sign_in()
    token = provider.given(lookup, cookie)["access_token"]
    headers = {"Cookie": f"__Host-postern-session={cookie}"}
    after = {"client_id": lookup.client_id, "post_logout_redirect_uri": "https://lookup.example/bye"}
    assert provider.http.get(f"/oauth/logout?{urlencode(after)}", headers=headers).location == "/sign-out"
    made_up = provider.http.get(f"/oauth/logout?{urlencode({'id_token_hint': token})}", headers=headers)
    assert made_up.status_code == 400, "an access token is no ID token"
    assert provider.is_active(lookup, token)


def test_who_a_token_is_of(provider: Provider, lookup: FrontEnd) -> None:
    given = provider.given(lookup, provider.sign_in())
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert provider.http.get("/oauth/userinfo", headers=headers).get_json() == {"sub": "ann", "name": "Ann Reader"}
    assert provider.http.post("/oauth/userinfo", headers=headers).get_json()["sub"] == "ann"
    less = provider.given(lookup, provider.sign_in(), scope="openid")["access_token"]
    assert provider.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {less}"}).get_json() == {
        "sub": "ann"
    }
    provider.ask("revoke", lookup, given["access_token"])
    told = provider.http.get("/oauth/userinfo", headers=headers)
    assert (told.status_code, 'error="invalid_token"' in told.headers["WWW-Authenticate"]) == (401, True)
