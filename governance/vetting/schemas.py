"""What may be written of checks, training, conflicts of interest and suspensions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from governance.ports.columns import Day, Text, Word, YesNo
from governance.vetting.rules import BarredList, Level, Outcome, Relation, StatusResult, Workforce


class CheckIn(Schema):
    """A check: its level, its workforce, its day, what came of it, its last status; never what a certificate says."""

    person = Text(required=True)
    level = fields.Enum(Level, by_value=True, required=True)
    workforce = fields.Enum(Workforce, by_value=True, load_default=Workforce.CHILD)
    starts_on = Day(data_key="issued", required=True)
    outcome = fields.Enum(Outcome, by_value=True, load_default=Outcome.CLEAR)
    barred_list = fields.Enum(BarredList, by_value=True, load_default=BarredList.NOT_CHECKED)
    subscribed = YesNo(load_default=False)
    consented_on = Day()
    status_on = Day()
    status = fields.Enum(StatusResult, by_value=True)

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

    person = Text(required=True)
    course = Word(required=True)
    starts_on = Day(data_key="completed", required=True)
    ends_on = Day(data_key="expires")


class ConflictIn(Schema):
    """A record of somebody whom the person knows; only its keyed hash is kept."""

    person = Text(required=True)
    system = Word(required=True)
    type = Text(required=True)
    id = Text(required=True)
    relation = fields.Enum(Relation, by_value=True, required=True)


class SuspensionIn(Schema):
    """Who is suspended, why, from which day."""

    person = Text(required=True)
    why = Text(required=True)
    starts_on = Day(data_key="from", required=True)
