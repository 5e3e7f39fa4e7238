"""What the trail keeps of a decision: the leaf's particulars, and an erasable body."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from governance.decisions.rules import BY_KEY, BY_TOKEN, Decision, Question, made
from governance.kernel.clock import iso
from governance.kernel.errors import BadInput
from governance.ports.requirement import Evidence
from governance.trail.rules import Record, encode_body, new_salt, new_salts


class Asker(NamedTuple):
    """Who asks: a front end by its key, or an administrator at the command line. `full` may read held codes."""

    client: str
    request_id: str = ""
    asserted_by: str = BY_KEY
    historical: bool = False
    full: bool = False
    key_of: str = ""  # the front end with whose people's tokens alone the key goes, if any


def make_records(
    system: str,
    questions: Sequence[Question | BadInput],
    decisions: Sequence[Decision],
    asker: Asker,
    at: str,
    revision: int,
) -> list[Record]:
    """The records of a request's decisions, on their way to the trail; `at` is their moment as records write it."""
    asked, salts = about(asker), new_salts(len(decisions))
    trios = zip(questions, decisions, salts, strict=True)
    return [make_record(system, one, decision, {**asked}, (at, revision, salt)) for one, decision, salt in trios]


def about(asker: Asker) -> dict[str, Any]:
    """What the bodies of a request's records begin with: who asked."""
    asked: dict[str, Any] = {
        "client": asker.client, "request_id": asker.request_id, "asserted_by": asker.asserted_by
    }  # fmt: skip
    if asker.historical:
        asked["historical"] = True
    return asked


def make_record(
    system: str,
    question: Question | BadInput,
    decision: Decision,
    body: dict[str, Any],
    at: tuple[str, int, bytes],
) -> Record:
    """One decision's record; its `body` tells who asked, and is filled. `at`: its moment, the revision, its salt."""
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
    moment, revision, salt = at
    codes = decision.codes if decision.objections else ()
    told = (moment, system, decision.allowed, codes, decision.rules, revision, decision.policy)
    return made(Record, (*told, salt, encode_body(body), "decision"))


def note(
    kind: str, system: str, found: bool, body: dict[str, Any], asker: Asker, at: tuple[datetime, int, int]
) -> Record:
    """The record of a search or a plan: what was asked and found, by whom, when, at which revisions."""
    now, revision, policy = at
    return Record(
        iso(now), system, found, (), (), revision, policy, new_salt(), encode_body({**about(asker), **body}), kind
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
        body["properties"] = question.properties
    if question.context:
        body["context"] = question.context
    if question.undeclared:
        body["undeclared"] = question.undeclared
