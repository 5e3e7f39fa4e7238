"""What the trail keeps of a decision: the leaf's particulars, and an erasable body."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from governance.decisions.rules import BY_TOKEN, Decision, Question
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
    key_of: str = ""  # the front end with whose people's tokens alone the key goes, if any


def make_record(
    system: str, question: Question | BadInput, decision: Decision, asker: Asker, at: str, revision: int
) -> Record:
    """A decision's record, on its way to the trail; `at` is its moment as records write it."""
    body: dict[str, Any] = {"client": asker.client, "request_id": asker.request_id, "asserted_by": asker.asserted_by}
    if asker.historical:
        body["historical"] = True
    if isinstance(question, BadInput):
        body["pointer"] = question.faults[0].pointer or ""
    else:
        question_body(question, body)
    if decision.proof is not None:
        body["asserted_by"], body["token"] = BY_TOKEN, decision.proof.told()
    if decision.organisation:
        body["organisation"], body["grant"] = decision.organisation, decision.grant
    if decision.obligations:
        body["obligations"] = [one.id for one in decision.obligations]
    if decision.routes:
        body["routes"] = [one.id for one in decision.routes]
    if decision.evidence:
        body["evidence"] = orjson.Fragment(b"[" + b",".join(decision.evidence) + b"]")
    values = (
        at,
        system,
        decision.allowed,
        decision.codes if decision.objections else (),
        decision.rules,
        revision,
        decision.policy,
        new_salt(),
        encode_body(body),
        "decision",
    )
    return tuple.__new__(Record, values)


def note(
    kind: str, system: str, found: bool, body: dict[str, Any], asker: Asker, at: tuple[datetime, int, int]
) -> Record:
    """The record of a search or a plan: what was asked and found, by whom, when, at which revisions."""
    now, revision, policy = at
    asked = {"client": asker.client, "request_id": asker.request_id, "asserted_by": asker.asserted_by, **body}
    if asker.historical:
        asked["historical"] = True
    salt = new_salt()
    return Record(iso(now), system, found, (), (), revision, policy, salt, encode_body(asked), kind)


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
        body["properties"] = question.properties
    if question.context:
        body["context"] = question.context
    if question.undeclared:
        body["undeclared"] = question.undeclared
