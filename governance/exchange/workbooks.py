"""Excel workbooks, read row by row and written as templates. The keeper of openpyxl.

A workbook is XML in a ZIP archive from outside: entities are refused (defusedxml, which openpyxl uses where it is
there), and so is an archive that unpacks to more than a workbook needs.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
def opened(file: Path) -> Iterator[Any]:
    """A workbook for reading, with what its formulas came to; raise `Unreadable` where it is none."""
    openpyxl = library()
    refuse_bomb(file)
    if not openpyxl.DEFUSEDXML:
        raise Unreadable("cannot be read safely: defusedxml is missing", "Install what the lock file names.")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
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
    try:
        with opened(file) as book, part_of(file, book, worksheet) as part:
            return any(plain_tag(element) == "mergeCell" for element in elements(part))
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001 - whatever ails a file from outside is told once its rows are read
        return False


@contextmanager
def part_of(file: Path, book: Any, worksheet: str) -> Iterator[IO[bytes]]:
    """The XML of a worksheet, for what the library does not tell when it streams."""
    place = book[worksheet]._worksheet_path  # noqa: SLF001 - it has no other word for where a worksheet lies
    with zipfile.ZipFile(file) as archive, archive.open(place.lstrip("/")) as part:
        yield part


def elements(part: IO[bytes]) -> Iterator[Any]:
    """Every element of some XML once it is read whole; a row is forgotten after it was given."""
    for _, element in library().xml.functions.iterparse(part):
        yield element
        if plain_tag(element) == "row":
            element.clear()


def plain_tag(element: Any) -> str:
    """An element's name without its namespace, however the file writes that."""
    return str(element.tag).rpartition("}")[2]


def rows_of(file: Path, worksheet: str) -> Iterator[Record]:
    """Every row of a worksheet with its number; raise `Unreadable` where it cannot be read (further).

    A formula of which the file holds no result comes as a mark that no sheet takes.
    """
    number = 0
    with opened(file) as book:
        sheet = book[worksheet]
        sheet.reset_dimensions()
        try:
            with part_of(file, book, worksheet) as part:
                unreckoned = Unreckoned(part)
                for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                    if number > MOST_ROWS:
                        break
                    yield number, marked(cells, unreckoned.of_row(number))
        except Unreadable:
            raise
        except Exception:  # noqa: BLE001 - whatever ails a file from outside
            raise Unreadable("cannot be read from here on", AGAIN, line=number + 1) from None
    if number > MOST_ROWS:
        raise Unreadable("has more rows than a worksheet can have", AGAIN, line=number)


def marked(cells: Sequence[Any], unreckoned: set[int]) -> list[Any]:
    """A row's cells; a mark where a formula came to nothing."""
    if not unreckoned:
        return list(cells)
    return [UNRECKONED if cell is None and at in unreckoned else cell for at, cell in enumerate(cells)]


class Unreckoned:
    """Formulas of which a worksheet holds no result, row by row, beside the library's own reading of it.

    A formula that came to an empty text has a result: the cell says that it is text, and that there is none.
    """

    def __init__(self, part: IO[bytes]) -> None:
        self._rows = self._read(part)
        self._next: tuple[int, set[int]] = (0, set())

    def of_row(self, number: int) -> set[int]:
        """The positions of those in a row; rows are asked for in their order."""
        while self._next[0] < number:
            self._next = next(self._rows, (MOST_ROWS + 2, set()))
        return self._next[1] if self._next[0] == number else set()

    def _read(self, part: IO[bytes]) -> Iterator[tuple[int, set[int]]]:
        number = 0
        for element in elements(part):
            if plain_tag(element) == "row":
                number = int(float(element.get("r", number + 1)))
                yield number, set(unreckoned_in(element))


def unreckoned_in(row: Any) -> Iterator[int]:
    """The positions, counted from 0, of a row's formulas without a result."""
    position = -1
    for cell in row:
        place = cell.get("r")
        position = library().utils.cell.coordinate_to_tuple(place)[1] - 1 if place else position + 1
        parts = {plain_tag(one): one.text for one in cell}
        if "f" in parts and not parts.get("v") and not (cell.get("t") == "str" and "v" in parts):
            yield position


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
