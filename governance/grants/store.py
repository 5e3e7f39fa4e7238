"""Every query of grants."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from governance.grants.models import Grant
from governance.grants.rules import Approval, GrantFacts
from governance.kernel.keys import FactKey
from governance.kernel.loading import end_of, grouped, rows_at, shared, start_of
from governance.kernel.recorded import Ledger, seen
from governance.people.models import Organisation, Person
from governance.people.store import list_below

NOTHING: Mapping[str, Any] = MappingProxyType({})

GRANTS = select(
    Grant.person_id,
    Grant.id,
    Grant.system,
    Grant.role,
    Grant.organisation_id,
    Grant.starts_on,
    Grant.ends_on,
    Grant.approvals,
    Grant.scope,
    Grant.erased_by,
)


class GrantSource:
    """The grants that a person holds, held and will hold; withdrawn ones are gone."""

    kind = "grants"
    about = "person"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, tuple[GrantFacts, ...]]:
        """The grants of some people, as they stood at a revision."""
        return grouped(keys, self._rows(session, [key.number for key in keys], at))

    def _rows(self, session: Session, people: list[int], at: int) -> Iterator[tuple[int, GrantFacts]]:
        rows = rows_at(session, GRANTS, Grant, Grant.person_id, people, at)
        for person, row, system, role, organisation, starts_on, ends_on, approvals, scope, _ in rows:
            yield (
                person,
                GrantFacts(
                    row,
                    intern(system),
                    intern(role),
                    organisation,
                    shared(starts_on),
                    start_of(starts_on),
                    end_of(ends_on),
                    shared_approvals(tuple(read_approval(item) for item in approvals or ())),
                    scope or NOTHING,
                ),
            )


def list_holders(session: Session, system: str, roles: Collection[str], at: int) -> list[str]:
    """The references of everybody with a grant of one of some roles, begun or not, ended or not, in their order."""
    held = select(Person.reference).join(Grant, Grant.person_id == Person.id).distinct()
    found = session.scalars(held.where(Grant.system == system, Grant.role.in_(sorted(roles)), seen(Grant, at)))
    return sorted(found)


def count_by_role(session: Session, system: str, today: date) -> dict[str, int]:
    """How many grants of each role of a system stand, begun or not, and have not ended by a day."""
    at = session.execute(select(Ledger.revision)).scalar_one()
    standing = or_(Grant.ends_on.is_(None), Grant.ends_on >= today)
    counted = select(Grant.role, func.count()).where(Grant.system == system, standing, seen(Grant, at))
    return {row[0]: row[1] for row in session.execute(counted.group_by(Grant.role))}


@lru_cache(maxsize=8192)
def shared_approvals(approvals: tuple[Approval, ...]) -> tuple[Approval, ...]:
    """The one copy of some approvals that all grants keep."""
    return approvals


def read_approval(item: Mapping[str, str]) -> Approval:
    """An approval as the table keeps it."""
    on = shared(date.fromisoformat(item["on"])) if item.get("on") else None
    return Approval(intern(item["by"]), intern(item["capacity"]), intern(item.get("organisation") or ""), on)


def list_held_for(session: Session, person: int, system: str, at: int) -> list[int]:
    """The organisations in whose name a person holds a role of a system, begun or not, ended or not, by number."""
    held = select(Grant.organisation_id).where(Grant.person_id == person, Grant.system == system, seen(Grant, at))
    return sorted(set(session.scalars(held)))


def dict_of_holders(session: Session, system: str, organisations: Collection[str], at: int) -> dict[str, int]:
    """Everybody who holds a role of a system in the name of one of some organisations, by reference: their numbers.

    Begun or not, ended or not: what the role is worth is for the engine to say.
    """
    named = select(Organisation.id).where(Organisation.reference.in_(organisations))
    held = select(Person.reference, Person.id).join(Grant, Grant.person_id == Person.id).distinct()
    found = session.execute(held.where(Grant.system == system, Grant.organisation_id.in_(named), seen(Grant, at)))
    return {row[0]: row[1] for row in found}


def list_to_come(session: Session, reference: str, at: int, today: date) -> list[tuple[str, int]]:
    """Each system and organisation, by number, for which a person holds a role that has not ended by a day."""
    held = select(Grant.system, Grant.organisation_id).join(Person, Person.id == Grant.person_id).distinct()
    standing = or_(Grant.ends_on.is_(None), Grant.ends_on >= today)
    found = session.execute(held.where(Person.reference == reference, standing, seen(Grant, at)))
    return [(row[0], row[1]) for row in found]


def holds_beyond(session: Session, reference: str, organisation: int, at: int, today: date) -> bool:
    """Whether a person holds a role, begun or not, for an organisation that is neither this one nor below it."""
    held = {number for _, number in list_to_come(session, reference, at, today)}
    return bool(held) and not held <= set(list_below(session, organisation, at))
