"""Every query of people and organisations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from sys import intern
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.kernel.errors import NotFound
from governance.kernel.keys import FactKey
from governance.kernel.loading import end_of, grouped, rows_at, shared
from governance.kernel.recorded import seen
from governance.people.models import Employment, Organisation, OrganisationDetails, Person, PersonDetails
from governance.people.rules import EmploymentFacts, OrganisationFacts, OrganisationStatus, PersonFacts

NOTHING: Mapping[str, Any] = MappingProxyType({})

PEOPLE = select(
    PersonDetails.person_id,
    PersonDetails.reference,
    Person.reference,
    PersonDetails.attributes,
    PersonDetails.erased_by,
).outerjoin(Person, Person.id == PersonDetails.manager_id)

ORGANISATIONS = select(
    OrganisationDetails.organisation_id,
    Organisation.reference,
    OrganisationDetails.name,
    OrganisationDetails.kind,
    OrganisationDetails.parent_id,
    OrganisationDetails.area,
    OrganisationDetails.status,
    OrganisationDetails.erased_by,
).join(Organisation, Organisation.id == OrganisationDetails.organisation_id)

EMPLOYMENTS = select(
    Employment.person_id,
    Employment.id,
    Employment.organisation_id,
    Employment.post,
    Employment.casework,
    Employment.starts_on,
    Employment.ends_on,
    Employment.erased_by,
)


class PersonSource:
    """Who a reference is; None where nobody has it."""

    kind = "person"
    about = "person"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, PersonFacts | None]:
        """The people of some references, as they stood at a revision."""
        found: dict[FactKey, PersonFacts | None] = dict.fromkeys(keys)
        asked = {key.name: key for key in keys}
        rows = rows_at(session, PEOPLE, PersonDetails, PersonDetails.reference, list(asked), at)
        for number, reference, manager, attributes, _ in rows:
            key = asked[reference]
            found[key] = PersonFacts(number, key.name, intern(manager or ""), attributes or NOTHING)
        return found


class OrganisationSource:
    """What an organisation is; None where it is unknown."""

    kind = "organisation"
    about = "organisation"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, OrganisationFacts | None]:
        """Organisations by number, as they stood at a revision."""
        found: dict[FactKey, OrganisationFacts | None] = dict.fromkeys(keys)
        numbers = [key.number for key in keys]
        rows = rows_at(session, ORGANISATIONS, OrganisationDetails, OrganisationDetails.organisation_id, numbers, at)
        for number, reference, name, kind, parent, area, status, _ in rows:
            found[FactKey("organisation", number)] = OrganisationFacts(
                number, reference, name, intern(kind), parent or 0, intern(area or ""), OrganisationStatus(status)
            )
        return found


class EmploymentSource:
    """Where a person works, worked and will work."""

    kind = "employment"
    about = "person"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, tuple[EmploymentFacts, ...]]:
        """The employments of some people, as they stood at a revision."""
        return grouped(keys, self._rows(session, [key.number for key in keys], at))

    def _rows(self, session: Session, people: list[int], at: int) -> Iterator[tuple[int, EmploymentFacts]]:
        rows = rows_at(session, EMPLOYMENTS, Employment, Employment.person_id, people, at)
        for person, row, organisation, post, casework, starts_on, ends_on, _ in rows:
            yield person, EmploymentFacts(row, organisation, intern(post), casework, shared(starts_on), end_of(ends_on))


def list_employed(session: Session, at: int) -> list[str]:
    """The references of everybody who works, worked or will work somewhere, in their order."""
    found = select(Person.reference).join(Employment, Employment.person_id == Person.id).where(seen(Employment, at))
    return sorted(session.scalars(found.distinct()))


def list_people(session: Session, at: int) -> list[str]:
    """The references of everybody who was known at a revision."""
    return list(session.scalars(select(PersonDetails.reference).where(seen(PersonDetails, at))))


def get_person(session: Session, reference: str) -> Person:
    """A person's identity by reference, or raise `NotFound`."""
    found = session.scalar(select(Person).where(Person.reference == reference))
    if found is None:
        raise NotFound(f"nobody has the reference {reference}", reference)
    return found


def find_name(session: Session, person: int, at: int) -> str | None:
    """What a person is called, as it stood at a revision."""
    called = select(PersonDetails.name).where(PersonDetails.person_id == person, seen(PersonDetails, at))
    return session.scalars(called.limit(1)).one_or_none()


def get_organisation(session: Session, reference: str) -> Organisation:
    """An organisation's identity by reference, or raise `NotFound`."""
    found = session.scalar(select(Organisation).where(Organisation.reference == reference))
    if found is None:
        raise NotFound(f"no organisation has the reference {reference}")
    return found


def find_organisation(session: Session, reference: str) -> int:
    """An organisation's number by its reference; 0 where nobody has it."""
    return session.scalar(select(Organisation.id).where(Organisation.reference == reference)) or 0


def list_above(session: Session, organisations: Collection[int], at: int) -> tuple[str, ...]:
    """The references of organisations and of all above them, as the tree stood at a revision."""
    if not organisations:
        return ()
    line = select(Organisation.id).where(Organisation.id.in_(organisations)).cte("line", recursive=True)
    above = select(OrganisationDetails.parent_id).join(line, line.c.id == OrganisationDetails.organisation_id)
    line = line.union(above.where(seen(OrganisationDetails, at), OrganisationDetails.parent_id.is_not(None)))
    found = session.scalars(select(Organisation.reference).join(line, line.c.id == Organisation.id))
    return tuple(sorted(found))


def list_below(session: Session, organisation: int, at: int) -> tuple[int, ...]:
    """An organisation and all below it, by number, as the tree stood at a revision."""
    part = select(Organisation.id).where(Organisation.id == organisation).cte("part", recursive=True)
    below = select(OrganisationDetails.organisation_id).join(part, part.c.id == OrganisationDetails.parent_id)
    return tuple(session.scalars(select(part.union(below.where(seen(OrganisationDetails, at))).c.id)))


def list_employers(session: Session, person: int, at: int, now: datetime) -> tuple[int, ...]:
    """The organisations at which a person works now, by number."""
    key = FactKey("employment", person)
    facts = EmploymentSource().facts(session, [key], at)[key]
    return tuple(sorted({one.organisation for one in facts if one.is_current(now)}))


def list_person_within(session: Session, reference: str, at: int, now: datetime) -> tuple[str, ...]:
    """Where a person lies in the tree: the references of all current employers and of all above them."""
    person = session.scalar(select(Person.id).where(Person.reference == reference))
    return list_above(session, list_employers(session, person, at, now), at) if person is not None else ()


def list_organisation_within(session: Session, reference: str, at: int) -> tuple[str, ...]:
    """Where an organisation lies in the tree: its own reference and those of all above it."""
    number = find_organisation(session, reference)
    return list_above(session, [number], at) if number else ()


def dict_of_references(session: Session, organisations: Collection[int]) -> dict[int, str]:
    """The references of organisations by number."""
    found = session.execute(select(Organisation.id, Organisation.reference).where(Organisation.id.in_(organisations)))
    return {row.id: row.reference for row in found}


def has_organisations(session: Session) -> bool:
    """Whether any organisation is known at all."""
    return session.scalar(select(Organisation.id).limit(1)) is not None
