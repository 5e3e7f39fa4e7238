"""Reads a front end's question as AuthZEN writes it, types it as the pack declares, and says where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import Any

from governance.decisions.rules import BY_KEY, Question, made
from governance.kernel.errors import BadInput, Fault
from governance.kernel.reading import composed
from governance.ports.role_rules import Property, ResourceType, SystemRules, has_form
from governance.web.ijson import BODY

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # and halves of a pair: no text that can be written down
LONGEST = 200
NOTHING: Mapping[str, Any] = MappingProxyType({})
EMPTY: tuple[Mapping[str, Any], Sequence[str], Sequence[str]] = (NOTHING, (), ())
LISTS = ("amr", "supported_obligations", "supported_mandatory_extensions")
MOST_LISTED = 50
MOST_STRANGERS, LONGEST_STRANGER = 50, 80
TOKEN = "access_token"  # noqa: S105 - a name, not a secret
LONGEST_TOKEN = 4_096
RESERVED = frozenset({"mediated_for", "acr", "auth_time", "time", TOKEN, *LISTS})
OF_THE_TOKEN = frozenset({TOKEN, "acr", "amr", "auth_time"})
"""What is not read of the circumstances where a token speaks for the person."""


Who = tuple[str, str]
"""A subject that has been read: its type and its id."""


def read_question(
    body: Mapping[str, Any], rules: SystemRules, at: str = "", searched: str = "", who: Who | None = None
) -> Question:
    """A question from its members; raise `BadInput` with the pointer of the fault. Unknown members are ignored.

    Of the entity that is `searched` (subject, resource or action) only the type is read; what names it is left blank.
    The subject is `who`, where that has been read already.
    """
    subject_type, subject_id = who or read_subject(body, at, searched)
    resource = part(body, "resource", at)
    action = part(body, "action", at) if searched != "action" else NOTHING
    resource_type, declared = read_type(resource, rules, at)
    resource_id = "" if searched == "resource" else identifier(resource, "id", at, "resource")
    properties, unknown, mismatched = read_properties(resource, declared, resource_id, at, searched)
    if "properties" in action:
        part(action, "properties", at, "/action")
    around = part(body, "context", at) if "context" in body else NOTHING
    told, strange, differing = read_context(around, rules, f"{at}/context") if around or rules.context else EMPTY
    if rules.action:
        told = {**told, **read_action(action.get("properties", NOTHING), rules.action, f"{at}/action/properties")}
    token = told.get(TOKEN, "")
    if token:
        told = {name: value for name, value in told.items() if name not in OF_THE_TOKEN}
    name = "" if searched == "action" else identifier(action, "name", at, "action")
    undeclared = (*unknown, *strange) if unknown or strange else ()
    differing = (*mismatched, *differing) if mismatched or differing else ()
    mediated_for = told.get("mediated_for", "")
    values = (subject_type, subject_id, name, resource_type, resource_id, properties, told, undeclared, differing)
    return made(Question, (*values, mediated_for, BY_KEY, token))


def read_subject(body: Mapping[str, Any], at: str, searched: str = "") -> Who:
    """Who is asked about: the type, and the id unless that is what is searched."""
    subject = part(body, "subject", at)
    if "properties" in subject:
        part(subject, "properties", at, "/subject")
    name = "" if searched == "subject" else identifier(subject, "id", at, "subject")
    return identifier(subject, "type", at, "subject"), name


def read_type(resource: Mapping[str, Any], rules: SystemRules, at: str) -> tuple[str, ResourceType | None]:
    """What kind of thing is asked about, and what the pack declares of it; a declared one in the pack's own word."""
    name = resource.get("type")
    declared = rules.resource_types.get(name) if type(name) is str else None
    if declared is not None:
        return declared.name, declared
    name = identifier(resource, "type", at, "resource")
    return name, rules.resource_types.get(name)


def read_properties(
    resource: Mapping[str, Any], declared: ResourceType | None, resource_id: str, at: str, searched: str
) -> tuple[Mapping[str, Any], Sequence[str], Sequence[str]]:
    """A resource's properties as its type declares them, the undeclared ones, those that differ from what is stored."""
    given = part(resource, "properties", at, "/resource") if "properties" in resource else NOTHING
    if declared is not None and declared.id_form and searched != "resource":
        refuse_form(declared, resource_id, f"{at}/resource/id")
    if declared is None or not declared.properties:
        return NOTHING, strangers(given, NOTHING) if given else (), ()
    stored = declared.registered.get(resource_id, NOTHING)
    return typed(given, declared.properties, stored, at, "/resource/properties", filled=searched != "resource")


def read_context(
    context: Mapping[str, Any], rules: SystemRules, at: str
) -> tuple[Mapping[str, Any], Sequence[str], Sequence[str]]:
    """The circumstances as the pack types them, with those that every system has."""
    told, strange, differing = typed(context, rules.context, NOTHING, at)
    if not RESERVED.isdisjoint(context):
        told.update(reserved(context, at))
    return told, [f"context.{name}" for name in strange if name not in RESERVED], differing


def read_action(given: Mapping[str, Any], declared: Mapping[str, Property], at: str) -> dict[str, Any]:
    """What is said of the action, by the names under which conditions look at it."""
    return {f"action.{name}": value for name, value in typed(given, declared, NOTHING, at)[0].items()}


def part(body: Mapping[str, Any], name: str, at: str, under: str = "") -> Mapping[str, Any]:
    """A member that must be an object."""
    found = body.get(name)
    if type(found) is not dict:
        raise bad(f"{at}{under}/{name}", "is missing" if name not in body else "must be an object")
    return found


def identifier(holder: Mapping[str, Any], name: str, at: str, part_of: str) -> str:
    """A type, id or name, composed as facts hold it: not blank, not over-long, without control characters."""
    value = holder.get(name)
    if (
        type(value) is str
        and 0 < len(value) <= LONGEST
        and (value.isprintable() or not CONTROL.search(value))
        and not value.isspace()
        and (value.isascii() or len(value := composed(value)) <= LONGEST)
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


def typed(
    given: Mapping[str, Any],
    declared: Mapping[str, Property],
    stored: Mapping[str, Any],
    at: str,
    under: str = "",
    *,
    filled: bool = True,
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Properties as the pack types them; the names it does not declare; those where caller and store disagree.

    Unless `filled`, what a store may yet say beside the caller is not filled in from its default.
    """
    values: dict[str, Any] = {}
    mismatched: list[str] = []
    for name, kind in declared.items():
        source = kind.source
        sent = name in given and source != "stored"
        if sent:
            value = CONVERTERS[kind.type](given[name], kind)
            if value is None or kind.values:
                value = convert(given[name], kind, f"{at}{under}/{name}")
            values[name] = value
        if source != "caller" and name in stored:
            if sent and values[name] != stored[name]:
                mismatched.append(name)
            values[name] = stored[name]
        elif not sent and kind.default is not None and (filled or source != "either"):
            values[name] = kind.default
    if given.keys() <= declared.keys():
        return values, [], mismatched
    return values, strangers(given, declared), mismatched


def strangers(given: Mapping[str, Any], declared: Mapping[str, Any]) -> list[str]:
    """The names that a pack does not declare, as the record has them: so many, and so much of each."""
    return [name[:LONGEST_STRANGER] for name in islice((one for one in given if one not in declared), MOST_STRANGERS)]


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
    """Text within its length, without control characters; composed, as packs and facts hold it."""
    return (
        value
        if type(value) is str
        and len(value) <= kind.maximum
        and (value.isprintable() or not CONTROL.search(value))
        and (value.isascii() or len(value := composed(value)) <= kind.maximum)
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
    if not all(type(item) is str and len(item) <= LONGEST and not CONTROL.search(item) for item in value):
        return None
    return tuple([item if item.isascii() else composed(item) for item in value])


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


RESERVED_WORDS = {
    TOKEN: f"text of 1 to {LONGEST_TOKEN} characters without control characters",
    **dict.fromkeys(LISTS, f"a list of at most {MOST_LISTED} texts"),
}


def reserved(context: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Context that every system has: for whom, how well proved, and (recorded, never honoured) the caller's time."""
    found: dict[str, Any] = {}
    for name in RESERVED & context.keys():
        value = context[name]
        if name == "auth_time" and type(value) is float and value.is_integer():
            value = int(value)  # 5.0 is an integer of JSON
        if name == "auth_time" and type(value) is int and abs(value) < 2**53:
            found[name] = value
        elif (
            name in LISTS
            and type(value) is list
            and len(value) <= MOST_LISTED
            and all(type(item) is str and len(item) <= LONGEST for item in value)
        ):
            found[name] = tuple(value)
        elif name == TOKEN and type(value) is str and 0 < len(value) <= LONGEST_TOKEN and not CONTROL.search(value):
            found[name] = value
        elif name == "mediated_for":
            found[name] = identifier(context, name, *at.rsplit("/", 1))
        elif (
            name in ("acr", "auth_time", "time")
            and type(value) is str
            and len(value) <= LONGEST
            and not CONTROL.search(value)
        ):
            found[name] = value
        else:
            raise bad(
                f"{at}/{name}",
                f"must be {RESERVED_WORDS.get(name, 'text, or for auth_time seconds since 1970')}",
            )
    return found


def bad(pointer: str, problem: str, cure: str = "") -> BadInput:
    """A fault at a JSON pointer; that of the body itself is empty."""
    return BadInput([Fault(pointer or BODY, problem, cure, pointer=pointer)])
