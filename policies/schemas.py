"""What may be written of systems' own days."""

from __future__ import annotations

from marshmallow import Schema, validate

from governance.ports.columns import Day, Word


class SystemIn(Schema):
    """A system: from which day its audit trail is live, and the last day before it closed."""

    system = Word(required=True, validate=validate.Length(max=60), metadata={"says": "the system"})
    starts_on = Day(
        data_key="audit_live_on", metadata={"says": "from which day its audit trail is live, for packs that demand it"}
    )
    ends_on = Day(data_key="closed_on", metadata={"says": "the last day before it closed"})
