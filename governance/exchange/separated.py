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


def records(file: Path, dialect: Dialect) -> Iterator[Record]:
    """Every record with the line on which it starts; raise `Unreadable` where a record cannot be told from the next."""
    csv.field_size_limit(LONGEST_CELL)
    with file.open(encoding=dialect.encoding, newline="") as handle:
        reader = csv.reader(handle, delimiter=dialect.separator, strict=True)
        start = 1
        try:
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
        except csv.Error as wrong:
            raise Unreadable(*why_not(str(wrong)), line=start) from None


def why_not(said: str) -> tuple[str, str]:
    """The library's complaint in our words."""
    if "unexpected end" in said or "field larger" in said:
        return "has a quotation mark that is never closed", 'Close it, or write "" for a quotation mark in a text.'
    if "expected after" in said:
        return (
            "has a quotation mark inside a cell",
            'Put the whole cell in quotation marks, and write "" for each in it.',
        )
    return "cannot be read as CSV from here on", "Save the file anew from the program that made it."
