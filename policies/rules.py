"""What a pack may say: how names are written, how ids look, who inherits from whom. Pure: values in, answers out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,58}[A-Za-z0-9])?")
PROPERTY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
ROLE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
SYSTEM_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
PLACE = re.compile(r"\{(\w+)\}")

ALWAYS = "always"
EVERYONE = "everyone"
MOST_CONDITIONS = 5
MOST_GENERATIONS = 8
LONGEST_CACHE = 60


class Effect(StrEnum):
    """What a rule does where its conditions hold."""

    ALLOW = "allow"
    DENY = "deny"


EFFECTS = frozenset(Effect)


class PropertyType(StrEnum):
    """What a property's value is."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    LIST = "list"


class PropertySource(StrEnum):
    """Whose word counts for a property."""

    CALLER = "caller"
    STORED = "stored"
    EITHER = "either"


class ObligationType(StrEnum):
    """What a front end can be obliged to."""

    FIELDS = "fields"
    COHORT = "cohort"
    AGGREGATE = "aggregate"
    ANONYMISE = "anonymise"
    READ_ONLY = "read-only"
    NO_PRINT = "no-print"
    DO_NOT_DISCLOSE = "do-not-disclose"
    SUBSTITUTE = "substitute"
    RECORD_BOTH_IDENTITIES = "record-both-identities"
    RECORD_WISHES = "record-wishes"
    NOTIFY = "notify"
    STEP_UP = "step-up"


def name_problem(name: str, *, form: re.Pattern[str] = NAME) -> str:
    """What is wrong with a name that a pack gives to something; empty where nothing is."""
    if not name.strip():
        return "is blank"
    if ":" in name:
        return f'"{name}" holds ":", which no name may'
    if not form.fullmatch(name):
        return f'"{name}" is not a name that can be used here'
    return ""


def name_cure(form: re.Pattern[str] = NAME) -> str:
    """How a name is written."""
    if form is SYSTEM_ID:
        return "Use lower-case letters, digits and hyphens, at most 60."
    if form is ROLE_NAME:
        return "Use lower-case letters, digits, hyphens and underscores, at most 60."
    if form is PROPERTY_NAME:
        return "Use letters, digits and underscores, at most 60, not beginning with a digit."
    return "Use letters, digits, dots, hyphens and underscores, at most 60, with a letter or digit at both ends."


def any_blank(fields: Sequence[object]) -> bool:
    """Whether one of some fields is blank, or no text at all."""
    return any(not isinstance(field, str) or not field.strip() for field in fields)


def id_form_problem(form: str) -> str:
    """What is wrong with the form of an id; empty where nothing is."""
    if not form.strip():
        return "is blank"
    if "*" in form[:-1]:
        return 'has "*" before its end'
    if not form.isprintable() or len(form) > 200:
        return "is longer than 200 characters or holds a control character"
    return ""


def fits(form: str, resource_id: str) -> bool:
    """Whether an id has a form: # a digit, @ a capital letter, a trailing * one or more letters, digits or hyphens."""
    parts = {"#": "[0-9]", "@": "[A-Z]", "*": "[A-Za-z0-9-]+"}
    return re.fullmatch("".join(parts.get(sign, re.escape(sign)) for sign in form), resource_id) is not None


def ancestry(role: str, parents: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A role and all it inherits from, itself first; raise `ValueError` naming a cycle or too long a chain."""
    order: list[str] = []

    def visit(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            raise ValueError("goes round in a circle: " + " → ".join((*way[way.index(name) :], name)))
        if len(way) >= MOST_GENERATIONS:
            raise ValueError(f"is a chain of more than {MOST_GENERATIONS} roles: " + " → ".join((*way, name)))
        if name not in order:
            order.append(name)
        for parent in parents.get(name, ()):
            visit(parent, (*way, name))

    visit(role, ())
    return tuple(order)


def places(sentence: str) -> frozenset[str]:
    """The places of a sentence that wait for a value."""
    return frozenset(PLACE.findall(sentence))


def value_problem(kind: PropertyType, values: Sequence[str], maximum: int, value: object) -> str:
    """What is wrong with a property's value; empty where nothing is."""
    right: dict[PropertyType, bool] = {
        PropertyType.TEXT: isinstance(value, str),
        PropertyType.INTEGER: isinstance(value, int) and not isinstance(value, bool),
        PropertyType.BOOLEAN: isinstance(value, bool),
        PropertyType.DATE: isinstance(value, date) and not isinstance(value, datetime),
        PropertyType.LIST: isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value),
    }
    if not right[kind]:
        return f"{value!r} is not of type {kind}"
    if isinstance(value, (str, list, tuple)) and len(value) > maximum:
        return f"{value!r} is longer than {maximum}"
    items = value if isinstance(value, (list, tuple)) else (value,)
    strange = [str(item) for item in items if values and item not in values]
    return f"{', '.join(strange)} is not among the declared values" if strange else ""
