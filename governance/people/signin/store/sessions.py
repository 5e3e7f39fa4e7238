"""Every query of sign-in sessions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from governance.kernel.keys import FactKey
from governance.kernel.recorded import seen, touch
from governance.people.models import Person, PersonDetails
from governance.people.signin.models import SignInSession
from governance.people.signin.rules import SEEN_EVERY, SessionFacts
from governance.ports.actor import Entry
from governance.trail.entries import tell

KIND = "sign_in"
COLUMNS = (
    SignInSession.id,
    SignInSession.sid,
    SignInSession.person_id,
    SignInSession.acr,
    SignInSession.amr,
    SignInSession.started_at,
    SignInSession.auth_time,
    SignInSession.seen_at,
    SignInSession.authenticator_id,
    SignInSession.device,
    SignInSession.ended_at,
    SignInSession.vouched_by,
)


class SessionSource:
    """Sessions in memory, by their public name: a decision asks whether one was ended."""

    kind = KIND
    about = "key"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, SessionFacts | None]:
        """Sessions as they stand now; what was ended is ended, at whichever revision one asks."""
        found = {one.sid: one for one in list_named(session, [key.name for key in keys])}
        return {key: found.get(key.name) for key in keys}


def list_named(session: Session, sids: Collection[str]) -> list[SessionFacts]:
    """Sessions by their public names."""
    return [as_facts(row) for row in session.execute(select(*COLUMNS).where(SignInSession.sid.in_(sids)))]


def list_of(session: Session, person: int) -> list[SessionFacts]:
    """A person's sessions that were not ended, the newest first; which of them still hold is a rule's to say."""
    question = select(*COLUMNS).where(SignInSession.person_id == person, SignInSession.ended_at.is_(None))
    return [as_facts(row) for row in session.execute(question.order_by(SignInSession.id.desc()))]


def find_by_secret(session: Session, secret_digest: bytes, at: int) -> tuple[SessionFacts, str, str, str] | None:
    """A session by what is stored of its cookie, with its form token, its person's reference and name."""
    row = session.execute(
        select(*COLUMNS, SignInSession.form_token, Person.reference, PersonDetails.name)
        .join(Person, Person.id == SignInSession.person_id)
        .outerjoin(PersonDetails, (PersonDetails.person_id == Person.id) & seen(PersonDetails, at))
        .where(SignInSession.secret_digest == secret_digest)
    ).one_or_none()
    if row is None:
        return None
    *facts, form_token, reference, name = row
    return as_facts(facts), str(form_token), str(reference), str(name or reference)


def add_session(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Begin a session."""
    session.add(SignInSession(**values))
    session.flush()
    tell(session, entry)


def set_proved(session: Session, row: int, sid: str, values: Mapping[str, Any], entry: Entry) -> bool:
    """Raise a session that was not ended meanwhile; whether it was raised."""
    raised = session.execute(
        update(SignInSession).where(SignInSession.id == row, SignInSession.ended_at.is_(None)).values(**values)
    )
    touch(session, [FactKey(KIND, 0, sid)])
    tell(session, entry)
    return bool(raised.rowcount == 1)  # type: ignore[attr-defined]


def set_ended(session: Session, ended: Collection[SessionFacts], at: datetime, entry: Entry) -> None:
    """End sessions: every worker knows at its next request."""
    rows = [one.row for one in ended]
    session.execute(
        update(SignInSession).where(SignInSession.id.in_(rows), SignInSession.ended_at.is_(None)).values(ended_at=at)
    )
    touch(session, [FactKey(KIND, 0, one.sid) for one in ended])
    tell(session, entry)


def note_seen(session: Session, row: int, now: datetime) -> None:
    """Note that a session is used, at most once a minute."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == row, SignInSession.seen_at <= now - SEEN_EVERY)
        .values(seen_at=now)
    )


def put_told(session: Session, row: int, lines: list[list[str]]) -> None:
    """Keep what the next page is to tell: pairs of kind and sentence."""
    session.execute(update(SignInSession).where(SignInSession.id == row).values(told=lines))


def take_told(session: Session, row: int, *, hold: bool = False) -> list[list[str]]:
    """What the next page is to tell; `hold` keeps others off it until the transaction ends."""
    question = select(SignInSession.told).where(SignInSession.id == row)
    return session.scalars(question.with_for_update() if hold else question).one_or_none() or []


def as_facts(row: Any) -> SessionFacts:
    """A row of `COLUMNS` as facts."""
    number, sid, person, acr, amr, *rest = row
    return SessionFacts(number, sid, person, acr, tuple(amr), *rest)


def seen_before(session: Session, row: int, moment: datetime) -> bool:
    """Whether it is longer ago than that moment that a session was noted as used."""
    seen_at = session.scalars(select(SignInSession.seen_at).where(SignInSession.id == row)).one()
    return seen_at <= moment


def find_next(session: Session, row: int) -> str:
    """Where the person of a session wanted to go when they were asked to sign in; empty where they named nothing."""
    return session.scalars(select(SignInSession.next_path).where(SignInSession.id == row)).one_or_none() or ""


def remove_old(session: Session, before: datetime) -> int:
    """Remove sessions that were ended, or last used, before a moment."""
    ended = SignInSession.ended_at.is_not(None) & (SignInSession.ended_at < before)
    gone = session.execute(delete(SignInSession).where(ended | (SignInSession.seen_at < before)))
    return int(gone.rowcount)  # type: ignore[attr-defined]
