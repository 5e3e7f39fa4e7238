"""`postern outbox`: what waits, what failed, try again, cancel."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

import click

from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.outbox import service as mails
from governance.outbox import store, ways
from governance.outbox.rules import MailFacts, MailState
from governance.ports.actor import Actor
from governance.ports.mail import Mail

OPEN = (MailState.WAITING, MailState.CLAIMED, MailState.HANDED_OVER, MailState.FAILED)


@click.group()
def outbox() -> None:
    """Mail that waits, was sent or failed."""


@outbox.command("list")
@click.option("--state", type=click.Choice([state.value for state in MailState]), help="Only those; else all not sent.")
@click.option("--most", default=50, show_default=True, help="How many at most, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def list_(service: Any, state: str | None, most: int, as_json: bool) -> None:
    """List mail, without addresses, and say how it leaves."""
    states = OPEN if state is None else (MailState(state),)
    with service.databases.reading() as session:
        listed, counted = store.list_mail(session, states, most), store.count_states(session)
    if as_json:
        told = [{**dataclasses.asdict(mail), **moments(mail)} for mail in listed]
        click.echo(json.dumps({"way": ways.says(service.settings), "counts": counted, "mail": told}))
        return
    click.echo(ways.says(service.settings))
    click.echo(", ".join(f"{count} {state.value}" for state, count in counted.items() if count) or "There is no mail.")
    for mail in listed:
        click.echo(line_of(mail))


def line_of(mail: MailFacts) -> str:
    """A mail in one line."""
    when = f"ended {clock.iso(mail.ended_at)}" if mail.ended_at else f"next {clock.iso(mail.next_at)}"
    fault = f"  {mail.fault}" if mail.fault else ""
    return f"{mail.name}  {mail.template}  {mail.state.value}  attempts: {mail.attempts}  {when}{fault}"


def moments(mail: MailFacts) -> dict[str, str | None]:
    """A mail's moments as text."""
    named: dict[str, datetime | None] = {
        "queued_at": mail.queued_at,
        "next_at": mail.next_at,
        "ended_at": mail.ended_at,
    }
    return {name: clock.iso(at) if at else None for name, at in named.items()}


@outbox.command()
@click.argument("names", nargs=-1)
@click.option("--all", "all_failed", is_flag=True, help="All that failed and whose address is still kept.")
@click.pass_obj
def retry(service: Any, names: tuple[str, ...], all_failed: bool) -> None:
    """Let mail that failed, by NAME, wait again."""
    if all_failed == bool(names):
        raise click.UsageError("Name mails, or say --all.")
    if all_failed:
        with service.databases.reading() as session:
            failed = store.list_mail(session, [MailState.FAILED], 10_000)
        names = tuple(mail.name for mail in failed if not mail.blanked)
    act(service, names, mails.retry_mail)
    click.echo(f"{len(names)} to be tried again.")


@outbox.command()
@click.argument("names", nargs=-1, required=True)
@click.pass_obj
def cancel(service: Any, names: tuple[str, ...]) -> None:
    """Take out mail that waits, by NAME, and blank it."""
    act(service, names, mails.cancel_mail)
    click.echo(f"{len(names)} cancelled.")


def act(service: Any, names: tuple[str, ...], verb: Any) -> None:
    """Do something with several mails, all of them or none."""
    now, actor = clock.now(), Actor(service.account)
    try:
        with service.databases.change(str(actor), now) as session:
            for name in names:
                verb(session, name, actor=actor, now=now)
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None


@outbox.command("try")
@click.argument("address")
@click.pass_obj
def try_(service: Any, address: str) -> None:
    """Queue a mail to ADDRESS that says that mail works."""
    try:
        with service.databases.writing() as session:
            name = mails.queue_mail(session, Mail("mail-works", address), now=clock.now())
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"Queued as {name}. {ways.says(service.settings)}")
