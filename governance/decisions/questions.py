"""Reads a front end's question as AuthZEN writes it, types it as the pack declares, and says where it is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from governance.decisions.rules import Question
from governance.kernel.errors import BadInput, Fault
from governance.ports.role_rules import Property, ResourceType, SystemRules

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LONGEST = 200
NOTHING: Mapping[str, Any] = MappingProxyType({})
EMPTY: tuple[Mapping[str, Any], Sequence[str], Sequence[str]] = (NOTHING, (), ())
RESERVED = frozenset({"mediated_for", "acr", "amr", "auth_time", "time"})


def read_question(body: Mapping[str, Any], rules: SystemRules, at: str = "") -> Question:
    """A question from its members; raise `BadInput` with the pointer of the fault. Unknown members are ignored."""
    subject, resource, action = part(body, "subject", at), part(body, "resource", at), part(body, "action", at)
    resource_type, resource_id = (
        identifier(resource, "type", at, "resource"),
        identifier(resource, "id", at, "resource"),
    )
    declared = rules.resource_types.get(resource_type)
    given = part(resource, "properties", f"{at}/resource") if "properties" in resource else NOTHING
    properties, unknown = NOTHING, list(given)
    mismatched: list[str] = []
    if declared is not None:
        if declared.id_form:
            refuse_form(declared, resource_id, f"{at}/resource/id")
        if declared.properties:
            stored = declared.registered.get(resource_id, NOTHING)
            properties, unknown, mismatched = typed(given, declared.properties, stored, f"{at}/resource/properties")
    for name, entity in (("subject", subject), ("action", action)):
        if "properties" in entity:
            part(entity, "properties", f"{at}/{name}")
    around = part(body, "context", at) if "context" in body else NOTHING
    told, strange, differing = read_context(around, rules, f"{at}/context") if around or rules.context else EMPTY
    subject_id = identifier(subject, "id", at, "subject")
    return Question(
        identifier(subject, "type", at, "subject"),
        subject_id if subject_id.isascii() else unicodedata.normalize("NFC", subject_id),
        identifier(action, "name", at, "action"),
        resource_type,
        resource_id if resource_id.isascii() else unicodedata.normalize("NFC", resource_id),
        properties,
        told,
        (*unknown, *strange),
        (*mismatched, *differing),
        told.get("mediated_for", ""),
    )


def read_context(
    context: Mapping[str, Any], rules: SystemRules, at: str
) -> tuple[Mapping[str, Any], Sequence[str], Sequence[str]]:
    """The circumstances as the pack types them, with those that every system has."""
    told, strange, differing = typed(context, rules.context, NOTHING, at)
    if not RESERVED.isdisjoint(context):
        told.update(reserved(context, at))
    return told, [f"context.{name}" for name in strange if name not in RESERVED], differing


def part(body: Mapping[str, Any], name: str, at: str) -> Mapping[str, Any]:
    """A member that must be an object."""
    found = body.get(name)
    if type(found) is not dict:
        raise bad(f"{at}/{name}", "is missing" if name not in body else "must be an object")
    return found


def identifier(holder: Mapping[str, Any], name: str, at: str, part_of: str) -> str:
    """A type, id or name: text that is not blank, not over-long, without control characters."""
    value = holder.get(name)
    if (
        type(value) is str
        and 0 < len(value) <= LONGEST
        and not value.isspace()
        and (value.isprintable() or not CONTROL.search(value))
    ):
        return value
    if type(value) is not str:
        raise bad(f"{at}/{part_of}/{name}", "is missing" if name not in holder else "must be text")
    raise bad(f"{at}/{part_of}/{name}", f"must be 1 to {LONGEST} characters, not blank, without control characters")


def refuse_form(declared: ResourceType, value: str, at: str) -> None:
    """Raise `BadInput` when an id has not the form that the pack declares."""
    form = declared.id_form
    if not has_form(value, form):
        raise bad(at, f"is not an id of {declared.name}", f"Its form is {form} (# a digit, @ a capital letter).")


def has_form(value: str, form: str) -> bool:
    """Whether an id has a form; matched letter by letter, no pattern language."""
    if form.endswith("*"):
        head, rest = form[:-1], value[len(form) - 1 :]
        return (
            has_form(value[: len(head)], head)
            and bool(rest)
            and all(c.isascii() and (c.isalnum() or c == "-") for c in rest)
        )
    return len(value) == len(form) and all(
        ("0" <= c <= "9") if wanted == "#" else ("A" <= c <= "Z") if wanted == "@" else c == wanted
        for c, wanted in zip(value, form, strict=True)
    )


def typed(
    given: Mapping[str, Any], declared: Mapping[str, Property], stored: Mapping[str, Any], at: str
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Properties as the pack types them; the names it does not declare; those where caller and store disagree."""
    values: dict[str, Any] = {}
    mismatched: list[str] = []
    for name, kind in declared.items():
        sent = name in given and kind.source != "stored"
        if sent:
            values[name] = convert(given[name], kind, f"{at}/{name}")
        if kind.source != "caller" and name in stored:
            if sent and values[name] != stored[name]:
                mismatched.append(name)
            values[name] = stored[name]
        if name not in values and kind.default is not None:
            values[name] = kind.default
    return values, [name[:80] for name in given if name not in declared][:50], mismatched


def convert(value: Any, kind: Property, at: str) -> Any:
    """One property as its declared type; raise `BadInput` for another."""
    converted = CONVERTERS[kind.type](value, kind)
    if converted is None:
        raise bad(at, f"must be {WORDS[kind.type].format(maximum=kind.maximum)}")
    if kind.values and any(
        item not in kind.values for item in (converted if isinstance(converted, tuple) else (converted,))
    ):
        raise bad(at, f"must be one of: {', '.join(kind.values)}")
    return converted


def as_text(value: Any, kind: Property) -> str | None:
    """Text within its length, without control characters."""
    return (
        value
        if type(value) is str and len(value) <= kind.maximum and (value.isprintable() or not CONTROL.search(value))
        else None
    )


def as_integer(value: Any, _: Property) -> int | None:
    """A whole number that every JSON reader reads alike."""
    return value if type(value) is int and abs(value) < 2**53 else None


def as_boolean(value: Any, _: Property) -> bool | None:
    """True or false, nothing like it."""
    return value if type(value) is bool else None


def as_date(value: Any, _: Property) -> date | None:
    """A day in ISO 8601."""
    try:
        found = date.fromisoformat(value) if type(value) is str else None
    except ValueError:
        return None
    return found if found is not None and found.isoformat() == value else None


def as_list(value: Any, kind: Property) -> tuple[str, ...] | None:
    """A list of short texts."""
    if type(value) is not list or len(value) > kind.maximum:
        return None
    return (
        tuple(value)
        if all(type(item) is str and len(item) <= LONGEST and not CONTROL.search(item) for item in value)
        else None
    )


CONVERTERS: dict[str, Callable[[Any, Property], Any]] = {
    "text": as_text,
    "integer": as_integer,
    "boolean": as_boolean,
    "date": as_date,
    "list": as_list,
}
WORDS = {
    "text": "text of at most {maximum} characters without control characters",
    "integer": "a whole number",
    "boolean": "true or false",
    "date": "a day such as 2026-03-31",
    "list": "a list of at most {maximum} texts",
}


def reserved(context: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Context that every system has: for whom, how well proved, and (recorded, never honoured) the caller's time."""
    found: dict[str, Any] = {}
    for name in RESERVED & context.keys():
        value = context[name]
        if name == "auth_time" and type(value) is int and abs(value) < 2**53:
            found[name] = value
        elif (
            name == "amr"
            and type(value) is list
            and all(type(item) is str and len(item) <= LONGEST for item in value[:20])
        ):
            found[name] = tuple(value[:20])
        elif name == "mediated_for":
            found[name] = unicodedata.normalize("NFC", identifier(context, name, *at.rsplit("/", 1)))
        elif (
            name in ("acr", "auth_time", "time")
            and type(value) is str
            and len(value) <= LONGEST
            and not CONTROL.search(value)
        ):
            found[name] = value
        else:
            raise bad(f"{at}/{name}", "must be text, or for auth_time seconds since 1970")
    return found


def bad(pointer: str, problem: str, cure: str = "") -> BadInput:
    """A fault at a JSON pointer."""
    return BadInput([Fault(pointer, problem, cure, pointer=pointer)])
