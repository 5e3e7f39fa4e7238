"""A front end as tests play it: it sends a person to Postern, takes the code, and asks with what it was given."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from governance.app import build_app
from governance.clients.rules import NewFrontEnd
from governance.clients.service import register_front_end
from governance.kernel import clock
from governance.people.signin import service as signin
from governance.people.signin.rules import Limits
from governance.people.signin.views import COOKIE
from governance.people.store import get_person
from governance.ports.visitor import Visitor
from governance.web.signing import new_keys
from policies.service import activate_own
from tests.installation import ACTOR, Installation
from tests.servers import SYSTEM
from wsgi import AREAS

CALLBACK, AFTER = "https://lookup.example/callback", "https://lookup.example/bye"
LIMITS = Limits.of(30, 12)
PUBLIC = "http://127.0.0.1"


@dataclass
class FrontEnd:
    """A registered front end: its credentials, and what it made for the request under way."""

    client_id: str
    secret: str
    verifier: str = "v" * 64
    redirect_uri: str = CALLBACK

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def wish(self, **more: str | None) -> dict[str, str]:
        """The parameters with which a person is sent to Postern; None leaves one out."""
        usual: dict[str, str | None] = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri,
            "scope": "openid profile", "state": "s-1", "nonce": "n-1",
            "code_challenge": self.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def exchange(self, code: str, /, **more: str | None) -> dict[str, str]:
        """The form with which a code is brought."""
        usual: dict[str, str | None] = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier, "client_id": self.client_id, "client_secret": self.secret or None,
        }  # fmt: skip
        return {name: value for name, value in {**usual, **more}.items() if value is not None}


class Named(FlaskClient):
    """A client that calls the service by its name."""

    def open(self, *words: Any, **more: Any) -> TestResponse:
        return super().open(*words, **{"base_url": PUBLIC, **more})


class Provider:
    """Postern in this process over an installation, with front ends registered and people signed in."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.installation = installation
        self.databases = installation.databases
        self.keys = folder / "signing-keys.json"
        self.keys.write_text(new_keys())
        settings = replace(installation.service.settings, signing_keys=self.keys)
        self.app: Flask = build_app(settings, AREAS)
        self.service = self.app.extensions["postern"]
        activate_own(self.databases, self.service.requirements, ACTOR, clock.now())
        self.app.test_client_class = Named
        self.http = self.app.test_client(use_cookies=False)

    def register(
        self, name: str = "Look-up", *, public: bool = False, systems: tuple[str, ...] = (SYSTEM,)
    ) -> FrontEnd:
        """Register a front end."""
        now = clock.now()
        with self.databases.change("test", now) as session:
            made: NewFrontEnd = register_front_end(
                session, name, systems, [CALLBACK], [AFTER], public=public, actor=ACTOR, now=now
            )
        return FrontEnd(made.client_id, made.secret, secrets.token_urlsafe(48))

    def sign_in(self, person: str = "ann", acr: str = "mfa", now: datetime | None = None) -> str:
        """A person signed in with a second factor; the secret of the cookie."""
        moment = now or clock.now()
        with self.databases.change("test", moment) as session:
            number = get_person(session, person).id
            secret = signin.begin_session(session, number, person, ["pwd"], "a test", now=moment)
        return self.prove(secret, acr, moment) if acr else secret

    def prove(self, secret: str, acr: str = "mfa", now: datetime | None = None) -> str:
        """A second factor proved (again); the new secret of the cookie."""
        moment, visitor = now or clock.now(), self.visitor(secret, now)
        amr = ["pwd", "otp"] if acr == "mfa" else ["swk", "user"]
        with self.databases.change("test", moment) as session:
            return signin.prove_factor(session, visitor, acr, amr, None, now=moment)

    def visitor(self, secret: str, now: datetime | None = None) -> Visitor:
        """Whose session a cookie opens."""
        at = self.databases.freshness.current()
        with self.databases.reading() as session:
            found = signin.find_visitor(session, secret, LIMITS, at, now or clock.now())
        assert found is not None
        return found

    def authorize(self, wish: dict[str, str], cookie: str = "") -> TestResponse:
        """A person's browser at the door."""
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        return self.http.get(f"/oauth/authorize?{urlencode(wish)}", headers=headers)

    def code(self, front_end: FrontEnd, cookie: str, **more: str | None) -> str:
        """A code for a person who is signed in."""
        return words(self.authorize(front_end.wish(**more), cookie))["code"]

    def token(self, form: dict[str, str], **headers: str) -> TestResponse:
        """A code brought by a front end."""
        return self.http.post("/oauth/token", data=form, headers=headers)

    def given(self, front_end: FrontEnd, cookie: str, **more: str | None) -> dict[str, Any]:
        """All that a front end is given for a person."""
        told = self.token(front_end.exchange(self.code(front_end, cookie, **more)))
        assert told.status_code == 200, told.get_data(as_text=True)
        found: dict[str, Any] = told.get_json()
        return found

    def ask(self, path: str, front_end: FrontEnd, token: str, **more: str) -> TestResponse:
        """Introspect or revoke."""
        form = {"token": token, "client_id": front_end.client_id, **more}
        return self.http.post(
            f"/oauth/{path}", data=form | ({"client_secret": front_end.secret} if front_end.secret else {})
        )

    def is_active(self, front_end: FrontEnd, token: str) -> bool:
        """Whether introspection says that a token stands; where not, it says nothing more."""
        told = self.ask("introspect", front_end, token).get_json()
        assert told["active"] or told == {"active": False}
        return bool(told["active"])

    def decide(self, token: str, person: str = "ann", key: str = "", **context: Any) -> dict[str, Any]:
        """The answer to a question that comes with a token."""
        body = {
            "subject": {"type": "user", "id": person}, "action": {"name": "view"},
            "resource": {"type": "file", "id": "F-1"}, "context": {"case": "C-1", "access_token": token, **context},
        }  # fmt: skip
        path, headers = (
            f"/systems/{SYSTEM}/access/v1/evaluation",
            {"Authorization": f"Bearer {key or self.installation.key}"},
        )
        told = self.http.post(path, json=body, headers=headers)
        assert told.status_code == 200, told.get_data(as_text=True)
        return {**told.get_json(), "id": told.headers["Decision-Id"]}


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of a denial's reasons."""
    return [reason["code"] for reason in answer["context"]["reasons"]]


def words(response: TestResponse) -> dict[str, str]:
    """What a redirect carries."""
    assert response.status_code in (302, 303), response.get_data(as_text=True)
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}
