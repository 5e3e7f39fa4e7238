"""Imports a folder of spreadsheets: look at everything, then show what would change, or apply it as one change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.applying import Applied, Progress, apply_checked
from governance.exchange.checking import Checked, Doubt, check_references, check_rows
from governance.exchange.compact import CompactRows
from governance.exchange.differing import Difference, Differing
from governance.exchange.files import look_through
from governance.exchange.findings import Finding, Severity, errors, in_order
from governance.exchange.gathering import Gathered, Reading, gather
from governance.exchange.leaving import Leaving, find_leaving
from governance.exchange.meant import with_nearest
from governance.exchange.standing import check_kept
from governance.exchange.strangers import Active, strangers
from governance.exchange.unlikely import unlikely
from governance.exchange.versions import unknown_versions
from governance.kernel.clock import london_day
from governance.kernel.db import Databases
from governance.kernel.recorded import Ledger
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Sheet

WordsAt = Callable[[Session, int], Active]


@dataclass(slots=True)
class Looked:
    """An import that was looked at: its rows, what was found, who has left. Nothing is written yet."""

    gathered: Gathered
    checked: Checked
    leaving: Leaving
    findings: list[Finding]
    revision: int

    @property
    def is_refused(self) -> bool:
        """Whether anything is wrong."""
        return bool(errors(self.findings))


def look_at_import(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    place: Path,
    *,
    now: datetime,
    leavers: bool,
    words_at: WordsAt,
    reading: Reading,
    moved_by: timedelta = timedelta(),
) -> Looked:
    """Read a folder, a workbook or a file, and find everything that is wrong with it; write nothing.

    All days are moved by `moved_by`: a demonstration stays as old as the day it was written for.
    """
    files, wrong = look_through(place, list(sheets))
    gathered = gather(files, sheets, wrong, reading)
    for rows in gathered.rows.values() if moved_by else ():
        rows.move(moved_by)
    leaving = Leaving()
    with databases.reading() as session:
        at = session.execute(select(Ledger.revision)).scalar_one()
        checked = check_rows(session, sheets, gathered.rows, gathered.known, gathered.unsure)
        checked.doubts += unknown_versions(session, sheets, gathered.rows, checked, gathered.partly_read(sheets))
        checked.doubts[:] = with_nearest(session, sheets, gathered.rows, checked.doubts)
        findings = [*gathered.findings, *tell_doubts(gathered, sheets, checked)]
        kept = check_kept(session, sheets, gathered.rows, checked)
        findings += [tell_doubt(gathered, sheets, doubt) for doubt in kept]
        refused = check_references(session, sheets, gathered.refused, gathered.known, gathered.unsure)
        for doubt in with_nearest(session, sheets, gathered.rows, refused):
            findings.append(tell_doubt(gathered, sheets, doubt, gathered.refused))
        active = words_at(session, at)
        for doubt in strangers(sheets, gathered.rows, active):
            findings.append(replace(tell_doubt(gathered, sheets, doubt), severity=Severity.WARNING))
        for doubt in unlikely(gathered.rows, active, london_day(now)):
            findings.append(replace(tell_doubt(gathered, sheets, doubt), severity=Severity.NOTE))
        if not errors(findings):
            leaving = find_leaving(session, sheets, gathered.rows, checked, london_day(now), at)
            if leavers:
                findings += [tell_doubt(gathered, sheets, doubt) for doubt in leaving.doubts]
    return Looked(gathered, checked, leaving, in_order(findings), at)


def tell_doubts(gathered: Gathered, sheets: Mapping[str, Sheet], checked: Checked) -> Iterator[Finding]:
    """Doubts as findings; in a folder a row that only repeats another is one too."""
    for doubt in checked.doubts:
        yield tell_doubt(gathered, sheets, doubt)
    for name, repeats in checked.repeats.items():
        for number, earlier in repeats.items():
            problem = f"says the same as line {gathered.rows[name].lines[earlier]}"
            yield tell_doubt(gathered, sheets, Doubt(name, number, (), problem, "Leave one of them out."))


def tell_doubt(
    gathered: Gathered, sheets: Mapping[str, Sheet], doubt: Doubt, among: Mapping[str, CompactRows] | None = None
) -> Finding:
    """A doubt with its place in the files; it is about the good rows, or about those that are handed in."""
    sheet = sheets[doubt.sheet]
    path = tuple(written(sheet, part) for part in doubt.path)
    value = "" if doubt.value is None else doubt.value
    lines = (among or gathered.rows)[sheet.name].lines
    doubt = doubt.beside(lines[doubt.earlier] if doubt.earlier >= 0 else None)
    place = gathered.place(sheet, lines[doubt.number], path, value)
    return Finding(problem=doubt.problem, cure=doubt.cure, **place)


def written(sheet: Sheet, part: str | int) -> str | int:
    """A field's name as people write it."""
    field = sheet.schema().fields.get(str(part))
    return part if field is None else field.data_key or part


def apply_import(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    looked: Looked,
    *,
    actor: Actor,
    now: datetime,
    leavers: bool,
    progress: Progress | None = None,
) -> Applied:
    """Apply an import in which nothing is wrong, and end what leavers held where that is wanted; all or nothing."""
    entry = Entry("facts.imported", actor, {"files": sorted(file.name for file in looked.gathered.files.values())})
    endings = looked.leaving.endings if leavers else ()
    return apply_checked(
        databases,
        sheets,
        looked.gathered.rows,
        looked.checked,
        entry=entry,
        now=now,
        endings=endings,
        progress=progress,
    )


def differences_of(
    session: Session, sheets: Mapping[str, Sheet], looked: Looked, *, leavers: bool
) -> Iterator[Difference | tuple[str, Counter[str]]]:
    """What an import would change, and after all that the counts of each sheet."""
    differing = Differing(session, sheets, looked.checked, looked.revision)
    yield from differing.differences(looked.gathered.rows, looked.leaving.endings if leavers else ())
    yield from differing.totals.items()
