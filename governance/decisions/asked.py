"""A request that asks for decisions, as it arrived: whose it is, what it carries, how fresh the answer must be."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from governance.clients.rules import KeyFacts, Scope
from governance.decisions.pace import Pace
from governance.decisions.records import Asker
from governance.decisions.service import Decisions
from governance.kernel.errors import BadInput, Fault, Forbidden, NotFound, Unauthenticated, nearest
from governance.web.ijson import BODY, read_object

MIN_REVISION = "Min-Facts-Revision"
Find = Callable[[str, datetime], KeyFacts | None]


class Asked(NamedTuple):
    """A request for decisions as it arrived; `arrived` is a monotonic moment by which it had, where one is known."""

    system: str
    authorization: str
    content_type: str
    minimum: str
    request_id: str
    body: bytes
    arrived: int = 0


def admit(asked: Asked, decisions: Decisions, pace: Pace, now: datetime, scope: Scope | None, find: Find) -> Asker:
    """Who asks, by their key; raise what keeps them out. Whoever calls holds the lock."""
    scheme, _, text = asked.authorization.partition(" ")
    key = find(text.strip() if scheme.lower() == "bearer" else "", now)
    if key is None:
        raise Unauthenticated("the Authorization header holds no key that is good here; send Authorization: Bearer KEY")
    pace.take(key.prefix, time.monotonic())
    try:
        decisions.system(asked.system)
    except NotFound as wrong:
        meant = nearest(asked.system, key.systems.intersection(decisions.systems()))
        raise NotFound(f"{wrong}. {meant}" if meant else str(wrong)) from None
    if asked.system not in key.systems:
        raise Forbidden(f"this key may not ask about {asked.system}; register one with --system {asked.system}")
    if scope is not None and scope not in key.scopes:
        raise Forbidden(f"this key has not the scope {scope}; register one with --scope {scope}")
    return Asker(f"key:{key.prefix}", asked.request_id, full=Scope.REASONS_FULL in key.scopes, key_of=key.front_end)


def read_body(asked: Asked) -> dict[str, Any]:
    """The object that a request carries; raise `BadInput` when it says that it is something else."""
    if asked.content_type.partition(";")[0].strip().lower() != "application/json":
        raise BadInput([Fault(BODY, "is not declared as JSON", "Send Content-Type: application/json.", pointer="")])
    return read_object(asked.body)


def minimum_revision(text: str) -> int:
    """The revision that the caller wants the answer to be at least as fresh as."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise BadInput([Fault(MIN_REVISION, "must be a whole number", pointer="")])
    return int(text)
