"""What leaves the decision API: single answers and batches, in the member order that AuthZEN prints."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from governance.decisions import explanation
from governance.decisions.rules import Decision, Question
from governance.decisions.service import Answered
from governance.kernel.errors import BadInput


def batch_out(answered: Answered, *, explain: bool, full: bool) -> dict[str, Any]:
    """The body of a batch's answer: one item for each decision, in order."""
    pairs = zip(answered.decisions, answered.questions, strict=True)
    return {"evaluations": [item_out(decision, question, explain=explain, full=full) for decision, question in pairs]}


def item_out(decision: Decision, question: Question | BadInput, *, explain: bool, full: bool) -> dict[str, Any]:
    """One item: its context only where asked for, or where an obligation stands, or where the item was malformed."""
    if isinstance(question, BadInput):
        fault = question.faults[0]
        message = f"{fault.pointer or ''} {fault.problem}. {fault.cure}".strip()
        return {"decision": False, "context": {"error": {"status": HTTPStatus.BAD_REQUEST.value, "message": message}}}
    if explain:
        return explanation.answer(decision, full=full)
    if decision.obligations:
        return {
            "decision": decision.allowed,
            "context": {"obligations": [explanation.obligation(one) for one in decision.obligations]},
        }
    return {"decision": decision.allowed}
