"""Every query of authorization codes and of front ends' sessions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from governance.kernel.keys import FactKey
from governance.kernel.recorded import touch
from governance.people.models import Person
from governance.people.signin.models import SignInSession
from governance.people.signin.rules import SessionFacts
from governance.people.signin.store.sessions import COLUMNS as SIGN_IN_COLUMNS
from governance.people.signin.store.sessions import as_facts
from governance.ports.actor import Entry
from governance.ports.tokens import FRONT_END_SESSION, FrontEndSessionFacts
from governance.trail.entries import tell
from tokens.issuing.models import AuthorizationCode, FrontEndSession
from tokens.issuing.rules import CodeFacts

CODE_COLUMNS: tuple[Any, ...] = (
    AuthorizationCode.id,
    AuthorizationCode.client_id,
    AuthorizationCode.redirect_uri,
    AuthorizationCode.challenge,
    AuthorizationCode.nonce,
    AuthorizationCode.scope,
    AuthorizationCode.sign_in,
    AuthorizationCode.sid,
    AuthorizationCode.used_at,
    AuthorizationCode.expires_at,
)
SESSION_COLUMNS = (FrontEndSession.sid, FrontEndSession.client_id, FrontEndSession.sign_in, FrontEndSession.ended_at)


class FrontEndSessionSource:
    """Front ends' sessions in memory, by the name that tokens bear: a decision asks whether one was ended."""

    kind = FRONT_END_SESSION
    about = "key"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, FrontEndSessionFacts | None]:
        """Sessions as they stand now; what was ended is ended, at whichever revision one asks."""
        named = FrontEndSession.sid.in_([key.name for key in keys])
        found = {row[0]: FrontEndSessionFacts(*row) for row in session.execute(select(*SESSION_COLUMNS).where(named))}
        return {key: found.get(key.name) for key in keys}


def find_session(session: Session, sid: str) -> FrontEndSessionFacts | None:
    """A front end's session by its name."""
    row = session.execute(select(*SESSION_COLUMNS).where(FrontEndSession.sid == sid)).one_or_none()
    return FrontEndSessionFacts(*row) if row is not None else None


def find_standing(session: Session, client_id: str, sign_in: str) -> FrontEndSessionFacts | None:
    """The session that a front end has already with whoever is signed in so."""
    row = session.execute(
        select(*SESSION_COLUMNS)
        .where(FrontEndSession.client_id == client_id, FrontEndSession.sign_in == sign_in)
        .where(FrontEndSession.ended_at.is_(None))
        .order_by(FrontEndSession.id)
        .limit(1)
    ).one_or_none()
    return FrontEndSessionFacts(*row) if row is not None else None


def find_sign_in(session: Session, sid: str) -> tuple[SessionFacts, str] | None:
    """A session of the pages by its public name, with its person's reference."""
    row = session.execute(
        select(*SIGN_IN_COLUMNS, Person.reference)
        .join(Person, Person.id == SignInSession.person_id)
        .where(SignInSession.sid == sid)
    ).one_or_none()
    return (as_facts(row[:-1]), str(row[-1])) if row is not None else None


def find_code(session: Session, code_digest: bytes, client_id: str) -> CodeFacts | None:
    """A code by what is stored of it, if it was given to this front end."""
    question = select(*CODE_COLUMNS).where(
        AuthorizationCode.code_digest == code_digest, AuthorizationCode.client_id == client_id
    )
    row = session.execute(question).one_or_none()
    return CodeFacts(*row) if row is not None else None


def add_code(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Keep a code's digest and what it is bound to."""
    session.add(AuthorizationCode(**values))
    session.flush()
    tell(session, entry)


def use_code(session: Session, row: int, now: datetime) -> bool:
    """Use a code up, if nobody has and its time is not over: of many at once exactly one succeeds."""
    used = session.execute(
        update(AuthorizationCode)
        .where(AuthorizationCode.id == row, AuthorizationCode.used_at.is_(None), AuthorizationCode.expires_at > now)
        .values(used_at=now)
    )
    return bool(used.rowcount == 1)  # type: ignore[attr-defined]


def set_outcome(session: Session, row: int, sid: str, entry: Entry) -> None:
    """Note which session came of a code."""
    session.execute(update(AuthorizationCode).where(AuthorizationCode.id == row).values(sid=sid))
    tell(session, entry)


def add_session(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Begin a front end's session."""
    session.add(FrontEndSession(**values))
    session.flush()
    tell(session, entry)


def set_ended(session: Session, sid: str, now: datetime, entry: Entry) -> bool:
    """End a front end's session, if it stands: every worker knows at its next request."""
    ended = session.execute(
        update(FrontEndSession)
        .where(FrontEndSession.sid == sid, FrontEndSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        return False
    touch(session, [FactKey(FRONT_END_SESSION, 0, sid)])
    tell(session, entry)
    return True


def remove_old_codes(session: Session, before: datetime) -> None:
    """Forget codes that were over by a moment, used or not."""
    session.execute(delete(AuthorizationCode).where(AuthorizationCode.expires_at <= before))


def remove_old_sessions(session: Session, before: datetime) -> None:
    """Forget front ends' sessions that began by a moment; they are over with their person's at the latest."""
    session.execute(delete(FrontEndSession).where(FrontEndSession.started_at <= before))
