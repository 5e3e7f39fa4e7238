"""`postern decide`: ask as a person would, and read the answer as a person would."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import click

from governance.decisions import explanation
from governance.decisions.questions import RESERVED, read_question
from governance.decisions.records import Asker
from governance.decisions.rules import Decision, Question
from governance.decisions.service import Answered, Questions
from governance.kernel import clock
from governance.kernel.errors import Answer, BadInput, Fault, NotFound, cure_for
from governance.people.cli import meant_by
from governance.ports.reasons import Code
from governance.ports.role_rules import SystemRules

CONTEXT = "context."
OTHER_THAN_TEXT = ("must be true or false", "must be a whole number", "must be a list")
PERMIT, DENY, BAD_QUESTION = 0, 1, 2


@click.command()
@click.argument("system")
@click.option("--subject", required=True, help="The person's reference.")
@click.option("--action", required=True)
@click.option("--resource", required=True, metavar="TYPE:ID")
@click.option("-p", "--property", "properties", multiple=True, metavar="KEY=VALUE", help="A property of the resource.")
@click.option("-c", "--context", "context", multiple=True, metavar="KEY=VALUE", help="Something of the circumstances.")
@click.option(
    "--as-of",
    metavar="DAY",
    help="A past day (as it stood when it began) or moment, in ISO 8601; without a zone it is London's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what the API would answer.")
@click.pass_obj
def decide(
    service: Any,
    /,
    system: str,
    subject: str,
    action: str,
    resource: str,
    as_of: str | None,
    as_json: bool,
    **given: tuple[str, ...],
) -> None:
    """Ask whether SUBJECT may do ACTION to RESOURCE in SYSTEM. Exit 0 permit, 1 deny, 2 bad question."""
    try:
        rules = rules_of(service, system)
        kind, name = type_and_id(resource, rules)
        body = {
            "subject": {"type": rules.subject_type, "id": subject},
            "action": {"name": action},
            "resource": {"type": kind, "id": name, "properties": pairs(given["properties"])},
            "context": pairs(given["context"]),
        }
        answered, strange = ask(service, system, body, as_of)
        if any(one.code is Code.UNKNOWN_SUBJECT for one in answered.decisions[0].objections):
            strange += nobody(service, subject)
    except Answer as wrong:
        click.echo(f"Error: {wrong}", err=True)
        raise SystemExit(BAD_QUESTION) from None
    for line in strange:
        click.echo(f"Note: {line}", err=True)
    decision = answered.decisions[0]
    if as_json:
        told = explanation.answer(decision, full=True) | {
            "decision_id": answered.ids[0],
            "facts_revision": answered.revision,
        }
        click.echo(json.dumps(told | ({"historical": True} if as_of else {}), indent=2, ensure_ascii=False))
    else:
        click.echo(in_words(decision, answered, as_of))
    raise SystemExit(PERMIT if decision.allowed else DENY)


def rules_of(service: Any, system: str) -> SystemRules:
    """A system's rules in force; raise `NotFound` with the name that may have been meant."""
    service.decisions.catch_up()
    known = service.decisions.systems()
    if system not in known:
        cure = cure_for(system, known) if known else "No pack is active: run postern packs activate."
        raise NotFound(f'there is no system "{system[:80]}". {cure}')
    rules: SystemRules = service.decisions.system(system)
    return rules


def ask(service: Any, system: str, body: dict[str, Any], as_of: str | None) -> tuple[Answered, list[str]]:
    """Ask now, or as of a past day; the second part says what of the question the pack does not declare."""
    now, asker = clock.now(), Asker(f"cli:{service.account}", asserted_by="cli")
    strange: list[str] = []

    def read(rules: SystemRules) -> Questions:
        question = read_typed(body, rules)
        strange.extend(strays(question, rules))
        return Questions([question])

    if as_of is None:
        answered: Answered = service.decisions.ask(system, read, asker, now)
    else:
        moment = moment_of(as_of)
        if moment > now:
            raise click.BadParameter(f"{as_of!r} has not come yet", param_hint="--as-of")
        answered = service.decisions.ask_as_of(system, read, asker, moment, now)
    return answered, strange


def read_typed(body: dict[str, Any], rules: SystemRules, searched: str = "") -> Question:
    """The question; a value of another type than is declared is told with what it was read as."""
    try:
        return read_question(body, rules, searched=searched)
    except BadInput as wrong:
        raise BadInput([hinted(fault, body) for fault in wrong.faults]) from None


def hinted(fault: Fault, body: dict[str, Any]) -> Fault:
    """A fault of a value from the command line, with how to write another type."""
    holder, _, name = (fault.pointer or "").rpartition("/")
    given = {"/context": body["context"], "/resource/properties": body["resource"].get("properties", {})}
    value = given.get(holder, {}).get(name)
    if isinstance(value, str) and fault.problem.startswith(OTHER_THAN_TEXT):
        return replace(fault, cure="It was read as text; true, false, whole numbers and lists are written as in JSON.")
    if isinstance(value, (bool, int, list)) and fault.problem.startswith("must be text"):
        text = shlex.quote(f"{name}={json.dumps(json.dumps(value))}")
        return replace(fault, cure=f"It was read as a value of JSON; text is written {text}.")
    return fault


def nobody(service: Any, subject: str) -> list[str]:
    """Whom a reference that nobody has was perhaps meant for."""
    meant = meant_by(service, subject)
    return [f"nobody has the reference {subject}. {meant}"] if meant else []


def strays(question: Question, rules: SystemRules) -> list[str]:
    """What a question names that the pack does not declare, each with what may have been meant."""
    found = rules.resource_types.get(question.resource_type)
    if found is None:
        problem = f'the pack does not declare the resource type "{question.resource_type}"'
        return [f"{problem}. {cure_for(question.resource_type, rules.resource_types)}"]
    lines = []
    if question.action not in found.actions:
        problem = f'the pack does not declare the action "{question.action}" for {question.resource_type}'
        lines.append(f"{problem}. {cure_for(question.action, found.actions)}")
    for name in question.undeclared:
        around = name.startswith(CONTEXT)
        known = rules.context.keys() | RESERVED if around else found.properties.keys()
        lines.append(f"the pack does not declare {name}: it is ignored. {cure_for(name.removeprefix(CONTEXT), known)}")
    return lines


def moment_of(text: str) -> datetime:
    """A day's first moment in London, or a moment; one that names no zone is London's."""
    try:
        if len(text) == len("2026-03-31"):
            return clock.day_start(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=clock.LONDON)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is no day such as 2026-03-31", param_hint="--as-of") from None


def type_and_id(text: str, rules: SystemRules) -> tuple[str, str]:
    """TYPE:ID in its two parts, split at the first colon; without both, an example is told."""
    kind, _, name = text.partition(":")
    if not kind.strip() or not name.strip():
        alone, known = kind.strip() or name.strip(), rules.resource_types
        example = f"{alone}:1234" if alone in known else f"{next(iter(known), 'TYPE')}:{alone or '1234'}"
        cure = f"write TYPE:ID, such as {example}"
        raise click.BadParameter(f"{text!r} does not name a type and an id; {cure}", param_hint="--resource")
    return kind, name


def pairs(given: tuple[str, ...]) -> dict[str, Any]:
    """KEY=VALUE words as values: true, false, whole numbers, JSON lists and text in double quotes are read as such.

    All else is text as it stands.
    """
    found: dict[str, Any] = {}
    for word in given:
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{word!r} is not KEY=VALUE")
        if key in found:
            raise click.BadParameter(f"{key} is given twice; give it once")
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            read = value
        found[key] = read if isinstance(read, (bool, int, list, str)) else value
    return found


def in_words(decision: Decision, answered: Answered, as_of: str | None) -> str:
    """The answer as a person reads it."""
    lines = ["Permitted." if decision.allowed else "Denied."]
    if decision.behind and not decision.allowed:
        lines.append(f"  The reasons speak to {decision.behind}, on whose behalf it was asked.")
    for reason in explanation.reasons(decision, full=True):
        lines += [
            f"  {reason['code']}: {reason['user']}",
            f"      {reason.get('admin', '')}",
            f"      What to do: {reason['remedy']['what']}",
        ]
        if "source" in reason:
            lines.append(f"      Source: {reason['source']}")
    lines += [f"  Instead: {route.what}" for route in decision.routes]
    lines += [f"  By rule {rule}: {source}" for rule, source in zip(decision.rules, decision.sources, strict=False)]
    lines += [
        f"  Obligation {one.id} ({one.type}) {json.dumps(dict(one.properties), ensure_ascii=False)}"
        for one in decision.obligations
    ]
    if decision.allowed and decision.until is not None:
        lines.append(f"  Holds at most until {clock.iso(decision.until)}.")
    historical = f", historical (as of {as_of})" if as_of else ""
    revisions = f"facts revision {answered.revision}, policy revision {decision.policy}"
    lines.append(f"Decision {answered.ids[0]}, {revisions}{historical}.")
    return "\n".join(lines)
