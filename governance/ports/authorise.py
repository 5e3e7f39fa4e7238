"""Asking before doing: whether a visitor may do this now, by the decision engine and Postern's own pack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from governance.ports.visitor import Visitor


class Permission(NamedTuple):
    """The answer to a visitor: allowed, or every reason, each as a page words it (code, user, remedy)."""

    allowed: bool
    reasons: Sequence[Mapping[str, Any]] = ()
    decision_id: str = ""

    @property
    def needs_factor(self) -> bool:
        """Whether proving a second factor (again) is all that is missing."""
        codes = {reason["code"] for reason in self.reasons}
        return bool(codes) and codes <= {"second_factor_missing", "second_factor_too_old"}


class Authorise(Protocol):
    """Decides and records what a visitor asks to do."""

    def __call__(
        self,
        visitor: Visitor,
        action: str,
        resource_type: str,
        resource_id: str,
        properties: Mapping[str, Any],
        *,
        now: datetime,
    ) -> Permission:
        """Whether the visitor may do this; `properties` are those that the pack `governance` declares."""


class MayEnter(Protocol):
    """Tells whether somebody who has just shown who they are may sign in at all; on record, before a session begins."""

    def __call__(self, person: int, reference: str, now: datetime, /) -> bool:
        """Whether a session may begin for this person."""


class MaySee(Protocol):
    """Tells which links to show. It opens nothing: whoever follows one is asked by `Authorise`, on record."""

    def __call__(
        self, visitor: Visitor, asked: Collection[tuple[str, str]], *, now: datetime
    ) -> Collection[tuple[str, str]]:
        """Those of some (action, resource type) for which a role that the visitor holds has a rule, anywhere at all."""
