"""Every query of organisations' providers, of whom they mean, and of who is on the way to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from governance.kernel.errors import NotFound
from governance.people.models import Person
from governance.people.signin.models import FederationFlow, IdentityProvider, PersonIdentifier
from governance.people.signin.rules import TO_PROVIDER_AND_BACK, ProviderFacts
from governance.ports.actor import Entry
from governance.trail.entries import tell

PROVIDERS = select(
    IdentityProvider.id,
    IdentityProvider.name,
    IdentityProvider.label,
    IdentityProvider.organisation_id,
    IdentityProvider.issuer,
    IdentityProvider.client_id,
    IdentityProvider.sealed_secret,
    IdentityProvider.claim,
    IdentityProvider.by_email,
    IdentityProvider.second_factor_acrs,
    IdentityProvider.removed_at,
)


class Flow(NamedTuple):
    """What was agreed before somebody went to their provider."""

    provider: int
    nonce: str
    verifier: str
    next_path: str


def as_provider(row: Any) -> ProviderFacts:
    """A row of `PROVIDERS` as facts."""
    values: dict[str, Any] = dict(zip(ProviderFacts._fields, row, strict=True))
    return ProviderFacts(**{**values, "second_factor_acrs": tuple(values["second_factor_acrs"])})


def list_providers(session: Session) -> list[ProviderFacts]:
    """The providers that are in use, by their labels."""
    question = PROVIDERS.where(IdentityProvider.removed_at.is_(None)).order_by(IdentityProvider.label)
    return [as_provider(row) for row in session.execute(question)]


def find_provider(session: Session, name: str) -> ProviderFacts | None:
    """A provider by its name, in use or removed."""
    row = session.execute(PROVIDERS.where(IdentityProvider.name == name)).one_or_none()
    return as_provider(row) if row is not None else None


def get_provider(session: Session, name: str) -> ProviderFacts:
    """A provider in use by its name, or raise `NotFound`."""
    found = find_provider(session, name)
    if found is None or found.removed_at is not None:
        raise NotFound(f"no provider has the name {name}")
    return found


def add_provider(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Take a provider into use."""
    session.execute(insert(IdentityProvider), [dict(values)])
    tell(session, entry)


def set_provider(session: Session, provider: int, values: Mapping[str, Any], entry: Entry) -> None:
    """Change what is kept of a provider."""
    session.execute(update(IdentityProvider).where(IdentityProvider.id == provider).values(**values))
    tell(session, entry)


# --- whom a provider means


def find_linked(session: Session, issuer: str, value: str) -> int | None:
    """The person whom an issuer means by a value, if anybody."""
    return session.scalars(
        select(PersonIdentifier.person_id).where(PersonIdentifier.issuer == issuer, PersonIdentifier.value == value)
    ).one_or_none()


def list_linked(session: Session, issuer: str) -> list[tuple[str, str]]:
    """Values and references of everybody whom an issuer is known to mean."""
    question = select(PersonIdentifier.value, Person.reference).join(Person, Person.id == PersonIdentifier.person_id)
    rows = session.execute(question.where(PersonIdentifier.issuer == issuer).order_by(Person.reference))
    return [(value, reference) for value, reference in rows]


def add_linked(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Record whom an issuer means by a value."""
    session.execute(insert(PersonIdentifier), [dict(values)])
    tell(session, entry)


def remove_linked(session: Session, issuer: str, value: str, entry: Entry) -> bool:
    """Forget whom an issuer means by a value; whether anybody was meant."""
    gone = session.execute(
        delete(PersonIdentifier).where(PersonIdentifier.issuer == issuer, PersonIdentifier.value == value)
    )
    tell(session, entry)
    return bool(gone.rowcount == 1)  # type: ignore[attr-defined]


# --- on the way


def add_flow(session: Session, values: Mapping[str, Any]) -> None:
    """Keep what was agreed with somebody who goes to their provider."""
    session.execute(insert(FederationFlow), [dict(values)])


def take_flow(
    session: Session, state_digest: bytes, browser_digest: bytes, provider: int, now: datetime
) -> Flow | None:
    """What was agreed, taken out: good for one return, by the same browser, from the same provider, in time."""
    row = session.execute(
        delete(FederationFlow)
        .where(FederationFlow.state_digest == state_digest, FederationFlow.browser_digest == browser_digest)
        .where(FederationFlow.provider_id == provider, FederationFlow.started_at > now - TO_PROVIDER_AND_BACK)
        .returning(FederationFlow.provider_id, FederationFlow.nonce, FederationFlow.verifier, FederationFlow.next_path)
    ).one_or_none()
    return Flow(*row) if row is not None else None


def remove_old_flows(session: Session, before: datetime) -> int:
    """Remove what somebody left unfinished before a moment."""
    gone = session.execute(delete(FederationFlow).where(FederationFlow.started_at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]
