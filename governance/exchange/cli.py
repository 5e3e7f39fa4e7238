"""`postern facts`, `postern import`, `postern export`: facts in and out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from governance.exchange.applying import Applied, apply_rows, told
from governance.exchange.checking import Rows
from governance.exchange.differing import Difference
from governance.exchange.erasing import erase_fact
from governance.exchange.exporting import export_facts
from governance.exchange.files import CSV, XLSX
from governance.exchange.findings import Finding, errors, write_report
from governance.exchange.gone import LeftOut
from governance.exchange.importing import Looked, apply_import, differences_of, look_at_import
from governance.exchange.reading import moved, read_rows
from governance.exchange.strangers import active_words, strange_systems, strangers
from governance.exchange.templates import SEPARATED, WORKBOOK, write_templates
from governance.exchange.unlikely import unlikely
from governance.exchange.withdrawing import withdraw_rows
from governance.kernel import clock
from governance.kernel.errors import Answer, Conflict
from governance.kernel.toml import Document, read_toml_file
from governance.ports.actor import Actor
from governance.web.words import count

SHOWN = 200
Advance = Callable[[int], None]
WRITTEN_FOR = click.option(
    "--written-for", type=click.DateTime(["%Y-%m-%d"]), help="Move all days as if that day were today."
)


@click.group()
def facts() -> None:
    """Facts about organisations, people and agreements."""


@facts.command()
@click.argument("file", type=click.Path(path_type=Path))
@WRITTEN_FOR
@click.pass_obj
def apply(service: Any, file: Path, written_for: datetime | None) -> None:
    """Apply a FILE of facts (TOML, the shape of a pack's cases): all of it, or nothing and every error."""
    refuse_spreadsheets(file)
    try:
        document = moved(read_toml_file(file), since(written_for, clock.now()))
        rows = read_rows(document, service.sheets)
        warn_of_strangers(service, document, rows)
        with progress_of("Applying", sum(map(len, rows.values()))) as advance:
            applied = apply_rows(
                service.databases,
                service.sheets,
                rows,
                actor=Actor(service.account),
                now=clock.now(),
                where=document,
                progress=advance,
            )
    except Answer as wrong:
        click.echo(str(wrong), err=True)
        raise click.ClickException("nothing was applied") from None
    say_applied(service, applied)


@facts.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--why", required=True, help="Why; it goes on the trail.")
@click.pass_obj
def withdraw(service: Any, file: Path, why: str) -> None:
    """Withdraw the facts that a FILE names (TOML, as for apply): they were a mistake, and count from now on no more."""
    refuse_spreadsheets(file, "write its rows as TOML")
    try:
        document = read_toml_file(file)
        rows = read_rows(document, service.sheets)
        actor, now = Actor(service.account), clock.now()
        done = withdraw_rows(service.databases, service.sheets, rows, why, actor=actor, now=now, where=document)
    except Answer as wrong:
        click.echo(str(wrong), err=True)
        raise click.ClickException("nothing was withdrawn") from None
    for name, change in done.sheets.items():
        click.echo(f"{name}: {change.closed} withdrawn")
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


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--leavers", is_flag=True, help="End the employment and grants of people who are no longer listed.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False, writable=True), help="Write findings as CSV.")
@click.option("--template", is_flag=True, help="Write empty files to fill in into FOLDER instead.")
@WRITTEN_FOR
@click.pass_obj
def import_(
    service: Any,
    folder: Path,
    dry_run: bool,
    leavers: bool,
    report: Path | None,
    template: bool,
    written_for: datetime | None,
) -> None:
    """Import a FOLDER of spreadsheets (.csv, .xlsx), or one workbook: all of it, or nothing and every error."""
    if template:
        make_templates(service, folder)
        return
    if not os.path.lexists(folder):
        raise click.BadParameter(f"there is no {click.format_filename(folder)}", param_hint="FOLDER")
    now = clock.now()
    looked = look(service, folder, now, leavers=leavers, moved_by=since(written_for, now))
    say_findings(looked.findings, report)
    if looked.is_refused:
        raise click.ClickException("nothing was imported")
    say_leavers(looked, leavers=leavers, dry_run=dry_run)
    if dry_run:
        show_differences(service, looked, leavers=leavers)
        return
    try:
        with progress_of("Applying", sum(map(len, looked.gathered.rows.values()))) as advance:
            applied = apply_import(
                service.databases,
                service.sheets,
                looked,
                actor=Actor(service.account),
                now=now,
                leavers=leavers,
                progress=advance,
            )
    except Answer as wrong:
        click.echo(str(wrong), err=True)
        raise click.ClickException("nothing was imported") from None
    say_applied(service, applied)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--system", default="", help="Only what belongs to one system.")
@click.pass_obj
def export(service: Any, folder: Path, system: str) -> None:
    """Write all facts that stand into FOLDER (new or empty), as CSV files that `postern import` reads."""
    with service.databases.reading() as session:
        at = service.databases.freshness.current()
        for strange in strange_systems(service.parts.role_rules, session, at, [system] if system else []):
            click.echo(f"Warning: {strange}", err=True)
    try:
        exported = export_facts(
            service.databases,
            service.sheets,
            folder,
            actor=Actor(service.account),
            now=clock.now(),
            system=system,
            progress=lambda name, count: click.echo(f"{name}: {count}"),
        )
    except Conflict as wrong:
        raise click.BadParameter(str(wrong), param_hint="FOLDER") from None
    except OSError as error:
        raise unwritable(folder, error, "FOLDER") from None
    say_left_out(exported.left_out)
    click.echo(f"{click.format_filename(folder)} holds personal data: only this account may read it.")


def say_left_out(left_out: LeftOut) -> None:
    """Tell what an export lacks because it names people who were erased."""
    rows, references = left_out.rows.total(), left_out.references
    if rows:
        verb = "is" if rows == 1 else "are"
        click.echo(f"{count(rows, 'row')} about people who were erased {verb} left out.", err=True)
    if references:
        verb = "is" if references == 1 else "are"
        what = f"{count(references, 'mention')} of people who were erased, as managers or approvers,"
        click.echo(f"{what} {verb} left out of rows that stay.", err=True)


def unwritable(place: Path, error: OSError, hint: str) -> click.BadParameter:
    """That a file or folder cannot be written, and why."""
    return click.BadParameter(f"{click.format_filename(place)} cannot be written: {error.strerror}", param_hint=hint)


def make_templates(service: Any, folder: Path) -> None:
    """Write the empty files."""
    try:
        for file in write_templates(service.blank_sheets, folder):
            click.echo(file)
        book, files = folder / WORKBOOK, folder / SEPARATED
        click.echo(f"Fill in the CSV files (postern import {files}) or the workbook (postern import {book}).")
    except Answer as wrong:
        raise click.BadParameter(str(wrong), param_hint="FOLDER") from None
    except OSError as error:
        raise unwritable(folder, error, "FOLDER") from None


def refuse_spreadsheets(file: Path, instead: str = "") -> None:
    """End a command that reads TOML where a folder or a spreadsheet is given, and say which command takes it."""
    if file.is_dir() or file.suffix.lower() in (CSV, XLSX):
        what = "a folder" if file.is_dir() else "a spreadsheet"
        cure = instead or f"folders and spreadsheets come in by postern import {file}"
        raise click.BadParameter(f"{file} is {what}: {cure}", param_hint="FILE")


def warn_of_strangers(service: Any, document: Document, rows: Rows) -> None:
    """Warn of systems, roles and types that no active pack has, and say what rows hardly mean."""
    with service.databases.reading() as session:
        active = active_words(service.parts.role_rules, session, service.databases.freshness.current())
    for doubt in strangers(service.sheets, rows, active):
        click.echo(f"Warning: {told(document, doubt)}", err=True)
    for doubt in unlikely(rows, active, clock.london_day(clock.now())):
        click.echo(f"Note: {told(document, doubt)}", err=True)


def since(written_for: datetime | None, now: datetime) -> timedelta:
    """How long ago facts were written that are to be as old as on that day; nothing where no day is named."""
    return timedelta() if written_for is None else clock.london_day(now) - written_for.date()


def look(service: Any, folder: Path, now: datetime, *, leavers: bool, moved_by: timedelta) -> Looked:
    """Read and check everything, saying how far it is."""
    with progress_of("Reading", None) as advance:
        return look_at_import(
            service.databases,
            service.sheets,
            folder,
            now=now,
            leavers=leavers,
            words_at=partial(active_words, service.parts.role_rules),
            reading=lambda _name, count: advance(count),
            moved_by=moved_by,
        )


@contextmanager
def progress_of(what: str, total: int | None) -> Iterator[Advance]:
    """A bar on a terminal; one plain line where nobody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(f"{what} …" if total is None else f"{what} {total} rows …", err=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


def say_findings(findings: list[Finding], report: Path | None) -> None:
    """Tell what was found, without what the cells hold; the report has all of it."""
    if report is not None:
        try:
            write_report(report, findings)
        except OSError as error:
            raise unwritable(report, error, "--report") from None
    for finding in findings[:SHOWN]:
        click.echo(str(finding), err=True)
    if len(findings) > SHOWN:
        click.echo(f"… and {len(findings) - SHOWN} more: --report FILE.csv names them all.", err=True)
    refused = errors(findings)
    if refused:
        files = len({finding.file for finding in refused})
        click.echo(f"{count(len(refused), 'error')} in {count(files, 'file')}.", err=True)


def say_leavers(looked: Looked, *, leavers: bool, dry_run: bool) -> None:
    """List who is no longer listed, and what becomes of their access."""
    verb = "would end" if dry_run else "end"
    gone, moved = looked.leaving.leavers, looked.leaving.movers
    for title, listed, what in (
        ("No longer listed:", gone, "Their employment and grants"),
        ("Listed, but no longer in a post that they have there:", moved, "These posts"),
    ):
        if listed:
            click.echo(title)
            for person, organisation in listed:
                click.echo(f"  {person} at {organisation}")
            click.echo(f"{what} {verb} today." if leavers else "They stay as they are; --leavers ends them.")


def show_differences(service: Any, looked: Looked, *, leavers: bool) -> None:
    """Show what would change."""
    sheet = ""
    totals: Mapping[str, Any] = {}
    with service.databases.reading() as session:
        for one in differences_of(session, service.sheets, looked, leavers=leavers):
            if not isinstance(one, Difference):
                totals = {**totals, one[0]: one[1]}
                continue
            if one.sheet != sheet:
                sheet = one.sheet
                click.echo(sheet)
            click.echo(f"  {one}")
    for name, counts in totals.items():
        click.echo(f"{name}: {counts['+']} opened, {counts['~']} changed, {counts['-']} withdrawn, {counts['=']} same")
    click.echo("Nothing was written.")


def say_applied(service: Any, applied: Applied) -> None:
    """Tell what was done, sheet by sheet."""
    for name, change in applied.sheets.items():
        click.echo(f"{name}: {change.opened} recorded, {change.closed} closed, {change.same} unchanged")
    if not applied.sheets:
        click.echo("No facts were given: none has changed.")
    elif not applied.changed:
        click.echo("All of it stood already: no fact has changed.")
    told = "Facts are at revision" if applied.changed else "That it was done is on the trail, as revision"
    click.echo(f"{told} {service.databases.freshness.current()}.")
