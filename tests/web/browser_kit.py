"""A person's browser without a browser: Flask's test client that signs in, reads pages and sends their forms.

Every page that is read here is checked for what each page of the service must be: see `checked`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from governance.app import build_app
from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.settings import Settings
from governance.people.models import Person
from governance.people.signin import service as signin
from governance.people.signin.rules import Limits
from governance.people.signin.views import COOKIE
from governance.ports.visitor import Visitor
from tests.installation import Installation
from tests.web.page_tree import Node, read
from wsgi import AREAS

AMR = {"mfa": ("pwd", "otp"), "passkey": ("swk", "user"), "": ("pwd",)}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (tests)"}


class Page:
    """An answer as a person sees it."""

    def __init__(self, browser: Browser, response: TestResponse) -> None:
        self.browser, self.response = browser, response
        self.status, self.headers = response.status_code, response.headers
        self.text = response.get_data(as_text=True)
        is_page = response.mimetype == "text/html" and not 300 <= self.status < 400
        self.tree: Node = read(self.text) if is_page else Node("", {})
        if is_page:
            checked(self.tree)

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers.get("Location", "")

    @property
    def title(self) -> str:
        return self.tree.one("title").text

    @property
    def heading(self) -> str:
        return self.tree.one("h1").text

    @property
    def words(self) -> str:
        """What the page says, without header and footer."""
        return self.tree.one("main").text

    @property
    def errors(self) -> dict[str, str]:
        """The error summary: sentence by link."""
        found = self.tree.all(having="govuk-error-summary__list")
        return {(item.all("a") or [item])[0]["href"]: item.text for one in found for item in one.all("li")}

    @property
    def told(self) -> list[str]:
        """The lines that were kept for this page."""
        return [one.text for one in self.tree.all(having="govuk-notification-banner__heading")]

    @property
    def menu(self) -> list[str]:
        """The links of the navigation."""
        return [one.text for one in self.tree.all("a", having="govuk-service-navigation__link")]

    @property
    def codes(self) -> list[str]:
        """The codes of the reasons that it gives."""
        return [one["data-code"] for one in self.tree.walk() if "data-code" in one.attributes]

    @property
    def token(self) -> str:
        """The token that its forms bear."""
        return self.tree.all("input", name="form_token")[0]["value"]

    def link(self, text: str) -> str:
        """Where the link with these words leads."""
        found = [one["href"] for one in self.tree.all("a") if one.text == text]
        assert found, f"no link {text!r}"
        return found[0]

    def form(self, number: int = 0) -> Node:
        """A form in the main part."""
        return self.tree.one("main").all("form")[number]

    def fields(self, number: int = 0) -> dict[str, Any]:
        """What a form would send as it stands."""
        sent: dict[str, Any] = {}
        for one in self.form(number).walk():
            if not one["name"] or "disabled" in one.attributes:
                continue
            if one["type"] in ("radio", "checkbox") and "checked" not in one.attributes:
                continue
            if one.name == "input" and one["type"] == "checkbox":
                sent.setdefault(one["name"], []).append(one["value"])
            elif one.name == "input":
                sent[one["name"]] = one["value"]
            elif one.name == "textarea":
                sent[one["name"]] = one.text_raw.removeprefix("\n")
            elif one.name == "select":
                options = one.all("option")
                chosen = [option for option in options if "selected" in option.attributes] or options[:1]
                sent[one["name"]] = chosen[0]["value"] if chosen else ""
        return sent

    def send(self, number: int = 0, **values: Any) -> Page:
        """Fill a form in and send it; a name with a hyphen is written with two underscores (`ends__day`)."""
        filled = self.fields(number) | {name.replace("__", "-"): value for name, value in values.items()}
        return self.browser.post(self.form(number)["action"], filled, token="")

    def follow(self) -> Page:
        """Go where it leads."""
        assert self.status == 303, self.text
        return self.browser.get(self.location)


class Browser:
    """One person's browser, with the cookies that it was given."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.service = app.extensions["postern"]
        public = urlsplit(self.service.settings.public_url)
        self._base = f"{public.scheme}://{public.netloc}"
        self._place = public.path.rstrip("/")
        self.client = app.test_client()
        self._host = public.hostname or "localhost"

    def sign_in(self, reference: str, acr: str = "mfa", *, now: datetime | None = None) -> Visitor:
        """Have a session for a person, so far proved: "" (first factor only), "mfa" or "passkey"."""
        secret, visitor = new_session(self.service.databases, self.service.settings, reference, acr, now=now)
        self.client.set_cookie(COOKIE, secret, domain=self._host, secure=True, httponly=True)
        return visitor

    def open(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, **more: Any) -> Page:
        """Ask for a path of this service, as a browser does."""
        path = path.removeprefix(self._base).removeprefix(self._place) or "/"
        sent = {**BROWSER, **(headers or {})}
        return Page(self, self.client.open(path, method=method, base_url=self._base, headers=sent, **more))

    def get(self, path: str, **headers: str) -> Page:
        """Ask for a page."""
        return self.open(path, headers=headers)

    def post(self, path: str, data: Mapping[str, Any], *, token: str | None = None, **headers: str) -> Page:
        """Send a form; `token` is put in, the session's own where none is given and "" for what `data` has."""
        sent = dict(data)
        if token is None:
            sent["form_token"] = self.token()
        elif token:
            sent["form_token"] = token
        return self.open(path, "POST", {"Origin": self._base, **headers}, data=sent)

    def token(self) -> str:
        """The token of this browser's forms: its session's, else one read off the page of sign-in."""
        cookie = self.client.get_cookie(COOKIE, domain=self._host)
        found = find_visitor(self.service.databases, self.service.settings, cookie.value) if cookie else None
        return self.get("/sign-in").token if found is None else found.form_token


def new_session(
    databases: Databases, settings: Settings, reference: str, acr: str = "mfa", *, now: datetime | None = None
) -> tuple[str, Visitor]:
    """A session for a person, so far proved: the secret for its cookie, and whom it shows."""
    now = now or clock.now()
    with databases.reading() as session:
        person = session.scalars(select(Person.id).where(Person.reference == reference)).one()
    with databases.change("test", now) as session:
        secret = signin.begin_session(session, person, reference, AMR[""], "Tests", now=now)
    visitor = find_visitor(databases, settings, secret, now)
    assert visitor is not None
    if acr:
        with databases.change("test", now) as session:
            secret = signin.prove_factor(session, visitor, acr, AMR[acr], None, now=now)
        visitor = find_visitor(databases, settings, secret, now)
        assert visitor is not None
    return secret, visitor


def find_visitor(databases: Databases, settings: Settings, secret: str, now: datetime | None = None) -> Visitor | None:
    """Whose session a cookie's secret opens."""
    limits = Limits.of(settings.session_idle_minutes, settings.session_hours)
    with databases.reading() as session:
        at = databases.freshness.current()
        return signin.find_visitor(session, secret, limits, at, now or clock.now())


def app_of(installation: Installation) -> Flask:
    """The application over an installation's databases."""
    return build_app(installation.service.settings, AREAS)


def checked(tree: Node) -> None:
    """What every page must be: one heading, a title, labels and legends, a token in each form, nothing inline."""
    assert len(tree.all("h1")) == 1, "one h1"
    summaries = tree.all(having="govuk-error-summary")
    assert len(summaries) <= 1, "one error summary; the layout writes it"
    title = tree.one("title").text
    assert title.endswith(" – Postern"), title
    assert title.startswith("Error: ") is bool(summaries), title
    assert len(title.removeprefix("Error: ").removesuffix(" – Postern")) > 2, "a title"
    ids = [one["id"] for one in tree.walk() if "id" in one.attributes]
    assert len(ids) == len(set(ids)), f"ids are given once: {sorted({one for one in ids if ids.count(one) > 1})}"
    for summary in summaries:
        for link in summary.all("a"):
            assert link["href"].removeprefix("#") in ids, f"the summary links to {link['href']}, which is not there"
    for one in tree.walk():
        assert not [name for name in one.attributes if name.startswith("on") or name == "style"], one.attributes
        assert one.name != "style"
        assert one.name != "script" or (one["src"].startswith("/") and not one.text)
    labelled(tree)
    measured(tree.one("main"))
    for form in tree.all("form"):
        method, tokens = form["method"] or "get", form.all("input", name="form_token")
        assert len(tokens) == (1 if method == "post" else 0), "a form that is sent bears one token"


def measured(main: Node) -> None:
    """Text and forms stand in the column of two thirds, tables across the whole page."""
    for one in main.walk():
        narrow = one.within("govuk-grid-column-two-thirds")
        assert narrow or one.name not in ("h1", "form", "fieldset"), f"too wide to be read: {one.name} {one.text[:40]}"
        assert not narrow or one.name != "table", f"too narrow: {one.text[:40]}"


def labelled(tree: Node) -> None:
    """Each field has its label, each group its legend, each hint and error the field that it belongs to."""
    labels = {one["for"] for one in tree.all("label") if one.text}
    ids = {one["id"] for one in tree.walk()}
    for one in [*tree.all("input"), *tree.all("select"), *tree.all("textarea")]:
        hidden = one["type"] == "hidden" or "hidden" in one.attributes
        assert hidden or one["id"] in labels or one["aria-label"], f"no label: {one.attributes}"
    for group in tree.all("fieldset"):
        assert [legend for legend in group.all("legend") if legend.text], "a group has its legend"
    names: dict[str, list[Node]] = {}
    for one in tree.all("input"):
        if one["type"] in ("radio", "checkbox"):
            names.setdefault(one["name"], []).append(one)
    assert all(len(some) == 1 or some[0].above("fieldset") is not None for some in names.values()), "choices in a group"
    for one in tree.walk():
        assert set(one["aria-describedby"].split()) <= ids, one.attributes


def texts(nodes: Sequence[Node]) -> list[str]:
    """The words of elements."""
    return [one.text for one in nodes]
