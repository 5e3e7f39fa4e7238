"""Where decisions read facts and rules: all the I/O that they do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from governance.kernel.keys import FactKey
from governance.ports.role_rules import SystemRules


class FactSource(Protocol):
    """Where the facts of one kind are read: the only I/O of a decision."""

    kind: str
    about: str  # "person", "organisation", "system" or "key": what the key's number or name denotes

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, Any]:
        """The facts as they stood at a revision: one query for many keys, and an answer for every key."""


class RoleRules(Protocol):
    """Gives each system's rules; `policies` implements it."""

    def active(self, session: Session, at: int) -> Mapping[str, int]:
        """Which policy revision of each system was active at a facts revision."""

    def since(self, session: Session, system: str) -> datetime | None:
        """When rules of a system were first in force; None where they never were."""

    def resources(self, session: Session, at: int) -> Iterable[tuple[str, str, str, Mapping[str, Any]]]:
        """The resources that imports have registered: system, type, id, properties."""

    def load(self, session: Session, policy_revision: int) -> SystemRules:
        """One system's rules, built whole; raise `BadInput` where the stored text no longer loads."""
