"""Begins, raises and ends sessions. The secret of a session is in the answer and nowhere else."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.errors import Conflict
from governance.people.signin.rules import Limits, SessionFacts, Word, digest, same_site_path
from governance.people.signin.store import accounts
from governance.people.signin.store import sessions as store
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor

SECRET_BYTES, SID_BYTES = 32, 18


def begin_session(
    session: Session, person: int, reference: str, amr: Sequence[str], device: str, *, now: datetime,
    next_path: str = "", word: Word | None = None,
) -> str:  # fmt: skip
    """Begin a session and give the secret for its cookie.

    It has the first factor alone, unless a provider's word counts for more.
    """
    vouched_by, acr, auth_time = word or (None, "", now)
    secret, sid = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SID_BYTES)
    values = {
        "sid": sid, "secret_digest": digest(secret), "form_token": secrets.token_urlsafe(SECRET_BYTES),
        "person_id": person, "acr": acr, "amr": list(amr), "started_at": now, "auth_time": auth_time,
        "seen_at": now,
        "authenticator_id": None, "device": device[:200], "told": [], "next_path": next_path, "vouched_by": vouched_by,
        "ended_at": None,
    }  # fmt: skip
    if acr:
        accounts.note_signed_in(session, person, now)
    entry = Entry("session.begun", Actor(reference, "page"), {"session": sid, "acr": acr, "amr": list(amr)})
    store.add_session(session, values, entry)
    return secret


def prove_factor(
    session: Session, visitor: Visitor, acr: str, amr: Sequence[str], authenticator: int | None, *, now: datetime
) -> str:
    """Raise a session by a factor that was just proved; its old secret is dead, the new one is in the answer.

    The first time, its person has signed in; to prove a factor again later is no other sign-in.
    """
    secret, form_token = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    values = {
        "secret_digest": digest(secret), "form_token": form_token, "acr": acr, "amr": list(amr),
        "auth_time": now, "seen_at": now, "authenticator_id": authenticator,
    }  # fmt: skip
    details = {"session": visitor.sid, "acr": acr, "amr": list(amr), "authenticator": authenticator}
    entry = Entry("session.proved", Actor(visitor.reference, "page"), details)
    if not visitor.is_proved:
        accounts.note_signed_in(session, visitor.person, now)
    if not store.set_proved(session, visitor.session, visitor.sid, values, entry):
        raise Conflict("your session was ended meanwhile; sign in again")
    return secret


def renew_session(session: Session, visitor: Visitor, *, now: datetime) -> str:
    """Give a session a new secret, because what its person may do or how they sign in has changed; the old is dead."""
    secret, form_token = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    values = {"secret_digest": digest(secret), "form_token": form_token, "seen_at": now}
    entry = Entry("session.renewed", Actor(visitor.reference, "page"), {"session": visitor.sid})
    if not store.set_proved(session, visitor.session, visitor.sid, values, entry):
        raise Conflict("your session was ended meanwhile; sign in again")
    return secret


def end_sessions(
    session: Session,
    person: int,
    why: str,
    *,
    actor: Actor,
    now: datetime,
    which: Callable[[SessionFacts], bool] = lambda _one: True,
) -> int:
    """End a person's sessions, all or those that `which` says; how many were ended."""
    ended = [one for one in store.list_of(session, person) if which(one)]
    if ended:
        entry = Entry("session.ended", actor, {"sessions": [one.sid for one in ended], "why": why})
        store.set_ended(session, ended, now, entry)
    return len(ended)


def end_one(session: Session, visitor: Visitor, sid: str, why: str, *, now: datetime) -> bool:
    """End one of the visitor's own sessions by its public name; whether there was one."""
    actor = Actor(visitor.reference, "page")
    return end_sessions(session, visitor.person, why, actor=actor, now=now, which=lambda one: one.sid == sid) > 0


def end_others(session: Session, visitor: Visitor, why: str, *, now: datetime) -> int:
    """End every session of the visitor's but this one; how many there were."""
    actor = Actor(visitor.reference, "page")
    return end_sessions(session, visitor.person, why, actor=actor, now=now, which=lambda one: one.sid != visitor.sid)


def next_place(session: Session, visitor: Visitor) -> str:
    """The path of this site at which somebody goes on once they have signed in."""
    return same_site_path(store.find_next(session, visitor.session)) or "/account"


def find_visitor(session: Session, secret: str, limits: Limits, at: int, now: datetime) -> Visitor | None:
    """Whose session a cookie's secret opens now, or None."""
    found = store.find_by_secret(session, digest(secret), at) if secret else None
    if found is None or not found[0].is_live(limits, now):
        return None
    one, form_token, reference, name = found
    return Visitor(
        one.row, one.sid, one.person, reference, name, one.acr, one.amr, one.auth_time, form_token, one.vouched_by
    )
