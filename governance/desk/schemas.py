"""What lists of the desk can be narrowed down to, and what a check asks."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from governance.desk.rules import Status
from governance.web.forms import Day

LONGEST = 200


def text() -> fields.String:
    """A line of text."""
    return fields.String(load_default="", validate=validate.Length(max=LONGEST, error="This is too long"))


class PeopleIn(Schema):
    """Filters of the list of people."""

    name = text()
    organisation = text()
    standing = fields.String(load_default="", validate=validate.OneOf(["", *(one.value for one in Status)]))


class PartIn(Schema):
    """Which organisation a list is about."""

    organisation = text()


class WhomIn(Schema):
    """Whose access is checked, and in which system."""

    person = fields.String(required=True, error_messages={"required": "Enter the person's reference"})
    system = fields.String(required=True, error_messages={"required": "Choose a system"})


class CheckIn(WhomIn):
    """What is asked: which action on which thing, with what is known of it, as of which day."""

    what = fields.String(required=True, error_messages={"required": "Choose what the person wants to do"})
    id = text()
    factor = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))
    day = Day(load_default=None)
