"""A browser for tests of sign-in's pages: keeps cookies as a browser does, and fills in forms with their token."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from governance.app import build_app
from governance.people.signin.service import begin_session, prove_factor
from governance.people.signin.views import COOKIE
from governance.people.store import get_person
from governance.ports.authorise import Permission
from tests.signin.people import Place
from wsgi import AREAS

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
ALLOWED = Permission(allowed=True)


class Site:
    """The pages of an installation, with what Postern's own pack would say put in its place."""

    def __init__(self, place: Place) -> None:
        self.place, self.asked = place, list[tuple[Any, ...]]()
        service = place.installation.service
        settings = replace(service.settings, public_url="https://postern.example")
        self.app: Flask = build_app(settings, AREAS)
        self.permission = ALLOWED
        self.app.extensions["postern"].authorise = self.authorise

    def anew(self, place: Place) -> "Site":
        """Begin another test."""
        self.place, self.asked, self.permission = place, [], ALLOWED
        return self

    def close(self) -> None:
        """Let go of the application's databases."""
        self.app.extensions["postern"].databases.close()

    def authorise(self, *asked: Any, **_named: Any) -> Permission:
        """Whatever the test says."""
        self.asked.append(asked[1:])
        return self.permission

    def browser(self) -> "Browser":
        """A new browser."""
        return Browser(self)


class Browser:
    """Follows nothing by itself; every answer can be looked at."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client: Client = site.app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url="https://postern.example", headers=self.headers(headers))

    def post(self, path: str, data: Mapping[str, str] | None = None, page: str = "", **headers: str) -> TestResponse:
        """Send a form that stands on a page (the same path, unless another is named)."""
        token = self.token(page or path)
        sent = {"form_token": token, **(data or {})}
        return self.client.post(path, data=sent, base_url="https://postern.example", headers=self.headers(headers))

    def token(self, page: str) -> str:
        """The token of the forms on a page."""
        found = TOKEN.search(self.get(page).get_data(as_text=True))
        return found.group(1) if found else ""

    def headers(self, more: Mapping[str, str]) -> dict[str, str]:
        """What a browser sends along."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"} | named

    def cookie(self, name: str = COOKIE) -> str:
        """A cookie that it keeps."""
        found = self.client.get_cookie(name, domain="postern.example")
        return found.value if found is not None else ""

    def sign_in(self, reference: str, password: str, **more: str) -> TestResponse:
        """Fill in the form of sign-in."""
        return self.post("/sign-in", {"name": reference, "password": password, **more})

    def be(self, reference: str, acr: str = "mfa") -> "Browser":
        """Be signed in as somebody."""
        place = self.site.place

        def begin(session: Any) -> str:
            number = get_person(session, reference).id
            return begin_session(session, number, reference, ("pwd",), "Firefox on Linux", now=place.now)

        secret = place.change(begin)
        if acr:
            visitor = place.there(secret)
            secret = place.change(
                lambda session: prove_factor(session, visitor, acr, ("pwd", "otp"), None, now=place.now)
            )
        self.client.set_cookie(COOKIE, secret, domain="postern.example", secure=True)
        return self
