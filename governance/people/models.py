"""Tables of organisations, people and employment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class Organisation(Base):
    """An organisation's identity; what is known of it stands in its details."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(String(200), unique=True)


class OrganisationDetails(Recorded, Base):
    """What is known of an organisation."""

    __tablename__ = "organisation_details"
    __table_args__ = (CheckConstraint("status IN ('active', 'suspended', 'closed')", name="status"),)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    area: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20))


class Person(Base):
    """A person's identity; what is known of them stands in their details."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(String(200), unique=True)


class PersonDetails(Recorded, Base):
    """What is known of a person; the reference is repeated, for it is how facts are asked for."""

    __tablename__ = "person_details"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    reference: Mapped[str] = mapped_column(String(200), index=True)
    name: Mapped[str] = mapped_column(String(200))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    attributes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Employment(Recorded, Base):
    """A person's employment in an organisation."""

    __tablename__ = "employment"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    post: Mapped[str] = mapped_column(String(200))
    casework: Mapped[bool]
