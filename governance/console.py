"""The command `postern`: every area's commands, and those that set an installation up, serve it and show it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from governance import installation, scheduler, serving
from governance.app import Service, commands, trial_service
from governance.exchange.jobs import sweep_unsealed
from governance.kernel import clock
from governance.kernel.db import migrate, ready
from governance.kernel.errors import Answer, Conflict, cure_for
from governance.kernel.jobs import last_run
from governance.outbox.service import SENDER
from governance.outbox.ways import courier_of
from governance.ports.area import Area

ON_TRIAL = frozenset({"blank_sheets", "requirements", "run_case"})


class Lazy:
    """The service, made when a command first needs it: `--help`, `packs check` and templates need no installation."""

    def __init__(self, instance: Path, create_app: Callable[[], Any], areas: Sequence[Area]) -> None:
        self.instance = instance
        self.areas = areas
        self._create_app = create_app

    @cached_property
    def service(self) -> Any:
        """The service of this installation."""
        return self._create_app().extensions["postern"]

    @cached_property
    def trial(self) -> Service:
        """What packs are checked and tested with, installation or not."""
        return trial_service(self.areas)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.trial if name in ON_TRIAL else self.service, name)


class Root(click.Group):
    """The command itself: what it is told is text, or it does nothing. A guess at it would stand on the trail."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words; refuse those with bytes that are no text, which no record could hold."""
        for word in args:
            if any("\ud800" <= sign <= "\udfff" for sign in word):
                shown = word.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                raise click.UsageError(f'"{shown[:80]}" is not text in UTF-8, so nothing was done. Write it anew.', ctx)
        return super().parse_args(ctx, args)


def run(areas: Sequence[Area], instance: Path, create_app: Callable[[], Any]) -> None:
    """Run the command line."""
    root = Root("postern", help="Who may see what, now, and why.", no_args_is_help=True)
    for command in (*commands(areas).values(), database, setup, serve, jobs, demo):
        root.add_command(command)
    try:
        root(obj=Lazy(instance, create_app, areas))
    except Answer as wrong:
        click.echo(f"Error: {wrong}", err=True)
        sys.exit(1)


@click.command()
@click.option(
    "--public-url", default="http://localhost:8000", show_default=True, help="The address that front ends use."
)
@click.pass_obj
def setup(lazy: Lazy, public_url: str) -> None:
    """Make this installation's settings and secrets (kept when they exist), and lay its databases out."""
    made = installation.make(lazy.instance, public_url)
    click.echo(f"{'Made' if made else 'Kept'} {lazy.instance / installation.FILE}.")
    lay_out(lazy)


def lay_out(lazy: Lazy) -> None:
    """Bring both databases to the newest layout, with what every area puts into them."""
    migrate(lazy.databases)
    service = lazy.service
    for said in (install(service, service.account, clock.now()) for area in service.areas for install in area.installs):
        if said:
            click.echo(said)


@click.group("db")
def database() -> None:
    """The databases."""


@database.command()
@click.pass_obj
def upgrade(lazy: Lazy) -> None:
    """Bring both databases to the newest layout."""
    lay_out(lazy)
    click.echo("Both databases have the newest layout.")


@database.command()
@click.option("--hours", default=24, show_default=True, help="How long a change may have been under way.")
@click.pass_obj
def sweep(lazy: Lazy, hours: int) -> None:
    """Remove what changes left behind that were never sealed (an import that was cut off)."""
    swept = sweep_unsealed(lazy.databases, timedelta(hours=hours), now=clock.now())
    click.echo(f"{swept} unsealed changes swept.")


@click.group()
def jobs() -> None:
    """What is done again and again by the clock: mail, sweeping."""


@jobs.command("run")
@click.option("--parent", type=int, metavar="NUMBER", help="Stop when the process with this number has ended.")
@click.pass_obj
def run_jobs(lazy: Lazy, parent: int | None) -> None:
    """Do the jobs by the clock until told to stop; start it as often as you like, each is done once."""
    courier_of(lazy.settings)  # set wrongly, it says so now
    scheduler.keep_time(lazy, list(lazy.jobs.values()), parent)


@jobs.command("list")
@click.pass_obj
def list_jobs(lazy: Lazy) -> None:
    """List the jobs: how often each is done, and how its last run went."""
    with lazy.databases.reading() as session:
        for job in lazy.jobs.values():
            last = last_run(session, job.name)
            said = " ".join(("last", clock.iso(last.started_at), last.state, last.fault)) if last else "never run"
            click.echo(f"{job.name}  every {job.every}  {said.strip()}  {job.says}")


@jobs.command()
@click.argument("name")
@click.pass_obj
def once(lazy: Lazy, name: str) -> None:
    """Do the job NAME now, unless it is under way elsewhere."""
    if name not in lazy.jobs:
        raise click.ClickException(f"There is no job {name}. {cure_for(name, lazy.jobs)}")
    if name == SENDER.name:
        courier_of(lazy.settings)  # set wrongly, it says so now
    now = clock.now()
    run = scheduler.fire(lazy, lazy.jobs[name], now, now)
    if run is None or run.fault:
        raise click.ClickException(f"{name} failed: {run.fault}." if run else f"{name} is under way elsewhere.")
    click.echo(f"{name} is done.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True)
@click.option("--own-cores", is_flag=True, help="Each worker has a processor core to itself: be quicker on it (Linux).")
@click.pass_obj
def serve(lazy: Lazy, host: str, port: int, workers: int, own_cores: bool) -> None:
    """Serve the HTTP API."""
    serving.refuse_taken(host, port)
    refuse_unready(lazy)
    click.echo(f"Serving {lazy.settings.public_url} at http://{f'[{host}]' if ':' in host else host}:{port}.")
    if own_cores:
        serving.take_turns()
    serving.serve(host, port, workers)


def refuse_unready(lazy: Lazy) -> None:
    """Raise where settings are missing or wrong, or the databases cannot be read, before a worker is begun."""
    is_ready = ready(lazy.databases)
    lazy.databases.close()  # no connection is handed on to a worker
    if not is_ready:
        raise Conflict("the databases do not answer, or have not the newest layout. postern db upgrade lays them out.")


@click.group()
def demo() -> None:
    """A demonstration with fictitious people."""


@demo.command("load")
@click.pass_obj
def load_demo(lazy: Lazy) -> None:
    """Activate the shipped packs and apply the demonstration's facts, when there are none yet."""
    installation.load_demo(lazy, invoke)


@demo.command("run")
@click.option("--port", default=8000, show_default=True)
@click.pass_obj
def run_demo(lazy: Lazy, port: int) -> None:
    """Set everything up, load the demonstration, and serve it with curl lines to try."""
    serving.refuse_taken("127.0.0.1", port, "Choose another: make run PORT=…, or --port.")
    address = installation.address_at(lazy.instance, port)
    click.echo("Laying out the databases …")
    lay_out(lazy)
    key = installation.load_demo(lazy, invoke)
    click.echo(installation.welcome(address, key, installation.invite_demo(lazy)))
    with installation.jobs_beside():
        serving.serve("127.0.0.1", port, 1)


def invoke(lazy: Lazy, *words: str) -> str:
    """Run another command in this process and give what it printed."""
    found: Any = commands(lazy.areas)[words[0]]
    rest = list(words[1:])
    while isinstance(found, click.Group):
        found = found.commands[rest.pop(0)]
    return installation.captured(lambda: found.main(rest, standalone_mode=False, obj=lazy))
