"""Imports a folder of spreadsheets: look at everything, then show what would change, or apply it as one change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
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
from governance.exchange.names import KnownNames, identities, introduced, known_by
from governance.kernel.clock import london_day
from governance.kernel.db import Databases
from governance.kernel.recorded import Ledger
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Sheet

WARNING = Severity.WARNING
APPROVALS, PERSON = "approvals", "person"
Roles = Mapping[str, Collection[str]]
RolesAt = Callable[[Session, int], Roles]


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
    roles_at: RolesAt,
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
        findings = [*gathered.findings, *tell_doubts(gathered, sheets, checked)]
        refused = check_references(session, sheets, gathered.refused, gathered.known, gathered.unsure)
        findings += [tell_doubt(gathered, sheets, doubt, gathered.refused) for doubt in refused]
        findings += unknown_roles(gathered, sheets, roles_at(session, at))
        findings += unknown_approvers(session, gathered, sheets)
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
    line = (among or gathered.rows)[sheet.name].lines[doubt.number]
    place = gathered.place(sheet, line, path, value)
    return Finding(problem=doubt.problem, cure=doubt.cure, **place)


def written(sheet: Sheet, part: str | int) -> str | int:
    """A field's name as people write it."""
    field = sheet.schema().fields.get(str(part))
    return part if field is None else field.data_key or part


def unknown_roles(gathered: Gathered, sheets: Mapping[str, Sheet], roles: Roles) -> Iterator[Finding]:
    """A warning for each role that rows grant and no active pack has: such a grant opens nothing yet."""
    for name, rows in gathered.rows.items():
        if not {"system", "role"} <= sheets[name].schema().fields.keys():
            continue
        found: dict[tuple[str, str], list[int]] = {}
        for number, row in enumerate(rows):
            if row["role"] not in roles.get(row["system"], ()):
                found.setdefault((row["system"], row["role"]), [number, 0])[1] += 1
        for (system, role), (first, count) in found.items():
            what = "no active pack has this role" if system in roles else "no pack is active for this system"
            more = f" ({count} rows say so)" if count > 1 else ""
            field = "role" if system in roles else "system"
            place = gathered.place(sheets[name], rows.lines[first], (field,), f"{system} {role}")
            cure = "Such a grant opens nothing until a pack is activated that has it."
            yield Finding(problem=what + more, cure=cure, severity=WARNING, **place)


def unknown_approvers(session: Session, gathered: Gathered, sheets: Mapping[str, Sheet]) -> Iterator[Finding]:
    """A warning for each approver whom neither the rows nor the database know; the approval counts as it is written."""
    for name, rows in gathered.rows.items():
        if APPROVALS not in sheets[name].schema().fields or PERSON in gathered.unsure:
            continue
        found: dict[str, list[int]] = {}
        for number, approvals in enumerate(rows.values(APPROVALS)):
            for place, approval in enumerate(approvals or ()):
                found.setdefault(approval["by"], [number, place, 0])[2] += 1
        coming = {*introduced(sheets, gathered.rows).get(PERSON, ()), *gathered.known.get(PERSON, ())}
        names = KnownNames()
        names.learn(
            session, PERSON, identities(sheets)[PERSON], found.keys() - coming, known_by(session, sheets, PERSON)
        )
        for approver in names.missing(PERSON, [one for one in found if one not in coming]):
            number, place, count = found[approver]
            more = f" ({count} approvals are so)" if count > 1 else ""
            where = gathered.place(sheets[name], rows.lines[number], (APPROVALS, place, "by"), approver)
            cure = "The approval counts all the same. Correct it, or add the person."
            yield Finding(
                problem=f"there is no {PERSON} with this reference{more}", cure=cure, severity=WARNING, **where
            )


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
