"""Every query of authenticators and recovery codes. What is used up is used by one conditional statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text, update
from sqlalchemy.orm import Session

from governance.kernel.errors import Conflict, NotFound
from governance.people.models import Person
from governance.ports.actor import Actor, Entry
from governance.trail.entries import tell
from tokens.authenticators.models import Authenticator, RecoveryCode
from tokens.authenticators.recovery import Hashed
from tokens.authenticators.rules import ENDED, NEXT_STATES, AuthenticatorFacts, Kind, State

COLUMNS = (
    Authenticator.id,
    Authenticator.person_id,
    Authenticator.kind,
    Authenticator.label,
    Authenticator.state,
    Authenticator.serial,
    Authenticator.digits,
    Authenticator.drift,
    Authenticator.last_step,
    Authenticator.told_step,
    Authenticator.failures,
    Authenticator.created_at,
    Authenticator.activated_at,
    Authenticator.first_used_at,
    Authenticator.last_used_at,
    Authenticator.ended_at,
    Authenticator.ends_at,
    Authenticator.replaces_id,
    Authenticator.begun_in,
)
NO_STEP = -1
LOCK = 7_401_228
"""The lock under which serials are taken on PostgreSQL: one for all, else two who swap theirs block each other."""
UNSYNCHRONISED = {"synchronize_session": False}


def place(row: int) -> str:
    """Where the secret of an authenticator is sealed for."""
    return f"authenticator:secret:{row}"


def find_authenticator(session: Session, person: int, row: int) -> AuthenticatorFacts | None:
    """An authenticator of a person, or None; nobody else's is found."""
    question = select(*COLUMNS).where(Authenticator.id == row, Authenticator.person_id == person)
    found = session.execute(question).one_or_none()
    return as_facts(found) if found else None


def get_authenticator(session: Session, person: int, row: int) -> AuthenticatorFacts:
    """An authenticator of a person, or raise `NotFound`."""
    found = find_authenticator(session, person, row)
    if found is None:
        raise NotFound("there is no such authenticator")
    return found


def list_of(session: Session, people: Collection[int]) -> list[AuthenticatorFacts]:
    """Every authenticator that some people ever had, the newest first."""
    question = select(*COLUMNS).where(Authenticator.person_id.in_(people)).order_by(Authenticator.id.desc())
    return [as_facts(row) for row in session.execute(question)]


def list_ending(session: Session, after: datetime, before: datetime) -> list[AuthenticatorFacts]:
    """Active authenticators whose end lies between two moments, the first excluded."""
    within = (Authenticator.ends_at > after, Authenticator.ends_at <= before)
    question = select(*COLUMNS).where(Authenticator.state == State.ACTIVE, *within).order_by(Authenticator.id)
    return [as_facts(row) for row in session.execute(question)]


def find_secret(session: Session, row: int) -> bytes | None:
    """The sealed secret of an authenticator."""
    return session.scalars(select(Authenticator.secret).where(Authenticator.id == row)).one_or_none()


def find_reference(session: Session, person: int) -> str:
    """A person's reference by number."""
    return session.scalars(select(Person.reference).where(Person.id == person)).one()


def add_authenticator(session: Session, values: Mapping[str, Any], entry: Entry) -> int:
    """Keep a new authenticator, and give its number."""
    blank = {"serial": None, "secret": None, "digits": 6, "drift": 0, "last_step": NO_STEP, "failures": 0}
    made = Authenticator(**{**blank, **values})
    session.add(made)
    session.flush()
    tell(session, Entry(entry.action, entry.actor, {**entry.details, "authenticator": made.id}))
    return made.id


def set_secret(session: Session, row: int, sealed: bytes, *, instead_of: bytes | None) -> bool:
    """Put a sealed secret in the place of what was there; whether that was still there."""
    same = Authenticator.secret.is_(None) if instead_of is None else Authenticator.secret == instead_of
    return _one(session, Authenticator.id == row, same, secret=sealed)


def set_state(session: Session, one: AuthenticatorFacts, to: State, values: Mapping[str, Any], entry: Entry) -> None:
    """Let an authenticator go over into another state; raise `Conflict` where it was changed meanwhile."""
    before = [state.value for state, following in NEXT_STATES.items() if to in following]
    if not _one(session, Authenticator.id == one.id, Authenticator.state.in_(before), state=to.value, **values):
        raise Conflict("this authenticator was changed meanwhile; look again and repeat")
    tell(session, entry)


def set_label(session: Session, row: int, label: str, entry: Entry) -> None:
    """Give an authenticator another name."""
    _one(session, Authenticator.id == row, label=label)
    tell(session, entry)


def set_first_label(session: Session, row: int, label: str) -> None:
    """Name an authenticator that does not count yet."""
    _one(session, Authenticator.id == row, Authenticator.state == State.PENDING, label=label)


def set_drift(session: Session, row: int, drift: int) -> None:
    """Keep how far an app's clock is off, in steps."""
    _one(session, Authenticator.id == row, drift=drift)


def tell_of(session: Session, entry: Entry) -> None:
    """Tell the trail of what a statement of this file has done."""
    tell(session, entry)


def free_serial(session: Session, serial: str, actor: Actor, now: datetime) -> None:
    """Let go of a serial on an authenticator that is over, or never counted and nobody has vouched for, whosever it is.

    An enrolment that its own person began is such a one. Whoever wants a serial takes their turn: of many at once the
    last has it, on both databases.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    over = or_(Authenticator.state.in_([state.value for state in ENDED]), Authenticator.ends_at <= now)
    never = and_(Authenticator.activated_at.is_(None), Authenticator.begun_in.is_not(None))
    freed = update(Authenticator).where(Authenticator.serial == serial, or_(over, never)).values(serial=None)
    returned = freed.returning(Authenticator.id, Authenticator.person_id)
    for row, person in session.execute(returned, execution_options=UNSYNCHRONISED).all():
        details = {"person": find_reference(session, person), "authenticator": row}
        tell(session, Entry("authenticator.serial_freed", actor, details))


def serial_taken(session: Session, serial: str) -> bool:
    """Whether a serial stands on any authenticator."""
    return session.scalars(select(Authenticator.id).where(Authenticator.serial == serial)).first() is not None


def list_tokens(session: Session) -> list[tuple[int, bytes]]:
    """The sealed secrets of all hardware tokens that ever gave their first code, whoever's they are."""
    known = (Authenticator.kind == Kind.HOTP, Authenticator.activated_at.is_not(None))
    question = select(Authenticator.id, Authenticator.secret).where(*known)
    return [(row, sealed) for row, sealed in session.execute(question) if sealed is not None]


def set_accepted(session: Session, row: int, step: int, now: datetime, **values: Any) -> bool:
    """Accept a step or counter: by one statement, once, and never one that is not after the last."""
    fresh = (Authenticator.last_step < step, or_(Authenticator.told_step.is_(None), Authenticator.told_step != step))
    return _use(session, row, now, *fresh, last_step=step, **values)


def set_used(session: Session, row: int, now: datetime) -> bool:
    """Note that an authenticator whose proof is not a step was used; whether it can still be."""
    return _use(session, row, now)


def set_activated(session: Session, row: int, step: int, now: datetime, ends_at: datetime | None) -> bool:
    """Let an authenticator that waits for its first proof begin to count, if it still waits."""
    return _one(
        session,
        Authenticator.id == row,
        Authenticator.state == State.PENDING,
        Authenticator.ends_at > now,
        Authenticator.last_step < max(step, NO_STEP + 1),
        state=State.ACTIVE.value,
        activated_at=now,
        ends_at=ends_at,
        last_step=step,
    )


def set_told(session: Session, row: int, step: int, present: int) -> bool:
    """Remember a step of the future that a person is told of; whether there was no other one."""
    free = or_(Authenticator.told_step.is_(None), Authenticator.told_step <= present)
    return _one(session, Authenticator.id == row, free, told_step=step)


def add_codes(session: Session, row: int, codes: Sequence[Hashed]) -> None:
    """Keep a set of recovery codes."""
    session.add_all(RecoveryCode(authenticator_id=row, marker=code.marker, digest=code.digest) for code in codes)
    session.flush()


def list_candidates(session: Session, row: int, marker: bytes) -> list[tuple[int, str]]:
    """The unused codes of a set that may be the one that was typed: hardly ever more than one."""
    question = select(RecoveryCode.id, RecoveryCode.digest).where(
        RecoveryCode.authenticator_id == row, RecoveryCode.marker == marker, RecoveryCode.used_at.is_(None)
    )
    return [(number, digest) for number, digest in session.execute(question)]


def set_code_used(session: Session, code: int, now: datetime) -> bool:
    """Use a recovery code up; whether it was unused until now."""
    used = (
        update(RecoveryCode)
        .where(RecoveryCode.id == code, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return session.execute(used, execution_options=UNSYNCHRONISED).first() is not None


def count_codes(session: Session, rows: Collection[int]) -> Mapping[int, int]:
    """How many codes of some sets are left."""
    question = (
        select(RecoveryCode.authenticator_id, func.count())
        .where(RecoveryCode.authenticator_id.in_(rows), RecoveryCode.used_at.is_(None))
        .group_by(RecoveryCode.authenticator_id)
    )
    return {int(row): int(count) for row, count in session.execute(question)}


def list_sealed(session: Session, after: int, limit: int) -> list[tuple[int, bytes]]:
    """Sealed secrets by number, those after one."""
    question = (
        select(Authenticator.id, Authenticator.secret)
        .where(Authenticator.id > after, Authenticator.secret.is_not(None))
        .order_by(Authenticator.id)
        .limit(limit)
    )
    return [(row, secret) for row, secret in session.execute(question) if secret is not None]


def count_sealed(session: Session) -> int:
    """How many secrets are sealed."""
    return session.scalars(select(func.count(Authenticator.secret))).one()


def as_facts(row: Any) -> AuthenticatorFacts:
    """A row of `COLUMNS` as facts."""
    number, person, kind, label, state, *rest = row
    return AuthenticatorFacts(number, person, Kind(kind), label, State(state), *rest)


def _use(session: Session, row: int, now: datetime, *only: ColumnElement[bool], **values: Any) -> bool:
    first = func.coalesce(Authenticator.first_used_at, now, type_=Authenticator.first_used_at.type)
    usable = (Authenticator.state == State.ACTIVE, or_(Authenticator.ends_at.is_(None), Authenticator.ends_at > now))
    return _one(
        session, Authenticator.id == row, *usable, *only, failures=0, first_used_at=first, last_used_at=now, **values
    )


def _one(session: Session, *which: ColumnElement[bool], **values: Any) -> bool:
    """Change the one row for which all this holds; whether there was one."""
    changed = update(Authenticator).where(*which).values(**values).returning(Authenticator.id)
    return session.execute(changed, execution_options=UNSYNCHRONISED).first() is not None
