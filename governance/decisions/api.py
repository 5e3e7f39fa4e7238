"""The AuthZEN doors: evaluation, evaluations, and each system's metadata."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, g, request

from governance.clients.rules import KeyFacts, Scope
from governance.decisions import explanation
from governance.decisions.batches import Batch, read_batch
from governance.decisions.openapi import document
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.schemas import batch_out
from governance.decisions.service import Answered
from governance.kernel import clock
from governance.kernel.errors import BadInput, Fault, Forbidden, Unauthenticated
from governance.ports.role_rules import SystemRules
from governance.web.guards import guarded, public
from governance.web.ijson import read_object
from governance.web.requests import read_body

MIN_REVISION = "Min-Facts-Revision"


def blueprint(service: Any) -> Blueprint:
    """The decision API over a service with `decisions` and `settings`."""
    doors = Blueprint("decisions", __name__)
    decisions, settings = service.decisions, service.settings

    @doors.post("/systems/<system>/access/v1/evaluation")
    @guarded("front end's key")
    def evaluation(system: str) -> Response:
        key = admit(decisions, system)
        return single(decisions, system, read_object(read_body()), key)

    @doors.post("/systems/<system>/access/v1/evaluations")
    @guarded("front end's key")
    def evaluations(system: str) -> Response:
        key = admit(decisions, system)
        body = read_object(read_body())
        batch = read_batch(body, settings.max_batch)
        if batch is None:
            return single(decisions, system, body, key)
        return many(decisions, system, batch, key)

    @doors.get("/.well-known/authzen-configuration/systems/<system>")
    @public("AuthZEN metadata says only where to ask")
    def metadata(system: str) -> Response:
        decisions.catch_up()
        decisions.system(system)
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
        ready = decisions.ready()
        return reply({"status": "ready" if ready else "not ready"}, status=200 if ready else 503)

    return doors


def admit(decisions: Any, system: str) -> KeyFacts:
    """The key of the front end that asks; raise where it is missing, wrong, ended or for another system."""
    decisions.catch_up(minimum_revision())
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    key: KeyFacts | None = decisions.key(text.strip(), clock.now()) if scheme.lower() == "bearer" else None
    if key is None:
        raise Unauthenticated("the Authorization header holds no key that is good here; send Authorization: Bearer KEY")
    decisions.system(system)
    if system not in key.systems:
        raise Forbidden(f"this key may not ask about {system}")
    return key


def minimum_revision() -> int:
    """The revision that the caller wants the answer to be at least as fresh as."""
    text = request.headers.get(MIN_REVISION, "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise BadInput([Fault(MIN_REVISION, "must be a whole number", pointer="")])
    return int(text)


def single(decisions: Any, system: str, body: dict[str, Any], key: KeyFacts) -> Response:
    """Answer one question."""
    answered = decisions.ask(system, lambda rules: [read_question(body, rules)], asker(key), clock.now())
    full = Scope.REASONS_FULL in key.scopes
    return told(explanation.answer(answered.decisions[0], full=full), answered)


def many(decisions: Any, system: str, batch: Batch, key: KeyFacts) -> Response:
    """Answer a batch."""
    questions: list[Any] = []

    def read(rules: SystemRules) -> list[Any]:
        questions.extend(batch.read(rules))
        return questions

    answered = decisions.ask(system, read, asker(key), clock.now(), batch.stop_at)
    full = Scope.REASONS_FULL in key.scopes
    return told(batch_out(answered.decisions, questions, explain=batch.explain, full=full), answered)


def asker(key: KeyFacts) -> Asker:
    """Who asks, for the record."""
    return Asker(f"key:{key.prefix}", g.request_id)


def told(body: dict[str, Any], answered: Answered) -> Response:
    """An answer with the headers that name its record and its revisions."""
    response = reply(body)
    ids = answered.ids
    headers = response.headers
    headers["Decision-Id"] = ids[0] if len(ids) == 1 else f"{ids[0]}..{ids[-1]}"
    headers["Policy-Revision"] = str(answered.decisions[0].policy)
    headers["Facts-Revision"] = str(answered.revision)
    return response


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
