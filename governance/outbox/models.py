"""The table of mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, UtcDateTime


class OutboxMail(Base):
    """A mail. `name` is its public id and goes into its Message-ID; `next_at` is when it may be taken (again).

    `claim` names the sender that has it: every later write of that sender asks for it. `handovers` counts how often
    its last byte was about to leave, `fault` is the code of the last thing that went wrong.
    `data` is sealed, and then a text, where whoever queued the mail asked for it.
    """

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_state_next_at", "state", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    template: Mapped[str] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(254))
    data: Mapped[dict[str, str] | str | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int]
    handovers: Mapped[int]
    claim: Mapped[str | None] = mapped_column(String(40))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str] = mapped_column(String(60))
