"""What front ends come for and their people with them: codes, tokens, whether a token stands, and its end."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from governance.clients.rules import FrontEndFacts
from governance.clients.store import find_front_end
from governance.kernel.errors import Conflict, Unauthenticated
from governance.people.signin.rules import Limits
from governance.people.signin.service import end_sessions
from governance.people.store import find_name
from governance.ports.actor import Actor
from governance.ports.visitor import Acr, Visitor
from governance.web.leading import SECOND_STEP, SIGN_IN
from tokens.issuing import service as issuing
from tokens.issuing import store
from tokens.issuing.messages import AFTER, Asked, Claims, Hands, Refused, Reply, SignOut
from tokens.issuing.provider import Protocol
from tokens.issuing.reader import Reader
from tokens.issuing.rules import (
    ACCESS,
    ACRS,
    IDENTITY,
    SCOPES,
    CodeFacts,
    Step,
    Wanted,
    access_claims,
    active,
    digest,
    identity_claims,
    next_step,
)
from tokens.issuing.verifying import BadToken, verify

ATTEMPTS = 5
"""How often what others did at the same moment is tried again."""
HERE = "/oauth/authorize"
PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
IN_VAIN = Reply(400, {"error": "invalid_grant"}, PRIVATE)
"""What is told of a code that comes to nothing."""


class Elsewhere(NamedTuple):
    """Where a person goes first, on our own pages; `back` is where they come back to."""

    page: str
    back: str
    acr: str


class Counter:
    """One process's counter, over the service."""

    def __init__(self, service: Any, reader: Reader) -> None:
        self._service = service
        self._keys = reader.keys
        self.reader = reader
        self.issuer: str = service.settings.public_url
        self._limits = Limits.of(service.settings.session_idle_minutes, service.settings.session_hours)

    def authorize(self, asked: Asked, visitor: Visitor | None, now: datetime) -> Reply | Elsewhere:
        """A person whom a front end sends here: back with a code or the reason why not, or first to our own pages."""
        at = self._service.databases.freshness.current()
        with self._service.databases.reading() as session:
            protocol = Protocol(Hands(partial(find_front_end, session, at)), self.issuer)
            wanted = protocol.authorization(self._believed(asked), now)
        step = next_step(visitor, wanted.wishes, now)
        if step is Step.CANNOT:
            return protocol.denied(wanted, "unmet_authentication_requirements", "It was proved in another way.")
        if visitor is None or step is not Step.GO:
            if wanted.wishes.silent:
                return protocol.denied(wanted, "login_required", "The person has to be asked first.")
            page = SIGN_IN if step is Step.SIGN_IN else SECOND_STEP
            return Elsewhere(page, self._back(asked, now), " ".join(wanted.wishes.acr))
        if not self.may_sign_in(visitor, now):
            return protocol.denied(wanted, "access_denied", "This person may not sign in now.")
        return protocol.granted(wanted, self._give_code(visitor, wanted, now))

    def _give_code(self, visitor: Visitor, wanted: Wanted, now: datetime) -> str:
        with self._service.databases.change(f"page:{visitor.reference}", now) as session:
            return issuing.give_code(session, visitor, wanted, now=now)

    def _back(self, asked: Asked, now: datetime) -> str:
        kept = {name: values[0] for name, values in asked.parameters.items() if name != AFTER}
        moment = str(int(now.timestamp()))
        return f"{HERE}?{urlencode({**kept, AFTER: f'{moment}.{next(self._marks(kept, moment))}'})}"

    def _believed(self, asked: Asked) -> Asked:
        """A request with the moment at which its person was sent to prove themselves, if it was us who wrote it there.

        It stands for this very request, state and nonce and all; whatever else somebody writes there is left out.
        """
        kept = {name: values[0] for name, values in asked.parameters.items() if name != AFTER and values}
        moment, _, mark = next(iter(asked.parameters.get(AFTER, ())), "").partition(".")
        ours = any(hmac.compare_digest(mark.encode(), one.encode()) for one in self._marks(kept, moment))
        others = {name: values for name, values in asked.parameters.items() if name != AFTER}
        return asked._replace(parameters={**others, **({AFTER: [moment]} if ours else {})})

    def _marks(self, kept: Mapping[str, str], moment: str) -> Iterator[str]:
        text = urlencode([*sorted(kept.items()), (AFTER, moment)]).encode()
        for _, key in self._service.settings.secret_keys.keys:
            yield hmac.new(key, b"postern prompted\0" + text, "sha256").hexdigest()

    def token(self, asked: Asked, now: datetime) -> Reply:
        """Tokens for a code; signed once the trail has been told of them."""
        issued = persisting(lambda: self._redeem(asked, now))
        key = self._keys.ring().signing(now)
        access = key.sign(access_claims(issued.given, issued.audience, issued.scope, issued.jti), ACCESS)
        identity = key.sign(identity_claims(issued.given, issued.nonce, access), IDENTITY)
        lasts = int((issued.given.ends_at - now).total_seconds())
        told = {"access_token": access, "token_type": "Bearer", "expires_in": lasts, "scope": issued.scope}
        return Reply(200, {**told, "id_token": identity}, PRIVATE)

    def _redeem(self, asked: Asked, now: datetime) -> issuing.Issued:
        self._keys.ring()
        at = self._service.databases.freshness.current()
        may_enter = self._look(asked, at, now)
        refused: Refused | None = None
        issued: issuing.Issued | None = None
        with self._service.databases.change("front-end", now) as session:
            take = partial(issuing.take_code, session, now=now)
            try:
                front_end, code = Protocol(Hands(partial(find_front_end, session, at), take)).redeem(asked)
                begin = issuing.begin_front_end_session
                if may_enter:
                    issued = begin(session, code, front_end, self._limits, self.issuer, now=now)
            except Refused as wrong:  # a code that was brought in vain is used up all the same
                refused = wrong
        if issued is None:
            raise refused or Refused(IN_VAIN)
        return issued

    def _look(self, asked: Asked, at: int, now: datetime) -> bool:
        """Whether a code's person may still sign in; raise `Refused` where to use it up would change nothing.

        What is made up, over, or no code of who brings it costs a look and no more, and so does one that was used and
        gave nothing that still stands. Of a used one more is taken to be a copy only where all else is right.
        """
        seen: list[CodeFacts] = []

        def look(code: str, client_id: str) -> CodeFacts | None:
            found = store.find_code(session, digest(code), client_id)
            seen.extend([found] if found is not None else [])
            return found

        with self._service.databases.reading() as session:
            in_vain, is_right = Refused(IN_VAIN), True
            try:
                Protocol(Hands(partial(find_front_end, session, at), look)).redeem(asked)
            except Refused as wrong:
                in_vain, is_right = wrong, False
            if not seen:
                raise in_vain
            code, gave = seen[0], store.find_session(session, seen[0].sid)
            sign_in = store.find_sign_in(session, code.sign_in)
        if not code.is_fresh(now):
            if is_right and gave is not None and gave.ended_at is None:
                return False
            raise in_vain
        if sign_in is None or not is_right or not sign_in[0].is_live(self._limits, now):
            return False
        return self.may_sign_in(issuing.as_visitor(*sign_in), now)

    def introspect(self, asked: Asked, now: datetime) -> Reply:
        """Whether a token stands: {"active": false} and nothing more where it does not."""
        return self._answer(
            "introspection", asked, now, lambda claims: active(claims) if self._stands(claims, now) else None
        )

    def revoke(self, asked: Asked, now: datetime) -> Reply:
        """The end of a token, and of the front end's session that it is of."""
        return self._answer("revocation", asked, now, lambda claims: claims)

    def _answer(self, name: str, asked: Asked, now: datetime, look: Callable[[Claims], Claims | None]) -> Reply:
        at = self._service.databases.freshness.current()

        def token(text: str) -> Claims | None:
            claims = self.reader.claims(text, now)
            return look(claims) if claims is not None else None

        def end(claims: Claims) -> None:
            self._end(claims, "revoked by the front end", now)

        with self._service.databases.reading() as session:
            hands = Hands(partial(find_front_end, session, at), token=token, end=end)
            reply = Protocol(hands).answer(name, asked)
        return reply._replace(headers={**reply.headers, **PRIVATE})

    def _end(self, claims: Claims, why: str, now: datetime) -> None:
        with self._service.databases.reading() as session:
            found = store.find_session(session, claims["sid"])
        if found is None or found.ended_at is not None:
            return

        def end() -> None:
            with self._service.databases.change("front-end", now) as session:
                issuing.end_front_end_session(session, claims["sid"], claims["client_id"], why, now=now)

        persisting(end)

    def standing(self, claims: Claims, now: datetime) -> issuing.Standing | None:
        """Whose a good token is, where it still stands and its person may still sign in."""
        at = self._service.databases.freshness.current()
        with self._service.databases.reading() as session:
            found = issuing.find_token_standing(session, claims, self._limits, at, now)
        return found if found is not None and self.may_sign_in(found.visitor(), now) else None

    def _stands(self, claims: Claims, now: datetime) -> bool:
        return self.standing(claims, now) is not None

    def userinfo(self, text: str, now: datetime) -> Mapping[str, Any]:
        """Who a token's person is; raise `Unauthenticated` where it does not stand."""
        claims = self.reader.claims(text, now)
        found = self.standing(claims, now) if claims is not None else None
        if claims is None or found is None:
            raise Unauthenticated("this access token is not good")
        told = {"sub": claims["sub"]}
        if "profile" in claims.get("scope", "").split():
            at = self._service.databases.freshness.current()
            with self._service.databases.reading() as session:
                told["name"] = find_name(session, found.sign_in.person, at) or claims["sub"]
        return told

    def sign_out(self, asked: Asked, now: datetime) -> SignOut:
        """What a front end that signs somebody out has shown."""
        at = self._service.databases.freshness.current()
        with self._service.databases.reading() as session:
            hands = Hands(partial(find_front_end, session, at), identity=self.identity)
            return Protocol(hands).sign_out(asked)

    def identity(self, text: str) -> Claims | None:
        """What an ID token of ours claims, be it over or not; None where it is none."""
        try:
            claims = verify(text, self._keys.ring().public, typ=IDENTITY)
        except BadToken:
            return None
        named = all(isinstance(claims.get(name), str) for name in ("sid", "sub", "aud"))
        return claims if named and claims.get("iss") == self.issuer else None

    def end_with(self, shown: SignOut, visitor: Visitor | None, now: datetime) -> bool:
        """Sign a person out as a front end asks: of all where it is their own session, else of that front end alone.

        Whether the visitor was signed out of all.
        """
        claims = shown.claims
        if claims is None:
            return False
        with self._service.databases.reading() as session:
            own = store.find_session(session, claims["sid"])
        if own is not None and visitor is not None and own.sign_in == visitor.sid:
            self.end_visit(visitor, now)
            return True
        self._end({"sid": claims["sid"], "client_id": claims["aud"]}, "signed out by the front end", now)
        return False

    def end_visit(self, visitor: Visitor, now: datetime) -> None:
        """End a visitor's session, and with it everything that hangs on it."""
        actor = Actor(visitor.reference, "page")
        with self._service.databases.change(str(actor), now) as session:
            end_sessions(
                session, visitor.person, "signed out", actor=actor, now=now, which=lambda one: one.sid == visitor.sid
            )

    def may_sign_in(self, visitor: Visitor, now: datetime) -> bool:
        """Whether a person may sign in at all, by Postern's own rules: working somewhere, not suspended or barred.

        Nor do they where their session is one that a role of theirs has outgrown.
        """
        if self._service.outgrown(visitor, now):
            return False
        asked = ("sign-in", "account", visitor.reference)
        return bool(self._service.authorise(visitor, *asked, {}, now=now).allowed)

    def name_of(self, following: str) -> str:
        """What the front end is called that a person goes on to, by the address; nothing where they do not."""
        found = self._entering(following)
        return found.name if found is not None else ""

    def wants_passkey(self, following: str) -> bool:
        """Whether the front end that a person goes on to, by the address, takes a passkey and nothing else."""
        named = parse_qs(urlsplit(following).query).get("acr_values", [""])[0].split()
        return self._entering(following) is not None and [one for one in ACRS if one in named] == [Acr.PASSKEY]

    def leads_to(self, following: str) -> tuple[str, ...]:
        """The sites to which forms lead in the end, for a person who goes on to that address."""
        found = self._entering(following)
        return found.redirect_uris if found is not None else ()

    def _entering(self, following: str) -> FrontEndFacts | None:
        parts = urlsplit(following)
        if parts.path != HERE or parts.netloc:
            return None
        at = self._service.databases.freshness.current()
        with self._service.databases.reading() as session:
            return find_front_end(session, at, parse_qs(parts.query).get("client_id", [""])[0])

    def described(self) -> dict[str, Any]:
        """What clients need to know of this provider (OpenID Connect Discovery)."""
        doors = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "introspection_endpoint": "introspect",
            "revocation_endpoint": "revoke", "end_session_endpoint": "logout", "userinfo_endpoint": "userinfo",
        }  # fmt: skip
        with_secret = ["client_secret_basic", "client_secret_post"]
        return {
            "issuer": self.issuer,
            **{name: f"{self.issuer}/oauth/{path}" for name, path in doors.items()},
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": list(SCOPES),
            "claims_supported": ["sub", "name", "acr", "amr", "auth_time", "sid", "nonce", "iss", "aud", "exp", "iat"],
            "acr_values_supported": ["mfa", "passkey"],
            "prompt_values_supported": ["none", "login"],
            "token_endpoint_auth_methods_supported": [*with_secret, "none"],
            "introspection_endpoint_auth_methods_supported": with_secret,
            "revocation_endpoint_auth_methods_supported": [*with_secret, "none"],
            "authorization_response_iss_parameter_supported": True,
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }


Did = TypeVar("Did")


def persisting(work: Callable[[], Did]) -> Did:
    """Do something that others may be changing at the same moment; raise `Conflict` where they always are."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict):
            return work()
    return work()


class Doors:
    """What the doors of a service share: the counter, made when first asked; its reader is the one decisions ask."""

    def __init__(self, service: Any) -> None:
        self._service = service

    @cached_property
    def counter(self) -> Counter:
        """The counter of this process."""
        reader = self._service.token_reader
        if not isinstance(reader, Reader):
            raise TypeError("another area reads the tokens")
        return Counter(self._service, reader)
