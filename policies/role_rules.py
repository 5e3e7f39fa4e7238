"""Gives each system's rules out of the stored revisions: the port that decisions ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from governance.ports.requirement import Requirement
from governance.ports.role_rules import SystemRules
from policies import engine, store
from policies.reading import read_pack


class StoredRoleRules:
    """Role rules as they were activated. Files on disk are never live."""

    def __init__(self, requirements: Sequence[Requirement]) -> None:
        self._requirements = {requirement.kind: requirement for requirement in requirements}

    def active(self, session: Session, at: int) -> Mapping[str, int]:
        """Which policy revision of each system was active at a facts revision."""
        return store.list_active(session, at)

    def since(self, session: Session, system: str) -> datetime | None:
        """When rules of a system were first in force."""
        return next((span.since for span in store.list_in_force(session, system)), None)

    def resources(self, session: Session, at: int) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
        """The resources that imports have registered: system, type, id, properties."""
        return store.list_resources(session, at)

    def load(self, session: Session, policy_revision: int) -> SystemRules:
        """One system's rules, built whole; raise `BadInput` where the stored text no longer loads."""
        pack = read_pack(store.get_texts(session, policy_revision), self._requirements, stored=True)
        return engine.build(pack, policy_revision, prove=False)
