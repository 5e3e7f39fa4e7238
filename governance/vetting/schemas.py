"""What may be written of checks, training, conflicts of interest and suspensions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from governance.ports.columns import Day, Text, Word, YesNo
from governance.vetting.rules import BarredList, Level, Outcome, Relation, StatusResult, Workforce


class CheckIn(Schema):
    """A check: its level, its workforce, its day, what came of it, its last status; never what a certificate says."""

    person = Text(required=True, metadata={"says": "the person's reference"})
    level = fields.Enum(Level, by_value=True, required=True, metadata={"says": "how deep the check looked"})
    workforce = fields.Enum(
        Workforce, by_value=True, load_default=Workforce.CHILD, metadata={"says": "for which workforce"}
    )
    starts_on = Day(
        data_key="issued", required=True, metadata={"says": "the day of issue; another day is another check"}
    )
    outcome = fields.Enum(
        Outcome,
        by_value=True,
        load_default=Outcome.CLEAR,
        metadata={"says": "what came of it; only a clear one counts"},
    )
    barred_list = fields.Enum(
        BarredList,
        by_value=True,
        load_default=BarredList.NOT_CHECKED,
        metadata={"says": "barred stops every access, at any age of the check"},
    )
    subscribed = YesNo(load_default=False, metadata={"says": "whether it is kept up to date by the Update Service"})
    consented_on = Day(metadata={"says": "the day on which the person agreed to having its status looked up"})
    status_on = Day(metadata={"says": "the day on which its status was last looked up; goes with status"})
    status = fields.Enum(StatusResult, by_value=True, metadata={"says": "what the status was on that day"})

    @validates_schema
    def refuse_impossible_status(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse a status without its day, a day without its status, and one from before the check or the consent."""
        status_on: date | None = row.get("status_on")
        if "status" in row and status_on is None:
            raise ValidationError("Say on which day the status was looked up.", "status_on")
        if status_on is None:
            return
        if "status" not in row:
            raise ValidationError("Say what the status was on that day.", "status")
        if status_on < row["starts_on"]:
            raise ValidationError("The status of a check cannot be looked up before the check is issued.", "status_on")
        if row.get("consented_on") is None or row["consented_on"] > status_on:
            raise ValidationError("Nobody may look a status up before the person has consented.", "consented_on")


class TrainingIn(Schema):
    """A completed course, and the last day on which it counts."""

    person = Text(required=True, metadata={"says": "the person's reference"})
    course = Word(required=True, metadata={"says": "the course as packs name it"})
    starts_on = Day(
        data_key="completed",
        required=True,
        metadata={"says": "the day of completion; another day is another completion"},
    )
    ends_on = Day(data_key="expires", metadata={"says": "the last day on which it counts"})


class ConflictIn(Schema):
    """A record of somebody whom the person knows; only its keyed hash is kept.

    The record is named by system, type and id, or, as an export names it, by its hash and the key behind the hash.
    """

    person = Text(required=True, metadata={"says": "the person's reference"})
    system = Word(metadata={"says": "the system that holds the record"})
    type = Text(metadata={"says": "the record's resource type"})
    id = Text(metadata={"says": "the record's id; only a keyed hash of the three is kept"})
    relation = fields.Enum(
        Relation, by_value=True, required=True, metadata={"says": "how the person knows whose record it is"}
    )
    record_hash = Text(
        validate=validate.Regexp("[0-9a-f]{64}$", error="Write 64 hexadecimal digits, as exported."),
        metadata={"says": "instead of system, type and id: the hash, as exported"},
    )
    record_key = Text(metadata={"says": "the key behind the hash, as exported; this installation must have it"})

    @validates_schema
    def refuse_half_names(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse a record that is named in no way, by half, or in both ways."""
        plain, hashed = ("system", "type", "id"), ("record_hash", "record_key")
        named = hashed if any(row.get(name) for name in hashed) else plain
        missing = [name for name in named if not row.get(name)]
        if missing:
            raise ValidationError(f"This is missing. Write {', '.join(named)} together.", missing[0])
        if named is hashed and any(row.get(name) for name in plain):
            raise ValidationError("This record is named twice. Write its name or its hash.", "record_hash")


class SuspensionIn(Schema):
    """Who is suspended, why, from which day."""

    person = Text(required=True, metadata={"says": "the person's reference"})
    why = Text(required=True, metadata={"says": "the reason"})
    starts_on = Day(data_key="from", required=True, metadata={"says": "the first day"})
