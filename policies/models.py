"""Tables of policy: packs' texts as immutable revisions, which is active, systems' own days and resources."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base, Recorded, UtcDateTime


class PackRevision(Base):
    """A pack's whole text as it was activated. It never changes."""

    __tablename__ = "pack_revision"
    __table_args__ = (UniqueConstraint("system", "digest"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    system: Mapped[str] = mapped_column(String(60))
    system_toml: Mapped[str] = mapped_column(Text)
    policy_csv: Mapped[str] = mapped_column(Text)
    cases_toml: Mapped[str] = mapped_column(Text)
    readme: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))


class PackActivation(Recorded, Base):
    """Which revision of a system's pack is active; the one before is closed by the same change."""

    __tablename__ = "pack_activation"
    system: Mapped[str] = mapped_column(String(60), index=True)
    pack_revision_id: Mapped[int] = mapped_column(ForeignKey("pack_revision.id"))


class SystemStatus(Recorded, Base):
    """A system's own days: its audit trail is live from `starts_on`, it closed at the end of `ends_on`."""

    __tablename__ = "system_status"
    system: Mapped[str] = mapped_column(String(60), index=True)


class RegisteredResource(Recorded, Base):
    """A report, a workspace, a part of a system: a resource that can be searched, with what is known of it."""

    __tablename__ = "registered_resource"
    system: Mapped[str] = mapped_column(String(60), index=True)
    resource_type: Mapped[str] = mapped_column(String(200))
    resource_id: Mapped[str] = mapped_column(String(200))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON)
