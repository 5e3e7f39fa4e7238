"""AuthZEN metadata over HTTP: where to ask, in the words of the settings; signed; obligations that may come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.conftest import PUBLIC, SCENARIOS, FrontEnd


@pytest.mark.parametrize("system", SCENARIOS)
def test_it_says_where_to_ask(front_end: FrontEnd, system: str) -> None:
    found = front_end.get(f"/.well-known/authzen-configuration/systems/{system}")
    point = f"{PUBLIC}/systems/{system}"
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    told = found.json
    assert told["policy_decision_point"] == point
    assert told["access_evaluation_endpoint"] == f"{point}/access/v1/evaluation"
    assert told["access_evaluations_endpoint"] == f"{point}/access/v1/evaluations"
    assert all(told.values()), "what has no value is left out"
    assert "supported_obligations" not in told, "these packs oblige to nothing"


def test_the_address_of_the_request_is_never_told(front_end: FrontEnd) -> None:
    path = "/.well-known/authzen-configuration/systems/todo"
    other = front_end.get(path, Host="evil.example", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http").json
    assert other.pop("signed_metadata")
    plain = front_end.get(path).json
    assert plain.pop("signed_metadata")
    assert other == plain


def test_it_is_signed_by_the_published_key(front_end: FrontEnd) -> None:
    told = front_end.get("/.well-known/authzen-configuration/systems/todo").json
    signed = told.pop("signed_metadata")
    keys = front_end.get("/.well-known/jwks.json").json
    assert all("d" not in key for key in keys["keys"])
    claims = jwt.decode(signed, KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    assert claims == {"iss": PUBLIC, **told}


def test_a_changed_signature_is_refused(front_end: FrontEnd) -> None:
    signed = front_end.get("/.well-known/authzen-configuration/systems/todo").json["signed_metadata"]
    keys = KeySet.import_key_set(front_end.get("/.well-known/jwks.json").json)
    head, body, signature = signed.split(".")
    with pytest.raises(Exception, match=r"(?i)signature"):
        jwt.decode(".".join([head, body, signature[::-1]]), keys, algorithms=["ES256"])


def test_set_up_makes_the_key_for_its_owner_alone(tmp_path: Any) -> None:
    from governance.installation import make

    assert make(tmp_path / "instance", "https://x.example")
    key = tmp_path / "instance" / "metadata-key.json"
    assert key.stat().st_mode & 0o777 == 0o600
    assert json.loads(key.read_text())["d"]


def test_an_unknown_system_is_a_404(front_end: FrontEnd) -> None:
    found = front_end.get("/.well-known/authzen-configuration/systems/nowhere")
    assert (found.status, found.headers["content-type"]) == (404, "application/problem+json")
