"""Tables of front ends and their keys."""

from __future__ import annotations

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded


class ClientKey(Recorded, Base):
    """A front end's key: never the key itself."""

    __tablename__ = "client_key"
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20), index=True)
    key_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    systems: Mapped[list[str]] = mapped_column(JSON)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    front_end: Mapped[str | None] = mapped_column(String(40))


class FrontEnd(Recorded, Base):
    """A front end that people sign in to through this service: never its secret itself."""

    __tablename__ = "front_end"
    name: Mapped[str] = mapped_column(String(200))
    client_id: Mapped[str] = mapped_column(String(40), index=True)
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_uris: Mapped[list[str]] = mapped_column(JSON)
    systems: Mapped[list[str]] = mapped_column(JSON)
