"""The table of checklist answers."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class ChecklistAnswer(Recorded, Base):
    """An organisation's answer to one criterion: signed on its first day, valid to its last."""

    __tablename__ = "checklist_answer"
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    checklist: Mapped[str] = mapped_column(String(200))
    criterion: Mapped[int]
    met: Mapped[bool]
    signed_by: Mapped[str | None] = mapped_column(String(200))
    evidence: Mapped[str | None] = mapped_column(Text)
