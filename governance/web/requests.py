"""What every request and answer carries: a request id, echoed; bounded bodies; headers that keep answers private."""

from __future__ import annotations

import re

from flask import Flask, Response, g, request

from governance.kernel.ids import random_token

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")
HEADER = "X-Request-ID"
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def register(app: Flask, max_body: int) -> None:
    """Give each request its id and each answer its headers."""
    app.config["MAX_CONTENT_LENGTH"] = max_body

    @app.before_request
    def name_request() -> None:
        g.request_id = request_id(request.headers.get(HEADER, ""))

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers[HEADER] = g.get("request_id", "")
        response.headers.update(PRIVATE)
        return response


def request_id(given: str) -> str:
    """The caller's name for its request where it is a plain one, else a name of ours."""
    return given if given and REQUEST_ID.match(given) else random_token()
