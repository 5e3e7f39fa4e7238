"""Pages: sign in with a password or with one's organisation, and sign out."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, redirect, request

from governance.kernel import clock
from governance.people.signin.federation import Returned
from governance.people.signin.schemas import NothingForm, SignInForm
from governance.people.signin.service import entering, providers
from governance.people.signin.service.entering import Browser, Entered, Problem
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.providers import Gate
from governance.people.signin.store.providers import list_providers
from governance.people.signin.views import begin, clear_cookie
from governance.web.forms import Form, read_form
from governance.web.leading import HOME, LEFT, SECOND_STEP, SIGN_IN, SIGN_OUT, go_on, local_path
from governance.web.pages import anybody, go_to, half_signed_in, may_enter, render

WAY = "__Host-postern-way"
WAY_SECONDS = 600
PAGE = "document"
"""What browsers call a page that somebody opens, in contrast to what is shown on one."""
WRONG = (
    "Either this is not the name of an account, or the password is not the right one. Check both and try again. After "
    "several wrong ones even the right one is refused: wait for 15 minutes, or use the link “I have forgotten my "
    "password” below"
)
STOPPED = "Too many passwords were wrong. Use the link “I have forgotten my password” below"


def asking(next_path: str = "") -> Browser:
    """The browser that asks, and where its person wants to go on to."""
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", "")[:500], next_path)


def sentence_of(entered: Entered) -> str:
    """What somebody is told who was not let in."""
    held = f"Too many passwords were wrong. Wait {waiting(entered.seconds)}, then try again"
    return {Problem.HELD: held, Problem.STOPPED: STOPPED}.get(entered.problem or Problem.WRONG, WRONG)


def waiting(seconds: int) -> str:
    """Some seconds in words."""
    if seconds < 90:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{-(-seconds // 60)} minutes"


def entering_pages(service: Any) -> Blueprint:
    """Sign in."""
    pages, ground = Blueprint("signin", __name__), Ground.of(service.settings)

    def page(form: Form | None = None, next_path: str = "") -> Response:
        with service.databases.reading() as session:
            listed = list_providers(session)
        status = 200 if form is None else 422
        return render("signin/sign-in.html", status, form=form, providers=listed, next=next_path)

    @pages.get(SIGN_IN)
    @anybody("whoever is to sign in is not known yet")
    def sign_in() -> Response:
        if g.visitor is not None:
            return lead_on()
        return page(next_path=local_path(request.args.get("next", "")))

    @pages.post(SIGN_IN)
    @anybody("whoever signs in is not known before")
    def enter() -> Response:
        form = read_form(SignInForm)
        next_path = local_path(request.form.get("next", ""))
        if not form.ok:
            return page(form, next_path)
        entered = entering.sign_in(
            service.databases, ground, form.values["name"], form.values["password"], asking(next_path),
            may_enter=may_enter, now=clock.now(),
        )  # fmt: skip
        if entered.problem is not None:
            return page(form.wrong("name", sentence_of(entered)), next_path)
        return begin(service, lambda: go_to(request.script_root + SECOND_STEP), entered.secret)

    return pages


def leaving_pages(service: Any) -> Blueprint:
    """Sign out."""
    pages = Blueprint("leaving", __name__)

    @pages.get(SIGN_OUT)
    @half_signed_in
    def ask_to_sign_out() -> Response:
        return render("signin/sign-out.html")

    @pages.post(SIGN_OUT)
    @half_signed_in
    def sign_out() -> Response:
        read_form(NothingForm)
        now = clock.now()
        with service.databases.change(g.visitor.reference, now) as session:
            entering.sign_out(session, g.visitor, now=now)
        return clear_cookie(go_to(f"{request.script_root}{SIGN_IN}?{LEFT}"))

    return pages


def federated_pages(service: Any) -> Blueprint:
    """To one's organisation's own sign-in, and back."""
    pages, ground = Blueprint("federated", __name__), Ground.of(service.settings)

    @pages.get("/sign-in/with/<name>")
    @anybody("leads to an organisation's own sign-in")
    def set_out(name: str) -> Any:
        if g.visitor is not None:  # any site can lead here
            return lead_on()
        following = local_path(request.args.get("next", ""))
        if not is_opened():
            return go_to(request.script_root + SIGN_IN + (f"?{urlencode({'next': following})}" if following else ""))
        way = providers.set_out(service.databases, ground, name, asking(following), now=clock.now())
        response = redirect(way.url, 303, Response=Response)
        response.set_cookie(
            WAY, way.secret, max_age=WAY_SECONDS, secure=True, httponly=True, samesite="Lax", path="/"
        )  # fmt: skip
        return response

    @pages.get("/sign-in/from/<name>")
    @anybody("an organisation's own sign-in leads back here; its word is checked")
    def come_back(name: str) -> Response:
        if g.visitor is not None:  # a provider may send people back when it likes; it ends no session that there is
            return forget_way(lead_on())
        returned = Returned(*(request.args.get(name, "") for name in ("code", "iss", "state")))
        secret = request.cookies.get(WAY, "")
        entered = providers.come_back(
            service.databases, ground, name, secret, returned, asking(),
            gate=Gate(may_enter, partial(is_locked, service), service.holds_beyond), now=clock.now(),
        )  # fmt: skip
        if entered.problem is not None:
            return forget_way(render("signin/not-vouched.html", 403))
        on = (entered.on or request.script_root + HOME) if entered.is_proved else request.script_root + SECOND_STEP
        return forget_way(begin(service, lambda: go_to(on), entered.secret))

    return pages


def is_opened() -> bool:
    """Whether somebody opens this address, as far as their browser tells.

    What a site shows in its own page, has fetched ahead or leads to without anybody's doing is opened by nobody: else
    any site could use up what a place may begin.
    """
    told = request.headers
    ahead = any(name in told for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    led = told.get("Sec-Fetch-Site") == "cross-site" and told.get("Sec-Fetch-User") != "?1"
    return request.method == "GET" and told.get("Sec-Fetch-Dest", PAGE) == PAGE and not ahead and not led


def lead_on() -> Response:
    """Where somebody goes who is to sign in, and has done so already, or half."""
    return go_on() if g.visitor.is_proved else go_to(request.script_root + SECOND_STEP)


def is_locked(service: Any, person: int, now: datetime) -> bool:
    """Whether a person's second factor is locked out, where there are any."""
    if service.second_factor is None:
        return False
    with service.databases.reading() as session:
        return person in service.second_factor.locked(session, now)


def forget_way(response: Response) -> Response:
    """The way is gone once."""
    response.delete_cookie(WAY, secure=True, httponly=True, samesite="Lax", path="/")
    return response
