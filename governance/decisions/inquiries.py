"""`postern who-can` and `postern what-can`: everybody who may, everything that one may, and why."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from governance.decisions import explanation
from governance.decisions.cli import moment_of, nobody, pairs, read_typed, rules_of, strays, type_and_id
from governance.decisions.records import Asker, note, question_body
from governance.decisions.rules import Decision, Question
from governance.decisions.searching import Found, Snapshot, searches_of
from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.kernel.formulas import defused

HEAD = ("id", "permitted", "organisation", "until", "why")
RECORDED = 1_000
OWN = "a front end's own records are in no search"
AS_OF = click.option("--as-of", metavar="DAY", help="A past day (as it stood when it began) or moment, in ISO 8601.")
CONTEXT = click.option("-c", "--context", multiple=True, metavar="KEY=VALUE", help="Something of the circumstances.")
CSV = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
NEARLY = click.option("--nearly", type=click.IntRange(1), help="Also those for which at most so much is lacking.")
WHY = click.option("--why", is_flag=True, help="Say why: the rules that permit, or what is missing.")


@click.command("who-can")
@click.argument("system")
@click.option("--action", required=True)
@click.option("--resource", required=True, metavar="TYPE:ID")
@click.option("-p", "--property", "properties", multiple=True, metavar="KEY=VALUE", help="A property of the resource.")
@NEARLY
@CONTEXT
@AS_OF
@CSV
@WHY
@click.pass_obj
def who_can(service: Any, /, system: str, action: str, resource: str, nearly: int | None, **given: Any) -> None:
    """List everybody who may do ACTION to RESOURCE in SYSTEM."""
    rules = rules_of(service, system)
    kind, name = type_and_id(resource, rules)
    body = {
        "subject": {"type": rules.subject_type},
        "action": {"name": action},
        "resource": {"type": kind, "id": name, "properties": pairs(given["properties"])},
        "context": pairs(given["context"]),
    }
    print_found(service, system, "subject", body, nearly or 0, given)


@click.command("what-can")
@click.argument("system")
@click.option("--subject", required=True, help="The person's reference.")
@click.option("--action", required=True)
@click.option("--type", "kind", required=True, help="The resource type.")
@NEARLY
@CONTEXT
@AS_OF
@CSV
@WHY
@click.pass_obj
def what_can(
    service: Any, /, system: str, subject: str, action: str, kind: str, nearly: int | None, **given: Any
) -> None:
    """List every registered resource of a type to which SUBJECT may do ACTION in SYSTEM."""
    body = {
        "subject": {"type": rules_of(service, system).subject_type, "id": subject},
        "action": {"name": action},
        "resource": {"type": kind},
        "context": pairs(given["context"]),
    }
    print_found(service, system, "resource", body, nearly or 0, given)


def print_found(service: Any, system: str, kind: str, body: dict[str, Any], nearly: int, given: dict[str, Any]) -> None:
    """Search, record what is shown, and print it."""
    now, searches = clock.now(), searches_of(service.decisions)
    snapshot = snapshot_of(service, system, given["as_of"])
    try:
        question = read_typed(body, snapshot.rules, searched=kind)
        for line in strays(question, snapshot.rules):
            click.echo(f"Note: {line}", err=True)
        for line in nobody(service, question.subject) if kind == "resource" else ():
            click.echo(f"Note: {line}", err=True)
        looked_at = len(searches.candidates(kind, snapshot, question))
        if kind == "resource" and not looked_at:
            click.echo(f"Note: no {question.resource_type} is registered in {system}: {OWN}", err=True)
        with bar(looked_at) as advance:
            every = searches.every(kind, snapshot, question, advance, permitted=not nearly)
            found = [one for one in every if wanted(one, nearly)]
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    asker = Asker(f"cli:{service.account}", asserted_by="cli", historical=bool(given["as_of"]))
    numbers = record(service, snapshot._replace(now=now), question, kind, found, asker)
    show(found, as_csv=given["as_csv"], why=given["why"])
    permits = sum(one.decision.allowed for one in found)
    if looked_at and not found and not nearly:
        click.echo(f"Note: {looked_at} looked at; --nearly 3 says what is lacking where little is", err=True)
    more = f", and {len(found) - permits} nearly" if len(found) > permits else ""
    click.echo(
        f"{permits} found{more}. On the record as {numbers[0]}{f' to {numbers[-1]}' if numbers[1:] else ''}.", err=True
    )


def snapshot_of(service: Any, system: str, as_of: str | None) -> Snapshot:
    """The rules and facts of now, or of a past moment."""
    if as_of is None:
        rules, revision = rules_of(service, system), service.decisions.catch_up()
        return Snapshot(rules, revision, clock.now())
    moment = moment_of(as_of)
    if moment > clock.now():
        raise click.BadParameter(f"{as_of!r} has not come yet", param_hint="--as-of")
    rules, revision = service.decisions.rules_as_of(system, moment)
    return Snapshot(rules, revision, moment)


def wanted(one: Found, nearly: int) -> bool:
    """Whether a candidate is shown: permitted, or lacking little."""
    return one.decision.allowed or 0 < len(one.decision.objections) <= nearly


def record(
    service: Any, snapshot: Snapshot, question: Question, kind: str, found: list[Found], asker: Asker
) -> list[str]:
    """Put on the trail who or what was shown, so many a record; give the records' numbers."""
    at, rest = (snapshot.now, snapshot.revision, snapshot.rules.revision), iter(found)
    parts = list(iter(lambda: list(islice(rest, RECORDED)), [])) or [[]]
    notes = []
    for part in parts:
        body: dict[str, Any] = {"search": kind, "results": [one.name for one in part]}
        question_body(question, body)
        notes.append(note("search", snapshot.rules.system, bool(part), body, asker, at))
    numbers: list[str] = service.decisions.recorder.put(notes)
    return numbers


def show(found: list[Found], *, as_csv: bool, why: bool) -> None:
    """Print what was found: lines for people, or CSV."""
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(HEAD if why else HEAD[:-1])
        for one in found:
            writer.writerow([defused(cell) for cell in row(one, why=why)])
        return
    for one in found:
        name, permitted, organisation, until, *reasons = row(one, why=why)
        in_name = f" in the name of {organisation}" if organisation else ""
        lasts = f", at most until {until}" if until else ""
        click.echo(f"{name}{in_name}{lasts}" if permitted == "yes" else f"{name}: not yet")
        for reason in reasons:
            click.echo(f"    {reason}")


def row(one: Found, *, why: bool) -> list[str]:
    """One line of what was found."""
    decision = one.decision
    until = clock.iso(decision.until) if decision.allowed and decision.until is not None else ""
    said = [one.name, "yes" if decision.allowed else "no", decision.organisation, until]
    return [*said, reason_of(decision)] if why or not decision.allowed else said


def reason_of(decision: Decision) -> str:
    """Why: the rules that permit with their sources, or each thing that is missing and what to do."""
    if decision.allowed:
        return "; ".join(f"{rule}: {source}" for rule, source in zip(decision.rules, decision.sources, strict=False))
    told = explanation.reasons(decision, full=True, of_others=True)
    return "; ".join(f"{reason['code']}: {reason['says']} {reason['remedy']['what']}" for reason in told)


@contextmanager
def bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing where nobody watches."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("Asking", total=total)
        yield lambda done: shown.advance(task, done)
