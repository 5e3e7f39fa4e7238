"""The table of grants."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class Grant(Recorded, Base):
    """A role that a person holds in a system, in an organisation's name; a withdrawn grant is a closed row."""

    __tablename__ = "access_grant"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    system: Mapped[str] = mapped_column(String(200), index=True)
    role: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    approvals: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    scope: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
