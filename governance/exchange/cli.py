"""`postern facts`: apply a file of facts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from governance.exchange.applying import apply_rows
from governance.exchange.erasing import erase_fact
from governance.exchange.reading import moved, read_rows
from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.kernel.toml import read_toml_file
from governance.ports.actor import Actor


@click.group()
def facts() -> None:
    """Facts about organisations, people and agreements."""


@facts.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--written-for", type=click.DateTime(["%Y-%m-%d"]), help="Move all days as if that day were today.")
@click.pass_obj
def apply(service: Any, file: Path, written_for: datetime | None) -> None:
    """Apply a FILE of facts (TOML, the shape of a pack's cases): all of it, or nothing and every error."""
    try:
        document = read_toml_file(file)
        if written_for is not None:
            document = moved(document, clock.london_day(clock.now()) - written_for.date())
        rows = read_rows(document, service.sheets)
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Applying", total=sum(map(len, rows.values())))
            applied = apply_rows(
                service.databases,
                service.sheets,
                rows,
                actor=Actor(service.account),
                now=clock.now(),
                where=document,
                progress=lambda done: bar.advance(task, done),
            )
    except Answer as wrong:
        click.echo(str(wrong), err=True)
        raise click.ClickException("nothing was applied") from None
    for name, change in applied.sheets.items():
        click.echo(f"{name}: {change.opened} recorded, {change.closed} closed, {change.same} unchanged")
    click.echo(f"Facts are at revision {service.databases.freshness.current()}.")


@facts.command()
@click.argument("sheet")
@click.argument("row", type=int)
@click.option("--why", required=True, help="Why; it goes on the trail.")
@click.pass_obj
def erase(service: Any, sheet: str, row: int, why: str) -> None:
    """Erase the values of ROW of a SHEET (both as evidence names them); its days and digest stay."""
    if sheet not in service.sheets:
        raise click.BadParameter(f"the sheets are: {', '.join(service.sheets)}", param_hint="SHEET")
    try:
        with service.databases.change(service.account, clock.now()) as session:
            erase_fact(session, service.sheets[sheet], row, why, actor=Actor(service.account))
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(f"Row {row} of {sheet} is erased.")
