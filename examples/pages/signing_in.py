"""Signs visitors in through Postern, with an OpenID client as anybody would install it: Authlib's for Flask.

The library does the talking: discovery, state, nonce, PKCE, the ID token. Here stands what a front end adds: who is
there, the access token that its questions carry, and going back to be proved again where an answer says so.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, abort, g, redirect, request, session

MOST_VISITS = 10_000
RENEWED_BEFORE_SECONDS = 20


@dataclass(frozen=True)
class SignIn:
    """How this program is registered: who signs people in, as whom it asks, and its own address."""

    issuer: str
    client_id: str
    client_secret: str
    address: str

    @classmethod
    def read(cls, file: Path, issuer: str, address: str) -> SignIn:
        """From a file with what `postern front-ends add` printed."""
        lines = dict(line.split("=", 1) for line in file.read_text("utf-8").split())
        return cls(issuer, lines["client_id"], lines.get("client_secret", ""), address)


@dataclass(frozen=True)
class Visit:
    """A visitor who has signed in: what is kept of them, here and not in the browser."""

    reference: str
    name: str
    access_token: str
    id_token: str
    ends_at: float


class Visits:
    """The visitors of this process by a random name, which is all that their browsers hold."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Visit] = OrderedDict()

    def here(self) -> Visit | None:
        """Who is there."""
        return self._kept.get(session.get("visit", ""))

    def begin(self, token: Mapping[str, Any]) -> None:
        """Keep who has come back signed in."""
        self.end()
        claims = token["userinfo"]
        name = token.get("name") or claims["sub"]
        ends_at = time.monotonic() + token["expires_in"]
        visit = Visit(claims["sub"], name, token["access_token"], token["id_token"], ends_at)
        session["visit"] = secrets.token_urlsafe(32)
        self._kept[session["visit"]] = visit
        while len(self._kept) > MOST_VISITS:
            self._kept.popitem(last=False)

    def end(self) -> Visit | None:
        """Forget who is there."""
        return self._kept.pop(session.pop("visit", ""), None)


def through_postern(app: Flask, sign_in: SignIn, home: str) -> Visits:
    """The ways in and out by Postern's own pages; a visit is asked for by `who`."""
    visits = Visits()
    client = OAuth(app).register(
        "postern",
        client_id=sign_in.client_id,
        client_secret=sign_in.client_secret,
        server_metadata_url=f"{sign_in.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )
    callback = f"{sign_in.address}/signed-in"

    @app.get("/sign-in", endpoint="sign_in")
    def leave() -> Any:
        session["back"] = own_path(request.args.get("next", ""))
        wishes = {name: request.args[name] for name in ("acr_values", "max_age", "prompt") if name in request.args}
        return client.authorize_redirect(callback, **wishes)

    @app.get("/signed-in")
    def come_back() -> Any:
        if request.args.get("iss") != sign_in.issuer:  # RFC 9207: nobody else's answer is taken for Postern's
            abort(400, "This answer is not from where you were sent to sign in.")
        try:
            token = client.authorize_access_token()
        except OAuthError as wrong:
            if wrong.error == "login_required":
                return redirect("/sign-in?" + urlencode({"next": session.get("back", "")}), 303)
            abort(403, "You were not signed in. Postern can tell you why: ask whoever looks after its accounts.")
        visits.begin(token | client.userinfo(token=token))
        return redirect(session.pop("back", "") or f"/{home}", 303)

    @app.post("/sign-out", endpoint="sign_out")
    def go() -> Any:
        visit = visits.end()
        where = client.load_server_metadata()["end_session_endpoint"]
        hint = {"id_token_hint": visit.id_token} if visit else {}
        return redirect(f"{where}?{urlencode({**hint, 'post_logout_redirect_uri': sign_in.address + '/'})}", 303)

    return visits


def renewed(visit: Visit) -> Any:
    """Where a visitor goes whose token is about to end, before they notice; None where it lasts, or a form was sent."""
    if request.method != "GET" or time.monotonic() < visit.ends_at - RENEWED_BEFORE_SECONDS:
        return None
    return redirect("/sign-in?" + urlencode({"next": request.full_path, "prompt": "none"}), 303)


def stepped_up(wishes: Mapping[str, str] | None) -> Any:
    """Where a visitor goes to prove who they are again, and from there back to what they asked for; None where not.

    Only once for one page: whoever comes back and is refused again is told so.
    """
    here = request.full_path
    if "token" not in g or wishes is None or request.method != "GET" or session.get("stepped") == here:
        session.pop("stepped", None)
        return None
    session["stepped"] = here
    return redirect("/sign-in?" + urlencode({"next": here, **wishes}), 303)


def own_path(text: str) -> str:
    """A path of this program; nothing where it could lead elsewhere."""
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if plain and not parts.scheme and not parts.netloc else ""
