"""Keys and signatures of signed texts (JWS: EdDSA over Ed25519, ES256 over P-256).

The keeper of joserfc, beside sign-in, which reads with it what other providers have signed (federation.py).
A key has one algorithm, told by its curve. Whose key a text is checked by, and what it must say, is not settled here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from governance.kernel.base64url import encoded

ALGORITHMS = {"Ed25519": "EdDSA", "P-256": "ES256"}
"""The curves of keys that sign and verify here, each with its one algorithm."""

KINDS: dict[object, type[ECKey | OKPKey]] = {"EC": ECKey, "OKP": OKPKey}


class NoSuchKey(ValueError):
    """A key that is of no use here: another kind, another algorithm, another purpose."""


class PublicKey:
    """A key that signatures are checked by."""

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        self._key, self.algorithm = imported(jwk, "verify")
        self.kid = named(jwk)

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether this very text was signed with the private half."""
        return bool(JWSRegistry.algorithms[self.algorithm].verify(text, signature, self._key))

    def as_jwk(self) -> dict[str, Any]:
        """The public key as others read it."""
        return {**self._key.as_dict(private=False), "kid": self.kid, "alg": self.algorithm, "use": "sig"}


class PrivateKey:
    """A key that signs; without a name of its own it goes by its thumbprint (RFC 7638)."""

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        self._key, self.algorithm = imported(jwk, "sign")
        self.kid = str(jwk["kid"]) if "kid" in jwk else str(self._key.thumbprint())

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """A compact JWS over claims; its header names the key, the algorithm and the type."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": typ}
        text = f"{encoded(dumped(header))}.{encoded(dumped(claims))}"
        return f"{text}.{encoded(JWSRegistry.algorithms[self.algorithm].sign(text.encode(), self._key))}"

    def public(self) -> PublicKey:
        """The half that may be shown."""
        return PublicKey({**self._key.as_dict(private=False), "kid": self.kid, "use": "sig", "key_ops": ["verify"]})


class KeySet:
    """Public keys by their names (`kid`)."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys: dict[str, PublicKey] = {}
        for key in keys:
            if self._keys.setdefault(key.kid, key) is not key:
                raise NoSuchKey(f"two keys are named {key.kid[:80]!r}")

    @classmethod
    def of(cls, jwks: Mapping[str, Any]) -> KeySet:
        """The usable keys of a JWKS; those for other purposes or of other kinds are passed over (RFC 7517 §5)."""
        keys = []
        for jwk in jwks["keys"]:
            try:
                keys.append(PublicKey(jwk))
            except NoSuchKey:
                continue
        return cls(keys)

    def find(self, kid: object) -> PublicKey | None:
        """The key of that name, if it is known."""
        return self._keys.get(kid) if isinstance(kid, str) else None

    def as_jwks(self) -> dict[str, Any]:
        """The set as others read it."""
        return {"keys": [key.as_jwk() for key in self._keys.values()]}


def new_jwk(curve: str = "P-256") -> dict[str, Any]:
    """A fresh private key on one of the curves of `ALGORITHMS`."""
    kind = ECKey if curve == "P-256" else OKPKey
    return dict(kind.generate_key(curve).as_dict(private=True))  # type: ignore[arg-type]


def imported(jwk: Mapping[str, Any], operation: str) -> tuple[ECKey | OKPKey, str]:
    """A key and its algorithm, where the key says of itself that it may do this; raise `NoSuchKey` otherwise."""
    kind, algorithm = KINDS.get(jwk.get("kty")), ALGORITHMS.get(str(jwk.get("crv")))
    if kind is None or algorithm is None or jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig":
        raise NoSuchKey("the key is of another kind or for another purpose")
    try:
        key = kind.import_key(dict(jwk))
        key.check_key_op(operation)
    except (JoseError, ValueError, TypeError, KeyError) as wrong:
        raise NoSuchKey(f"the key cannot be read or may not {operation} ({type(wrong).__name__})") from None
    return key, algorithm


def named(jwk: Mapping[str, Any]) -> str:
    """The name that a public key must have."""
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not kid:
        raise NoSuchKey("the key has no name")
    return kid


def dumped(value: Mapping[str, Any]) -> bytes:
    """JSON as it is signed."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
