"""Makes somebody an administrator of Postern itself, with whatever facts that needs and does not find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.applying import apply_rows
from governance.exchange.reading import load_rows
from governance.kernel.clock import london_day
from governance.kernel.errors import BadInput, Fault, NotFound
from governance.kernel.recorded import seen
from governance.people.models import Organisation, Person
from governance.people.signin.store.accounts import is_known, list_employers, list_lineage
from governance.ports.actor import Actor

SYSTEM, ROLE, POST = "governance", "administrator", "administrator"


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who becomes one, in whose name; the names are for those whom the facts do not know."""

    reference: str
    organisation: str
    name: str | None = None
    organisation_name: str | None = None
    organisation_kind: str = "central"


def record_administrator(service: Any, who: FirstAdministrator, *, actor: Actor, now: datetime) -> None:
    """Record the grant, and person, organisation and employment where missing; raise `NotFound` or `BadInput`."""
    with service.databases.reading() as session:
        at, grants = service.databases.freshness.current(), service.sheets["grants"]
        missing = wanting(session, who, at, now)
        if not is_granted(session, grants.model, who, at, now):
            row = {"person": who.reference, "system": SYSTEM, "role": ROLE, "organisation": who.organisation}
            missing["grants"] = [{**row, "from": london_day(now).isoformat()}]
    rows = {}
    for name, listed in missing.items():
        rows[name], faults = load_rows(service.sheets[name], listed)
        if faults:
            raise BadInput([Fault(name, "cannot be recorded", str(faults[0]))])
    apply_rows(service.databases, service.sheets, rows, actor=actor, now=now, where="postern administrator")


def is_granted(session: Session, grant: Any, who: FirstAdministrator, at: int, now: datetime) -> bool:
    """Whether the grant stands already."""
    today = london_day(now)
    person = select(Person.id).where(Person.reference == who.reference).scalar_subquery()
    organisation = select(Organisation.id).where(Organisation.reference == who.organisation).scalar_subquery()
    held = select(grant.id).where(grant.person_id == person, grant.organisation_id == organisation)
    current = held.where(grant.starts_on <= today, grant.ends_on.is_(None) | (grant.ends_on >= today))
    mine = current.where(grant.system == SYSTEM, grant.role == ROLE, seen(grant, at))
    return session.scalars(mine.limit(1)).one_or_none() is not None


def wanting(session: Session, who: FirstAdministrator, at: int, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The rows of facts that are missing, by sheet."""
    person = session.scalar(select(Person.id).where(Person.reference == who.reference))
    organisation = session.scalar(select(Organisation.id).where(Organisation.reference == who.organisation))
    found: dict[str, list[dict[str, Any]]] = {}
    if organisation is None or not list_lineage(session, organisation, at):
        if not who.organisation_name:
            raise NotFound(f"no organisation has the reference {who.organisation}; record it with --organisation-name")
        found["organisations"] = [
            {"reference": who.organisation, "name": who.organisation_name, "kind": who.organisation_kind}
        ]
    if person is None or not is_known(session, person, at):
        if not who.name:
            raise NotFound(f"nobody has the reference {who.reference}; record them with --name")
        found["people"] = [{"reference": who.reference, "name": who.name}]
    if person is None or organisation is None or organisation not in list_employers(session, person, at, now):
        today = london_day(now).isoformat()
        row = {"person": who.reference, "organisation": who.organisation, "post": POST, "from": today}
        found["employment"] = [row]
    return found
