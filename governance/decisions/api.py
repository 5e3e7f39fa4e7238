"""What Flask serves of the decision API: each system's metadata, the description, health. Questions come by door.py."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response

from governance.decisions import description_page
from governance.decisions.metadata import metadata_of
from governance.decisions.openapi import document
from governance.web.guards import public
from governance.web.signing import Signer


def blueprint(service: Any) -> Blueprint:
    """The public pages of the decision API over a service with `decisions` and `settings`."""
    doors = Blueprint("decisions", __name__)
    settings = service.settings
    signer = Signer(settings.metadata_key) if settings.metadata_key is not None else None

    @doors.get("/.well-known/authzen-configuration/systems/<system>")
    @public("AuthZEN metadata says only where to ask")
    def metadata(system: str) -> Response:
        service.decisions.catch_up()
        return reply(metadata_of(settings.public_url, system, service.decisions.system(system), signer))

    @doors.get("/.well-known/jwks.json")
    @public("the keys by which tokens and signed metadata are checked are public")
    def jwks() -> Response:
        own = signer.public()["keys"] if signer is not None else []
        issued = service.token_reader.published() if service.token_reader is not None else []
        return reply({"keys": [*issued, *own]})

    @doors.get("/healthz")
    @public("says only that the process answers")
    def healthz() -> Response:
        return reply({"status": "ok"})

    @doors.get("/readyz")
    @public("says only whether decisions can be made and recorded")
    def readyz() -> Response:
        ready = service.decisions.ready()
        return reply({"status": "ready" if ready else "not ready"}, status=200 if ready else 503)

    describe(doors, service)
    return doors


def describe(doors: Blueprint, service: Any) -> None:
    """The description of the API, for machines and to be read."""

    def described() -> dict[str, Any]:
        return document(service.settings.public_url, service.descriptions)

    @doors.get("/openapi.json")
    @public("the description of the API holds no facts")
    def openapi() -> Response:
        return reply(described())

    @doors.get("/docs/api")
    @public("the description of the API holds no facts")
    def description() -> Response:
        shown = Response(description_page.page(described()), content_type="text/html; charset=utf-8")
        shown.headers["Content-Security-Policy"] = description_page.POLICY
        return shown

    @doors.get("/docs/api.css")
    @public("how that page looks")
    def style() -> Response:
        return Response(description_page.STYLE, content_type="text/css; charset=utf-8")


def reply(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer, members in the order in which they were written."""
    return Response(orjson.dumps(body), status=status, content_type="application/json")
