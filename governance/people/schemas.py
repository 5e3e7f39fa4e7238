"""What may be written of organisations, people and employment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from governance.people.rules import OrganisationStatus
from governance.ports.columns import Day, Table, Text, Word, YesNo


class OrganisationIn(Schema):
    """An organisation: its kind, its parent, its area (ALL for everywhere)."""

    reference = Text(
        required=True, metadata={"says": "the organisation's name for the service, as packs and questions write it"}
    )
    name = Text(required=True, metadata={"says": "what people call it"})
    kind = Word(
        required=True,
        metadata={"says": "such as local_authority, school, charity: packs name the kinds that they admit"},
    )
    parent = Text(metadata={"says": "the reference of the organisation above it"})
    area = Text(metadata={"says": "for packs that ask for one's own area; ALL is every area"})
    status = fields.Enum(
        OrganisationStatus,
        by_value=True,
        load_default=OrganisationStatus.ACTIVE,
        metadata={"says": "whether it takes part; when it does not, none below it does"},
    )

    @validates_schema
    def refuse_own_parent(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse an organisation that stands below itself."""
        if row.get("parent") == row["reference"]:
            raise ValidationError(
                "This organisation cannot stand below itself. Write the one above it, or nothing.", "parent"
            )


class PersonIn(Schema):
    """A person, the manager by reference."""

    reference = Text(required=True, metadata={"says": "what front ends send as subject.id"})
    name = Text(required=True, metadata={"says": "what people call them"})
    manager = Text(metadata={"says": "the line manager's reference"})
    attributes = Table(load_default=dict, metadata={"says": "what a pack may ask of people, one column a name"})


class EmploymentIn(Schema):
    """Who works where, in which post, from and to which day."""

    person = Text(required=True, metadata={"says": "the person's reference"})
    organisation = Text(required=True, metadata={"says": "the organisation's reference"})
    post = Text(required=True, metadata={"says": "what they work as"})
    casework = YesNo(load_default=False, metadata={"says": "whether the post takes casework"})
    starts_on = Day(
        data_key="from", required=True, metadata={"says": "the first day; another first day is another employment"}
    )
    ends_on = Day(data_key="to", metadata={"says": "the last day"})
