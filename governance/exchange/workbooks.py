"""Excel workbooks, read row by row and written as templates. The keeper of openpyxl.

A workbook is XML in a ZIP archive from outside: entities are refused (defusedxml, which openpyxl uses where it is
there), and so is an archive that unpacks to more than a workbook needs.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from governance.exchange.cells import UNRECKONED
from governance.exchange.separated import Record, Unreadable

MOST_ROWS = 1_048_576
MOST_BYTES = 1 << 28
MOST_PACKED = 200  # times as large unpacked as packed; real workbooks come to about 20
SMALL = 1 << 24
AGAIN = "Save it anew from Excel as .xlsx."


def library() -> Any:
    """openpyxl, imported when the first workbook of a process is met."""
    import openpyxl  # noqa: PLC0415 - it weighs much, and only workbooks need it

    return openpyxl


@contextmanager
def opened(file: Path, *, formulas: bool = False) -> Iterator[Any]:
    """A workbook for reading, with what its formulas came to or as they stand; raise `Unreadable` where it is none."""
    openpyxl = library()
    refuse_bomb(file)
    if not openpyxl.DEFUSEDXML:
        raise Unreadable("cannot be read safely: defusedxml is missing", "Install what the lock file names.")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=not formulas, keep_links=False)
    except Exception:  # noqa: BLE001 - whatever ails a file from outside
        raise Unreadable("is no workbook that can be read", AGAIN) from None
    try:
        yield book
    finally:
        book.close()


def refuse_bomb(file: Path) -> None:
    """Raise `Unreadable` for an archive that is none, or that would unpack to far more than it shows."""
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Unreadable("is no workbook that can be read", AGAIN) from None
    if unpacked > MOST_BYTES or (unpacked > SMALL and unpacked > MOST_PACKED * max(file.stat().st_size, 1)):
        raise Unreadable("unpacks to far more than a workbook of facts", "Write large sheets as CSV.")


def sheet_names(file: Path) -> list[str]:
    """The names of a workbook's worksheets that are to be seen; raise `Unreadable`."""
    with opened(file) as book:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]


def hidden_names(file: Path) -> list[str]:
    """The names of the worksheets that are not to be seen; raise `Unreadable`."""
    with opened(file) as book:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]


def is_merged(file: Path, worksheet: str) -> bool:
    """Whether cells of a worksheet are merged: all but the first of them hold nothing, whatever is seen."""
    with opened(file) as book, zipfile.ZipFile(file) as archive:
        place = book[worksheet]._worksheet_path  # noqa: SLF001 - the library skips merged cells when it streams
        with archive.open(place.lstrip("/")) as part:
            return holds(part, b"<mergeCell ")


def holds(part: IO[bytes], sought: bytes) -> bool:
    """Whether a stream has some bytes in it; read in pieces that overlap."""
    kept = b""
    while piece := part.read(1 << 20):
        if sought in kept + piece:
            return True
        kept = piece[-len(sought) :]
    return False


def rows_of(file: Path, worksheet: str) -> Iterator[Record]:
    """Every row of a worksheet with its number; raise `Unreadable` where it cannot be read (further).

    A formula of which the file holds no result comes as a mark that no sheet takes.
    """
    number = 0
    with opened(file) as book, opened(file, formulas=True) as written:
        sheet, formulas = book[worksheet], written[worksheet]
        for each in (sheet, formulas):
            each.reset_dimensions()
        try:
            both = zip(sheet.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=False)
            for number, (cells, sources) in enumerate(both, 1):
                if number > MOST_ROWS:
                    break
                yield number, [reckoned(*pair) for pair in zip_longest(cells, sources)]
        except Unreadable:
            raise
        except Exception:  # noqa: BLE001 - whatever ails a file from outside
            raise Unreadable("cannot be read from here on", AGAIN, line=number + 1) from None
    if number > MOST_ROWS:
        raise Unreadable("has more rows than a worksheet can have", AGAIN, line=number)


def reckoned(value: Any, source: Any) -> Any:
    """A cell's value; a mark where a formula came to nothing."""
    return UNRECKONED if value is None and isinstance(source, str) and source.startswith("=") else value


def letter_of(position: int) -> str:
    """The letter of a column, counted from 0."""
    return str(library().utils.get_column_letter(position + 1))


def write_template(
    file: Path, sheets: Mapping[str, Sequence[tuple[str, str]]], explained: Sequence[Sequence[str]]
) -> None:
    """Write an empty workbook: a worksheet for each sheet, of (header, comment) pairs, and one that explains them."""
    openpyxl = library()
    bold = openpyxl.styles.Font(bold=True)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, columns in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([header for header, _ in columns])
        for position, (header, comment) in enumerate(columns, 1):
            cell = sheet.cell(1, position)
            cell.font = bold
            cell.comment = openpyxl.comments.Comment(comment, "Postern", height=120, width=320)
            letter = letter_of(position - 1)
            sheet.column_dimensions[letter].width = max(14, len(header) + 3)
            sheet.column_dimensions[letter].number_format = "@"
        sheet.freeze_panes = "A2"
    about = book.create_sheet(ABOUT)
    for row in explained:
        about.append(list(row))
    about.freeze_panes = "A2"
    for position, width in enumerate((20, 26, 10, 24, 80), 1):
        about.column_dimensions[letter_of(position - 1)].width = width
        about.cell(1, position).font = bold
    book.save(file)


ABOUT = "columns"
"""The worksheet that explains; it is not read back."""
