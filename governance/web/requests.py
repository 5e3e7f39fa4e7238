"""What every request and answer carries: a request id, echoed; bounded bodies; headers that keep answers private."""

from __future__ import annotations

import re

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, ValidationError

from governance.kernel.ids import random_bytes
from governance.web.behind import GREATEST
from governance.web.form_tokens import FIELD
from governance.web.headers import KEPT

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")
HEADER = "X-Request-ID"
FORM, MOST_FIELDS = "application/x-www-form-urlencoded", 1_000
"""To read a form takes the processor a while for each of its fields, whoever sends it and wherever to."""
LARGEST_ROW = 2**31 - 1
"""The greatest number of a row that every database takes."""
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def register(app: Flask, max_body: int) -> None:
    """Give each request its id and each answer its headers."""
    app.config["MAX_CONTENT_LENGTH"] = min(max_body, GREATEST)
    app.url_map.converters["int"] = RowNumber

    @app.before_request
    def name_request() -> None:
        g.request_id = request_id(request.headers.get(HEADER, ""))

    @app.before_request
    def refuse_crowds() -> None:
        form = request.get_data(parse_form_data=False) if request.mimetype == FORM else b""
        if max(request.query_string.count(b"&"), form.count(b"&")) >= MOST_FIELDS:
            raise RequestEntityTooLarge(f"a form has at most {MOST_FIELDS} fields")

    @app.before_request
    def refuse_nulls() -> None:
        given = [pair for part in (request.args, request.form) for pair in part.items(multi=True)]
        sent = [value for name, value in given if name != FIELD]  # a form's token has its own check
        if any("\0" in text for text in (request.path, *sent)):
            raise BadRequest("a null character is no part of any text")

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers[HEADER] = g.get("request_id", "")
        if response.headers.get("Cache-Control") != KEPT:
            response.headers.update(PRIVATE)
        return response


class RowNumber(IntegerConverter):
    """A row's number in an address; there is nothing at one that no row can have."""

    def to_python(self, value: str) -> int:
        """The number, or no address of ours."""
        number: int = super().to_python(value[:20])
        if number > LARGEST_ROW:
            raise ValidationError
        return number


def request_id(given: str) -> str:
    """The caller's name for its request where it is a plain one, else a name of ours."""
    return given if given and REQUEST_ID.match(given) else random_bytes(8).hex()
