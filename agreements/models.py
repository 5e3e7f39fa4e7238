"""Tables of agreements: versions, parties, individual signatures."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class Agreement(Base):
    """An agreement's identity; what was agreed stands in its versions."""

    __tablename__ = "agreement"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(String(200), unique=True)


class AgreementVersion(Recorded, Base):
    """One version of an agreement for one system: its state, scope, lawful basis, the days on which it holds."""

    __tablename__ = "agreement_version"
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    system: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(30))
    scope: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    article_6: Mapped[str | None] = mapped_column(String(2))
    article_9: Mapped[str | None] = mapped_column(String(2))
    schedule_1: Mapped[int | None]
    gateway: Mapped[str | None] = mapped_column(String(200))
    dpia: Mapped[str | None] = mapped_column(String(200))
    dpia_outcome: Mapped[str | None] = mapped_column(String(30))
    dpia_on: Mapped[date | None] = mapped_column(Date)


class Party(Recorded, Base):
    """An organisation that a version names; its first day is the day on which it signed."""

    __tablename__ = "agreement_party"
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    version: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    signed_by: Mapped[str | None] = mapped_column(String(200))


class Signature(Recorded, Base):
    """A person's signature under one version of an individual agreement, on its first day."""

    __tablename__ = "agreement_signature"
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    version: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
