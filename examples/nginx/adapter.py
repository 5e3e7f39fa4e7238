r"""Answers nginx's `auth_request`: 204 lets the request through, 403 does not, and X-Refused says why.

    ADAPTER_POSTERN=https://postern.example.org ADAPTER_SYSTEM=coventry-lcs ADAPTER_KEY_FILE=/etc/postern/key \
        flask --app examples.nginx.adapter:make_app run --port 8010

nginx sends what it knows of the request as headers (nginx.conf beside this file), and overwrites what a visitor sends
under these names. Only reading gets through, so `read-only` is fulfilled. A permit that obliges to more is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, request

from examples.client.postern_client import Postern, Resource, on_the_page

RECORD = re.compile(r"/records/(?P<number>[A-Z]+-[0-9]+)")
"""Which addresses are records, and where the record's number stands in them. Write your own."""
ACTIONS = {"GET": "view", "HEAD": "view"}
"""Method → action of the pack. A method that is not here is refused."""
TYPE = "child-record"
FULFILLED = {"read-only"}


def make_app(environment: Mapping[str, str] = os.environ) -> Flask:
    """The adapter: one address, asked by nginx alone."""
    app = Flask(__name__)
    key = Path(environment["ADAPTER_KEY_FILE"]).read_text("utf-8").strip()
    by_reading_only = dict.fromkeys(FULFILLED, on_the_page)
    postern = Postern(environment["ADAPTER_POSTERN"], environment["ADAPTER_SYSTEM"], key, fulfils=by_reading_only)
    app.extensions["postern"] = {environment["ADAPTER_SYSTEM"]: postern}

    @app.get("/ask")
    def ask() -> Response:
        person = request.headers.get("X-Person", "")
        action = ACTIONS.get(request.headers.get("X-Asked-Method", ""))
        path = RECORD.fullmatch(request.headers.get("X-Asked-Path", "").partition("?")[0])
        if not (person and action and path):
            return Response(status=403, headers={"X-Refused": "not_a_record"})
        decision = postern.decide(person, action, Resource(TYPE, path["number"]), circumstances())
        if decision.allowed and {one.type for one in decision.obligations} <= FULFILLED:
            return Response(status=204)
        codes = [reason.code for reason in decision.reasons] or ["obligation_unknown"]
        return Response(status=403, headers={"X-Refused": ",".join(codes), "X-Decision": decision.number})

    return app


def circumstances() -> dict[str, str]:
    """What nginx knows of the circumstances and the pack declares: here the case that the visitor names."""
    case = request.headers.get("X-Case", "")
    return {"case": case} if case else {}
