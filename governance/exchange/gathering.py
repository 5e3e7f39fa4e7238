"""Reads the files of an import into rows, by the sheets' own schemas; every fault of every file is found in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from governance.exchange.cells import BadCell, is_filled, shown, trimmed
from governance.exchange.columns import Column, header_of, match_headers, missing, singular, tables_of
from governance.exchange.compact import ABSENT, CompactRows
from governance.exchange.files import SheetFile, read_as, strerror, unreadable
from governance.exchange.findings import Finding
from governance.exchange.reading import Wrong, load_rows
from governance.exchange.separated import Record, Unreadable
from governance.exchange.shortcut import Shortcut, is_short
from governance.exchange.unsaid import Unsaid, has_word, unwritten
from governance.exchange.workbooks import letter_of
from governance.ports.sheet import Sheet

PART = 2000
Reading = Callable[[str, int], None]
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Gathered:
    """What files said: rows by sheet, what was wrong, and where each row and column stands.

    `refused` are rows in which something is wrong, as far as they could be read: their references are looked at too.
    `known` are the references that rows bring, those of refused rows too: whoever refers to them is not at fault.
    `unsure` are the kinds of reference of which not all rows could be read: nothing can be said of what is missing.
    """

    rows: dict[str, CompactRows] = field(default_factory=dict)
    refused: dict[str, CompactRows] = field(default_factory=dict)
    files: dict[str, SheetFile] = field(default_factory=dict)
    letters: dict[str, dict[Path, str]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def partly_read(self, sheets: Mapping[str, Sheet]) -> set[str]:
        """The kinds of reference of which some row could not be read, or could be in part."""
        return self.unsure | {sheets[name].introduces for name, rows in self.refused.items() if rows}

    def place(self, sheet: Sheet, line: int, path: Path = (), value: object = "") -> dict[str, Any]:
        """Where a row's field stands, as a finding wants it."""
        return {
            "file": self.files[sheet.name].name,
            "line": line,
            "column": header_of(sheet, path),
            "letter": self.letters[sheet.name].get(path, ""),
            "value": shown(value),
        }


def gather(
    files: Sequence[SheetFile], sheets: Mapping[str, Sheet], findings: Sequence[Finding], reading: Reading
) -> Gathered:
    """Read all files; `reading` is told of each file's name and of how many records were read since."""
    gathered = Gathered(findings=list(findings))
    shared: dict[str, str] = {}
    for file in sorted(files, key=lambda one: list(sheets).index(one.sheet)):
        SheetReader(file, sheets[file.sheet], gathered, shared).read(reading)
    if findings:  # a file that could not be placed may be the one that others refer to
        gathered.unsure.update(sheet.introduces for name, sheet in sheets.items() if name not in gathered.files)
    return gathered


class Silence:
    """Tells of what the records of one file say nothing: what has no column, and empty cells that stand for a word.

    The columns of a numbered table are one list: a file with one of them says the whole.
    """

    def __init__(self, sheet: Sheet, columns: Sequence[tuple[int, Column]]) -> None:
        schema = sheet.schema()
        heads = {str(column.path[0]) for _, column in columns}
        names = {field.data_key or name: name for name, field in schema.fields.items()}
        tables = [name for name in tables_of(sheet) if name in heads]
        self._fields = unwritten(schema, heads)
        self._beside = tuple(
            (names[table], frozenset(str(column.path[1]) for _, column in columns if column.path[0] == table))
            for table in tables
        )
        self._worded = [
            (at, names[str(column.path[0])])
            for at, column in columns
            if len(column.path) == 1 and has_word(column.field)
        ]  # fmt: skip
        self._known: dict[tuple[str, ...], Unsaid] = {}

    def __call__(self, cells: Sequence[Any]) -> Unsaid:
        """Of what a record says nothing."""
        width = len(cells)
        empty = tuple(name for at, name in self._worded if at >= width or trimmed(cells[at]) is None)
        found = self._known.get(empty)
        if found is None:
            found = self._known[empty] = Unsaid(self._fields.union(empty), self._beside)
        return found


class SheetReader:
    """Reads one sheet's file: header, cells, rows."""

    def __init__(self, file: SheetFile, sheet: Sheet, gathered: Gathered, shared: dict[str, str]) -> None:
        self.file, self.sheet, self.gathered = file, sheet, gathered
        schema = sheet.schema()
        references = ["reference", *(name for name, _ in sheet.refers)]
        self.rows = CompactRows(list(schema.fields), references, shared)
        self.refused = CompactRows(list(schema.fields), references, shared)
        self.columns: list[tuple[int, Column]] = []
        self.absent: set[str] = set()
        self.stray: set[int] = set()
        self.shortcut: Shortcut | None = None
        self._silence: Silence = Silence(sheet, ())
        gathered.files[sheet.name], gathered.rows[sheet.name] = file, self.rows
        gathered.letters[sheet.name], gathered.refused[sheet.name] = {}, self.refused

    def read(self, reading: Reading) -> None:
        """Read the whole file, over what cannot be read."""
        try:
            dialect = self.file.dialect(self._known_headers)
            self.gathered.findings += read_as(self.file.name, dialect)
            records = self.file.records(dialect, self._cannot_read)
            self._read_header(records)
            while batch := list(islice(records, PART)):
                self._take([(line, cells) for line, cells in batch if is_filled(cells)])
                reading(self.file.name, len(batch))
        except Unreadable as wrong:
            self._cannot_read(wrong)
        except OSError as error:
            self._cannot_read(Unreadable(f"cannot be read: {strerror(error)}"))
        if self.sheet.introduces:
            known = {*self.rows.values("reference"), *self.refused.values("reference")} - {ABSENT}
            self.gathered.known.setdefault(self.sheet.introduces, set()).update(known)

    def _cannot_read(self, wrong: Unreadable) -> None:
        self.gathered.findings.append(unreadable(self.file.name, wrong))
        self._unsure()

    def _unsure(self) -> None:
        if self.sheet.introduces:
            self.gathered.unsure.add(self.sheet.introduces)

    def _known_headers(self, headers: list[str]) -> int:
        return sum(column is not None for column in match_headers(self.sheet, headers)[0])

    def _read_header(self, records: Iterator[Record]) -> None:
        line, cells = next((one for one in records if is_filled(one[1])), (1, []))
        headers = [shown(trimmed(cell)) for cell in cells]
        columns, wrong = match_headers(self.sheet, headers)
        self.columns = [(at, column) for at, column in enumerate(columns) if column is not None]
        self._silence = Silence(self.sheet, self.columns)
        self.gaps = len(self.columns) < len(columns)
        self.stray = {one.position for one in wrong}
        place: dict[str, Any] = {"file": self.file.name, "line": line}
        for one in wrong:
            letter = letter_of(one.position) if self.file.is_workbook else ""
            told: dict[str, Any] = {"column": f"{one.position + 1}", "letter": letter, "value": headers[one.position]}
            self.gathered.findings.append(Finding(problem=one.problem, cure=one.cure, **place, **told))
        for header in missing(self.sheet, columns):
            problem, cure = "is missing: the sheet needs this column", "Add it to the first line."
            self.gathered.findings.append(Finding(problem=problem, cure=cure, column=header, **place))
            self.absent.add(header)
        if "reference" in self.absent:
            self._unsure()
        if is_short(self.sheet.schema()) and not self.absent:
            self.shortcut = Shortcut(self.sheet, self.columns)
        if self.file.is_workbook:
            self.gathered.letters[self.sheet.name] = {column.path: letter_of(at) for at, column in self.columns}

    def _take(self, batch: list[Record]) -> None:
        """Read some records into rows, in their order."""
        swift = [self.shortcut.values(cells) if self.shortcut else None for _, cells in batch]
        others = [record for record, values in zip(batch, swift, strict=True) if values is None]
        loaded = iter(self._load(others))
        for (line, cells), values in zip(batch, swift, strict=True):
            if self.gaps or len(cells) > len(self.columns):
                self._find_strays(line, cells)
            if values is not None:
                self.rows.add_values(values, line, self._silence(cells))
            elif (row := next(loaded)) is not None:
                self.rows.add(row, line, self._silence(cells))

    def _load(self, batch: list[Record]) -> Iterator[dict[str, Any] | None]:
        """The rows of records as the schema reads them; None for those in which something is wrong, which is told."""
        raws, faults = [], {}
        for number, (_, cells) in enumerate(batch):
            raw, wrong = self._row_of(cells)
            raws.append(raw)
            if wrong:
                faults[number] = wrong
        loaded, found = load_rows(self.sheet, raws) if raws else ([], [])
        refused: dict[int, list[Wrong]] = {number: [] for number in faults}
        for one in found:
            refused.setdefault(one[0], []).append(one)
        for number, row in enumerate(loaded):
            if number not in refused:
                yield row
                continue
            self.refused.add(row, batch[number][0])
            self._tell(batch[number], faults.get(number, {}), refused[number])
            yield None

    def _row_of(self, cells: list[Any]) -> tuple[dict[str, Any], dict[Path, BadCell]]:
        """A record as the schema reads it, and the cells that say nothing it could read."""
        row: dict[str, Any] = {}
        wrong: dict[Path, BadCell] = {}
        numbered: dict[str, dict[int, dict[str, Any]]] = {}
        width = len(cells)
        for at, column in self.columns:
            cell = trimmed(cells[at]) if at < width else None
            if cell is None:
                continue
            try:
                value = column.read(cell)
            except BadCell as bad:
                wrong[column.path] = bad
                continue
            path: Any = column.path
            if len(path) == 1:
                row[path[0]] = value
            elif len(path) == 2:
                table = row.setdefault(path[0], {})
                if path[1] in table:
                    wrong[path] = BadCell("is filled in another column of the same name too", "Keep one of them.")
                table[path[1]] = value
            else:
                numbered.setdefault(path[0], {}).setdefault(path[1], {})[path[2]] = value
        for name, tables in numbered.items():
            row[name] = [tables[number] for number in sorted(tables)]
        return row, wrong

    def _find_strays(self, line: int, cells: list[Any]) -> None:
        """Tell once of each column without a header that has something in it."""
        named = {at for at, _ in self.columns} | self.stray
        for at, cell in enumerate(cells):
            if at not in named and trimmed(cell) is not None:
                self.stray.add(at)
                letter = letter_of(at) if self.file.is_workbook else ""
                problem, cure = "stands under no header", "Name the column in the first line, or leave it empty."
                place: dict[str, Any] = {"file": self.file.name, "line": line, "column": f"{at + 1}", "letter": letter}
                self.gathered.findings.append(Finding(problem=problem, cure=cure, value=shown(cell), **place))

    def _tell(self, record: Record, wrong: Mapping[Path, BadCell], refused: Sequence[Wrong]) -> None:
        """Tell what is wrong with a record: its cells first, then what the schema said of the others."""
        line, cells = record
        found = {path: (bad.problem, bad.cure) for path, bad in wrong.items()}
        for _, path, message in refused:
            at = self._written_at(path, cells)
            if header_of(self.sheet, at) not in self.absent and not any(at == one[: len(at)] for one in wrong if at):
                found.setdefault(at, in_words(message, at))
        position = {column.path: at for at, column in self.columns}
        for path, (problem, cure) in found.items():
            here = position.get(path)
            letter = letter_of(here) if here is not None and self.file.is_workbook else ""
            value = shown(cells[here]) if here is not None and here < len(cells) else ""
            header = header_of(self.sheet, path)
            self.gathered.findings.append(Finding(self.file.name, problem, cure, line, header, letter, value))

    def _written_at(self, path: Path, cells: list[Any]) -> Path:
        """The path of a fault as the columns count: numbered tables that are left empty are counted too."""
        if len(path) < 2 or not isinstance(path[1], int):
            return path
        if any(column.path == path[:1] for _, column in self.columns):
            return path[:1]  # an item of a list that is one cell
        given = sorted({
            int(column.path[1])
            for at, column in self.columns
            if column.path[0] == path[0] and at < len(cells) and trimmed(cells[at]) is not None
        })  # fmt: skip
        return (path[0], given[path[1]], *path[2:])


STANDARD = {
    "Missing data for required field": ("is empty", "Every row needs it."),
    "Unknown field": ("is not known here", ""),
}


def in_words(message: str, at: Path = ()) -> tuple[str, str]:
    """A schema's message as a problem and what to write instead; `at` is the column."""
    if message in STANDARD and message.startswith("Missing") and len(at) > 2:
        one = singular(str(at[0]))
        article = "an" if one[0] in "aeiou" else "a"
        what = "its day" if at[2] == "on" else "it"
        return "is empty", f"{article.capitalize()} {one} needs {what}. Fill it in, or leave the others empty too."
    if message in STANDARD:
        return STANDARD[message]
    first, dot, rest = message.partition(". ")
    if dot:
        return first[0].lower() + first[1:], rest if rest.endswith(".") else f"{rest}."
    if message.startswith(("Write ", "Must be ", "Length must ")):
        return "is not what belongs here", f"{message}."
    return message[0].lower() + message[1:], ""
