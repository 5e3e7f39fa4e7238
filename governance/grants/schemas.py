"""What may be written of grants."""

from __future__ import annotations

from marshmallow import Schema, fields

from governance.ports.columns import Day, Table, Text, Word


class ApprovalIn(Schema):
    """Who approved, in which capacity, for which organisation, on which day."""

    by = Text(required=True)
    capacity = Word(required=True)
    organisation = Text()
    on = Day(required=True)


class GrantIn(Schema):
    """A role in a system, in an organisation's name, from and to which day."""

    person = Text(required=True)
    system = Word(required=True)
    role = Word(required=True)
    organisation = Text(required=True)
    starts_on = Day(data_key="from", required=True)
    ends_on = Day(data_key="to")
    approvals = fields.List(fields.Nested(ApprovalIn), load_default=list)
    scope = Table(load_default=dict)
