"""`postern suspend` and `postern lift`."""

from __future__ import annotations

from typing import Any

import click

from governance.kernel import clock
from governance.people.cli import told
from governance.ports.actor import Actor
from governance.vetting.service import lift_suspension, suspend_person


@click.command()
@click.argument("person")
@click.option("--why", required=True, help="Why; it goes on the trail.")
@click.pass_obj
def suspend(service: Any, person: str, why: str) -> None:
    """Suspend PERSON (their reference) in every system, at once."""
    now = clock.now()
    with told(service), service.databases.change(service.account, now) as session:
        suspend_person(session, person, why, actor=Actor(service.account), now=now)
    click.echo(f"{person} is suspended.")


@click.command()
@click.argument("person")
@click.option("--why", required=True, help="Why; it goes on the trail.")
@click.pass_obj
def lift(service: Any, person: str, why: str) -> None:
    """Lift the suspension of PERSON (their reference)."""
    now = clock.now()
    with told(service), service.databases.change(service.account, now) as session:
        lift_suspension(session, person, why, actor=Actor(service.account))
    click.echo(f"The suspension of {person} is lifted.")
