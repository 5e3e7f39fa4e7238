"""Every query of passkeys and challenges. A challenge is taken by one statement, and so is a use count written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from governance.people.models import Person
from tokens.authenticators.answers import Credential, Proof
from tokens.authenticators.ceremonies.models import Passkey, WebauthnChallenge
from tokens.authenticators.ceremonies.rules import Ceremony, Challenge, PasskeyFacts
from tokens.authenticators.models import Authenticator
from tokens.authenticators.rules import State

INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
UNSYNCHRONISED = {"synchronize_session": False}
PASSKEYS = (
    select(
        Passkey.authenticator_id,
        Authenticator.person_id,
        Person.reference,
        Passkey.credential_id,
        Passkey.public_key,
        Passkey.user_handle,
        Passkey.backup_eligible,
        Passkey.transports,
    )
    .join(Authenticator, Authenticator.id == Passkey.authenticator_id)
    .join(Person, Person.id == Authenticator.person_id)
)


def put_challenge(
    session: Session,
    bound_to: str,
    ceremony: Ceremony,
    person: int | None,
    challenge: bytes,
    user_handle: bytes | None,
    expires_at: datetime,
) -> None:
    """Keep a challenge, in the place of the one that waited for the same."""
    keys = {"bound_to": bound_to, "ceremony": ceremony.value}
    values = {"person_id": person, "challenge": challenge, "user_handle": user_handle, "expires_at": expires_at}
    insert = INSERTS[session.get_bind().dialect.name](WebauthnChallenge).values(**keys, **values)
    session.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))


def take_challenge(session: Session, bound_to: str, ceremony: Ceremony, person: int | None) -> Challenge | None:
    """Take the challenge that waits here, by one statement: whoever has it is the only one, and it is gone."""
    whose = WebauthnChallenge.person_id.is_(None) if person is None else WebauthnChallenge.person_id == person
    taken = (
        delete(WebauthnChallenge)
        .where(WebauthnChallenge.bound_to == bound_to, WebauthnChallenge.ceremony == ceremony.value, whose)
        .returning(WebauthnChallenge.challenge, WebauthnChallenge.user_handle, WebauthnChallenge.expires_at)
    )
    row = session.execute(taken, execution_options=UNSYNCHRONISED).one_or_none()
    return Challenge(*row) if row is not None else None


def sweep_challenges(session: Session, now: datetime) -> None:
    """Forget challenges that were never answered."""
    swept = delete(WebauthnChallenge).where(WebauthnChallenge.expires_at <= now)
    session.execute(swept, execution_options=UNSYNCHRONISED)


def find_passkey(session: Session, credential_id: bytes) -> PasskeyFacts | None:
    """A passkey by its credential's id, whatever its state."""
    row = session.execute(PASSKEYS.where(Passkey.credential_id == credential_id)).one_or_none()
    return as_facts(row) if row is not None else None


def list_passkeys(session: Session, person: int, *, only_active: bool = True) -> list[PasskeyFacts]:
    """A person's passkeys, those that are in use or all there ever were."""
    question = PASSKEYS.where(Authenticator.person_id == person).order_by(Passkey.authenticator_id)
    if only_active:
        question = question.where(Authenticator.state == State.ACTIVE.value)
    return [as_facts(row) for row in session.execute(question)]


def add_passkey(session: Session, authenticator: int, made: Credential, user_handle: bytes) -> bool:
    """Keep the credential of a new authenticator; whether nobody has one of that id."""
    row = Passkey(
        authenticator_id=authenticator, credential_id=made.credential_id, public_key=made.public_key,
        user_handle=user_handle, sign_count=made.sign_count, backup_eligible=made.backup_eligible,
        backup_state=made.backup_state, transports=list(made.transports), aaguid=made.aaguid,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def set_used(session: Session, one: PasskeyFacts, proof: Proof) -> bool:
    """Write the new use count and backup state, by one statement; whether they may follow on what was there.

    They may while the authenticator is in use, its count has grown (or it counts nothing), and what it says of whether
    it can be copied is what it said when it was made.
    """
    grown = Passkey.sign_count < proof.sign_count if proof.sign_count else Passkey.sign_count == 0
    in_use = exists().where(Authenticator.id == one.authenticator, Authenticator.state == State.ACTIVE.value)
    written = (
        update(Passkey)
        .where(Passkey.authenticator_id == one.authenticator, grown, in_use)
        .where(Passkey.backup_eligible == proof.backup_eligible)
        .values(sign_count=proof.sign_count, backup_state=proof.backup_state)
        .returning(Passkey.authenticator_id)
    )
    return session.execute(written, execution_options=UNSYNCHRONISED).first() is not None


def as_facts(row: Any) -> PasskeyFacts:
    """A row of `PASSKEYS` as facts."""
    return PasskeyFacts(*row)._replace(transports=tuple(row.transports))
