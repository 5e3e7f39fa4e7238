"""Every query of people and organisations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from sys import intern
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.kernel.errors import NotFound
from governance.kernel.keys import FactKey
from governance.kernel.loading import end_of, grouped, rows_at, shared
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


def get_person(session: Session, reference: str) -> Person:
    """A person's identity by reference, or raise `NotFound`."""
    found = session.scalar(select(Person).where(Person.reference == reference))
    if found is None:
        raise NotFound(f"nobody has the reference {reference}")
    return found


def get_organisation(session: Session, reference: str) -> Organisation:
    """An organisation's identity by reference, or raise `NotFound`."""
    found = session.scalar(select(Organisation).where(Organisation.reference == reference))
    if found is None:
        raise NotFound(f"no organisation has the reference {reference}")
    return found
