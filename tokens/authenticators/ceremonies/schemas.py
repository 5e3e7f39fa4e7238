"""What the forms of ceremonies hold: the browser's answer, put there by a script, and a name."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tokens.authenticators.answers import LONGEST
from tokens.authenticators.rules import LONGEST_LABEL

NO_SCRIPT = "Passkeys need JavaScript. Turn it on and reload this page, or choose another way"
NO_NAME = "Give your passkey a name, so that you know it among others"


def answer() -> fields.String:
    """A browser's answer."""
    return fields.String(
        required=True,
        error_messages={"required": NO_SCRIPT},
        validate=validate.Length(max=LONGEST, error="Your browser’s answer is too long"),
    )


class AnswerForm(Schema):
    """An answer, and where its person wants to go on to."""

    credential = answer()
    next = fields.String(load_default="", validate=validate.Length(max=2_000))


class CreationForm(Schema):
    """A new passkey, and what its person calls it."""

    label = fields.String(
        required=True,
        error_messages={"required": NO_NAME},
        validate=validate.Length(max=LONGEST_LABEL, error=f"The name must be {LONGEST_LABEL} characters or fewer"),
    )
    credential = answer()


class AskingForm(Schema):
    """Asks what to hand to the browser, and holds nothing else."""
