"""A twin that answers otherwise than its description says."""

from typing import Any

from governance.decisions import explanation
from tokens.issuing.provider import Introspection


def put_in() -> None:
    """Let every answer of this server say its decision in words, and introspection whether a token stands."""
    answer = explanation.answer

    def worded(*asked: Any, **more: Any) -> dict[str, Any]:
        told = answer(*asked, **more)
        return {**told, "decision": "yes" if told["decision"] else "no"}

    explanation.answer = worded
    Introspection.create_introspection_payload = lambda *_: {"active": "no"}
