"""Tables of checks, training, conflicts of interest and suspensions."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class Check(Recorded, Base):
    """A criminal records check, issued on its first day, and its last status check with the DBS Update Service.

    What a certificate says is never kept: there is no column for it.
    """

    __tablename__ = "vetting_check"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    level: Mapped[str] = mapped_column(String(20))
    workforce: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    barred_list: Mapped[str] = mapped_column(String(20))
    subscribed: Mapped[bool] = mapped_column(server_default=false())
    consented_on: Mapped[date | None] = mapped_column(Date)
    status_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str | None] = mapped_column(String(20))


class Training(Recorded, Base):
    """A completed course."""

    __tablename__ = "training"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    course: Mapped[str] = mapped_column(String(200))


class Conflict(Recorded, Base):
    """A record that a person must not open, only by its keyed hash and the name of the key."""

    __tablename__ = "conflict"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    key_id: Mapped[str] = mapped_column(String(200))
    record_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    relation: Mapped[str] = mapped_column(String(20))


class Suspension(Recorded, Base):
    """A suspension; lifting it closes the row."""

    __tablename__ = "suspension"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    why: Mapped[str] = mapped_column(Text)
