"""Tables of passkeys: the credential of each, and the challenges that wait for their one answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, UtcDateTime


class Passkey(Base):
    """The credential of an authenticator: its id, which nobody else's has, its public key, and how often it was used.

    `user_handle` is by what its authenticator knows the person: random, and the same for all passkeys of one person.
    """

    __tablename__ = "passkey"
    authenticator_id: Mapped[int] = mapped_column(ForeignKey("authenticator.id"), primary_key=True, autoincrement=False)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    user_handle: Mapped[bytes] = mapped_column(LargeBinary(64))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    backup_eligible: Mapped[bool]
    backup_state: Mapped[bool]
    transports: Mapped[list[str]] = mapped_column(JSON)
    aaguid: Mapped[str] = mapped_column(String(36))


class WebauthnChallenge(Base):
    """A challenge that waits for its one answer: for one ceremony, one browser or session, and one person if known."""

    __tablename__ = "webauthn_challenge"
    __table_args__ = (
        UniqueConstraint("bound_to", "ceremony"),
        CheckConstraint("ceremony IN ('creation', 'second_step', 'sign_in')", name="ceremony"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    bound_to: Mapped[str] = mapped_column(String(80))
    ceremony: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    challenge: Mapped[bytes] = mapped_column(LargeBinary(64))
    user_handle: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
