"""What lies in an import folder: which file or worksheet holds which sheet, and what does not belong there."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.exchange import separated, workbooks
from governance.exchange.findings import Finding, Severity
from governance.exchange.separated import Dialect, Record, Unreadable
from governance.kernel.errors import nearest
from governance.kernel.escaping import escaped, is_utf8

IGNORED = frozenset({"readme.md", "readme.txt", "readme"})
CSV, XLSX, OLD_EXCEL = ".csv", ".xlsx", (".xls", ".xlsb", ".xlsm", ".ods", ".numbers")


@dataclass(frozen=True, slots=True)
class SheetFile:
    """One sheet's rows outside: a CSV file, or a worksheet of a workbook."""

    sheet: str
    path: Path
    worksheet: str = ""

    @property
    def name(self) -> str:
        """How findings and the trail call it."""
        return f"{self.path.name}[{self.worksheet}]" if self.worksheet else self.path.name

    @property
    def is_workbook(self) -> bool:
        """Whether columns have letters."""
        return bool(self.worksheet)

    def dialect(self, known: Callable[[list[str]], int]) -> Dialect | None:
        """How a CSV file is written; a workbook has no dialect. Raise `Unreadable`."""
        return None if self.is_workbook else separated.dialect_of(self.path, known)

    def records(self, dialect: Dialect | None, tell: Callable[[Unreadable], None]) -> Iterator[Record]:
        """Every record with its line; what cannot be read is told. Raise `Unreadable` where there is no first one."""
        if dialect is not None:
            yield from separated.records(self.path, dialect, tell)
            return
        try:
            yield from workbooks.rows_of(self.path, self.worksheet)
        except Unreadable as wrong:
            tell(wrong)


def look_through(place: Path, sheets: Collection[str]) -> tuple[list[SheetFile], list[Finding]]:
    """The files of a folder (or one file) by sheet, and what is wrong with their names."""
    try:
        paths = sorted(place.iterdir()) if place.is_dir() else [place]
    except OSError as error:
        return [], [unopened(place, error)]
    found: list[SheetFile] = []
    wrong: list[Finding] = []
    for path in paths:
        if path.name.lower() in IGNORED or path.name.startswith((".", "~$")):
            continue
        for one in look_at(path, sheets):
            if isinstance(one, Finding):
                wrong.append(one)
            else:
                found.append(one)
    if not found and not wrong:
        wrong.append(Finding(escaped(place.name), "holds no sheet of facts", f"The sheets are: {', '.join(sheets)}."))
    kept, doubled = once(found)
    return kept, wrong + doubled


def look_at(path: Path, sheets: Collection[str]) -> Iterator[SheetFile | Finding]:
    """The sheets that a file holds, or why it holds none; it is opened once, so that what cannot be is told."""
    if not is_utf8(path):
        yield Finding(escaped(path.name), "has a name that is not UTF-8", "Give it another.")
        return
    try:
        wrong = misplaced(path, sheets)
        if wrong is None:
            refuse_unopenable(path)
    except (OSError, Unreadable) as error:
        wrong = unopened(path, error)
    ending, stem = path.suffix.lower(), sheet_named(path.stem, sheets)
    if wrong is not None:
        yield wrong
    elif ending == XLSX:
        yield from look_into(path, stem, sheets)
    else:
        yield SheetFile(stem, path)


def misplaced(path: Path, sheets: Collection[str]) -> Finding | None:
    """Why a file does not belong in the folder, by its name and kind."""
    ending = path.suffix.lower()
    if path.is_dir():
        return Finding(path.name, "is a folder", folder_cure(path))
    if ending in OLD_EXCEL:
        return Finding(path.name, "is of a kind that is not read", "Save it as .xlsx or as CSV UTF-8.")
    if ending not in (CSV, XLSX):
        return Finding(path.name, "is neither .csv nor .xlsx", "Take it out of the folder, or save it as one of them.")
    if ending == CSV and not sheet_named(path.stem, sheets):
        return Finding(path.name, "is not named like a sheet", meant(path.stem, sheets))
    return None


def refuse_unopenable(path: Path) -> None:
    """Raise `Unreadable` for what is no file, `OSError` for one that cannot be opened."""
    if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for whoever writes into it
        raise Unreadable("cannot be read: it is no file")
    path.open("rb").close()


def unopened(path: Path, error: OSError | Unreadable) -> Finding:
    """The finding that a file or folder cannot be opened, and why."""
    if isinstance(error, Unreadable):
        return unreadable(path.name, error)
    return Finding(escaped(path.name), f"cannot be read: {strerror(error)}")


def strerror(error: OSError) -> str:
    """What the system says of a file, as it says it within a sentence."""
    said = error.strerror or "the system does not say why"
    return said[0].lower() + said[1:]


def folder_cure(path: Path) -> str:
    """What to do with a folder in the folder; a template holds its sheets twice, as CSV files and as a workbook."""
    books = [each.name for each in sorted(path.parent.glob(f"*{XLSX}")) if not each.name.startswith("~$")]
    other = f", or the workbook instead: postern import {path.parent / books[0]}" if books else ""
    return f"Import it by itself: postern import {path}{other}."


def look_into(path: Path, stem: str, sheets: Collection[str]) -> Iterator[SheetFile | Finding]:
    """The sheets of a workbook: its one worksheet where the file is named like a sheet, else those that are."""
    try:
        names = [name for name in workbooks.sheet_names(path) if name != workbooks.ABOUT]
    except Unreadable as wrong:
        yield unreadable(path.name, wrong)
        return
    for name in workbooks.hidden_names(path):
        if sheet_named(name, sheets):
            yield Finding(path.name, f'has a hidden worksheet "{name}"', "Show it, or take it out of the workbook.")
    for name in names:
        if workbooks.is_merged(path, name):
            yield Finding(f"{path.name}[{name}]", "has merged cells: only the first holds a value", "Unmerge them.")
    if stem and len(names) == 1:
        yield SheetFile(stem, path, names[0])
        return
    if not names:
        yield Finding(path.name, "has no worksheet to be seen", "Name one like a sheet.")
    for name in names:
        sheet = sheet_named(name, sheets)
        if sheet:
            yield SheetFile(sheet, path, name)
        else:
            problem = "has a worksheet that is not named like a sheet"
            yield Finding(path.name, problem, meant(name, sheets), value=name)


def sheet_named(name: str, sheets: Collection[str]) -> str:
    """The sheet of a name, case, blanks and hyphens forgiven; "" where there is none."""
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    return wanted if wanted in sheets else ""


def meant(name: str, sheets: Collection[str]) -> str:
    """What a name was perhaps meant to be."""
    return f"{nearest(name.strip(), sheets)} The sheets are: {', '.join(sheets)}.".lstrip()


def unreadable(name: str, wrong: Unreadable) -> Finding:
    """The finding that a file cannot be read."""
    return Finding(name, wrong.problem, wrong.cure, line=wrong.line)


def once(found: list[SheetFile]) -> tuple[list[SheetFile], list[Finding]]:
    """Each sheet's first file, and a finding for each further one."""
    kept: dict[str, SheetFile] = {}
    doubled = []
    for one in found:
        first = kept.setdefault(one.sheet, one)
        if first is not one:
            doubled.append(
                Finding(one.name, f"holds the sheet {one.sheet}, which {first.name} holds too", "Keep one of them.")
            )
    return list(kept.values()), doubled


def read_as(name: str, dialect: Dialect | None) -> Iterator[Finding]:
    """What is worth knowing of how a file was read."""
    if dialect is not None and dialect.encoding == separated.WINDOWS:
        cure = "Look at names with accents; CSV UTF-8 leaves no doubt."
        yield Finding(name, "was read as Windows-1252", cure, severity=Severity.NOTE)
