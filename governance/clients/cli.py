"""`postern keys`: register, list and revoke the keys of front ends."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from governance.clients import service as keys_service
from governance.clients.rules import Scope
from governance.clients.store import list_keys
from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.ports.actor import Actor


def last_day(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    """A day as it is typed, in ISO 8601."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is not None and day.isoformat() == text:  # not 20270331, nor a day of a numbered week
        return day
    raise click.BadParameter(f"{text!r} is no day. Write one such as 2027-03-31.")


@click.group()
def keys() -> None:
    """Front ends' keys."""


@keys.command()
@click.argument("name")
@click.option(
    "--system", "systems", multiple=True, required=True, help="A system that the front end may ask about; repeat it."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do beyond asking.",
)
@click.option("--until", metavar="DAY", callback=last_day, help="The last day on which the key is good.")
@click.pass_obj
def add(service: Any, name: str, systems: tuple[str, ...], scopes: tuple[str, ...], until: date | None) -> None:
    """Register a front end NAME and print its key, once."""
    now = clock.now()
    try:
        with service.databases.change("cli", now) as session:
            key = keys_service.register_key(
                session, name, list(systems), list(scopes), until, actor=Actor(service.account), now=now
            )
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(key.text)


@keys.command("list")
@click.pass_obj
def list_(service: Any) -> None:
    """List the keys that stand, without their secrets."""
    with service.databases.reading() as session:
        for key in list_keys(session, service.databases.freshness.current()):
            end = f"until {clock.iso(key.ends_at)}" if key.ends_at else "no end"
            systems, scopes = ", ".join(sorted(key.systems)), ", ".join(sorted(key.scopes)) or "-"
            click.echo(f"{key.prefix}  {key.name}  systems: {systems}  scopes: {scopes}  {end}")


@keys.command()
@click.argument("prefix")
@click.option("--why", required=True, help="Why the key is revoked; it goes on the trail.")
@click.pass_obj
def revoke(service: Any, prefix: str, why: str) -> None:
    """Revoke the key with this PREFIX at once."""
    try:
        with service.databases.change("cli", clock.now()) as session:
            keys_service.revoke_key(session, prefix, why, actor=Actor(service.account))
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"Key {prefix} is revoked.")
