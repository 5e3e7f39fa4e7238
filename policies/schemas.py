"""What may be written of systems' own days and resources."""

from __future__ import annotations

from marshmallow import Schema, validate

from governance.ports.columns import Day, Table, Text, Word


class SystemIn(Schema):
    """A system: from which day its audit trail is live, and the last day before it closed."""

    system = Word(required=True, validate=validate.Length(max=60), metadata={"says": "the system"})
    starts_on = Day(
        data_key="audit_live_on", metadata={"says": "from which day its audit trail is live, for packs that demand it"}
    )
    ends_on = Day(data_key="closed_on", metadata={"says": "the last day before it closed"})


class ResourceIn(Schema):
    """A resource that is known here by name (a report, a workspace, a part), never a person's record."""

    system = Word(required=True, validate=validate.Length(max=60), metadata={"says": "the system that it belongs to"})
    resource_type = Text(data_key="type", required=True, metadata={"says": "its resource type, as the pack names it"})
    resource_id = Text(data_key="id", required=True, metadata={"says": "its id, as front ends name it"})
    properties = Table(load_default=dict, metadata={"says": "what is known of it, as the pack declares properties"})
