"""What front ends ask of the provider themselves: tokens, whether one stands, its end, whose it is, how it works."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request

from governance.kernel import clock
from governance.kernel.errors import Unauthenticated
from governance.web.guards import guarded, public
from tokens.issuing.counter import Doors
from tokens.issuing.messages import Asked, Refused, Reply

JSON = "application/json"


def blueprint(service: Any) -> Blueprint:
    """The provider's doors for front ends."""
    routes, doors = Blueprint("issuing_api", __name__), Doors(service)

    @routes.post("/oauth/token")
    @guarded("front end's secret, and the proof of whoever asked for the code (PKCE)")
    def token() -> Response:
        return told(lambda: doors.counter.token(posted(), clock.now()))

    @routes.post("/oauth/introspect")
    @guarded("front end's secret")
    def introspect() -> Response:
        return told(lambda: doors.counter.introspect(posted(), clock.now()))

    @routes.post("/oauth/revoke")
    @guarded("front end's secret, or its name where it has none")
    def revoke() -> Response:
        return told(lambda: doors.counter.revoke(posted(), clock.now()))

    @routes.route("/oauth/userinfo", methods=["GET", "POST"])
    @guarded("access token")
    def userinfo() -> Response:
        try:
            return answered(Reply(200, doors.counter.userinfo(bearer(), clock.now()), {}))
        except Unauthenticated as wrong:
            return answered(no_good_token(str(wrong)))

    @routes.get("/.well-known/openid-configuration")
    @public("where to sign in, and by which rules, is no secret")
    def configuration() -> Response:
        return answered(Reply(200, doors.counter.described(), {}))

    return routes


def told(answer: Any) -> Response:
    """An answer, or the refusal in its place."""
    try:
        return answered(answer())
    except Refused as wrong:
        return answered(wrong.reply)


def posted() -> Asked:
    """A form as a front end sends it; what stands in the address is not read."""
    form = {name: request.form.getlist(name) for name in request.form}
    return Asked(request.method, form, request.headers.get("Authorization", ""))


def bearer() -> str:
    """The access token in the header."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def no_good_token(why: str) -> Reply:
    """What is told where a token is not good; the challenge names an error only where one was shown (RFC 6750, 3.1)."""
    error = {"error": "invalid_token", "error_description": why}
    shown = "".join(f', {name}="{value}"' for name, value in error.items()) if bearer() else ""
    return Reply(401, error, {"WWW-Authenticate": f'Bearer realm="postern"{shown}'})


def answered(reply: Reply) -> Response:
    """A reply as a response."""
    body = orjson.dumps(dict(reply.body)) if reply.body is not None else b""
    headers = {name: value for name, value in reply.headers.items() if name.lower() != "content-type"}
    return Response(body, reply.status, headers, content_type=JSON)
