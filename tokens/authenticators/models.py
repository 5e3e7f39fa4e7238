"""Tables of authenticators: each one ever bound, recovery codes, attempts, failures by kind, temporary replacements."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, UtcDateTime


class Authenticator(Base):
    """An authenticator of a person; its row is never removed. `last_step` is the last step or counter accepted.

    `told_step` is a step of the future that a person was told of: it is never accepted. `begun_in` is the session in
    which its enrolment was begun, and the only one in which it can be finished.
    """

    __tablename__ = "authenticator"
    __table_args__ = (
        CheckConstraint("kind IN ('totp', 'hotp', 'passkey', 'recovery')", name="kind"),
        CheckConstraint(
            "state IN ('pending', 'active', 'locked', 'lost', 'revoked', 'retired', 'expired')", name="state"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    serial: Mapped[str | None] = mapped_column(String(60), unique=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    digits: Mapped[int]
    drift: Mapped[int]
    last_step: Mapped[int] = mapped_column(BigInteger)
    told_step: Mapped[int | None] = mapped_column(BigInteger)
    failures: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("authenticator.id"))
    begun_in: Mapped[int | None]


class RecoveryCode(Base):
    """A recovery code, hashed; `marker` is two bytes of a keyed hash, by which it is found among the others."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    authenticator_id: Mapped[int] = mapped_column(ForeignKey("authenticator.id"), index=True)
    marker: Mapped[bytes] = mapped_column(LargeBinary(2))
    digest: Mapped[str] = mapped_column(String(200))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecondFactorAttempts(Base):
    """Failures in a row of one person, over every kind of second factor, and until when the next one has to wait."""

    __tablename__ = "second_factor_attempts"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    failures: Mapped[int]
    wait_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FactorFailures(Base):
    """How often a person failed on a day, by the kind of authenticator and of failure; never with what."""

    __tablename__ = "factor_failures"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    finding: Mapped[str] = mapped_column(String(20), primary_key=True)
    times: Mapped[int]


class TemporaryReplacement(Base):
    """A temporary replacement: started by one person, decided by another, redeemed once by a link."""

    __tablename__ = "temporary_replacement"
    __table_args__ = (CheckConstraint("state IN ('asked', 'approved', 'refused', 'redeemed', 'used')", name="state"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(400))
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_through: Mapped[str] = mapped_column(String(220))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    link_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    link_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    redeemed_in: Mapped[int | None]
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    authenticator_id: Mapped[int | None] = mapped_column(ForeignKey("authenticator.id"))
