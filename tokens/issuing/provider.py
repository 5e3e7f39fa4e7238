"""The rules of OAuth 2.0 and OpenID Connect as Authlib's server knows them. Its keeper; no other file here imports it.

Authlib reads and judges requests: which front end asks and whether it is that one, where it may be returned to, PKCE,
what introspection, revocation and sign-out are asked. What is stored, signed and told stays with us, and so does how
well a person must have proved who they are; docs/decisions/0018-tokens.md says why.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core import errors as openid
from authlib.oidc.rpinitiated import EndSessionEndpoint

from governance.clients.rules import FrontEndFacts
from tokens.issuing.messages import AFTER, Asked, Claims, Hands, Refused, Reply, SignOut
from tokens.issuing.rules import ACRS, LONGEST, SCOPES, CodeFacts, Wanted, Wishes, is_covered, prompted_at

logging.getLogger("authlib").setLevel(logging.WARNING)  # at DEBUG it writes down what it is given

METHODS = ("client_secret_basic", "client_secret_post", "none")
UNPROVED = "There is no such front end, or its secret is not right, or it came in no way that is accepted here."
SECURE = "https://here"
NOT_SUPPORTED = {
    "request": openid.RequestNotSupportedError,
    "request_uri": openid.RequestURINotSupportedError,
    "registration": openid.RegistrationNotSupportedError,
}


class Payload(OAuth2Payload):  # type: ignore[misc] # the library has no types
    """A request's parameters."""

    def __init__(self, parameters: Mapping[str, Sequence[str]]) -> None:
        self._parameters = parameters

    @property
    def data(self) -> dict[str, str]:
        """Each parameter's value."""
        return {name: values[0] for name, values in self._parameters.items() if values}

    @property
    def datalist(self) -> dict[str, list[str]]:
        """Each parameter's values."""
        return {name: list(values) for name, values in self._parameters.items()}


class Request(OAuth2Request):  # type: ignore[misc]
    """A request of ours as Authlib reads it; that it came by TLS is the settings' word, not the request's."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, SECURE, headers={"Authorization": asked.authorization})
        self.payload = Payload(asked.parameters)

    @property
    def args(self) -> dict[str, str]:
        """The parameters."""
        return self.form

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        data: dict[str, str] = self.payload.data
        return data


class Client(ClientMixin):  # type: ignore[misc]
    """A registered front end as Authlib asks about it."""

    def __init__(self, facts: FrontEndFacts) -> None:
        self.facts = facts
        self.client_metadata = {"post_logout_redirect_uris": facts.post_logout_uris}

    def get_client_id(self) -> str:
        """Its name."""
        return self.facts.client_id

    def get_default_redirect_uri(self) -> None:
        """None: it is always said where to return to."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of a scope is given; None where it is no OpenID request."""
        wanted = (scope or "").split()
        return " ".join(name for name in SCOPES if name in wanted) if "openid" in wanted else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it is registered, letter by letter."""
        return redirect_uri in self.facts.redirect_uris

    def check_client_secret(self, secret: str) -> bool:
        """Whether this is its secret."""
        return self.facts.is_opened_by(secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Whether it proves itself so: without anything only where it has no secret."""
        return (method == "none") is self.facts.is_public

    def check_response_type(self, response_type: str) -> bool:
        """Whether it may ask for this: codes alone are given."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may bring this: codes alone are taken."""
        return grant_type == "authorization_code"


class Code:
    """A code that was just used up, as Authlib asks about it."""

    def __init__(self, facts: CodeFacts) -> None:
        self.facts = facts
        self.code_challenge, self.code_challenge_method = facts.challenge, "S256"

    def get_redirect_uri(self) -> str:
        """Where it was sent to."""
        return self.facts.redirect_uri


class Token:
    """A token that stands, as Authlib asks about it."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims

    def is_expired(self) -> bool:
        """Whether it is over: then it was not found at all."""
        return False

    is_revoked = is_expired

    def check_client(self, client: Client) -> bool:
        """Whether it was given to this front end."""
        return bool(self.claims["client_id"] == client.get_client_id())


class Proof(CodeChallenge):  # type: ignore[misc]
    """PKCE as it is required of every front end: with SHA-256."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        """Refuse a request without a challenge, or with one that is no hash."""
        data = grant.request.payload.data
        if not data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)


class OpenId:
    """What an OpenID request may not ask for here."""

    def __call__(self, grant: Any) -> None:
        """Look at each request."""
        grant.register_hook("after_validate_authorization_request_payload", self.look)

    @staticmethod
    def look(grant: Any, _nothing: object) -> None:
        """Refuse what is not supported, and what is too long to be given back."""
        data = grant.request.payload.data
        for name, error in NOT_SUPPORTED.items():
            if name in data:
                raise error()
        if data.get("response_mode", "query") != "query":
            raise InvalidRequestError("Unsupported 'response_mode'")
        if len(data.get("nonce", "")) > LONGEST or len(data.get("state", "")) > LONGEST:
            raise InvalidRequestError("'nonce' or 'state' is too long")


TELLABLE = re.compile(r"[!#-\[\]-~]{1,200}")
"""What an error may repeat (RFC 6749, 4.1.2.1: no quotation mark, no backslash), in a line of a fair length."""


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes: asked for by a redirect, brought back by the front end itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: Client) -> str:
        """The address to return to; an error names the one that came, where it may have its letters."""
        redirect_uri = request.payload.redirect_uri
        if not redirect_uri or not client.check_redirect_uri(redirect_uri):
            came = f" It was {redirect_uri}" if redirect_uri and TELLABLE.fullmatch(redirect_uri) else ""
            raise InvalidRequestError(f"The 'redirect_uri' is not registered for this client.{came}")
        return str(redirect_uri)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Use a code up, if it is this front end's."""
        found = self.server.hands.take_code(code, client.get_client_id())
        return Code(found) if found is not None else None


def look_at_form(request: Any, _client: Client) -> None:
    """Refuse a form without a token. What kind of token it is said to be is not read (RFC 7009, 2.2; RFC 7662, 2.1)."""
    if "token" not in request.form:
        raise InvalidRequestError("Missing 'token'")


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """Whether a token stands (RFC 7662): for the front end that it was given to, and those whose systems it is for."""

    CLIENT_AUTH_METHODS = METHODS[:2]
    check_params = staticmethod(look_at_form)

    def query_token(self, text: str, _hint: str | None) -> Token | None:
        """The token, if it stands."""
        found = self.server.hands.token(text)
        return Token(found) if found is not None else None

    def check_permission(self, token: Token, client: Client, _request: Any) -> bool:
        """Whether this front end may know."""
        return token.check_client(client) or is_covered(token.claims["aud"], client.facts.systems)

    def introspect_token(self, token: Token) -> dict[str, Any]:
        """What is said of it."""
        return dict(token.claims)


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """The end of a token and of the front end's session that it is of (RFC 7009)."""

    CLIENT_AUTH_METHODS = METHODS
    check_params = staticmethod(look_at_form)

    def query_token(self, text: str, _hint: str | None) -> Token | None:
        """The token, if it is one of ours that has not ended."""
        found = self.server.hands.token(text)
        return Token(found) if found is not None else None

    def revoke_token(self, token: Token, _request: Any) -> None:
        """End it."""
        self.server.hands.end(token.claims)


class EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """Signing out at a front end's request; its ID token is read by our own strict reader."""

    def _validate_id_token_hint(self, hint: str) -> dict[str, Any]:
        claims = self.server.hands.identity(hint)
        if claims is None:
            raise InvalidRequestError("The 'id_token_hint' is none of ours.")
        return dict(claims)


class Protocol(AuthorizationServer):  # type: ignore[misc]
    """One request's worth of Authlib's server, over what is kept here."""

    def __init__(self, hands: Hands, issuer: str = "") -> None:
        super().__init__()
        self.hands = hands
        self._issuer = issuer
        self.register_grant(CodeGrant, [Proof(required=True), OpenId()])
        for endpoint in (Introspection, Revocation, EndSession):
            self.register_endpoint(endpoint)

    def query_client(self, client_id: str) -> Client | None:
        """A front end by its name."""
        found = self.hands.front_end(client_id)
        return Client(found) if found is not None else None

    def create_oauth2_request(self, request: Any) -> Request:
        """A request of ours as one of Authlib's."""
        return request if isinstance(request, Request) else Request(request)

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Reply:
        """An answer as one of ours; where it leads back to a front end it names who answers (RFC 9207).

        Whoever is no front end of ours is told by which scheme it could prove itself, however it came (RFC 6749, 5.2).
        """
        named, told = dict(headers), body if isinstance(body, Mapping) else None
        if "Location" in named:
            named["Location"] = add_params_to_uri(named["Location"], [("iss", self._issuer)])
        elif told is not None and told.get("error") == InvalidClientError.error:
            told = {**told, "error_description": UNPROVED}
            return Reply(401, told, {**named, "WWW-Authenticate": 'Basic realm="postern"'})
        return Reply(status, told, named)

    def send_signal(self, name: str, *_words: object, **_more: object) -> None:
        """Nobody listens: what happens is told to the trail."""

    def authorization(self, asked: Asked, now: datetime) -> Wanted:
        """What a front end asks for by sending a person here; raise `Refused` where it is not in order."""
        request = self._request(asked)
        if len(asked.parameters.get("response_type", ())) == 1 and request.payload.response_type != "code":
            self._refuse_type(request)
        try:
            grant = self.get_consent_grant(request)
            wishes = read_wishes(request.payload.data, now)
        except OAuth2Error as wrong:
            raise self._refused(request, wrong) from None
        data = request.payload.data
        state, nonce, challenge = (data.get(name, "") for name in ("state", "nonce", "code_challenge"))
        client_id: str = grant.client.get_client_id()
        return Wanted(client_id, grant.redirect_uri, challenge, request.scope, state, nonce, wishes)

    def _refuse_type(self, request: Request) -> NoReturn:
        found = self.query_client(request.payload.client_id or "")
        back = request.payload.redirect_uri
        known = found is not None and back is not None and found.check_redirect_uri(back)
        wrong = UnsupportedResponseTypeError("other", redirect_uri=back if known else None, state=request.payload.state)
        raise self._refused(request, wrong)

    def granted(self, wanted: Wanted, code: str) -> Reply:
        """The way back to a front end, with a code."""
        state = [("state", wanted.state)] if wanted.state else []
        return self.handle_response(
            302, None, [("Location", add_params_to_uri(wanted.redirect_uri, [("code", code), *state]))]
        )

    def denied(self, wanted: Wanted, error: str, why: str) -> Reply:
        """The way back to a front end, with the reason why there is no code."""
        wrong = OAuth2Error(why, error=error, state=wanted.state or None, redirect_uri=wanted.redirect_uri)
        return self.handle_response(*wrong())

    def redeem(self, asked: Asked) -> tuple[FrontEndFacts, CodeFacts]:
        """Who brings a code, and the code, used up now; raise `Refused` where it is not in order."""
        request = self._request(asked)
        try:
            grant = self.get_token_grant(request)
            grant.validate_token_request()
        except OAuth2Error as wrong:
            raise self._refused(request, wrong) from None
        except ValueError:
            raise self._refused(request, InvalidClientError(status_code=401)) from None
        return request.client.facts, request.authorization_code.facts

    def answer(self, name: str, asked: Asked) -> Reply:
        """The answer to an introspection or a revocation."""
        request = self._request(asked)
        try:
            reply: Reply = self.create_endpoint_response(name, request)
        except ValueError:
            raise self._refused(request, InvalidClientError(status_code=401)) from None
        return reply

    def sign_out(self, asked: Asked) -> SignOut:
        """What a request to sign out has shown; raise `Refused` where it is not in order."""
        request = self._request(asked)
        try:
            found = self.validate_endpoint_request("end_session", request)
        except OAuth2Error as wrong:
            raise self._refused(request, wrong) from None
        facts = found.client.facts if found.client is not None else None
        return SignOut(found.id_token_claims, facts, found.redirect_uri or "")

    def _request(self, asked: Asked) -> Request:
        request = Request(asked)
        if any(len(values) > 1 for values in asked.parameters.values()):
            raise self._refused(request, InvalidRequestError("A parameter comes twice."))
        return request

    def _refused(self, request: Request, wrong: OAuth2Error) -> Refused:
        reply: Reply = self.handle_error_response(request, wrong)
        return Refused(reply)


def read_wishes(data: Mapping[str, str], now: datetime) -> Wishes:
    """How well and how lately a person must have proved themselves, from a request's parameters."""
    prompts = set(data.get("prompt", "").split())
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequestError(
            "Invalid 'prompt' parameter.", redirect_uri=data["redirect_uri"], state=data.get("state")
        )
    age, named = data.get("max_age", ""), data.get("acr_values", "").split()
    if age and not (age.isascii() and age.isdecimal() and len(age) < 10):
        raise InvalidRequestError(
            "Invalid 'max_age' parameter.", redirect_uri=data["redirect_uri"], state=data.get("state")
        )
    accepted = tuple(one for one in ACRS if one in named)
    if named and not accepted:
        why = "None of these authentication contexts is known here."
        error = "unmet_authentication_requirements"
        raise OAuth2Error(why, error=error, redirect_uri=data["redirect_uri"], state=data.get("state"))
    max_age = timedelta(seconds=int(age)) if age else None
    return Wishes("none" in prompts, "login" in prompts, max_age, accepted, prompted_at(data.get(AFTER, ""), now))
