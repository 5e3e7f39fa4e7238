"""`postern packs`: check, test, activate and list packs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

import click

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.errors import Answer, BadInput, Conflict, Fault, cure_for
from governance.ports.actor import Actor
from governance.ports.requirement import Requirement
from governance.ports.sheet import Sheet
from policies import engine, replacing, service, store
from policies.cases import Case, CaseRunner, differences, read_cases, run_cases
from policies.pack import FILES, SHIPPED, SYSTEM, Pack, PackTexts
from policies.questions import check_questions
from policies.reading import doubles, read_packs
from policies.rows import check_rows


class SheetRunner(CaseRunner, Protocol):
    """What runs cases, and the sheets by which it reads their facts."""

    sheets: Mapping[str, Sheet]


class Service(Protocol):
    """What these commands need of the service."""

    databases: Databases
    requirements: Mapping[str, Requirement]
    run_case: SheetRunner
    account: str


@click.group()
def packs() -> None:
    """Each system's rules: check, test, activate, list."""


@packs.command()
@click.argument("names", metavar="[SYSTEM|FOLDER]...", nargs=-1)
@click.pass_obj
def check(found: Service, names: tuple[str, ...]) -> None:
    """Check packs (all shipped ones by default); name every fault with its line and what to write instead."""
    good: list[Pack] = []
    faults: list[Fault] = []
    for name in names or [str(folder) for folder in shipped()]:
        try:
            pack = checked(folder_of(name), found)
        except BadInput as wrong:
            faults.extend(wrong.faults)
        else:
            good.append(pack)
            cases = len(read_cases(pack.texts))
            click.echo(f"{pack.system}: {len(pack.roles)} roles, {len(pack.rules)} rules, {cases} cases: in order")
    faults.extend(doubles(good))
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        raise SystemExit(1)


@packs.command()
@click.argument("names", metavar="[SYSTEM|FOLDER]...", nargs=-1)
@click.pass_obj
def test(found: Service, names: tuple[str, ...]) -> None:
    """Run the truth tables of packs (all shipped ones by default) and show every difference."""
    proven = [prove(pack, found) for pack in chosen(names, found)]
    if not all(proven):
        raise SystemExit(1)


@packs.command()
@click.argument("names", metavar="[SYSTEM|FOLDER]...", nargs=-1)
@click.option("--unproven", is_flag=True, help="Do not run the cases of a pack that is not a shipped one.")
@click.pass_obj
def activate(found: Service, names: tuple[str, ...], *, unproven: bool) -> None:
    """Store packs (all shipped ones by default) as revisions, and put these in force; their cases have to pass."""
    now = clock.now()
    packs = chosen(names, found)
    to_prove = (
        [] if unproven else [pack for pack in packs if Path(pack.texts.place).resolve().parent != SHIPPED.resolve()]
    )
    proven = [prove(pack, found) for pack in to_prove]
    if not all(proven):
        raise click.ClickException("nothing was activated. Mend the rules or the cases, or say --unproven.")
    for pack in packs:
        try:
            notes = notes_on(found, pack, now)
            with found.databases.change(found.account, now) as session:
                number = service.activate_pack(session, pack, actor=Actor(found.account), now=now)
        except Conflict as same:
            click.echo(f"{pack.system}: {same}")
        except Answer as wrong:
            raise click.ClickException(str(wrong)) from None
        else:
            click.echo(f"{pack.system}: revision {number} is in force")
            for note in notes:
                click.echo(f"Note: {pack.system}: {note}", err=True)


@packs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print it for machines.")
@click.pass_obj
def list_(found: Service, as_json: bool) -> None:
    """List every revision that was or is in force: from which moment, until which, and by whom it was activated."""
    with found.databases.reading() as session:
        spans = store.list_in_force(session)
    rows = [
        {
            "system": span.system,
            "revision": span.revision,
            "from": clock.iso(span.since),
            "to": None if span.until is None else clock.iso(span.until),
            "by": span.by,
            "digest": span.digest.hex(),
        }
        for span in spans
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    head = ("system", "revision", "in force from", "to", "by", "digest")
    said = [
        (
            *(str(row[name]) for name in ("system", "revision", "from")),
            str(row["to"] or "now"),
            str(row["by"]),
            str(row["digest"])[:8],
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *said, strict=True)]
    for line in (head, *said):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def notes_on(found: Service, pack: Pack, now: datetime) -> list[str]:
    """What is worth knowing of a pack that takes the place of the revision in force."""
    with found.databases.reading() as session:
        return list(replacing.notes_on(session, pack, found.requirements, clock.london_day(now)))


def install_own(found: Service, account: str, now: datetime) -> str:
    """Put Postern's own rules in force where they are missing or have changed, and say so."""
    number = service.activate_own(found.databases, found.requirements, Actor(account), now)
    return f"Postern's own rules are in force, as revision {number} of its pack." if number else ""


def prove(pack: Pack, found: Service) -> bool:
    """Run a pack's cases and show every difference; say whether all pass."""
    results = run_cases(engine.build(pack), read_cases(pack.texts), found.run_case)
    wrong = [result for result in results if not result.passed]
    for result in wrong:
        click.echo(f"✗ {pack.system} {result.case.id} (cases.toml:{result.case.line}) {result.case.says}")
        for line in differences(result):
            click.echo(f"    {line}")
    click.echo(f"{pack.system}: {len(results) - len(wrong)} of {len(results)} cases pass")
    return not wrong


def shipped() -> tuple[Path, ...]:
    """The folders of the packs that come with the service."""
    return tuple(packs_in(SHIPPED))


def checked(folder: Path, found: Service) -> Pack:
    """A pack whose rules, engine, cases and facts have all been read; raise `BadInput` with the faults of all."""
    texts = PackTexts.of_folder(folder)
    pack: Pack | None = None
    cases: list[Case] = []
    faults: list[Fault] = []
    try:
        pack = service.check_pack(texts, found.requirements)
    except BadInput as wrong:
        faults.extend(wrong.faults)
    try:
        cases = read_cases(texts)
    except BadInput as wrong:
        faults.extend(wrong.faults)
    faults.extend(check_rows(texts, found.run_case.sheets, pack, cases))
    faults.extend(check_questions(pack, cases) if pack is not None else ())
    if pack is None or faults:
        raise BadInput(list(dict.fromkeys(faults)))
    return pack


def chosen(names: tuple[str, ...], found: Service) -> list[Pack]:
    """The packs that are named, by system or folder, or all shipped ones; a fault ends the command."""
    try:
        if not names:
            return list(read_packs(SHIPPED, found.requirements).values())
        named = [checked(folder_of(name), found) for name in names]
    except BadInput as wrong:
        raise click.ClickException(str(wrong)) from None
    twice = doubles(named)
    if twice:
        raise click.ClickException("\n".join(map(str, twice)))
    return named


def folder_of(name: str) -> Path:
    """The folder that a name means: a shipped system, or a path; raise `BadInput` where there is neither."""
    inside = SHIPPED / name
    if Path(name).name == name and inside.is_dir():
        return inside
    if not Path(name).is_dir():
        is_file = Path(name).is_file()
        cure = f"Give its folder: {Path(name).parent}." if is_file else cure_for(name, [one.name for one in shipped()])
        raise BadInput([Fault("", f'there is no shipped pack and no folder "{name}"', cure)])
    within = packs_in(Path(name))
    if within and not any((Path(name) / file).exists() for file in FILES):
        raise BadInput([Fault(name, "is no pack, but holds some", f"Give their folders: {' '.join(map(str, within))}")])
    return Path(name)


def packs_in(folder: Path) -> list[Path]:
    """The folders of packs within a folder."""
    return sorted(each for each in folder.iterdir() if (each / SYSTEM).is_file())
