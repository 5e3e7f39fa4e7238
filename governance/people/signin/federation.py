"""Speaks with organisations' OpenID providers. The keeper of Authlib's client side.

A provider is asked over HTTPS, never follows us elsewhere, and is believed only what it has signed: for us, for this
attempt, now. Whatever else it says is no answer. How it is asked, and how near it may be: asking.py and lines.py.
"""

from __future__ import annotations

import math
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

from governance.kernel.errors import BadInput, Fault
from governance.people.signin.asking import Reach, Turn, unanswered
from governance.people.signin.rules import ProviderFacts, Vouching

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
KINDS = frozenset({"RSA", "EC", "OKP"})
SCOPE = "openid profile email"
LEEWAY = 60
FRESH = timedelta(hours=12)
"""How long ago somebody may have proved themselves to their provider for its word to count as a second factor."""
KEPT_SECONDS = 600
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HERE = frozenset({"127.0.0.1", "::1", "localhost"})
NOT_RIGHT = (JoseError, AuthlibBaseError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
             RecursionError)  # fmt: skip
"""What is raised by what was sent in another shape than agreed, wherever it is looked at."""


class NotVouched(Exception):
    """A provider has not vouched for anybody in a way that counts."""


class Metadata(NamedTuple):
    """Where a provider is asked what, as it publishes it, and how near these places may be: no nearer than it is."""

    authorization: str
    token: str
    keys: str
    by_post: bool
    names_itself: bool
    reach: Reach


class Answer(NamedTuple):
    """The JSON at an address, from how near it came, and when."""

    found: dict[str, Any]
    reach: Reach
    at: float


class Published:
    """What providers publish of themselves, kept for some minutes so that nobody can make us ask them at will."""

    def __init__(self) -> None:
        self._kept: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def get(self, url: str, turn: Turn, allowed: Reach, *, afresh: bool = False) -> Answer:
        """The JSON at an address."""
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None and not afresh and is_fresh(kept):
            return kept
        answer = fetch(url, turn, allowed)
        with self._lock:
            self._kept = {where: one for where, one in self._kept.items() if is_fresh(one)} | {url: answer}
        return answer


PUBLISHED = Published()


def is_fresh(answer: Answer) -> bool:
    """Whether what was published is still taken as it was."""
    return time.monotonic() - answer.at <= KEPT_SECONDS


def fetch(url: str, turn: Turn, allowed: Reach) -> Answer:
    """The JSON at a provider's address; raise `Unavailable` where there is none."""
    from governance.people.signin import lines  # noqa: PLC0415 - only those whom a provider vouches for need it

    try:
        with lines.session(turn, allowed) as session:
            response = session.get(url, allow_redirects=False)
        found = orjson.loads(response.content) if response.status_code == HTTPStatus.OK else None
    except (OSError, ValueError) as wrong:  # all of the library's own are an OSError
        raise turn.no_answer() from wrong
    if not isinstance(found, dict):
        raise turn.no_answer()
    return Answer(found, turn.answered_from, time.monotonic())


def is_here(url: str) -> bool:
    """Whether an address is plain HTTP on this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in HERE


def check_address(url: str, *, may_be_here: bool = True) -> str:
    """An address that may be asked: HTTPS, or plain HTTP on this machine; raise `BadInput` where it is none."""
    parts = urlsplit(url)
    right = parts.scheme == "https" or (may_be_here and is_here(url))
    if not right or not parts.hostname or parts.username or parts.fragment:
        raise BadInput([Fault("issuer", "is no address of a provider", "Write one such as https://login.example.org.")])
    return url


def discover(issuer: str, turn: Turn | None = None) -> Metadata:
    """What a provider publishes of itself; raise `Unavailable` where it is not the one that was named.

    The operator says where the issuer is. What it then names is asked on this machine, or in a private network, only
    where the issuer itself has answered from there.
    """
    address = check_address(issuer).rstrip("/") + "/.well-known/openid-configuration"
    found, reach, _ = PUBLISHED.get(address, turn or Turn(issuer), Reach.MACHINE)
    if found.get("issuer") != issuer:
        raise unanswered()
    try:
        authorization, token, keys = (
            check_address(str(found[name]), may_be_here=is_here(issuer))
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        by_post = "client_secret_basic" not in methods
    except (LookupError, TypeError, ValueError, BadInput) as wrong:
        raise unanswered() from wrong
    names_itself = found.get("authorization_response_iss_parameter_supported") is True
    return Metadata(authorization, token, keys, by_post, names_itself, reach)


def client(provider: ProviderFacts, secret: str, back: str, metadata: Metadata, turn: Turn) -> OAuth2Session:
    """A client of a provider."""
    from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

    from governance.people.signin import lines  # noqa: PLC0415

    method = "client_secret_post" if metadata.by_post else "client_secret_basic"
    made = OAuth2Session(
        provider.client_id, secret, token_endpoint_auth_method=method, scope=SCOPE, redirect_uri=back,
        code_challenge_method="S256",
    )  # fmt: skip
    made.max_redirects = 0
    lines.bound(made, turn, metadata.reach)
    return made


def authorization_url(provider: ProviderFacts, back: str, state: str, nonce: str, verifier: str) -> str:
    """Where somebody is sent to sign in with their provider."""
    turn = Turn(provider.issuer)
    metadata = discover(provider.issuer, turn)
    extras = {"acr_values": " ".join(provider.second_factor_acrs), "max_age": int(FRESH.total_seconds())}
    asked = extras if provider.second_factor_acrs else {}
    url, _ = client(provider, "", back, metadata, turn).create_authorization_url(
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
    turn = Turn(provider.issuer)
    metadata = discover(provider.issuer, turn)
    named = returned.issuer or (provider.issuer if not metadata.names_itself else "")
    if named != provider.issuer or not returned.code:
        raise NotVouched("another provider answered")
    try:
        with client(provider, secret, back, metadata, turn) as session:
            tokens = session.fetch_token(
                metadata.token, grant_type="authorization_code", code=returned.code, code_verifier=verifier
            )
    except OSError as wrong:  # one that is no JSON at all is of both kinds: it is no answer
        raise turn.no_answer() from wrong
    except NOT_RIGHT as wrong:
        raise NotVouched("the code was not taken, or the answer has not the shape of one") from wrong
    try:
        return read(provider, tokens, published_key(metadata, str(tokens["id_token"]), turn), nonce, now)
    except NOT_RIGHT as wrong:
        raise NotVouched("the ID token is not right") from wrong


def read(provider: ProviderFacts, tokens: Any, key: Any, nonce: str, now: datetime) -> Vouching:
    """What an ID token says, once everything about it was found right. It raises whatever it finds wrong."""
    token = jwt.decode(str(tokens["id_token"]), key, algorithms=list(ALGORITHMS))
    right = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    given = {"nonce": nonce, "client_id": provider.client_id, "access_token": tokens.get("access_token")}
    claims = CodeIDToken(token.claims, token.header, right, given)
    if not all(math.isfinite(claims.get(name) or 0) for name in ("exp", "nbf", "iat", "auth_time")):
        raise NotVouched("a moment is none")  # a comparison with what is no number is never true
    claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    return as_vouching(provider, claims, now)


def published_key(metadata: Metadata, text: str, turn: Turn) -> Any:
    """The key that an ID token names, of those that its provider publishes: asked for anew where it is not there."""
    kid = extract_compact(text.encode()).headers().get("kid")
    for afresh in (False, True):
        published = PUBLISHED.get(metadata.keys, turn, metadata.reach, afresh=afresh).found
        listed = [key for key in published["keys"] if key.get("kty") in KINDS and key.get("use", "sig") == "sig"]
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
    at = EPOCH + timedelta(seconds=proved) if isinstance(proved, int | float) else None
    fresh = at is not None and now - FRESH <= at <= now + timedelta(seconds=LEEWAY)
    acr = claims.get("acr")
    return Vouching(value, email, acr if isinstance(acr, str) else "", claims.get("amr"),
                    min(at, now) if at is not None and fresh else None)  # fmt: skip
