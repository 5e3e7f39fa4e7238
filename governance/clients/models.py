"""Table of front ends' keys."""

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
