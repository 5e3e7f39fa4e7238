"""What every request and answer carries: a request id, echoed; bounded bodies; headers that keep answers private."""

from __future__ import annotations

import re

from flask import Flask, Response, g, request

from governance.kernel.errors import BadInput, Fault
from governance.kernel.ids import random_name
from governance.web.ijson import BODY

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")
HEADER = "X-Request-ID"


def register(app: Flask, max_body: int) -> None:
    """Give each request its id and each answer its headers."""
    app.config["MAX_CONTENT_LENGTH"] = max_body

    @app.before_request
    def name_request() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if REQUEST_ID.match(given) else random_name(16)

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers[HEADER] = g.get("request_id", "")
        headers["Cache-Control"] = "no-store"
        headers["X-Content-Type-Options"] = "nosniff"
        return response


def read_body() -> bytes:
    """The body of a JSON request; raise `BadInput` when it says that it is something else."""
    if request.mimetype != "application/json":
        raise BadInput([Fault(BODY, "is not declared as JSON", "Send Content-Type: application/json.", pointer="")])
    return request.get_data(cache=False)
