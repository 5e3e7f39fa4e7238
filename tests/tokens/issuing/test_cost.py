"""What requests cost that can change nothing: no record and no revision. And what others can do with a stolen key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import func, select

from governance.kernel import clock
from governance.kernel.jws import PrivateKey
from governance.people.signin.service import end_sessions
from governance.trail import models
from governance.web.signing import new_keys
from tests.installation import ACTOR
from tests.tokens.issuing.front_end_kit import PUBLIC, FrontEnd, Provider, codes
from tokens.issuing import reader
from tokens.issuing.keys import KeyFile, read_keys, rotated, write_keys
from tokens.issuing.rules import ACCESS, CODE_LIVES, point

SAMPLE = 3


def cost(provider: Provider) -> tuple[int, int]:
    """How many records there are, and the revision."""
    with provider.databases.trail_reading() as connection:
        records = connection.execute(select(func.count()).select_from(models.leaf)).scalar_one()
    return records, provider.databases.freshness.current()


def sign_out(provider: Provider, cookie: str) -> None:
    visitor, now = provider.visitor(cookie), clock.now()
    with provider.databases.change("test", now) as session:
        end_sessions(session, visitor.person, "a test", actor=ACTOR, now=now)


@pytest.mark.parametrize("who", ["nobody", "its front end", "another"])
@pytest.mark.parametrize("state", ["used", "over", "made up"])
def test_a_code_that_gives_nothing_costs_nothing(provider: Provider, lookup: FrontEnd, state: str, who: str) -> None:
    cookie = provider.sign_in()
    code = provider.code(lookup, cookie) if state != "made up" else "x" * 43
    if state == "used":
        assert provider.token(lookup.exchange(code)).status_code == 200
        sign_out(provider, cookie)
        provider.token(lookup.exchange(code))  # a copy, which ends what it gave
    told = {"nobody": {"client_id": None, "client_secret": None}, "its front end": {}, "another": {}}[who]
    by = provider.register("another") if who == "another" else lookup
    form, later = by.exchange(code, **told), CODE_LIVES if state == "over" else timedelta()
    with time_machine.travel(clock.now() + later, tick=False):
        before = cost(provider)
        answers = {provider.token(form).get_json()["error"] for _ in range(SAMPLE)}
        assert answers == {"invalid_client" if who == "nobody" else "invalid_grant"}
        assert cost(provider) == before


def test_a_code_of_who_was_signed_out_is_used_up_and_asks_for_no_decision(provider: Provider, lookup: FrontEnd) -> None:
    cookie = provider.sign_in()
    code = provider.code(lookup, cookie)
    sign_out(provider, cookie)
    before = cost(provider)
    assert [provider.token(lookup.exchange(code)).status_code for _ in range(SAMPLE)] == [400] * SAMPLE
    assert cost(provider) == (before[0], before[1] + 1)


@pytest.mark.parametrize(("wrong", "ends"), [({}, True), ({"code_verifier": "w" * 64}, False)])
def test_a_used_code_ends_what_it_gave_where_all_else_is_right(
    provider: Provider, wrong: dict[str, Any], ends: bool
) -> None:
    """A code stands in addresses, which others may read; what made its challenge does not."""
    front_end = provider.register("public", public=True)
    code = provider.code(front_end, provider.sign_in())
    token = provider.token(front_end.exchange(code)).get_json()["access_token"]
    before = cost(provider)[1]
    assert provider.token(front_end.exchange(code, **wrong)).get_json()["error"] == "invalid_grant"
    assert codes(provider.decide(token)) == (["token_not_good"] if ends else [])
    assert cost(provider)[1] == before + ends


def test_what_is_ended_is_ended_once(provider: Provider, lookup: FrontEnd) -> None:
    """ID tokens are hints for long after they are over, and go through browsers."""
    given = provider.given(lookup, provider.sign_in())
    hint = f"/oauth/logout?{urlencode({'id_token_hint': given['id_token']})}"
    assert provider.http.get(hint).status_code == 303
    assert codes(provider.decide(given["access_token"])) == ["token_not_good"]
    before = cost(provider)
    for _ in range(SAMPLE):
        assert provider.http.get(hint).status_code == 303
        assert provider.ask("revoke", lookup, given["access_token"]).status_code == 200
    assert cost(provider) == before


# --- a key that others have


def claims(subject: str, sid: str, client: str) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    told = {"iss": PUBLIC, "aud": [point(PUBLIC, "archive")], "sub": subject, "sid": sid, "client_id": client}
    return {**told, "iat": now, "exp": now + 10**8, "acr": "passkey", "amr": ["pop"], "auth_time": now}


def test_what_a_key_has_signed_is_dead_with_it_whoever_was_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(new_keys())
    forged = PrivateKey(read_keys(file)[0]).sign(claims("ann", "sid", "client"), ACCESS)
    keys, now, verify = KeyFile(file), clock.now(), reader.verify

    def meanwhile(*given: Any, **more: Any) -> Any:
        found = verify(*given, **more)
        write_keys(file, rotated(read_keys(file), now, at_once=True))
        keys.ring()  # as any other request does
        return found

    made = reader.Reader(PUBLIC, keys)
    monkeypatch.setattr(reader, "verify", meanwhile)
    assert made.read(forged, now), "it was good when this began"
    monkeypatch.setattr(reader, "verify", verify)
    assert made.read(forged, now) is None


def test_a_token_speaks_for_the_person_of_its_session_whoever_signed_it(provider: Provider, lookup: FrontEnd) -> None:
    own = provider.given(lookup, provider.sign_in())
    now = clock.now()
    sid = provider.service.token_reader.claims(own["access_token"], now)["sid"]
    key = PrivateKey(read_keys(provider.keys)[0])
    for subject, good in (("ann", True), ("mo", False), ("nobody.at.all", False)):
        token = key.sign(claims(subject, sid, lookup.client_id), ACCESS)
        assert ("token_not_good" not in codes(provider.decide(token, subject))) is good
        assert provider.is_active(lookup, token) is good
