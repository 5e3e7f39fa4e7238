"""Reads signed texts strictly: what is not exactly as it should be is refused, and the reason names no value.

RFC 7515 and RFC 8725 (best practice): one algorithm a key, and the key by a name that is known here. What a text says
of itself beyond that (`jku`, `jwk`, `x5c`, `x5u`) is never looked at; `crit` and `b64` are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.kernel.base64url import decoded
from governance.kernel.errors import BadInput
from governance.kernel.jws import KeySet
from governance.web.ijson import read_object

LONGEST = 8_192
"""Characters of a signed text that are read; our own tokens have about a thousand."""

LEEWAY = timedelta(seconds=10)
EXTENSIONS = frozenset({"b64", "crit"})
"""Members of a header that change how the text must be read; none of them is understood here."""


class BadToken(ValueError):
    """A signed text that is not to be believed. It says why, in words that are safe to log."""


def verify(text: str, keys: KeySet, *, typ: str) -> dict[str, Any]:
    """What a signed text of a type (`at+jwt`) claims; raise `BadToken` unless one of these keys has signed it."""
    header, payload = open_signed(text, keys)
    if header.get("typ") != typ:
        raise BadToken("is of another type")
    return read_json(payload, "claims")


def open_signed(text: str, keys: KeySet) -> tuple[dict[str, Any], bytes]:
    """The header and the payload of a compact JWS that one of these keys has signed, or `BadToken`."""
    if len(text) > LONGEST:
        raise BadToken("is too long")
    parts = text.split(".")
    if len(parts) != 3:
        raise BadToken("has not three parts")
    stated, payload, signature = (raw(part) for part in parts)
    header = read_json(stated, "header")
    if EXTENSIONS & header.keys():
        raise BadToken("has extensions that are not understood")
    key = keys.find(header.get("kid"))
    if key is None:
        raise BadToken("was signed with a key that is not known")
    if header.get("alg") != key.algorithm:
        raise BadToken("names another algorithm than its key's")
    if not key.verifies(f"{parts[0]}.{parts[1]}".encode("ascii"), signature):
        raise BadToken("has a signature that does not fit")
    return header, payload


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime, leeway: timedelta = LEEWAY
) -> None:
    """Raise `BadToken` unless claims are by this issuer, for this audience and hold now.

    The end is exclusive; `exp` and `iat` must be there, `nbf` may. `leeway` is how far two clocks may be apart. Neither
    issuer nor audience can be left open: an empty one raises `ValueError`, for it is a fault of ours.
    """
    if not issuer or not audience:
        raise ValueError("name the issuer and the audience that are expected")
    if not isinstance(claims.get("iss"), str) or claims["iss"] != issuer:
        raise BadToken("is by another issuer")
    if audience not in audiences(claims.get("aud")):
        raise BadToken("is for another audience")
    seconds, apart = now.timestamp(), leeway.total_seconds()
    if seconds >= moment(claims, "exp") + apart:
        raise BadToken("has ended")
    begins = [moment(claims, name) for name in ("iat", "nbf") if name == "iat" or name in claims]
    if seconds < max(begins) - apart:
        raise BadToken("has not begun")


def raw(part: str) -> bytes:
    """The bytes of one part."""
    try:
        return decoded(part)
    except ValueError:
        raise BadToken("is not base64url") from None


def read_json(part: bytes, what: str) -> dict[str, Any]:
    """The object that bytes hold, by the strict rules for bodies: no name twice, bounded depth."""
    try:
        return read_object(part)
    except BadInput:
        raise BadToken(f"has a {what} part that is no plain JSON object") from None


def audiences(claimed: object) -> tuple[str, ...]:
    """Whom a text is for: one name, or a list of nothing but names."""
    if isinstance(claimed, str):
        return (claimed,)
    if isinstance(claimed, list) and all(isinstance(one, str) for one in claimed):
        return tuple(claimed)
    raise BadToken("does not say whom it is for")


def moment(claims: Mapping[str, Any], name: str) -> int:
    """Seconds since 1970, as a whole number."""
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadToken(f"does not say its {name}")
    return value
