"""Pages that belong to no room: the front page, the statements, how to report a weakness, and the look's files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, request

from governance.kernel import clock
from governance.web.assets import serve
from governance.web.errors import accepted
from governance.web.guards import public
from governance.web.layout import go_to, render
from governance.web.leading import HOME
from governance.web.pages import anybody

STATEMENTS = ("accessibility", "cookies", "privacy")
SECURITY_DAYS = 180


def blueprint(service: Any) -> Blueprint:
    """The shell's own pages."""
    pages = Blueprint("web", __name__)
    serve(pages, service.assets)

    @pages.get("/")
    @public("leads a person to their own page, and a program to the description")
    def home() -> Response:
        if "text/html" not in accepted():
            abort(404)
        return go_to(request.script_root + HOME)

    @pages.get("/statements/<any(accessibility, cookies, privacy):name>")
    @anybody("the law wants these statements open to everybody")
    def statement(name: str) -> Response:
        settings = service.settings
        limits = {"idle_minutes": min(settings.session_idle_minutes, 60), "hours": min(settings.session_hours, 24)}
        return render(f"statements/{name}.html", limits=limits)

    @pages.get("/.well-known/security.txt")
    @public("tells whoever found a weakness whom to tell (RFC 9116)")
    def security() -> Response:
        return Response(security_text(service.settings, clock.now()), content_type="text/plain; charset=utf-8")

    return pages


def security_text(settings: Any, now: datetime) -> str:
    """Whom to tell of a weakness; 404 where the installation names no address."""
    contact = contact_address(settings.help_contact)
    if not contact:
        abort(404)
    day = clock.london_day(now) + timedelta(days=SECURITY_DAYS)
    here = f"{settings.public_url}/.well-known/security.txt"
    return (
        f"Contact: {contact}\nExpires: {clock.iso(clock.day_start(day))}\nPreferred-Languages: en\nCanonical: {here}\n"
    )


def contact_address(words: str) -> str:
    """The first e-mail or web address in some words, as a URI; nothing where there is none."""
    for word in words.split():
        if word.startswith("https://"):
            return word.rstrip(".,;")
        if "@" in word:
            return f"mailto:{word.removeprefix('mailto:').strip('<>().,;')}"
    return ""
