"""Who acts, and what the trail is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does an administrative act: a person's reference, or the command line on behalf of an account."""

    name: str
    through: str = "cli"

    def __str__(self) -> str:
        return f"{self.through}:{self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the trail is told of an administrative act: the act in the past tense, and its particulars."""

    action: str
    actor: Actor
    details: Mapping[str, Any] = field(default_factory=dict)
