"""The pages of sign-in. Here: who is there, found out before each page, and the cookie that tells it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, g, request

from governance.kernel import clock
from governance.kernel.errors import Conflict
from governance.people.signin import service as signin
from governance.people.signin import store
from governance.people.signin.rules import SEEN_EVERY, Limits
from governance.people.signin.telling import ToldLines
from governance.web.headers import this_page
from governance.web.layout import TOLD

COOKIE = "__Host-postern-session"
OUTGROWN = "they hold a role for which the provider that began it does not speak"
"""Why a session ends that a role has outgrown."""


def set_cookie(response: Response, secret: str) -> Response:
    """Give a session's secret to the browser: sent to this very site only, never to a script."""
    response.set_cookie(COOKIE, secret, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def clear_cookie(response: Response) -> Response:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def blueprint(service: Any) -> Blueprint:
    """Knows the visitor before every page of the application."""
    pages = Blueprint("visitors", __name__)
    limits = Limits.of(service.settings.session_idle_minutes, service.settings.session_hours)

    @pages.record_once
    def keep_lines(state: Any) -> None:
        state.app.extensions[TOLD] = ToldLines(service.databases)

    @pages.before_app_request
    def know_visitor() -> None:
        g.visitor, secret, now = None, request.cookies.get(COOKIE, ""), clock.now()
        if not secret or (request.endpoint and this_page() is None):  # what is no page asks for no session
            return
        with service.databases.reading() as session:
            at = service.databases.freshness.current()
            g.visitor = signin.find_visitor(session, secret, limits, at, now)
            stale = g.visitor is not None and store.seen_before(session, g.visitor.session, now - SEEN_EVERY)
        if g.visitor is not None and service.outgrown(g.visitor, now):
            with suppress(Conflict), service.databases.change(g.visitor.reference, now) as session:
                signin.end_one(session, g.visitor, g.visitor.sid, OUTGROWN, now=now)  # or another page of it has
            g.visitor = None
        elif stale:
            with service.databases.writing() as session:
                store.note_seen(session, g.visitor.session, now)

    return pages


def begin(service: Any, respond: Callable[[], Response], secret: str) -> Response:
    """Answer with a session that was just begun; the one that this browser had before is ended, whoever's it was."""
    if g.visitor is not None:
        with service.databases.change(g.visitor.reference, clock.now()) as session:
            signin.end_one(session, g.visitor, g.visitor.sid, "another sign-in", now=clock.now())
    return set_cookie(respond(), secret)
