"""`postern tokens`: the keys that tokens are signed with."""

from __future__ import annotations

from typing import Any

import click

from governance.kernel import clock
from governance.kernel.clock import iso
from governance.kernel.errors import Answer
from governance.ports.actor import Actor, Entry
from governance.trail.entries import tell
from tokens.issuing.keys import read_keys, read_ring, rotated, write_keys


@click.group()
def tokens() -> None:
    """Tokens for front ends."""


@tokens.command("rotate-keys")
@click.option("--at-once", is_flag=True, help="Others may have the key: drop the old ones, and every token with them.")
@click.pass_obj
def rotate_keys(service: Any, *, at_once: bool) -> None:
    """Make a new signing key: published now, signing in ten minutes; old ones stay for what they have signed."""
    file, now = service.settings.signing_keys, clock.now()
    if file is None:
        raise click.ClickException("this installation has no file of signing keys: run postern setup")
    try:
        keys = rotated(read_keys(file), now, at_once=at_once)
        actor = Actor(service.account)
        with service.databases.change("cli", now) as session:
            tell(session, Entry("signing_keys.rotated", actor, {"keys": len(keys), "at_once": at_once}))
        write_keys(file, keys)
        newest = read_ring(file).keys[0]
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"Key {newest.key.kid} signs from {iso(newest.signs_at)}. {len(keys)} published.")
