"""What a question and an answer are, and how reasons are ordered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from governance.ports.reasons import REASONS, Code
from governance.ports.requirement import Objection
from governance.ports.role_rules import Obligation, Route

made = tuple.__new__
"""Makes a named tuple of all its values in half the time that its own way takes; a test counts the values."""

BY_KEY, BY_TOKEN = "key", "token"
"""On whose word it is known who is there: a front end's, known by its key, or the service's own."""


class Question(NamedTuple):
    """A front end's question, read and typed: `undeclared` names what it sent that the pack does not declare."""

    subject_type: str
    subject: str
    action: str
    resource_type: str
    resource_id: str
    properties: Mapping[str, Any]
    context: Mapping[str, Any]
    undeclared: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()
    mediated_for: str = ""
    asserted_by: str = BY_KEY  # on whose word it is known who asks: a front end's key, a token, a session of the pages
    token: str = ""  # an access token, as it came: in no record and in no log


class Proof(NamedTuple):
    """What is on the record of a token: never its text."""

    client: str
    sid: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    expires_at: datetime

    def told(self) -> dict[str, Any]:
        """As the record has it."""
        return {
            "client": self.client,
            "session": self.sid,
            "acr": self.acr,
            "amr": self.amr,
            "auth_time": self.auth_time,
        }


class Decision(NamedTuple):
    """An answer with everything that it rests on; the evidence is as the record keeps it.

    `until` is an upper bound, never a licence to keep the answer.
    """

    allowed: bool
    objections: tuple[Objection, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    evidence: tuple[bytes, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    until: datetime | None = None
    organisation: str = ""
    grant: int = 0
    policy: int = 0
    cache_seconds: int = 0
    routes: tuple[Route, ...] = ()
    proof: Proof | None = None
    behind: str = ""  # the person behind, where one asks through another: the reasons speak to them

    @property
    def codes(self) -> tuple[str, ...]:
        """The true reason codes, in order."""
        return tuple([RANK[objection.code][1] for objection in self.objections])


RANK: dict[Code, tuple[int, str]] = {code: (words.mender.value, code.value) for code, words in REASONS.items()}


def rank(objection: Objection) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """By who can mend it, then by code, then by particulars."""
    mender, code = RANK[objection.code]
    return mender, code, objection.detail


def in_order(objections: Iterable[Objection]) -> tuple[Objection, ...]:
    """Reasons in the order in which they are shown, each once."""
    ordered = sorted(objections, key=rank)
    if len(ordered) == 2 and ordered[0].code is not ordered[1].code:
        return (ordered[0], ordered[1])
    return tuple([one for place, one in enumerate(ordered) if not place or one != ordered[place - 1]])


def weight(objections: tuple[Objection, ...]) -> int:
    """How far a chain is from a permit, its reasons being in order: their number, then the rank of the first."""
    return len(objections) * 10 + RANK[objections[0].code][0] if objections else 0


def refusal(code: Code, requirement: str = "question", policy: int = 0, **detail: str) -> Decision:
    """A denial for one reason that is no chain's."""
    return Decision(False, (Objection(code, requirement, detail=tuple(detail.items())),), policy=policy)
