"""What Flask serves of the decision API: each system's metadata, the description, health. Questions come by door.py."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response

from governance.decisions.openapi import document
from governance.web.guards import public


def blueprint(service: Any) -> Blueprint:
    """The public pages of the decision API over a service with `decisions` and `settings`."""
    doors = Blueprint("decisions", __name__)
    settings = service.settings

    @doors.get("/.well-known/authzen-configuration/systems/<system>")
    @public("AuthZEN metadata says only where to ask")
    def metadata(system: str) -> Response:
        service.decisions.catch_up()
        service.decisions.system(system)
        return reply(metadata_of(settings.public_url, system))

    @doors.get("/openapi.json")
    @public("the description of the API holds no facts")
    def openapi() -> Response:
        return reply(document(settings.public_url))

    @doors.get("/healthz")
    @public("says only that the process answers")
    def healthz() -> Response:
        return reply({"status": "ok"})

    @doors.get("/readyz")
    @public("says only whether decisions can be made and recorded")
    def readyz() -> Response:
        ready = service.decisions.ready()
        return reply({"status": "ready" if ready else "not ready"}, status=200 if ready else 503)

    return doors


def reply(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer, members in the order in which they were written."""
    return Response(orjson.dumps(body), status=status, content_type="application/json")


def metadata_of(public_url: str, system: str) -> dict[str, Any]:
    """A system's AuthZEN metadata, from the public address of the settings, never from the request."""
    point = f"{public_url}/systems/{system}"
    return {
        "policy_decision_point": point,
        "access_evaluation_endpoint": f"{point}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{point}/access/v1/evaluations",
    }
