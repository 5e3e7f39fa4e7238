"""Gives front ends codes and sessions, and ends them. What is signed is told to the trail before it is signed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.clients.rules import FrontEndFacts
from governance.clients.store import find_front_end
from governance.people.signin.rules import Limits, SessionFacts
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor
from tokens.issuing import store
from tokens.issuing.rules import CODE_LIVES, CodeFacts, Given, Wanted, digest, points, token_ends_at

CODE_BYTES, SID_BYTES, JTI_BYTES = 32, 18, 16
THROUGH = "front-end"


class Issued(NamedTuple):
    """What may be signed now that the trail was told of it."""

    given: Given
    audience: tuple[str, ...]
    scope: str
    nonce: str
    jti: str


class Standing(NamedTuple):
    """Whose a token is, if its session and its front end's still stand."""

    sign_in: SessionFacts
    reference: str
    front_end: FrontEndFacts

    def visitor(self) -> Visitor:
        """The person of the session, as one who asks."""
        return as_visitor(self.sign_in, self.reference)


def as_visitor(one: SessionFacts, reference: str) -> Visitor:
    """The person of a session, as one who asks."""
    return Visitor(
        one.row, one.sid, one.person, reference, reference, one.acr, one.amr, one.auth_time, "", one.vouched_by
    )


def give_code(session: Session, visitor: Visitor, wanted: Wanted, *, now: datetime) -> str:
    """Make a code for a front end; it is in the answer and nowhere else."""
    code = secrets.token_urlsafe(CODE_BYTES)
    values = {
        "code_digest": digest(code), "client_id": wanted.client_id, "redirect_uri": wanted.redirect_uri,
        "challenge": wanted.challenge, "nonce": wanted.nonce, "scope": wanted.scope, "sign_in": visitor.sid, "sid": "",
        "expires_at": now + CODE_LIVES, "used_at": None,
    }  # fmt: skip
    told = {"client": wanted.client_id, "session": visitor.sid}
    store.add_code(session, values, Entry("front_end.entered", Actor(visitor.reference, "page"), told))
    return code


def take_code(session: Session, code: str, client_id: str, *, now: datetime) -> CodeFacts | None:
    """Use a front end's code up. One that was used before ends what it gave: somebody has a copy."""
    found = store.find_code(session, digest(code), client_id)
    if found is None:
        return None
    if store.use_code(session, found.row, now):
        return found
    again = store.find_code(session, digest(code), client_id)
    if again is not None and again.sid:
        entry = Entry(
            "code.used_again", Actor(client_id, THROUGH), {"client": client_id, "front_end_session": again.sid}
        )
        store.set_ended(session, again.sid, now, entry)
    return None


def begin_front_end_session(
    session: Session, code: CodeFacts, front_end: FrontEndFacts, limits: Limits, public_url: str, *, now: datetime
) -> Issued | None:
    """What a used-up code comes to, in the front end's session; None where the person's own was ended meanwhile."""
    found = store.find_sign_in(session, code.sign_in)
    if found is None or not found[0].is_live(limits, now) or not found[0].acr:
        return None
    one, reference = found
    standing = store.find_standing(session, front_end.client_id, one.sid)
    sid = standing.sid if standing is not None else secrets.token_urlsafe(SID_BYTES)
    actor, jti = Actor(reference, THROUGH), secrets.token_urlsafe(JTI_BYTES)
    audience = points(public_url, front_end.systems)
    if standing is None:
        values = {
            "sid": sid, "client_id": front_end.client_id, "sign_in": one.sid, "person_id": one.person,
            "started_at": now, "ended_at": None,
        }  # fmt: skip
        told = {"front_end_session": sid, "client": front_end.client_id, "session": one.sid}
        store.add_session(session, values, Entry("front_end_session.begun", actor, told))
    details = {"front_end_session": sid, "client": front_end.client_id, "token": jti, "audience": list(audience)}
    store.set_outcome(session, code.row, sid, Entry("token.issued", actor, {**details, "acr": one.acr}))
    ends_at = token_ends_at(now, one.started_at + limits.overall)
    given = Given(
        public_url, reference, front_end.client_id, sid, one.acr, one.amr, one.auth_time, now, ends_at
    )  # fmt: skip
    return Issued(given, audience, code.scope, code.nonce, jti)


def end_front_end_session(session: Session, sid: str, client_id: str, why: str, *, now: datetime) -> bool:
    """End a front end's session: its tokens are dead at the next request. Whether there was one to end."""
    told = {"front_end_session": sid, "client": client_id, "why": why}
    return store.set_ended(session, sid, now, Entry("front_end_session.ended", Actor(client_id, THROUGH), told))


def find_token_standing(
    session: Session, claims: Mapping[str, Any], limits: Limits, at: int, now: datetime
) -> Standing | None:
    """Whether the sessions and the front end of a good token stand; None where any of them was ended."""
    one = store.find_session(session, claims["sid"])
    if one is None or one.ended_at is not None or one.client != claims["client_id"]:
        return None
    front_end, found = find_front_end(session, at, one.client), store.find_sign_in(session, one.sign_in)
    if front_end is None or found is None or not found[0].is_live(limits, now):
        return None
    return Standing(found[0], found[1], front_end) if found[1] == claims["sub"] else None
