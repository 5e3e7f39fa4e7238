"""What the forms of sign-in hold."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from governance.web.forms import AS_TYPED, SECRET

LONGEST = 1_000
PASSWORD: dict[str, Any] = {SECRET: True, AS_TYPED: True}


def secret(missing: str) -> fields.String:
    """A password, as it was typed, blanks and all."""
    return fields.String(
        required=True,
        metadata=PASSWORD,
        error_messages={"required": missing},
        validate=validate.Length(max=LONGEST, error="This is longer than a password may be"),
    )


def line(missing: str, longest: int = 254) -> fields.String:
    """A line of text."""
    return fields.String(
        required=True,
        error_messages={"required": missing},
        validate=validate.Length(max=longest, error=f"This must be {longest} characters or fewer"),
    )


class SignInForm(Schema):
    """Who somebody says they are, and their password."""

    name = line("Enter your email address or your reference")
    password = secret("Enter your password")


class ChooseForm(Schema):
    """A password that somebody chooses."""

    new_password = secret("Choose a password")


class ChangeForm(Schema):
    """The password that stood, and the one that is to."""

    password = secret("Enter your password as it is now")
    new_password = secret("Choose a new password")


class RecoverForm(Schema):
    """Whose password is forgotten."""

    name = line("Enter your email address or your reference")


class InviteForm(Schema):
    """Who is invited, and where the link is mailed to."""

    person = line("Enter the person’s reference", 200)
    email = fields.Email(required=True, error_messages={"required": "Enter the person’s email address"})


class NothingForm(Schema):
    """A button, and nothing beside it."""
