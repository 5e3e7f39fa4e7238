"""Tables of what was given to front ends: authorization codes (never a code itself), and front ends' sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, UtcDateTime


class AuthorizationCode(Base):
    """A code on its way to a front end, good once; `sid` is the front end's session that came of it."""

    __tablename__ = "authorization_code"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    client_id: Mapped[str] = mapped_column(String(40))
    redirect_uri: Mapped[str] = mapped_column(String(2000))
    challenge: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str] = mapped_column(String(400))
    scope: Mapped[str] = mapped_column(String(200))
    sign_in: Mapped[str] = mapped_column(String(40), index=True)
    sid: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FrontEndSession(Base):
    """A person's session with a front end, by the name that its tokens bear; `sign_in` is the session it hangs on."""

    __tablename__ = "front_end_session"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    sid: Mapped[str] = mapped_column(String(40), unique=True)
    client_id: Mapped[str] = mapped_column(String(40))
    sign_in: Mapped[str] = mapped_column(String(40), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
