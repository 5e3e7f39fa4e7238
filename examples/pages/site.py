"""Makes a front end's Flask application: signed-in visitors only, one strict policy for what a page may load."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, render_template, request, session, url_for
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.exceptions import HTTPException, SecurityError

from examples.client.postern_client import Decision
from examples.pages.signing_in import SignIn, Visits, renewed, stepped_up, through_postern

PAGES = Path(__file__).parent
HERE = ["127.0.0.1", "localhost"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class Person:
    """Somebody who may sit at the screen: a reference that Postern knows, and what the chooser says of them."""

    reference: str
    name: str
    post: str
    organisation: str


def make_site(name: str, folder: Path, people: Sequence[Person], *, home: str, sign_in: SignIn | None = None) -> Flask:
    """An application with the shared pages. `home`: the endpoint at which a visitor starts once signed in.

    With `sign_in` visitors sign in through Postern; without it they choose who they are, for nobody is asked.
    """
    app = Flask(name, static_folder=str(PAGES / "static"), static_url_path="/static")
    app.jinja_loader = ChoiceLoader([FileSystemLoader(folder / "templates"), FileSystemLoader(PAGES / "templates")])
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),  # a new one at each start: sessions end with the program
        SESSION_COOKIE_NAME=name.replace(" ", "-").lower(),
        SESSION_COOKIE_SAMESITE="Strict" if sign_in is None else "Lax",  # who comes back from Postern is known again
        MAX_CONTENT_LENGTH=64 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        TRUSTED_HOSTS=HERE,
    )
    app.jinja_env.globals["site"] = name
    known = {person.reference: person for person in people}
    visits = through_postern(app, sign_in, home) if sign_in is not None else None
    _let_in(app, known, visits, sign_in.issuer if sign_in is not None else "")
    _start_page(app, home)
    if sign_in is None:
        _sign_in_pages(app, known, home)

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Any:
        if isinstance(error, SecurityError):  # asked by a name that is not ours: no page of ours has an address there
            return error
        return render_template("wrong.html", error=error), error.code

    return app


def _let_in(app: Flask, known: Mapping[str, Person], visits: Visits | None, issuer: str) -> None:
    """Know the visitor before each page, and dress each answer in its headers."""

    @app.before_request
    def who_is_there() -> Any:
        if request.routing_exception is not None:
            return None  # no page of ours: it is told as what it is
        if request.method == "POST" and not _from_a_page_of_ours():
            abort(403, "This form was not sent from a page of this program.")
        visit = visits.here() if visits is not None else None
        g.person = known.get(session.get("person", "") if visit is None else visit.reference)
        if visit is not None:
            g.token = visit.access_token
            g.person = g.person or Person(visit.reference, visit.name, "", "")
        if request.endpoint in {"static", "sign_in", "start", "come_back", "sign_out"}:
            return None
        if g.person is None:
            return redirect(url_for("sign_in", next=request.full_path if visits is not None else None), 303)
        return renewed(visit) if visit is not None else None

    @app.after_request
    def careful(response: Response) -> Response:
        response.headers.update(HEADERS)
        if issuer:  # the form to sign out ends there
            policy = HEADERS["Content-Security-Policy"].replace("form-action 'self'", f"form-action 'self' {issuer}")
            response.headers["Content-Security-Policy"] = policy
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def _start_page(app: Flask, home: str) -> None:
    """Where everybody begins."""

    @app.get("/")
    def start() -> Any:
        return redirect(url_for(home if g.person else "sign_in"), 303)


def _sign_in_pages(app: Flask, known: Mapping[str, Person], home: str) -> None:
    """The chooser, and the way out."""

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> Any:
        chosen = request.form.get("person")
        if chosen not in known:
            return render_template("sign_in.html", people=known.values(), wrong=request.method == "POST")
        session.clear()
        session.update(person=chosen, second_factor="second_factor" in request.form)
        return redirect(url_for(home), 303)

    @app.post("/sign-out")
    def sign_out() -> Any:
        session.clear()
        return redirect(url_for("sign_in"), 303)


def _from_a_page_of_ours() -> bool:
    """Whether a browser says that this very site sent the form: no other site may act in a visitor's name."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


def refused(decision: Decision, *, asked: str) -> Any:
    """The page for whoever was refused: every reason, what helps, whom to ask, and the lawful ways round.

    Where proving who they are again is all that is missing they are sent to do it, and come back.
    """
    away = stepped_up(decision.step_up)
    if away is not None:
        return away
    unwell = any(reason.requirement == "front-end" for reason in decision.reasons)
    return render_template("refused.html", decision=decision, asked=asked, unwell=unwell), 503 if unwell else 403


def circumstances() -> dict[str, str]:
    """What this front end knows of how its visitor signed in: a token that says it, or its own word."""
    if "token" in g:
        return {"access_token": g.token}
    return {"acr": "mfa"} if session.get("second_factor") else {}
