"""A twin that answers otherwise than its description says."""

from typing import Any

from governance.decisions import explanation


def put_in() -> None:
    """Let every answer of this server say its decision in words."""
    answer = explanation.answer

    def worded(*asked: Any, **more: Any) -> dict[str, Any]:
        told = answer(*asked, **more)
        return {**told, "decision": "yes" if told["decision"] else "no"}

    explanation.answer = worded
