"""`postern keys` and `postern front-ends`: register, list and revoke front ends and their keys."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from governance.clients import service as keys_service
from governance.clients.rules import NewFrontEnd, Scope
from governance.clients.store import list_front_ends, list_keys
from governance.exchange.strangers import strange_systems
from governance.kernel import clock
from governance.kernel.errors import Answer, NotFound
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


def refuse_strangers(service: Any, systems: tuple[str, ...], *, ahead: bool) -> None:
    """End the command where no pack in force has one of these systems; say so only, where packs come later."""
    with service.databases.reading() as session:
        at = service.databases.freshness.current()
        strange = list(strange_systems(service.parts.role_rules, session, at, systems))
    if strange and not ahead:
        raise click.ClickException("\n".join((*strange, "Where a pack comes later, add --ahead.")))
    for one in strange:
        click.echo(f"Warning: {one}", err=True)


AHEAD = click.option("--ahead", is_flag=True, help="Also for a system whose pack comes later.")


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
@click.option("--front-end", metavar="CLIENT", help="The front end whose people's tokens alone may come with this key.")
@AHEAD
@click.pass_obj
def add(
    service: Any,
    name: str,
    systems: tuple[str, ...],
    scopes: tuple[str, ...],
    until: date | None,
    front_end: str | None,
    ahead: bool,
) -> None:
    """Register a front end NAME and print its key, once."""
    now = clock.now()
    refuse_strangers(service, systems, ahead=ahead)
    try:
        with service.databases.change("cli", now) as session:
            key = keys_service.register_key(
                session, name, list(systems), list(scopes), until, front_end, actor=Actor(service.account), now=now
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
    except NotFound as wrong:
        cure = ". Give the key's prefix; postern keys list shows it" if is_name(service, prefix) else ""
        raise click.ClickException(f"{wrong}{cure}") from None
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"Key {prefix} is revoked.")


def is_name(service: Any, text: str) -> bool:
    """Whether a text is what a key that stands is called."""
    with service.databases.reading() as session:
        return any(key.name == text for key in list_keys(session, service.databases.freshness.current()))


@click.group("front-ends")
def front_ends() -> None:
    """Front ends that people sign in to through Postern (OpenID Connect)."""


@front_ends.command("add")
@click.argument("name")
@click.option(
    "--redirect-uri", "redirects", multiple=True, required=True, help="Where people return to, whole; repeat it."
)
@click.option("--post-logout-uri", "after", multiple=True, help="Where people may go once signed out; repeat it.")
@click.option("--system", "systems", multiple=True, required=True, help="A system that its tokens are for; repeat it.")
@click.option("--public", is_flag=True, help="It cannot keep a secret: it runs in a browser or on a device.")
@AHEAD
@click.pass_obj
def add_front_end(
    service: Any,
    name: str,
    redirects: tuple[str, ...],
    after: tuple[str, ...],
    systems: tuple[str, ...],
    public: bool,
    ahead: bool,
) -> None:
    """Register a front end NAME; print its client id and, once, its secret."""
    now = clock.now()
    refuse_strangers(service, systems, ahead=ahead)
    try:
        with service.databases.change("cli", now) as session:
            made = keys_service.register_front_end(
                session, name, systems, redirects, after, public=public, actor=Actor(service.account), now=now
            )
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    say_credentials(made)


@front_ends.command("list")
@click.pass_obj
def list_front_ends_(service: Any) -> None:
    """List the front ends that stand, without their secrets."""
    with service.databases.reading() as session:
        for one in list_front_ends(session, service.databases.freshness.current()):
            kind, systems = "public" if one.is_public else "with a secret", ", ".join(sorted(one.systems))
            click.echo(f"{one.client_id}  {one.name}  {kind}  systems: {systems}  {' '.join(one.redirect_uris)}")


@front_ends.command("rotate-secret")
@click.argument("client_id", metavar="CLIENT")
@click.pass_obj
def rotate(service: Any, client_id: str) -> None:
    """Give the front end CLIENT another secret and print it, once; the old one is dead at once."""
    now = clock.now()
    try:
        with service.databases.change("cli", now) as session:
            made = keys_service.rotate_secret(session, client_id, actor=Actor(service.account), now=now)
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    say_credentials(made)


@front_ends.command("revoke")
@click.argument("client_id", metavar="CLIENT")
@click.option("--why", required=True, help="Why it is revoked; it goes on the trail.")
@click.pass_obj
def revoke_front_end(service: Any, client_id: str, why: str) -> None:
    """Revoke the front end CLIENT at once, with all that its people were given."""
    try:
        with service.databases.change("cli", clock.now()) as session:
            keys_service.revoke_front_end(session, client_id, why, actor=Actor(service.account))
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"Front end {client_id} is revoked.")


def say_credentials(made: NewFrontEnd) -> None:
    """Print what a front end is set up with, as settings have it."""
    click.echo(f"client_id={made.client_id}")
    if made.secret:
        click.echo(f"client_secret={made.secret}")
