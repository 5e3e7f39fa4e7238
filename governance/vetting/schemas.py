"""What may be written of checks, training, conflicts of interest and suspensions."""

from __future__ import annotations

from marshmallow import Schema, fields

from governance.ports.columns import Day, Text, Word
from governance.vetting.rules import BarredList, Level, Outcome, Relation, Workforce


class CheckIn(Schema):
    """A check: its level, its workforce, its day, what came of it; never what a certificate says."""

    person = Text(required=True)
    level = fields.Enum(Level, by_value=True, required=True)
    workforce = fields.Enum(Workforce, by_value=True, load_default=Workforce.CHILD)
    starts_on = Day(data_key="issued", required=True)
    outcome = fields.Enum(Outcome, by_value=True, load_default=Outcome.CLEAR)
    barred_list = fields.Enum(BarredList, by_value=True, load_default=BarredList.NOT_CHECKED)


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
