"""Tables of checks, training, conflicts of interest and suspensions."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class Check(Recorded, Base):
    """A criminal records check, issued on its first day; certificate contents are never kept."""

    __tablename__ = "vetting_check"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    level: Mapped[str] = mapped_column(String(20))
    workforce: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    barred_list: Mapped[str] = mapped_column(String(20))


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
