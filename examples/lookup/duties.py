"""What the look-up does where a permit obliges it to do something: it writes it down for whom it concerns."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from examples.client.postern_client import Fulfil, Obligation, Question, on_the_page

SHIELD_WARNING = "Overriding the shield will trigger an immediate investigation."
"""What the page says before a shield is overridden."""


def duties(folder: Path) -> Mapping[str, Fulfil]:
    """Obligation type → who fulfils it. One that is not here is one that this program cannot fulfil: it denies."""
    notices, identities = folder / "notices.jsonl", folder / "identities.jsonl"

    def notify(obligation: Obligation, question: Question) -> bool:
        """Tell whom the permit names; not before the person at the screen was warned with the very words."""
        if obligation.properties.get("warn_first", SHIELD_WARNING) != SHIELD_WARNING:
            return False
        _append(notices, {**obligation.properties, **_said(question)})
        return True

    def record_both_identities(_obligation: Obligation, question: Question) -> bool:
        """Keep who asked and for whom."""
        if not question.context.get("mediated_for"):
            return False
        _append(identities, {**_said(question), "mediated_for": question.context["mediated_for"]})
        return True

    return {
        "no-print": on_the_page,
        "do-not-disclose": on_the_page,
        "read-only": on_the_page,
        "notify": notify,
        "record-both-identities": record_both_identities,
    }


def _said(question: Question) -> dict[str, str]:
    return {
        "person": question.subject,
        "did": question.action,
        "record": question.resource.id,
        "reason": question.context.get("reason", ""),
    }


def _append(file: Path, line: Mapping[str, object]) -> None:
    """Add a line that is on the disk when this returns."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as handle:
        handle.write(json.dumps(line, ensure_ascii=False) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
