"""What the forms about authenticators hold."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from governance.web.forms import HIDDEN, SECRET
from governance.web.requests import LARGEST_ROW
from tokens.authenticators.rules import LONGEST_LABEL, Kind

NO_WAY = "Choose one of your ways to sign in"
ASIDE: dict[str, Any] = {"load_default": "", "validate": validate.Length(max=2_000)}


def line(missing: str, longest: int, **metadata: bool) -> fields.String:
    """A line of text that is needed."""
    return fields.String(
        required=True,
        metadata=metadata,
        error_messages={"required": missing},
        validate=validate.Length(max=longest, error=f"This must be {longest} characters or fewer"),
    )


def a_code(missing: str) -> fields.String:
    """A code: never said back."""
    return line(missing, 100, **{SECRET: True})


def which() -> fields.Integer:
    """Of which of the visitor's ways the code is; the page fills it in."""
    return fields.Integer(required=True, metadata={HIDDEN: True}, validate=validate.Range(0, LARGEST_ROW, error=NO_WAY))


class CodeForm(Schema):
    """A code, and what it is of."""

    code = a_code("Type the code")
    way = which()
    next = fields.String(**ASIDE)


class TwoCodesForm(Schema):
    """Two codes in a row, and what they are of."""

    first = a_code("Type the first code")
    second = a_code("Type the code that came after it")
    way = which()
    next = fields.String(**ASIDE)


class KindForm(Schema):
    """Which kind of authenticator is to be added."""

    kind = fields.String(
        required=True,
        error_messages={"required": "Choose what you want to add"},
        validate=validate.OneOf([kind.value for kind in Kind], error="Choose what you want to add"),
    )


class TrialForm(Schema):
    """The first code of what is added, and what it is to be called; a second code where the clock is off."""

    label = line("Give it a name, such as “Work phone”", LONGEST_LABEL)
    code = a_code("Type the code that the app shows now")
    after = fields.String(load_default="", metadata={SECRET: True}, validate=validate.Length(max=100))


class TokenForm(Schema):
    """A hardware token as it is typed in."""

    serial = line("Type the serial number that is printed on the token", 60)
    secret = fields.String(
        required=True,
        metadata={SECRET: True},
        error_messages={"required": "Type the token’s secret"},
        validate=validate.Length(max=400, error="This is longer than a token’s secret may be"),
    )
    label = line("Give it a name, such as “Blue token”", LONGEST_LABEL)


class LabelForm(Schema):
    """What an authenticator is to be called."""

    label = line("Give it a name", LONGEST_LABEL)


class WhyForm(Schema):
    """Why something is done."""

    why = line("Say why; it goes on the record", 400)


class CodesForm(Schema):
    """A button that makes recovery codes, with the number of the set that stands."""

    instead_of = fields.Integer(load_default=0, validate=validate.Range(0))


class NothingForm(Schema):
    """A button, and nothing beside it."""
