"""Pages: make a passkey, prove with one, sign in with one alone. Their scripts ask at `…/options` what to hand over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import Schema

from governance.kernel import clock
from governance.kernel.errors import Conflict
from governance.kernel.verdict import Refused
from governance.people.signin.service.ground import Ground
from governance.people.signin.views import begin, set_cookie
from governance.people.signin.views.entering import asking
from governance.web import form_tokens
from governance.web.forms import WHOLE, Form, read_form
from governance.web.leading import local_path
from governance.web.pages import anybody, go_on, go_to, may_enter, of_own, render
from tokens.authenticators.answers import Site
from tokens.authenticators.ceremonies import service as ceremonies
from tokens.authenticators.ceremonies.rules import unreachable
from tokens.authenticators.ceremonies.schemas import AnswerForm, AskingForm, CreationForm
from tokens.authenticators.ceremonies.service import Outcome, Place
from tokens.authenticators.views import MINE, place_after, refused, status_of

ADD, STEP, ALONE = f"{MINE}/add/passkey", "/sign-in/second-step/passkey", "/sign-in/passkey"
OPTIONS = "/options"


def blueprint(service: Any) -> Blueprint:
    """All pages of passkeys."""
    pages = Blueprint("passkeys", __name__)
    site = Site.of(service.settings.public_url)
    ground = Ground.of(service.settings)
    doors = Doors(site, Place(service.databases, site, ground) if site is not None else None)
    pages.add_app_template_global(doors.obstacle, "passkey_obstacle")
    creation_pages(pages, doors)
    second_step_pages(pages, doors)
    sign_in_pages(pages, doors, service)
    return pages


class Doors:
    """What the pages share: where ceremonies take place, if they can, and how a page of one looks."""

    def __init__(self, site: Site | None, place: Place | None) -> None:
        self._site, self._place = site, place

    @property
    def can_be_reached(self) -> bool:
        """Whether ceremonies can take place at all."""
        return self._place is not None

    @property
    def place(self) -> Place:
        """Where ceremonies take place; raise `Conflict` where they cannot."""
        if self._place is None:
            raise Conflict(self.obstacle())
        return self._place

    def page(self, name: str, form: Form | None = None, **values: Any) -> Response:
        """A page of a ceremony: with its script, or with what stands in the way."""
        return render(f"passkeys/{name}.html", status_of(form), form=form, **values)

    def obstacle(self) -> str:
        """What stands in the way of passkeys where this page is open."""
        return unreachable(self._site.origin if self._site else None, request.host)

    def finish(self, schema: type[Schema], run: Callable[[Mapping[str, Any]], Outcome]) -> tuple[Form, Outcome]:
        """Read a form and finish the ceremony; what is wrong with either stands in the form."""
        form = read_form(schema)
        if "credential" in form.errors:
            form.errors[WHOLE] = form.errors.pop("credential")
        outcome = run(form.values) if form.ok else Outcome()
        if form.ok and not outcome.secret:
            form.wrong(WHOLE, outcome.says.removesuffix("."))
        return form, outcome


def creation_pages(pages: Blueprint, doors: Doors) -> None:
    """Make a passkey."""

    @pages.get(ADD)
    @of_own("enrol-authenticator", half="enrol-first-authenticator")
    def add() -> Response:
        try:
            if doors.can_be_reached:
                ceremonies.may_create(doors.place, g.visitor, now=clock.now())
        except Refused as wrong:
            return refused(wrong)
        return doors.page("add", action=ADD)

    @pages.post(ADD + OPTIONS)
    @of_own("enrol-authenticator", half="enrol-first-authenticator")
    def creation() -> Response:
        read_form(AskingForm)
        return told(ceremonies.begin_creation(doors.place, g.visitor, now=clock.now()))

    @pages.post(ADD)
    @of_own("enrol-authenticator", half="enrol-first-authenticator")
    def create() -> Response:
        try:
            form, outcome = doors.finish(CreationForm, lambda values: ceremonies.finish_creation(
                doors.place, g.visitor, values["label"], values["credential"], now=clock.now()
            ))  # fmt: skip
        except Refused as wrong:
            return refused(wrong)
        if not form.ok:
            return doors.page("add", form, action=ADD)
        return set_cookie(go_to(f"{request.script_root}{MINE}/added"), outcome.secret)


def second_step_pages(pages: Blueprint, doors: Doors) -> None:
    """Prove with a passkey, after the first factor or again."""

    @pages.get(STEP)
    @of_own("sign-in", half="sign-in")
    def second_step() -> Response:
        return doors.page("second-step", action=STEP, next=local_path(request.args.get("next", "")))

    @pages.post(STEP + OPTIONS)
    @of_own("sign-in", half="sign-in")
    def proving() -> Response:
        read_form(AskingForm)
        return told(ceremonies.begin_second_step(doors.place, g.visitor, now=clock.now()))

    @pages.post(STEP)
    @of_own("sign-in", half="sign-in")
    def prove() -> Response:
        form, outcome = doors.finish(AnswerForm, lambda values: ceremonies.finish_second_step(
            doors.place, g.visitor, values["credential"], now=clock.now()
        ))  # fmt: skip
        if not form.ok:
            return doors.page("second-step", form, action=STEP, next=local_path(form.raw["next"]))
        return set_cookie(go_to(place_after(form.values["next"])), outcome.secret)


def sign_in_pages(pages: Blueprint, doors: Doors, service: Any) -> None:
    """Sign in with a passkey alone."""

    @pages.get(ALONE)
    @anybody("whoever is to sign in is not known yet")
    def alone() -> Response:
        return doors.page("sign-in", action=ALONE, next=local_path(request.args.get("next", "")))

    @pages.post(ALONE + OPTIONS)
    @anybody("whoever is to sign in is not known yet")
    def signing_in() -> Response:
        read_form(AskingForm)
        return told(ceremonies.begin_sign_in(doors.place, this_browser(), asking().address, now=clock.now()))

    @pages.post(ALONE)
    @anybody("whoever signs in is not known before")
    def enter() -> Response:
        form, outcome = doors.finish(AnswerForm, lambda values: ceremonies.finish_sign_in(
            doors.place, this_browser(), values["credential"], asking(), may_enter=may_enter, now=clock.now()
        ))  # fmt: skip
        if not form.ok:
            return doors.page("sign-in", form, action=ALONE, next=local_path(form.raw["next"]))
        return begin(service, go_on, outcome.secret)


def this_browser() -> str:
    """What binds a challenge to this browser: its session, or before there is one the cookie of its forms."""
    if g.visitor is not None:
        return ceremonies.bound_to(g.visitor)
    cookie = request.cookies.get(form_tokens.COOKIE, "")
    return f"browser:{hashlib.sha256(cookie.encode()).hexdigest()}"


def told(options: Mapping[str, Any]) -> Response:
    """What a page's script is to hand to the browser."""
    return Response(json.dumps(options), content_type="application/json")
