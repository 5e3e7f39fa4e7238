"""What Postern gives a front end about a person, for how long, and what it asks of them first. Pure.

Lifetimes and claims follow RFC 9068 (access tokens), OpenID Connect Core and RFC 9470 (stepping up).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from governance.ports.visitor import Acr, Visitor

CODE_LIVES = timedelta(seconds=60)
TOKEN_LIVES = timedelta(minutes=5)
PROMPTED_WITHIN = timedelta(minutes=15)
"""How long a person may take to prove themselves before they are asked again."""
KEPT = timedelta(days=8)
"""How long a code and a front end's session are kept. A person's session lasts a day at most, and what hangs on it too,
so for a week nothing can have come of them; until then a code that is brought again ends what it gave."""
LONGEST = 400
"""Characters of a nonce or a state that are kept and given back."""
ACCESS, IDENTITY = "at+jwt", "JWT"
SCOPES = ("openid", "profile")
ACRS = (Acr.MFA, Acr.PASSKEY)
"""The authentication contexts that a front end may ask for, the weaker first."""


class CodeFacts(NamedTuple):
    """An authorization code as it stands: for whom, which front end and what it was bound to."""

    row: int
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    scope: str
    sign_in: str
    sid: str
    used_at: datetime | None
    expires_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether it can still be used: nobody has, and its time is not over."""
        return self.used_at is None and now < self.expires_at


class Wanted(NamedTuple):
    """What a front end asks for when it sends a person here, once it is known to be in order."""

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    state: str
    nonce: str
    wishes: Wishes


class Wishes(NamedTuple):
    """How well and how lately a front end wants a person to have proved who they are.

    `after` is the moment since which they must have done so, where they were sent to do it for this very request.
    """

    silent: bool = False
    anew: bool = False
    max_age: timedelta | None = None
    acr: tuple[Acr, ...] = ()
    after: datetime | None = None


class Step(StrEnum):
    """What comes next for a person whom a front end has sent here."""

    GO = "go"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    CANNOT = "cannot"


def next_step(visitor: Visitor | None, wishes: Wishes, now: datetime) -> Step:
    """What comes next: back to the front end, or first sign in, or prove a factor (again); `CANNOT` ends a circle."""
    if visitor is None:
        return Step.SIGN_IN
    if not visitor.is_proved:
        return Step.STEP_UP
    fresh, strong = is_fresh(visitor, wishes, now), is_strong(visitor.acr, wishes.acr)
    if fresh and strong:
        return Step.GO
    return Step.CANNOT if fresh and wishes.after is not None else Step.STEP_UP


def is_fresh(visitor: Visitor, wishes: Wishes, now: datetime) -> bool:
    """Whether they have proved who they are lately enough."""
    if wishes.after is not None:
        return visitor.auth_time >= wishes.after
    if wishes.anew:
        return False
    return wishes.max_age is None or now - visitor.auth_time < wishes.max_age


def is_strong(acr: str, accepted: Sequence[Acr]) -> bool:
    """Whether a context is among those accepted; a passkey counts wherever any second factor does."""
    return not accepted or acr in accepted or (acr == Acr.PASSKEY and Acr.MFA in accepted)


def prompted_at(given: str, now: datetime) -> datetime | None:
    """The moment at which a person was sent to prove themselves, from the address that they come back to."""
    if not (given.isascii() and given.isdecimal() and len(given) < 12):
        return None
    moment = datetime.fromtimestamp(int(given), UTC)
    return moment if now - PROMPTED_WITHIN <= moment <= now else None


def token_ends_at(now: datetime, session_ends_at: datetime) -> datetime:
    """The first moment at which a token given now no longer holds: never later than the session that it is of."""
    return min(now + TOKEN_LIVES, session_ends_at)


class Given(NamedTuple):
    """What tokens say: whom they are about, for which front end and session, how well proved, from when to when."""

    issuer: str
    subject: str
    client_id: str
    sid: str
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime
    now: datetime
    ends_at: datetime

    def common(self) -> dict[str, Any]:
        """The claims that both tokens have."""
        return {
            "iss": self.issuer, "sub": self.subject, "iat": int(self.now.timestamp()),
            "exp": int(self.ends_at.timestamp()), "sid": self.sid, "acr": self.acr, "amr": list(self.amr),
            "auth_time": int(self.auth_time.timestamp()),
        }  # fmt: skip


def access_claims(given: Given, audience: Sequence[str], scope: str, jti: str) -> dict[str, Any]:
    """An access token's claims (RFC 9068): for the decision points of its front end's systems."""
    return {**given.common(), "aud": list(audience), "client_id": given.client_id, "scope": scope, "jti": jti}


def identity_claims(given: Given, nonce: str, access_token: str) -> dict[str, Any]:
    """An ID token's claims (OpenID Connect Core): for the front end alone, bound to the access token beside it."""
    claims = {**given.common(), "aud": given.client_id, "at_hash": half_hash(access_token)}
    return claims | {"nonce": nonce} if nonce else claims


def half_hash(text: str) -> str:
    """The left half of a text's SHA-256, as ID tokens name what was given beside them."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


def points(public_url: str, systems: Sequence[str]) -> tuple[str, ...]:
    """The decision points of systems, as tokens name whom they are for."""
    return tuple(point(public_url, system) for system in systems)


def point(public_url: str, system: str) -> str:
    """A system's decision point by its identifier."""
    return f"{public_url}/systems/{system}"


def is_covered(audience: Sequence[str], own: Sequence[str]) -> bool:
    """Whether any of the names for whom a token is ends in a system of one's own."""
    return any(name.endswith(f"/systems/{system}") for name in audience for system in own)


def digest(secret: str) -> bytes:
    """What is stored of a code: it has entropy enough to need no password hash."""
    return hashlib.sha256(secret.encode()).digest()


def active(claims: Mapping[str, Any]) -> dict[str, Any]:
    """What introspection says of a token that stands (RFC 7662)."""
    said = ("iss", "sub", "aud", "client_id", "exp", "iat", "jti", "sid", "acr", "amr", "auth_time", "scope")
    return {"active": True, "token_type": "Bearer", **{name: claims[name] for name in said if name in claims}}
