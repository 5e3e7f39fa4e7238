"""`postern trail`: verify the chains, and read a decision back by its number."""

from __future__ import annotations

import json
from typing import Any

import click

from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.ports.actor import Actor
from governance.trail.service import erase_record, get_record, list_records, verify_trail


@click.group()
def trail() -> None:
    """Verify and read the trail."""


@trail.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def verify(service: Any, as_json: bool) -> None:
    """Recompute every hash; name each damaged, missing or cut place. Exit 1 when there is one."""
    verifier = verify_trail(service.databases)
    if as_json:
        click.echo(
            json.dumps({**verifier.tally._asdict(), "damages": [damage._asdict() for damage in verifier.damages]})
        )
    else:
        for damage in verifier.damages:
            click.echo(f"{damage.place}: {damage.what}", err=True)
        tally = verifier.tally
        state = "intact" if not verifier.damages else f"{len(verifier.damages)} damaged places"
        click.echo(f"{tally.records} records in {tally.chains} chains verified: {state}.")
    raise SystemExit(1 if verifier.damages else 0)


@trail.command()
@click.argument("number")
@click.pass_obj
def show(service: Any, number: str) -> None:
    """Print the record of the decision with this NUMBER (an answer's Decision-Id); of a batch, a list of them."""
    try:
        found = list_records(service.databases, number) if ".." in number else get_record(service.databases, number)
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None


@trail.command()
@click.argument("number")
@click.option("--why", required=True, help="Why; it goes on the trail.")
@click.pass_obj
def erase(service: Any, number: str, why: str) -> None:
    """Erase who and what from the record of the decision with this NUMBER; its leaf and the chain stay."""
    try:
        erase_record(service.databases, number, why, actor=Actor(service.account), now=clock.now())
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"The body of {number} is erased.")
