"""Every query about packs, their activations, systems' own days and resources."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, true
from sqlalchemy.orm import Session, aliased

from governance.kernel.errors import NotFound
from governance.kernel.keys import FactKey
from governance.kernel.recorded import BATCH, Change, close, record, seen
from governance.ports.actor import Actor, Entry
from governance.trail.entries import tell
from policies.models import PackActivation, PackRevision, RegisteredResource, SystemStatus
from policies.pack import Pack, PackTexts

RESOURCES = "resources"
"""The kind of key that a changed resource touches."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A span in which one revision of a system's pack was in force: from which moment, until which (exclusive)."""

    system: str
    revision: int
    digest: bytes
    since: datetime
    until: datetime | None
    by: str


def list_active(session: Session, at: int) -> dict[str, int]:
    """Which pack revision of each system was active at a facts revision."""
    found = session.execute(
        select(PackActivation.system, PackActivation.pack_revision_id)
        .where(seen(PackActivation, at))
        .order_by(PackActivation.system)
    )
    return {row.system: row.pack_revision_id for row in found}


def list_in_force(session: Session, system: str = "") -> list[InForce]:
    """Every span in which a revision was in force, of one system or of all; the oldest of each system first."""
    opened, closed = aliased(Change), aliased(Change)
    columns = (
        PackRevision.system,
        PackRevision.id,
        PackRevision.digest,
        opened.sealed_at,
        closed.sealed_at,
        opened.actor,
    )
    question = (
        select(*columns)
        .join(PackActivation, PackActivation.pack_revision_id == PackRevision.id)
        .join(opened, opened.id == PackActivation.recorded_by)
        .outerjoin(closed, closed.id == PackActivation.closed_by)
        .where(opened.revision.is_not(None), PackRevision.system == system if system else true())
        .order_by(PackRevision.system, opened.revision)
    )
    found = session.execute(question).all()
    return [InForce(*row[:3], since, *row[4:]) for row in found if (since := row[3]) is not None]


def get_texts(session: Session, number: int) -> PackTexts:
    """The texts of a stored revision; raise `NotFound` when there is none."""
    row = session.get(PackRevision, number)
    if row is None:
        raise NotFound(f"no pack revision has the number {number}")
    return PackTexts(row.system_toml, row.policy_csv, row.cases_toml, row.readme, f"revision {number} of {row.system}")


def find_revision(session: Session, system: str, digest: bytes) -> int | None:
    """The revision that already holds the same texts."""
    same = (PackRevision.system == system, PackRevision.digest == digest)
    return session.scalars(select(PackRevision.id).where(*same)).one_or_none()


def add_revision(session: Session, pack: Pack, *, actor: Actor, now: datetime) -> int:
    """Keep a pack's texts for good; its trail entry is that of the activation in the same change."""
    texts = pack.texts
    values = {
        "system": pack.system,
        "system_toml": texts.system_toml,
        "policy_csv": texts.policy_csv,
        "cases_toml": texts.cases_toml,
        "readme": texts.readme,
        "digest": texts.digest,
        "created_at": now,
        "created_by": str(actor),
    }
    return session.execute(insert(PackRevision).values(values).returning(PackRevision.id)).scalar_one()


def find_activation(session: Session, system: str) -> tuple[int, int] | None:
    """The activation that stands now: its row and its pack revision."""
    open_now = select(PackActivation.id, PackActivation.pack_revision_id).where(
        PackActivation.system == system, PackActivation.closed_by.is_(None)
    )
    row = session.execute(open_now).one_or_none()
    return None if row is None else (row[0], row[1])


def set_activation(session: Session, system: str, revision: int, old: int | None, entry: Entry) -> None:
    """Close the activation that stood, open the new one, tell the trail."""
    keys = [FactKey("policy", 0, system)]
    if old is not None:
        close(session, PackActivation, [old], keys)
    record(session, PackActivation, [{"system": system, "pack_revision_id": revision}], keys)
    tell(session, entry)


def list_statuses(
    session: Session, systems: Collection[str], at: int
) -> Iterator[tuple[int, str, date | None, date | None]]:
    """The days of systems as they stood at a revision: row, system, audit live from, closed at the end of."""
    for part in chunks(sorted(systems)):
        columns = (SystemStatus.id, SystemStatus.system, SystemStatus.starts_on, SystemStatus.ends_on)
        wanted = select(*columns).where(SystemStatus.system.in_(part), seen(SystemStatus, at)).order_by(SystemStatus.id)
        for row in session.execute(wanted):
            yield row.id, row.system, row.starts_on, row.ends_on


def list_resources(session: Session, at: int) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Every registered resource as it stood at a revision: system, type, id, properties."""
    one = RegisteredResource
    columns = (one.system, one.resource_type, one.resource_id, one.properties)
    found = session.execute(select(*columns).where(seen(one, at)).order_by(one.id))
    return ((row[0], row[1], row[2], row[3]) for row in found)


def chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Names in lists short enough for one statement."""
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]
