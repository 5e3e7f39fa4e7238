"""Signs what this service publishes (JWS, ES256), and publishes the key to check it by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from governance.kernel.errors import BadInput, Fault
from governance.kernel.jws import KeySet, NoSuchKey, PrivateKey, new_jwk


class Signer:
    """A signing key from its file."""

    def __init__(self, file: Path) -> None:
        try:
            jwk = json.loads(file.read_text("utf-8"))
            self._key = PrivateKey(jwk if isinstance(jwk, dict) and jwk.get("kty") == "EC" else {})
        except (OSError, ValueError) as wrong:
            why = "NoSuchKey" if isinstance(wrong, NoSuchKey) else type(wrong).__name__
            cure = "Give a private P-256 key as a JWK, or leave the setting out: postern setup makes one."
            raise BadInput([Fault(str(file), f"is no key to sign with ({why})", cure)]) from None

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWS over claims; its header names the key."""
        return self._key.sign(claims, "JWT")

    def public(self) -> dict[str, Any]:
        """The set of public keys (JWKS)."""
        return KeySet([self._key.public()]).as_jwks()


def new_keys() -> str:
    """A set of private keys with a fresh one, as text for its file."""
    return json.dumps({"keys": [new_jwk()]})


def new_key() -> str:
    """A fresh private key, as text for its file."""
    return json.dumps(new_jwk())
