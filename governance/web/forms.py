"""Reads a form by its schema: values, or what to say of each field. Forms know nothing of pages' state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from governance.kernel.errors import BadInput, Fault
from governance.web.form_tokens import FIELD
from governance.web.words import MONTHS, listed

PARTS = ("day", "month", "year")
PLAIN = {
    "Missing data for required field.": "Fill this in",
    "Field may not be null.": "Fill this in",
    "Not a valid integer.": "Enter a whole number",
    "Not a valid number.": "Enter a number",
    "Not a valid string.": "Enter text",
    "Not a valid email address.": "Enter an email address in the correct format, like name@example.com",
    "Not a valid boolean.": "Choose one of the answers",
    "Not a valid choice.": "Choose one of the answers",
}
CONTROL = "This holds a character that cannot be seen; type it again"
SECRET, AS_TYPED, HIDDEN = "secret", "as_typed", "hidden"
"""What is never said back; what blanks are a part of; what nobody types, so that a fault in it is the sender's."""
WHOLE = ""
"""The name under which a form keeps what is wrong with all of it."""


@dataclass
class Form:
    """A form as it was sent: `values` by name when all is well, else a sentence in `errors` for each name that is not.

    `raw` is what was typed, to be shown again; of a secret it holds nothing. What is found wrong later is added with
    `wrong`.
    """

    values: dict[str, Any] = field(default_factory=dict, repr=False)
    errors: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    days: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.errors

    def wrong(self, name: str, sentence: str) -> Form:
        """Say what is wrong with a field (`""` for the form as a whole)."""
        self.errors.setdefault(name, sentence)
        return self

    @property
    def summary(self) -> list[tuple[str, str]]:
        """What is wrong, in the fields' order: the link to each field, and the sentence."""
        order = [*self.raw, *(name for name in self.errors if name not in self.raw)]
        told = [(name, self.errors[name]) for name in order if name in self.errors]
        return [("" if name == WHOLE else f"#{name}{'-day' * (name in self.days)}", said) for name, said in told]


class Day(fields.Field[date]):
    """A day that is entered in three parts; raw, it is a mapping of them."""

    default_error_messages = {  # noqa: RUF012 - as marshmallow reads it
        "required": "Enter a date",
        "parts": "The date must include a {parts}",
        "unreal": "Enter a real date",
        "year": "The year must have 4 numbers",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> date:
        missing = [part for part in PARTS if not value[part]]
        if missing:
            raise self.make_error("parts", parts=listed(missing))
        if not (value["year"].isascii() and value["year"].isdecimal() and len(value["year"]) == 4):
            raise self.make_error("year")
        try:
            return date(int(value["year"]), month_of(value["month"]), number_of(value["day"]))
        except ValueError:
            raise self.make_error("unreal") from None


def number_of(text: str) -> int:
    """One or two plain digits as a number."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):
        raise ValueError("not a number")
    return int(text)


def month_of(text: str) -> int:
    """A month by its number or its name, in full or by its first three letters."""
    names = [name for name in MONTHS if text.lower() in (name.lower(), name[:3].lower())]
    return MONTHS.index(names[0]) + 1 if names else number_of(text)


def read_form(kind: type[Schema]) -> Form:
    """The form that was sent, read by a schema; raise `BadInput` where it has fields that the page did not give.

    The token is checked already, and where to go on afterwards is read by `way_on`. A field's metadata may say that it
    is `SECRET`, taken `AS_TYPED`, or `HIDDEN`.
    """
    return read(kind, request.form, set_aside=(FIELD, "next"))


def read_filters(kind: type[Schema]) -> Form:
    """What a list is to be narrowed down to, from the address; the page's number is set aside."""
    return read(kind, request.args, set_aside=("page", "after"))


def read(kind: type[Schema], sent: MultiDict[str, str], set_aside: tuple[str, ...] = ()) -> Form:
    """What was sent, read by a schema."""
    schema = kind(unknown=RAISE)
    given = {name: sent.getlist(name) for name in sent if name not in set_aside}
    form = Form(days=frozenset(name for name, one in schema.fields.items() if isinstance(one, Day)))
    for name, one in schema.fields.items():
        form.raw[name] = take(name, one, given)
    if given:
        raise BadInput([Fault(name[:80], "is no field of this form") for name in given])
    hidden = {name: CONTROL for name, value in form.raw.items() if holds_control(value)}
    try:
        form.values = dict(schema.load({name: value for name, value in form.raw.items() if is_filled(value)}))
    except ValidationError as wrong:
        form.errors = {name: first(said) for name, said in messages(wrong).items()}
    form.errors = hidden | {name: said for name, said in form.errors.items() if name not in hidden}
    for name, one in schema.fields.items():
        if one.metadata.get(SECRET):
            form.raw[name] = ""
        if one.metadata.get(HIDDEN) and name in form.errors:
            raise BadInput([Fault(name, form.errors[name])])
    return form


def take(name: str, one: fields.Field[Any], given: dict[str, list[str]]) -> Any:
    """What was sent for a field, taken away from the rest. Blanks around it are dropped, save where it says so."""
    if isinstance(one, Day):
        return {part: single(f"{name}-{part}", given).strip() for part in PARTS}
    if isinstance(one, fields.List):
        return given.pop(name, [])
    value = single(name, given)
    return value if one.metadata.get(AS_TYPED) else value.strip()


def single(name: str, given: dict[str, list[str]]) -> str:
    """The one value of a name; nothing where it was not sent."""
    values = given.pop(name, [""])
    if len(values) != 1:
        raise BadInput([Fault(name[:80], "was sent more than once")])
    return values[0]


def is_filled(value: Any) -> bool:
    """Whether anything was entered."""
    return any(value.values()) if isinstance(value, dict) else bool(value)


def holds_control(value: Any) -> bool:
    """Whether text holds what nobody types: a control character that is no tab or new line."""
    texts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return any(ord(letter) < 32 and letter not in "\t\r\n" for text in texts for letter in text)


def messages(wrong: ValidationError) -> Mapping[str, Any]:
    """What a schema says, by field; what it says of the whole under no name."""
    said = wrong.messages if isinstance(wrong.messages, dict) else {WHOLE: wrong.messages}
    return {WHOLE if name == "_schema" else name: told for name, told in said.items()}


def first(said: Any) -> str:
    """The first sentence of what is said of a field, in plain words."""
    while not isinstance(said, str):
        said = next(iter(said.values() if isinstance(said, dict) else said))
    return PLAIN.get(said, said).removesuffix(".")
