"""`postern authenticators`: what the people who look after access do by command. No command shows a secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.kernel.sealing import Sealer
from governance.people.cli import told
from governance.people.store import get_person
from governance.ports.actor import Actor
from tokens.authenticators import enrolling, losing, replacing, store
from tokens.authenticators.attempts import list_attempts
from tokens.authenticators.rekeying import rekey as rekey_all
from tokens.authenticators.rules import KIND_NAMES, STATE_WORDS
from tokens.authenticators.throttling import THROTTLE, Attempts

BY = click.option(
    "--by", required=True, metavar="PERSON", help="Who decides it: their reference; it goes on the trail."
)


@click.group()
def authenticators() -> None:
    """What people prove themselves with."""


@authenticators.command("list")
@click.argument("person")
@click.pass_obj
def list_(service: Any, person: str) -> None:
    """List every authenticator that PERSON ever had, and whether they are locked out."""
    now = clock.now()
    with told(service), service.databases.reading() as session:
        number = get_person(session, person).id
        for one in store.list_of(session, [number]):
            used = f"last used {clock.iso(one.last_used_at)}" if one.last_used_at else "never used"
            serial = f"  serial {one.serial}" if one.serial else ""
            state = STATE_WORDS[one.standing(now)]
            click.echo(f"{one.id}  {KIND_NAMES[one.kind]}  {one.label}{serial}  {state}  {used}")
        tried = list_attempts(session, [number]).get(number, Attempts())
        click.echo(f"{tried.failures} failures in a row; {tried.closed(THROTTLE, now) or 'not locked out'}.")


@authenticators.command()
@click.argument("person")
@click.argument("number", type=int)
@click.pass_obj
def lost(service: Any, person: str, number: int) -> None:
    """Report authenticator NUMBER of PERSON lost: it is dead at once, and their sessions end."""
    with changing(service) as (session, actor, now):
        losing.report_lost(session, person, number, actor=actor, now=now)
    click.echo(f"Authenticator {number} of {person} is dead, and their sessions have ended.")


@authenticators.command()
@click.argument("person")
@click.argument("number", type=int)
@click.pass_obj
def revoke(service: Any, person: str, number: int) -> None:
    """Take authenticator NUMBER away from PERSON for good."""
    with changing(service) as (session, actor, now):
        losing.revoke(session, person, number, actor=actor, now=now)
    click.echo(f"Authenticator {number} of {person} is revoked, and their sessions have ended.")


@authenticators.command()
@click.argument("person")
@click.argument("number", type=int)
@click.pass_obj
def release(service: Any, person: str, number: int) -> None:
    """Let authenticator NUMBER of PERSON count again, which was put on hold because it looked copied."""
    with changing(service) as (session, actor, now):
        losing.release(session, person, number, actor=actor, now=now)
    click.echo(f"Authenticator {number} of {person} counts again.")


@authenticators.command()
@click.argument("person")
@click.pass_obj
def unlock(service: Any, person: str) -> None:
    """Let PERSON try codes again before their time."""
    with changing(service) as (session, actor, now):
        losing.unlock_person(session, person, actor=actor, now=now)
    click.echo(f"{person} can try again.")


@authenticators.command("add-hotp")
@click.argument("person")
@click.option("--serial", required=True, help="The serial number that is printed on the token.")
@click.option(
    "--secret-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the token's secret, in hexadecimal or base 32. Remove it afterwards.",
)
@click.option("--label", default="Hardware token", show_default=True, help="What its holder will see it called.")
@click.pass_obj
def add_hotp(service: Any, person: str, serial: str, secret_file: Path, label: str) -> None:
    """Assign a hardware token to PERSON; it counts once they have given its first code."""
    seed = secret_file.read_text("ascii", errors="replace")
    with changing(service) as (session, actor, now):
        sealer = Sealer(service.settings.secret_keys)
        number = enrolling.assign_hotp(session, sealer, person, serial.strip(), seed, label, actor=actor, now=now)
    click.echo(f"Token {serial} is authenticator {number} of {person}. It waits for its first code.")


@authenticators.command()
@click.pass_obj
def replacements(service: Any) -> None:
    """List temporary replacements that wait for a second person."""
    with service.databases.reading() as session:
        for one in replacing.list_waiting(session):
            click.echo(f"{one.id}  for {one.reference}  asked by {one.asked_by}  {clock.iso(one.asked_at)}  {one.why}")


@authenticators.command("ask-replacement")
@click.argument("person")
@click.option("--why", required=True, help="Why; it goes on the trail.")
@BY
@click.pass_obj
def ask_replacement(service: Any, person: str, why: str, by: str) -> None:
    """Start a temporary replacement for PERSON; a second person has to approve it."""
    approvers = service.who_may("approve-replacement", person, now=clock.now())
    with changing(service) as (session, actor, now):
        get_person(session, by)
        number = replacing.ask(session, person, why, by=by, actor=actor, now=now, approvers=approvers)
    click.echo(f"Temporary replacement {number} waits for a second person.")


@authenticators.command("approve-replacement")
@click.argument("number", type=int)
@BY
@click.pass_obj
def approve_replacement(service: Any, number: int, by: str) -> None:
    """Approve temporary replacement NUMBER: neither who needs it nor who started it can, by whichever door."""
    with changing(service) as (session, actor, now):
        get_person(session, by)
        settings = service.settings
        replacing.approve(
            session, number, settings.public_url, Sealer(settings.secret_keys), by=by, actor=actor, now=now
        )
    click.echo("Approved. Its link is on its way to the person by mail; it is good for 24 hours, once.")


@authenticators.command("refuse-replacement")
@click.argument("number", type=int)
@BY
@click.pass_obj
def refuse_replacement(service: Any, number: int, by: str) -> None:
    """Refuse temporary replacement NUMBER."""
    with changing(service) as (session, actor, now):
        get_person(session, by)
        replacing.refuse(session, number, by=by, actor=actor, now=now)
    click.echo("Refused.")


@authenticators.command()
@click.pass_obj
def rekey(service: Any) -> None:
    """Seal every stored secret anew under the newest key of POSTERN_SECRET_KEYS; repeat it if it was cut off."""
    sealer, anew = Sealer(service.settings.secret_keys), 0
    with service.databases.reading() as session:
        total = store.count_sealed(session)
    with told(service), click.progressbar(length=total, label="Secrets") as bar:
        for looked_at, sealed in rekey_all(service.databases, sealer, actor=Actor(service.account), now=clock.now()):
            bar.update(looked_at - bar.pos)
            anew = sealed
    click.echo(f"{anew} of {total} secrets sealed anew; the others were already. Older keys are no longer needed here.")


@contextmanager
def changing(service: Any) -> Iterator[tuple[Session, Actor, datetime]]:
    """One change on behalf of whoever sits at the command line."""
    now = clock.now()
    with told(service), service.databases.change(service.account, now) as session:
        yield session, Actor(service.account), now
