"""No other site sends forms in a visitor's name: each form bears a token that only this service's pages have.

A session has its own token. Before there is one, the token is made from a cookie that no other site can read or set.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator

from flask import Flask, Response, current_app, g, request

from governance.web.errors import StaleForm
from governance.web.guards import Stage, needs_form_token, page_mark
from governance.web.headers import public_origins

COOKIE = "__Host-postern-form"
FIELD = "form_token"
HEADER = "X-Form-Token"
SECONDS = 4 * 60 * 60
READING = frozenset({"GET", "HEAD", "OPTIONS"})
FROM_HERE = frozenset({"same-origin", "none"})


class FormToken:
    """The token for forms of this answer's page, made when it is first written down."""

    def __str__(self) -> str:
        visitor = g.get("visitor")
        return str(visitor.form_token) if visitor is not None else next(tokens_of(kept_cookie()))


def register(app: Flask) -> None:
    """Check whatever is sent, once it is known who is there."""
    app.jinja_env.globals["form_token"] = FormToken()

    @app.before_request
    def check() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if request.method in READING or view is None or not needs_form_token(view):
            return
        refuse_other_sites()
        mark = page_mark(view)
        if g.get("visitor") is None and mark is not None and mark.stage is not Stage.ANYBODY:
            return  # whose session has ended is led to sign in, and nothing is done
        given = request.headers.get(HEADER) or request.form.get(FIELD, "")
        if not any(hmac.compare_digest(given.encode(), token.encode()) for token in accepted()):
            raise StaleForm("the form's token is missing or is not of this session")

    @app.after_request
    def keep(response: Response) -> Response:
        if (value := g.get("form_cookie")) is not None:
            response.set_cookie(COOKIE, value, max_age=SECONDS, secure=True, httponly=True, samesite="Lax", path="/")
        return response


def refuse_other_sites() -> None:
    """Refuse what a browser says comes from elsewhere."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if (origin is not None and origin not in public_origins()) or (site is not None and site not in FROM_HERE):
        raise StaleForm("the form was sent from another site")


def accepted() -> Iterator[str]:
    """The tokens that a form may bear now."""
    visitor = g.get("visitor")
    if visitor is not None:
        yield visitor.form_token
    elif cookie := request.cookies.get(COOKIE, ""):
        yield from tokens_of(cookie)


def kept_cookie() -> str:
    """The browser's cookie for forms before sign-in; a new one where it has none."""
    if g.get("form_cookie") is None:
        g.form_cookie = request.cookies.get(COOKIE) or secrets.token_urlsafe(32)
    return str(g.form_cookie)


def tokens_of(cookie: str) -> Iterator[str]:
    """The tokens that go with a cookie, the newest key's first."""
    for _, key in current_app.extensions["postern"].settings.secret_keys.keys:
        yield hmac.new(key, b"postern form token\0" + cookie.encode(), "sha256").hexdigest()
