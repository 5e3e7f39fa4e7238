"""The sheets of this room: organisations, people, employment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.kernel.keys import FactKey
from governance.kernel.settings import Settings
from governance.people.models import Employment, Organisation, OrganisationDetails, Person, PersonDetails
from governance.people.schemas import EmploymentIn, OrganisationIn, PersonIn
from governance.ports.sheet import Names, OnLeaving, Row, Sheet


def organisations(_settings: Settings) -> Sheet:
    """Organisations, parents before or after those below them."""
    return Sheet(
        name="organisations",
        schema=OrganisationIn,
        model=OrganisationDetails,
        owner="organisation_id",
        natural=("organisation_id",),
        resolve=organisation_row,
        keys=lambda row: (FactKey("organisation", row["organisation_id"]),),
        refers=(("parent", "organisation"),),
        tree="parent",
        introduces="organisation",
        identity=Organisation,
    )


def people(_settings: Settings) -> Sheet:
    """People with their managers."""
    return Sheet(
        name="people",
        schema=PersonIn,
        model=PersonDetails,
        owner="person_id",
        natural=("person_id",),
        erases=("name", "attributes"),
        resolve=person_row,
        keys=lambda row: (FactKey("person", 0, row["reference"]),),
        refers=(("manager", "person"),),
        introduces="person",
        identity=Person,
    )


def employment(_settings: Settings) -> Sheet:
    """Who works where; another first day is another employment."""
    return Sheet(
        name="employment",
        schema=EmploymentIn,
        model=Employment,
        owner="person_id",
        natural=("person_id", "organisation_id", "post", "starts_on"),
        erases=("post",),
        resolve=employment_row,
        keys=lambda row: (FactKey("employment", row["person_id"]),),
        refers=(("person", "person"), ("organisation", "organisation")),
        on_leaving=OnLeaving.SAY_WHO,
    )


def organisation_row(row: Row, names: Names) -> dict[str, Any]:
    """An organisation's columns."""
    return {
        "organisation_id": names.number("organisation", row["reference"]),
        "name": row["name"],
        "kind": row["kind"],
        "parent_id": optional_number(names, "organisation", row, "parent"),
        "area": row.get("area"),
        "status": row["status"].value,
    }


def person_row(row: Row, names: Names) -> dict[str, Any]:
    """A person's columns."""
    return {
        "person_id": names.number("person", row["reference"]),
        "reference": row["reference"],
        "name": row["name"],
        "manager_id": optional_number(names, "person", row, "manager"),
        "attributes": row["attributes"],
    }


def employment_row(row: Row, names: Names) -> dict[str, Any]:
    """An employment's columns."""
    return {
        "person_id": names.number("person", row["person"]),
        "organisation_id": names.number("organisation", row["organisation"]),
        "post": row["post"],
        "casework": row["casework"],
        "starts_on": row["starts_on"],
        "ends_on": row.get("ends_on"),
    }


def optional_number(names: Names, kind: str, row: Mapping[str, Any], field: str) -> int | None:
    """The number behind an optional reference."""
    return names.number(kind, row[field]) if row.get(field) else None
