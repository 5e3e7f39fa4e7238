"""CSV as councils' systems write it: encoding and separator are told apart, each record knows its physical line."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEPARATORS = (",", ";", "\t")
CHUNK = 1 << 20
LONGEST_CELL = 100_000
UTF8, WINDOWS = "utf-8-sig", "cp1252"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
AS_UTF8 = 'Save it as "CSV UTF-8".'

Record = tuple[int, list[Any]]


class Unreadable(ValueError):
    """A file that cannot be read (further): what is wrong, what to do, and on which line where that is known."""

    def __init__(self, problem: str, cure: str = "", line: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cure = cure
        self.line = line


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str
    separator: str


def encoding_of(file: Path) -> str:
    """UTF-8, or Windows-1252 where the bytes can be nothing else; raise `Unreadable` where they are neither."""
    with file.open("rb") as handle:
        start = handle.read(3)
        if start[:2] in UTF16_MARKS:
            raise Unreadable("is UTF-16", AS_UTF8)
        handle.seek(0)
        if is_text(iter(lambda: handle.read(CHUNK), b""), "utf-8"):
            return UTF8
        handle.seek(0)
        windows = is_text(iter(lambda: handle.read(CHUNK), b""), WINDOWS)
    if start == codecs.BOM_UTF8 or not windows:
        raise Unreadable("is neither UTF-8 nor Windows-1252", AS_UTF8)
    if any(ord(letter) > 127 for letter in file.read_bytes().decode("utf-8", "ignore")):
        raise Unreadable("is partly UTF-8 and partly Windows-1252", AS_UTF8)
    return WINDOWS


def is_text(chunks: Iterator[bytes], encoding: str) -> bool:
    """Whether bytes are text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def dialect_of(file: Path, known: Callable[[list[str]], int]) -> Dialect:
    """How a file is written: the separator is the one by which its header names most columns that are known."""
    encoding = encoding_of(file)
    with file.open(encoding=encoding, newline="") as handle:
        lines = (line for line in handle if line.strip())
        first = next(lines, "").rstrip("\r\n")
    best = max(SEPARATORS, key=lambda one: (known(split_header(first, one)), first.count(one)))
    return Dialect(encoding, best)


def split_header(line: str, separator: str) -> list[str]:
    """The headers of a first line."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


class Lines:
    """A file's lines, of which those of the record at hand can be read again."""

    def __init__(self, handle: Iterator[str]) -> None:
        self._handle = handle
        self._held: list[str] = []
        self._again: list[str] = []
        self.number = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._handle)
        self._held.append(line)
        return line

    @property
    def held(self) -> int:
        """How many lines the record at hand has so far."""
        return len(self._held)

    def let_go(self) -> None:
        """The record at hand was read."""
        self.number += len(self._held)
        self._held.clear()

    def let_go_of_one(self) -> None:
        """The record at hand cannot be read: all but its first line is still to come."""
        self._again += reversed(self._held[1:])
        self._held.clear()
        self.number += 1


def records(file: Path, dialect: Dialect, tell: Callable[[Unreadable], None]) -> Iterator[Record]:
    """Every record with the line on which it starts; raise `Unreadable` where the first cannot be told from the next.

    A later one that cannot be read is told, and the line after its first is read as a record of its own: one quotation
    mark that is never closed hides nothing that is wrong further down.
    """
    csv.field_size_limit(LONGEST_CELL)
    with file.open(encoding=dialect.encoding, newline="") as handle:
        lines, any_yet = Lines(handle), False
        while True:
            try:
                for cells in csv.reader(lines, delimiter=dialect.separator, strict=True):
                    yield lines.number, cells
                    any_yet = True
                    lines.let_go()
            except csv.Error as said:
                wrong = Unreadable(*why_not(str(said), lines.held), line=lines.number)
                if not any_yet:
                    raise wrong from None
                tell(wrong)
                lines.let_go_of_one()
            else:
                return


def why_not(said: str, lines: int) -> tuple[str, str]:
    """The library's complaint of a record of so many lines in our words: over several, it met the next cell's mark."""
    if "unexpected end" in said or "field larger" in said or lines > 1:
        return "has a quotation mark that is never closed", 'Close it, or write "" for a quotation mark in a text.'
    if "expected after" in said:
        return (
            "has a quotation mark inside a cell",
            'Put the whole cell in quotation marks, and write "" for each in it.',
        )
    return "cannot be read as CSV from here on", "Save the file anew from the program that made it."
