"""What may be written of grants."""

from __future__ import annotations

from marshmallow import Schema, fields

from governance.ports.columns import Day, Table, Text, Word


class ApprovalIn(Schema):
    """Who approved, in which capacity, for which organisation, on which day."""

    by = Text(required=True, metadata={"says": "the reference of who approved"})
    capacity = Word(required=True, metadata={"says": "in which capacity, as the pack names it"})
    organisation = Text(metadata={"says": "for which organisation"})
    on = Day(required=True, metadata={"says": "on which day"})


class GrantIn(Schema):
    """A role in a system, in an organisation's name, from and to which day."""

    person = Text(required=True, metadata={"says": "the person's reference"})
    system = Word(required=True, metadata={"says": "the system"})
    role = Word(required=True, metadata={"says": "a role of that system's pack"})
    organisation = Text(
        required=True, metadata={"says": "in whose name it is held: its agreements and accreditation count"}
    )
    starts_on = Day(
        data_key="from", required=True, metadata={"says": "the first day; another first day is another grant"}
    )
    ends_on = Day(data_key="to", metadata={"says": "the last day"})
    approvals = fields.List(
        fields.Nested(ApprovalIn),
        load_default=list,
        metadata={"says": "who approved; the pack says whose approvals a role needs"},
    )
    scope = Table(
        load_default=dict,
        metadata={"says": "what it is limited to: the record's property of this name has this value, or one of a list"},
    )
