"""What may be written of organisations, people and employment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from governance.people.rules import OrganisationStatus
from governance.ports.columns import Day, Table, Text, Word, YesNo


class OrganisationIn(Schema):
    """An organisation: its kind, its parent, its area (ALL for everywhere)."""

    reference = Text(required=True)
    name = Text(required=True)
    kind = Word(required=True)
    parent = Text()
    area = Text()
    status = fields.Enum(OrganisationStatus, by_value=True, load_default=OrganisationStatus.ACTIVE)

    @validates_schema
    def refuse_own_parent(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse an organisation that stands below itself."""
        if row.get("parent") == row["reference"]:
            raise ValidationError("An organisation cannot stand below itself.", "parent")


class PersonIn(Schema):
    """A person, the manager by reference."""

    reference = Text(required=True)
    name = Text(required=True)
    manager = Text()
    attributes = Table(load_default=dict)


class EmploymentIn(Schema):
    """Who works where, in which post, from and to which day."""

    person = Text(required=True)
    organisation = Text(required=True)
    post = Text(required=True)
    casework = YesNo(load_default=False)
    starts_on = Day(data_key="from", required=True)
    ends_on = Day(data_key="to")
