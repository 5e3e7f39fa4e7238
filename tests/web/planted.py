"""Pages planted into the application, so that the shell is tried before and apart from any room's own pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from flask import Flask, Response, g, request
from jinja2 import ChoiceLoader, DictLoader
from marshmallow import Schema, fields, validate

from governance.kernel.verdict import Reason, Refused, Verdict
from governance.ports.area import Area, Link
from governance.ports.authorise import Permission
from governance.ports.visitor import Visitor
from governance.web.downloads import csv_response
from governance.web.forms import AS_TYPED, SECRET, Day, read_filters, read_form
from governance.web.headers import lead_to
from governance.web.pages import allowed, anybody, go, half_signed_in, render, signed_in, tell_next
from governance.web.paging import after_key, keyset, paged
from tests.installation import Installation, installed
from tests.web.browser_kit import Browser, app_of

SHOWN = """{% extends "layouts/page.html" %}
{% from "components/parts.html" import back_link %}
{% block title %}Planted{% endblock %}
{% block before %}{{ back_link("/planted/back") }}{% endblock %}
{% block main %}<h1 class="govuk-heading-l">Planted</h1><p class="govuk-body">{{ said }}</p>{% endblock %}"""
FORM = """{% extends "layouts/page.html" %}
{% from "components/forms.html" import form, input, password_input, date_input, radios, checkboxes, select, textarea,
   button %}
{% block title %}A form{% endblock %}
{% block main %}
<h1 class="govuk-heading-l">A form</h1>
{% call form(url_for(request.endpoint)) %}
{{ input("name", "Name", form=form, hint="As on your payslip", autocomplete="name") }}
{{ password_input("password", "Password", form=form) }}
{{ date_input("ends", "When does it end?", form=form, hint="For example, 31 3 2027") }}
{{ radios("kind", "What is it?", [("a", "An apple"), ("b", "A pear", "Green")], form=form) }}
{{ checkboxes("needs", "What does it need?", [("w", "Water"), ("s", "Sun")], form=form) }}
{{ select("size", "Size", [("", "Choose"), ("1", "Small"), ("2", "Large")], form=form) }}
{{ textarea("why", "Why?", form=form) }}
{{ button("Save") }}
{% endcall %}
{% endblock %}"""
LIST = """{% extends "layouts/page.html" %}
{% from "components/parts.html" import table, paging %}
{% block title %}A list{% endblock %}
{% block main %}
<h1 class="govuk-heading-l">A list</h1>
{% endblock %}
{% block wide %}
{{ table("Numbers", ["Number", "Twice"], rows, numeric=(1,)) }}
{{ paging(page) }}
{% endblock %}"""
NUMBERS = 130
REASON = {
    "code": "no_grant", "requirement": "grant", "user": "You have no role here.",
    "remedy": {"who": "line_manager", "what": "Ask for access."},
}  # fmt: skip
REFUSED = Permission(allowed=False, reasons=[REASON], decision_id="D-77")


class Sent(Schema):
    """What the planted form takes."""

    name = fields.String(required=True, validate=validate.Length(max=40, error="Enter at most 40 letters"),
                         error_messages={"required": "Enter a name"})  # fmt: skip
    password = fields.String(metadata={SECRET: True, AS_TYPED: True})
    ends = Day(required=True)
    kind = fields.String(validate=validate.OneOf(["a", "b"], error="Choose what it is"))
    needs = fields.List(fields.String())
    size = fields.Integer()
    why = fields.String()


class Narrowed(Schema):
    """What the planted list is narrowed down to."""

    word = fields.String()


@dataclass
class Planted:
    """What the planted pages were asked, and how their questions are answered."""

    done: list[Mapping[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    links_asked: int = 0
    answer: Permission = field(default_factory=lambda: Permission(allowed=True))
    may_see: set[tuple[str, str]] = field(default_factory=set)

    def authorise(
        self, visitor: Visitor, action: str, resource_type: str, resource_id: str, properties: Mapping[str, Any],
        *, now: datetime,
    ) -> Permission:  # fmt: skip
        self.asked.append((action, resource_type, resource_id, properties))
        return REFUSED if resource_id == "refused" else self.answer

    def see(
        self, visitor: Visitor, asked: Collection[tuple[str, str]], *, now: datetime
    ) -> Collection[tuple[str, str]]:
        self.links_asked += 1
        return self.may_see & set(asked)


def plant_pages(app: Flask) -> Planted:
    """Put pages of every stage, a form, a list and a download into an application that has not yet served."""
    planted, service = Planted(), app.extensions["postern"]
    service.authorise, service.may_see = planted.authorise, planted.see
    links = (Link("Own", "own"), Link("Planted people", "people", "plant-people", "organisation"))
    service.areas = (*service.areas, Area("planted", navigation=links))
    templates = {"planted.html": SHOWN, "form.html": FORM, "list.html": LIST}
    app.jinja_loader = ChoiceLoader([DictLoader(templates), app.jinja_loader])  # type: ignore[list-item]
    plant_stages(app)
    plant_forms(app, planted)
    plant_lists(app)
    return planted


def shown() -> Response:
    return render("planted.html", said=g.visitor.name if g.get("visitor") else "nobody")


def plant_stages(app: Flask) -> None:
    app.get("/planted/open", endpoint="open")(anybody("planted for a test")(shown))
    app.get("/planted/half", endpoint="half")(half_signed_in(shown))
    app.get("/planted/own", endpoint="own")(signed_in(shown))
    about = lambda reference="": (reference, {"within": [reference, "council"]})  # noqa: E731
    guard = allowed("view-people", "organisation", about)
    app.get("/planted/people", endpoint="people")(guard(shown))
    app.get("/planted/people/<reference>", endpoint="person")(
        guard(lambda reference: render("planted.html", said=reference))
    )

    @app.get("/planted/wrong/<kind>")
    @anybody("planted for a test")
    def wrong(kind: str) -> Response:
        from werkzeug.exceptions import RequestEntityTooLarge, UnprocessableEntity

        from governance.kernel import errors

        raise {
            "missing": errors.NotFound("there is nobody of that name"),
            "conflict": errors.Conflict("somebody else has changed it"),
            "refused": Refused(Verdict((Reason("too_late", "It is too late."), Reason("too_far", "It is too far.")))),
            "many": errors.TooMany("you have tried too often", 42),
            "great": RequestEntityTooLarge(),
            "unlike": UnprocessableEntity(),
            "away": errors.Unavailable("the database said secret"),
            "mistake": RuntimeError("the secret of ann"),
        }[kind]

    @app.get("/planted/cookies")
    @anybody("planted for a test")
    def cookies() -> Response:
        response = render("form.html")
        response.set_cookie("__Host-one", "1", secure=True, path="/")
        response.set_cookie("__Host-two", "2", secure=True, path="/")
        return response

    @app.get("/planted/lead")
    @anybody("planted for a test")
    def leading() -> Response:
        lead_to("https://app.example.org/callback")
        return shown()


def plant_forms(app: Flask, planted: Planted) -> None:
    @app.route("/planted/send", methods=["GET", "POST"])
    @signed_in
    def send() -> Response:
        if request.method == "GET":
            return render("form.html")
        form = read_form(Sent)
        if not form.ok:
            return render("form.html", 422, form=form)
        planted.done.append(form.values)
        tell_next("success", f"Saved {form.values['name']}.")
        return go("own")

    @app.route("/planted/try", methods=["GET", "POST"])
    @anybody("planted for a test")
    def attempt() -> Response:
        if request.method == "GET":
            return render("form.html")
        planted.done.append({"name": request.form.get("name", "")})
        return go("open")

    @app.route("/planted/any", methods=["PUT", "DELETE", "PATCH"])
    @signed_in
    def any_way() -> Response:
        return Response("done", content_type="text/plain")

    @app.post("/planted/keyed")
    def keyed() -> Response:
        planted.done.append({"keyed": True})
        return Response("{}", content_type="application/json")

    from governance.web.guards import guarded

    guarded("front end's key")(keyed)


def plant_lists(app: Flask) -> None:
    @app.get("/planted/list")
    @signed_in
    def numbers() -> Response:
        form = read_filters(Narrowed)
        page = paged(NUMBERS, lambda start, size: range(start, min(start + size, NUMBERS)))
        return render("list.html", form=form, page=page, rows=[[str(one), 2 * one] for one in page.items])

    @app.get("/planted/long")
    @signed_in
    def long() -> Response:
        start = int(after_key() or -1) + 1
        page = keyset(range(start, min(start + 26, NUMBERS)), str)
        return render("list.html", page=page, rows=[[str(one), 2 * one] for one in page.items])

    @app.get("/planted/download")
    @signed_in
    def download() -> Response:
        return csv_response("numbers", ["Number", "What"], ([one, f"=cmd|{one}"] for one in range(20_000)))


class Shell(NamedTuple):
    """The application with planted pages, and what these were asked."""

    app: Flask
    planted: Planted

    def browser(self) -> Browser:
        return Browser(self.app)


@pytest.fixture(scope="module")
def planted_shell(shared_installation: Installation) -> Iterator[Shell]:
    app = app_of(shared_installation)
    yield Shell(app, plant_pages(app))
    app.extensions["postern"].databases.close()


@pytest.fixture(scope="module")
def sqlite_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on SQLite alone, for what has nothing to do with the database."""
    with installed(tmp_path_factory.mktemp("shell"), "sqlite") as made:
        yield made


@pytest.fixture
def shell(planted_shell: Shell) -> Shell:
    planted = planted_shell.planted
    planted.done.clear()
    planted.asked.clear()
    planted.answer, planted.may_see, planted.links_asked = Permission(allowed=True), set(), 0
    return planted_shell


@pytest.fixture
def browser(shell: Shell) -> Browser:
    return shell.browser()


@pytest.fixture
def ann(browser: Browser) -> Browser:
    """Ann's browser, signed in with two factors."""
    browser.sign_in("ann")
    return browser
