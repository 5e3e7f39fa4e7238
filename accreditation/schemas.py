"""What may be written of checklists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from governance.ports.columns import Day, Text, Word, YesNo


class ChecklistAnswerIn(Schema):
    """An organisation's answer to one criterion: met or not, signed by whom and when, valid to which day."""

    organisation = Text(required=True, metadata={"says": "the organisation's reference"})
    checklist = Word(required=True, metadata={"says": "the checklist as packs name it"})
    criterion = fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 100_000), metadata={"says": "the criterion's number"}
    )
    met = YesNo(required=True, metadata={"says": "whether it is met; it counts when it is met and signed"})
    signed_by = Text(metadata={"says": "who signed; goes with signed_on"})
    starts_on = Day(data_key="signed_on", metadata={"says": "on which day; goes with signed_by"})
    ends_on = Day(data_key="valid_to", metadata={"says": "the last day on which it counts"})
    evidence = Text(metadata={"says": "where the proof is"})

    @validates_schema
    def refuse_half_signature(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse a signatory without a day, and a day without a signatory."""
        if bool(row.get("signed_by")) != bool(row.get("starts_on")):
            missing = "signed_on" if row.get("signed_by") else "signed_by"
            raise ValidationError("This signature is half. Write both signed_by and signed_on, or neither.", missing)
