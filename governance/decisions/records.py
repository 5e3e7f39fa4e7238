"""What the trail keeps of a decision: the leaf's particulars, and an erasable body."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from governance.decisions.rules import Decision, Question
from governance.kernel.clock import iso
from governance.kernel.errors import BadInput
from governance.ports.requirement import Evidence
from governance.trail.rules import Record, encode_body, new_salt


class Asker(NamedTuple):
    """Who asks: a front end by its key, or an administrator at the command line. `full` may read held codes."""

    client: str
    request_id: str = ""
    asserted_by: str = "key"
    historical: bool = False
    full: bool = False


def make_record(
    system: str, question: Question | BadInput, decision: Decision, asker: Asker, now: datetime, revision: int
) -> Record:
    """A decision's record, on its way to the trail."""
    body: dict[str, Any] = {"client": asker.client, "request_id": asker.request_id, "asserted_by": asker.asserted_by}
    if asker.historical:
        body["historical"] = True
    if isinstance(question, BadInput):
        body["pointer"] = question.faults[0].pointer or ""
    else:
        question_body(question, body)
    if decision.organisation:
        body["organisation"], body["grant"] = decision.organisation, decision.grant
    if decision.obligations:
        body["obligations"] = [one.id for one in decision.obligations]
    if decision.routes:
        body["routes"] = [one.id for one in decision.routes]
    if decision.evidence:
        body["evidence"] = orjson.Fragment(b"[" + b",".join(decision.evidence) + b"]")
    return Record(
        iso(now),
        system,
        decision.allowed,
        decision.codes,
        decision.rules,
        revision,
        decision.policy,
        new_salt(),
        encode_body(body),
    )


def noted(evidence: Iterable[Evidence]) -> bytes:
    """Evidence as the record keeps it: [type, id, until] each, in JSON (cut out of the encoder's larger buffer)."""
    rows = [(one.type, one.id, iso(one.until) if one.until is not None else None) for one in evidence]
    return orjson.dumps(rows)[1:-1]


def question_body(question: Question, body: dict[str, Any]) -> None:
    """Who, which record, purpose: what the body keeps of a question."""
    body["subject"] = question.subject
    body["action"] = question.action
    body["type"] = question.resource_type
    body["id"] = question.resource_id
    if question.properties:
        body["properties"] = plain(question.properties)
    if question.context:
        body["context"] = plain(question.context)
    if question.undeclared:
        body["undeclared"] = question.undeclared


def plain(values: Any) -> dict[str, Any]:
    """Values as JSON has them."""
    return {name: value.isoformat() if type(value) is date else value for name, value in values.items()}
