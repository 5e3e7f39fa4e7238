"""Tables of sign-in: accounts, the links that open them, failures, sessions, and organisations' providers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, UtcDateTime


class Account(Base):
    """What a person signs in with: an address and a password, or neither where their organisation vouches for them.

    `email_key` is the address as it is looked for: one account's alone. A closed account has none, nor an address; an
    invited one has none where the address is another's.
    """

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("state IN ('invited', 'active', 'closed')", name="state"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    invited_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccountLink(Base):
    """A link that was mailed, without its token: for one account, one address, one use, until its end."""

    __tablename__ = "account_link"
    __table_args__ = (CheckConstraint("purpose IN ('invitation', 'recovery')", name="purpose"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempts(Base):
    """Failures in a row, by a digest of what is counted and of whose they are; `good_at` is when it last went well."""

    __tablename__ = "sign_in_attempts"
    counted: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    failures: Mapped[int]
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    good_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInSession(Base):
    """A session of the pages, without the secret that its cookie holds. `told` waits to be told on the next page.

    `next_path` is where its person wanted to go when they were asked to sign in; `vouched_by` is the organisation whose
    provider has begun it, if one has.
    """

    __tablename__ = "sign_in_session"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    sid: Mapped[str] = mapped_column(String(40), unique=True)
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    form_token: Mapped[str] = mapped_column(String(60))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    acr: Mapped[str] = mapped_column(String(40))
    amr: Mapped[list[str]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    auth_time: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    authenticator_id: Mapped[int | None] = mapped_column(index=True)
    device: Mapped[str] = mapped_column(String(200))
    told: Mapped[list[list[str]]] = mapped_column(JSON)
    next_path: Mapped[str] = mapped_column(String(2000), default="")
    vouched_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IdentityProvider(Base):
    """An organisation's own OpenID provider: its client secret is sealed, a removed one stays as a row."""

    __tablename__ = "identity_provider"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(200))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    claim: Mapped[str] = mapped_column(String(100))
    by_email: Mapped[bool]
    second_factor_acrs: Mapped[list[str]] = mapped_column(JSON)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonIdentifier(Base):
    """Who a provider means: the value of its claim for one person. Nobody is met here who was not linked before."""

    __tablename__ = "person_identifier"
    __table_args__ = (UniqueConstraint("issuer", "value"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    issuer: Mapped[str] = mapped_column(String(500))
    value: Mapped[str] = mapped_column(String(300))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    added_by: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FederationFlow(Base):
    """Somebody on the way to their organisation's provider and back: good for one return, by the same browser."""

    __tablename__ = "sign_in_flow"
    state_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    browser_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_provider.id"))
    nonce: Mapped[str] = mapped_column(String(60))
    verifier: Mapped[str] = mapped_column(String(128))
    next_path: Mapped[str] = mapped_column(String(2000))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
