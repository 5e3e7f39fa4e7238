"""Leads a visitor to sign in, or to the second step, and back to where they wanted to go."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Response, g, redirect, request

from governance.kernel.errors import Unauthenticated
from governance.web.errors import asks_for_json
from governance.web.headers import public_origins, unreferred

SIGN_IN, SECOND_STEP, SIGN_OUT, HOME = "/sign-in", "/sign-in/second-step", "/sign-out", "/account"
LONGEST = 2_000
AGAIN = "again=link"
"""What tells a page of sign-in that a link from a mail is to be opened again afterwards."""
LEFT = "left=yes"
"""What tells the page of sign-in that somebody has just signed out."""


def turned_away(*, half: bool = False) -> Response | None:
    """Where who is not signed in, or only half, is led instead of the page; None for everybody else."""
    visitor = g.get("visitor")
    if visitor is not None and (half or visitor.is_proved):
        return None
    if asks_for_json():
        raise Unauthenticated("sign in with a second factor first")
    return lead(SIGN_IN if visitor is None else SECOND_STEP)


def lead(where: str) -> Response:
    """Lead to a page of sign-in, and from there back to this one; to the page with the form, where one was sent."""
    if request.method == "GET" and "token" in (request.view_args or {}):  # what lets in is written nowhere else
        return unreferred(Response(status=303, headers={"Location": f"{request.script_root}{where}?{AGAIN}"}))
    back = request.script_root + request.full_path.removesuffix("?") if request.method == "GET" else referring_page()
    more = f"?next={quote(back, safe='/')}" if back and len(back) <= LONGEST else ""
    return Response(status=303, headers={"Location": request.script_root + where + more})


def referring_page() -> str:
    """The path of the page of this service from which the request came; nothing where that is not told."""
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    if f"{parts.scheme}://{parts.netloc}" not in public_origins():
        return ""
    return local_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def way_on(default: str = HOME) -> str:
    """Where a visitor goes on after a page of sign-in: what `next` says, if that is a page of this service."""
    asked = request.values.get("next", "")
    return local_path(asked) or request.script_root + default


def go_on(default: str = HOME) -> Response:
    """Send a visitor on to where they wanted to go (303)."""
    response = redirect(way_on(default), 303, Response=Response)
    if not isinstance(response, Response):
        raise TypeError("a redirect is a response")
    return response


def local_path(text: str) -> str:
    """A path of this service; nothing where a browser might take it for another site's."""
    if not text.startswith("/") or text.startswith("//") or len(text) > LONGEST:
        return ""
    if "\\" in text or not text.isprintable() or " " in text:
        return ""
    parts = urlsplit(text)
    return "" if parts.scheme or parts.netloc else text
