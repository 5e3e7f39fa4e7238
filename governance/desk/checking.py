"""Checking somebody's access: the form that a pack asks for, the question it makes, the answer with its links."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, fields

from governance.decisions import explanation
from governance.decisions.linking import Examined, examine
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.rules import Question
from governance.desk.schemas import CheckIn, text
from governance.desk.showing import LinkRow, link_rows, plain
from governance.kernel.clock import day_start, iso
from governance.kernel.errors import BadInput
from governance.ports.reasons import REASONS
from governance.ports.role_rules import Property, SystemRules
from governance.ports.visitor import Acr, Visitor

PROPERTY, CIRCUMSTANCE, OF_ACTION, NONE = "p_", "c_", "a_", "none_"
EMPTY = "[]"
"""What a choice sends that means a list with nothing in it; a list that is typed has a box for that."""
YES_NO = (("", "Not known"), ("yes", "Yes"), ("no", "No"))
HINTS = {"list": "Write commas between several", "integer": "A whole number", "date": "A day such as 2026-03-31"}


@dataclass(frozen=True, slots=True)
class Asking:
    """A field of the form: its name, what it is called, its choices (none: it is typed in), and a hint.

    `none` is the field and the words with which a typed list is said to be empty.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    hint: str
    none: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a page and a program read it.

    `elsewhere`: it tells of a role held outside the visitor's part. Which, and why, is then not theirs to read.
    `unsaid` is what was left blank and what stands in the way would have looked at.
    """

    examined: Examined
    elsewhere: bool
    reasons: tuple[Mapping[str, Any], ...]
    links: tuple[LinkRow, ...]
    told: Mapping[str, Any]
    unsaid: tuple[str, ...] = ()


def questions(rules: SystemRules) -> list[tuple[str, str]]:
    """What somebody may want to do in a system: each action on each kind of thing."""
    kinds = rules.resource_types.values()
    return [
        (f"{kind.name}/{action}", f"{plain(action)} · {plain(kind.name)}") for kind in kinds for action in kind.actions
    ]


def which(rules: SystemRules) -> str:
    """What to type to say which thing is meant."""
    forms = {plain(kind.name): kind.id_form for kind in rules.resource_types.values() if kind.id_form}
    if not forms:
        return "Its number or name. Leave this blank if any will do"
    written = "; ".join(f"{name}: {form}" for name, form in forms.items())
    return f"Its number, in which # is a digit and @ a capital letter. {written[0].upper()}{written[1:]}"


def declared(rules: SystemRules) -> dict[str, Property]:
    """All that a question may say, by the name of its field; what is stored here is not asked for."""
    of_things = {name: one for kind in rules.resource_types.values() for name, one in kind.properties.items()}
    found = {PROPERTY + name: one for name, one in of_things.items() if one.source != "stored"}
    found |= {CIRCUMSTANCE + name: one for name, one in rules.context.items()}
    return found | {OF_ACTION + name: one for name, one in rules.action.items()}


def asking(rules: SystemRules) -> list[Asking]:
    """The fields of the form beyond the first ones."""
    return [
        Asking(
            name,
            label(one),
            options(one),
            hint(one),
            (NONE + name, f"No {plain(one.name)}") if may_be_none(one) else ("", ""),
        )
        for name, one in declared(rules).items()
    ]


def label(one: Property) -> str:
    """What a field of the form is called."""
    return plain(one.name).capitalize()


def hint(one: Property) -> str:
    """How a field is written, and what is taken where it is left blank."""
    standing_in = "Left blank, it is what the system's rules take it to be" if one.default is not None else ""
    return ". ".join(filter(None, (HINTS.get(one.type, "") if not one.values else "", standing_in)))


def may_be_none(one: Property) -> bool:
    """Whether a list has a box that says it is empty: it is typed, and blank does not mean its usual items."""
    return one.type == "list" and not one.values and one.default is None


def options(one: Property) -> tuple[tuple[str, str], ...]:
    """What can be chosen of a property; nothing where it is typed in."""
    if one.type == "boolean":
        return YES_NO
    if not one.values:
        return ()
    none = ((EMPTY, "None of these"),) if one.type == "list" else ()
    blank = "Not known" if one.default is None else "Not said"
    return (("", blank), *((value, plain(value)) for value in one.values), *none)


def schema_for(rules: SystemRules) -> type[Schema]:
    """The form of a system, with a field for all that its pack declares."""
    more: dict[str, fields.Field[Any]] = {name: text() for name in declared(rules)}
    more |= {NONE + name: text() for name, one in declared(rules).items() if may_be_none(one)}
    return CheckIn.from_dict(more, name="CheckOfSystem")


def value_of(one: Property, typed: str) -> Any:
    """What was typed as the pack types it; the decision's own reading refuses what is wrong."""
    if one.type == "boolean":
        return typed == "yes"
    if one.type == "integer" and typed.removeprefix("-").isdecimal() and typed.isascii():
        return int(typed)
    if one.type != "list":
        return typed
    return [part.strip() for part in typed.split(",") if part.strip()] if typed != EMPTY else []


def unsaid_by(rules: SystemRules, names: Iterable[str]) -> tuple[str, ...]:
    """Of what a reason looked for in vain, what the form could have said, as the form calls it."""
    known = declared(rules)
    fields_of = (CIRCUMSTANCE + name.removeprefix("context.") if name.startswith("context.")
                 else OF_ACTION + name.removeprefix("action.") if name.startswith("action.")
                 else PROPERTY + name for name in names)  # fmt: skip
    return tuple(dict.fromkeys(label(known[field]) for field in fields_of if field in known))


def body_of(rules: SystemRules, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The question as a front end would ask it."""
    kind, _, action = str(values["what"]).partition("/")
    known = rules.resource_types[kind].properties if kind in rules.resource_types else {}
    typed = {name: values.get(name) or (EMPTY if values.get(NONE + name) else "") for name in declared(rules)}
    given = {name: value_of(one, typed[name]) for name, one in declared(rules).items() if typed[name]}
    sorted_out = {mark: {name[2:]: value for name, value in given.items() if name.startswith(mark)}
                  for mark in (PROPERTY, CIRCUMSTANCE, OF_ACTION)}  # fmt: skip
    factor = {"acr": Acr.MFA.value, "auth_time": iso(now)} if values["factor"] else {}
    of_thing = {name: value for name, value in sorted_out[PROPERTY].items() if name in known}
    return {
        "subject": {"type": rules.subject_type, "id": values["person"]},
        "action": {"name": action, "properties": sorted_out[OF_ACTION]},
        "resource": {"type": kind, "id": values["id"] or "any", "properties": of_thing},
        "context": {**sorted_out[CIRCUMSTANCE], **factor},
    }


def check(
    service: Any,
    visitor: Visitor,
    values: Mapping[str, Any],
    may_know: Callable[[], bool],
    part: Callable[[], Collection[int]],
    *,
    now: datetime,
) -> Answer:
    """Ask about a person now or as of a day, on the record as a check by the visitor; raise `BadInput` where it errs.

    `may_know` is asked only where something is held back: whether the visitor may read why. `part` is asked for the
    organisations of the visitor's part where the answer tells of a role that is held for one.
    """
    day: date | None = values.get("day")
    moment = day_start(day) if day is not None else None
    asker = Asker(f"desk:{visitor.reference}", asserted_by="desk")

    def read(rules: SystemRules) -> Question:
        question = read_question(body_of(rules, values, moment or now), rules)
        return question._replace(asserted_by="session") if values["factor"] else question

    examined = examine(service.decisions, values["system"], read, asker, now, moment)
    when = {"historical": iso(moment)} if moment is not None else {}
    if examined.held_for and examined.held_for not in part():
        said = {"decision": examined.decision.allowed, "held_elsewhere": True, "decision_id": examined.number, **when}
        return Answer(examined, elsewhere=True, reasons=(), links=(), told=said)
    held_back = any(REASONS[one.code].disclosed_as for one in examined.decision.objections)
    full = held_back and may_know()
    told: dict[str, Any] = explanation.answer(examined.decision, full=full)
    told |= {"decision_id": examined.number, "role": examined.role}
    spoken_to = examined.decision.behind or values["person"]
    if not examined.decision.allowed and spoken_to != visitor.reference:
        told["context"]["addressed_to"] = spoken_to
    links = link_rows(examined.links, full=full, answered=True, of_others=values["person"] != visitor.reference)
    reasons = tuple(explanation.reasons(examined.decision, full=full, of_others=spoken_to != visitor.reference))
    links = tuple(row._replace(unsaid=unsaid_by(examined.rules, row.unsaid)) for row in links)
    unsaid = tuple(dict.fromkeys(name for row in links for name in row.unsaid))
    more = {"not_given": list(unsaid)} if unsaid else {}
    return Answer(examined, False, reasons, links, {**told, **more, **when}, unsaid)


def fault_of(wrong: BadInput) -> tuple[str, str]:
    """Which field of the form a fault means, and what is wrong with it, as a sentence."""
    fault = wrong.faults[0]
    pointer = fault.pointer or ""
    marks = {"/resource/properties/": PROPERTY, "/context/": CIRCUMSTANCE, "/action/properties/": OF_ACTION}
    found = next((mark + pointer.removeprefix(start) for start, mark in marks.items() if pointer.startswith(start)), "")
    names = {"/resource/id": "id", "/subject/id": "person", "/action/name": "what", "/resource/type": "what"}
    sentence = f"This {fault.problem}. {fault.cure}".strip()
    return found or names.get(pointer, ""), sentence
