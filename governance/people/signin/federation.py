"""Speaks with organisations' OpenID providers. The keeper of Authlib's client side and of requests.

A provider is asked over HTTPS, never follows us elsewhere, and is believed only what it has signed: for us, for this
attempt, now. Whatever else it says is no answer.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from governance.kernel.errors import BadInput, Fault, Unavailable
from governance.people.signin.rules import ProviderFacts, Vouching, methods_of

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
KINDS = frozenset({"RSA", "EC", "OKP"})
SCOPE = "openid profile email"
LEEWAY = 60
FRESH = timedelta(hours=12)
"""How long ago somebody may have proved themselves to their provider for its word to count as a second factor."""
PATIENCE = (3.05, 5)
GREATEST, PIECE = 1_000_000, 65_536
"""Bytes of an answer that are read, and at once."""
KEPT_SECONDS = 600


class NotVouched(Exception):
    """A provider has not vouched for anybody in a way that counts."""


class Metadata(NamedTuple):
    """Where a provider is asked what, as it publishes it."""

    authorization: str
    token: str
    keys: str
    by_post: bool
    names_itself: bool


class Published:
    """What providers publish of themselves, kept for some minutes so that nobody can make us ask them at will."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, url: str, *, afresh: bool = False) -> Any:
        """The JSON at an address."""
        with self._lock:
            at, found = self._kept.get(url, (0.0, None))
        if found is None or afresh or time.monotonic() - at > KEPT_SECONDS:
            found = fetch(url)
            with self._lock:
                self._kept[url] = (time.monotonic(), found)
        return found


PUBLISHED = Published()


def fetch(url: str) -> Any:
    """The JSON at a provider's address; raise `Unavailable` where there is none."""
    import requests  # noqa: PLC0415 - it weighs much, and only those whom a provider vouches for need it

    try:
        with requests.get(url, timeout=PATIENCE, allow_redirects=False, stream=True) as response:
            text = bytearray()
            for piece in response.iter_content(PIECE):
                text += piece
                if len(text) > GREATEST:
                    break
        found = orjson.loads(text) if response.status_code == HTTPStatus.OK and len(text) <= GREATEST else None
    except (OSError, ValueError) as wrong:  # all of the library's own are an OSError
        raise unanswered() from wrong
    if not isinstance(found, dict):
        raise unanswered()
    return found


def unanswered() -> Unavailable:
    """What is told when a provider gives no answer."""
    return Unavailable("the sign-in of this organisation does not answer; try again in some minutes", "provider_silent")


def check_address(url: str) -> str:
    """An address that may be asked: HTTPS, or this very machine; raise `BadInput` where it is none."""
    parts = urlsplit(url)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not (parts.scheme == "https" or here) or not parts.hostname or parts.username or parts.fragment:
        raise BadInput([Fault("issuer", "is no address of a provider", "Write one such as https://login.example.org.")])
    return url


def discover(issuer: str) -> Metadata:
    """What a provider publishes of itself; raise `Unavailable` where it is not the one that was named."""
    found = PUBLISHED.get(check_address(issuer).rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise unanswered()
    try:
        authorization, token, keys = (
            check_address(str(found[name])) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
    except (KeyError, BadInput) as wrong:
        raise unanswered() from wrong
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    names_itself = found.get("authorization_response_iss_parameter_supported") is True
    return Metadata(authorization, token, keys, "client_secret_basic" not in methods, names_itself)


def client(provider: ProviderFacts, secret: str, back: str, metadata: Metadata) -> OAuth2Session:
    """A client of a provider."""
    from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

    method = "client_secret_post" if metadata.by_post else "client_secret_basic"
    made = OAuth2Session(
        provider.client_id, secret, token_endpoint_auth_method=method, scope=SCOPE, redirect_uri=back,
        code_challenge_method="S256", default_timeout=PATIENCE,
    )  # fmt: skip
    made.max_redirects = 0
    return made


def authorization_url(provider: ProviderFacts, back: str, state: str, nonce: str, verifier: str) -> str:
    """Where somebody is sent to sign in with their provider."""
    metadata = discover(provider.issuer)
    extras = {"acr_values": " ".join(provider.second_factor_acrs), "max_age": int(FRESH.total_seconds())}
    asked = extras if provider.second_factor_acrs else {}
    url, _ = client(provider, "", back, metadata).create_authorization_url(
        metadata.authorization, state=state, code_verifier=verifier, nonce=nonce, **asked
    )
    return str(url)


class Returned(NamedTuple):
    """What somebody brought back from their provider."""

    code: str
    issuer: str
    state: str = ""


def vouched(
    provider: ProviderFacts, secret: str, back: str, returned: Returned, nonce: str, verifier: str, now: datetime
) -> Vouching:
    """Whom a provider vouches for; raise `NotVouched` where it does not, `Unavailable` where it does not answer."""
    metadata = discover(provider.issuer)
    named = returned.issuer or (provider.issuer if not metadata.names_itself else "")
    if named != provider.issuer or not returned.code:
        raise NotVouched("another provider answered")
    try:
        tokens = client(provider, secret, back, metadata).fetch_token(
            metadata.token, grant_type="authorization_code", code=returned.code, code_verifier=verifier
        )
    except AuthlibBaseError as wrong:
        raise NotVouched("the code was not taken") from wrong
    except (OSError, ValueError) as wrong:
        raise unanswered() from wrong
    return read(provider, metadata, tokens, nonce, now)


def read(provider: ProviderFacts, metadata: Metadata, tokens: Any, nonce: str, now: datetime) -> Vouching:
    """What an ID token says, once everything about it was found right."""
    try:
        text = str(tokens["id_token"])
        token = jwt.decode(text, key_for(metadata.keys, text), algorithms=list(ALGORITHMS))
        right = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        }
        given = {"nonce": nonce, "client_id": provider.client_id, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, right, given)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, AuthlibBaseError, KeyError, ValueError, TypeError) as wrong:
        raise NotVouched("the ID token is not right") from wrong
    return as_vouching(provider, claims, now)


def key_for(address: str, text: str) -> Any:
    """The key that an ID token names, of those that its provider publishes: asked for anew where it is not there."""
    kid = extract_compact(text.encode()).headers().get("kid")
    for afresh in (False, True):
        published = PUBLISHED.get(address, afresh=afresh)
        listed = [
            key for key in published.get("keys", []) if key.get("kty") in KINDS and key.get("use", "sig") == "sig"
        ]
        chosen = [key for key in listed if kid is None or key.get("kid") == kid]
        if len(chosen) == 1:
            return KeySet.import_key_set({"keys": chosen}).keys[0]
    raise NotVouched("the key is not published")


def as_vouching(provider: ProviderFacts, claims: Any, now: datetime) -> Vouching:
    """The claims that are used. An address that is not ASCII is none of an account's, however alike it looks."""
    told = claims.get("email")
    verified = claims.get("email_verified") is True and isinstance(told, str) and told.isascii()
    email = told if verified else ""
    value = email if provider.claim == "email" else claims.get(provider.claim)
    if not isinstance(value, str) or not 0 < len(value) <= 300:
        raise NotVouched("the claim is not there")
    proved = claims.get("auth_time")
    at = datetime.fromtimestamp(proved, UTC) if isinstance(proved, (int, float)) else None
    fresh = at is not None and now - FRESH <= at <= now + timedelta(seconds=LEEWAY)
    acr = claims.get("acr")
    return Vouching(value, email, acr if isinstance(acr, str) else "", methods_of(claims.get("amr")),
                    min(at, now) if at is not None and fresh else None)  # fmt: skip
