"""`postern facts`: apply a file of facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from governance.exchange.applying import apply_rows
from governance.exchange.reading import read_rows
from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.kernel.toml import read_toml_file
from governance.ports.actor import Actor


@click.group()
def facts() -> None:
    """Facts about organisations, people and agreements."""


@facts.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def apply(service: Any, file: Path) -> None:
    """Apply a FILE of facts (TOML, the shape of a pack's cases): all of it, or nothing and every error."""
    try:
        rows = read_rows(read_toml_file(file), service.sheets)
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Applying", total=sum(map(len, rows.values())))
            applied = apply_rows(
                service.databases, service.sheets, rows, actor=Actor(service.account), now=clock.now(), where=file.name,
                progress=lambda done: bar.advance(task, done),
            )
    except Answer as wrong:
        click.echo(str(wrong), err=True)
        raise click.ClickException("nothing was applied") from None
    for name, change in applied.sheets.items():
        click.echo(f"{name}: {change.opened} recorded, {change.closed} closed, {change.same} unchanged")
    click.echo(f"Facts are at revision {service.databases.freshness.current()}.")
