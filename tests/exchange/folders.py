"""Import folders for tests: written from texts, read without a database, or imported by the command."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl

from governance.app import make_service
from governance.exchange.files import look_through
from governance.exchange.gathering import Gathered, gather
from governance.kernel.db import Databases
from governance.ports.sheet import Sheet
from tests.facts import SETTINGS
from wsgi import AREAS

PEOPLE = "reference,name,manager\nzoe,Zoë Zeta,mo\n"
EMPLOYMENT = "person,organisation,post,casework,from,to\nzoe,council,archivist,yes,29/02/2024,\n"
GRANTS = (
    "person,system,role,organisation,from,to,approval_1_by,approval_1_capacity,approval_1_organisation,approval_1_on,scope.area\n"
    "zoe,archive,reader,council,1 March 2024,2030-01-31,mo,line_manager,council,28.2.2024,\n"
)
GOOD: Mapping[str, str] = {"people": PEOPLE, "employment": EMPLOYMENT, "grants": GRANTS}


@cache
def sheets() -> Mapping[str, Sheet]:
    """Every sheet of the service."""
    return make_service(SETTINGS, AREAS, Databases.open("sqlite://", "sqlite://")).sheets


def written(folder: Path, texts: Mapping[str, str | bytes] = GOOD) -> Path:
    """A folder with these files; a name without an ending is a CSV file."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        content = text.encode() if isinstance(text, str) else text
        (folder / (name if "." in name else f"{name}.csv")).write_bytes(content)
    return folder


def workbook(file: Path, worksheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook with these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in worksheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(file)
    return file


def read(place: Path) -> Gathered:
    """What a folder says, without any database."""
    files, wrong = look_through(place, list(sheets()))
    return gather(files, sheets(), wrong, lambda _name, _count: None)


def read_one(place: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows of one sheet of a folder in which nothing is wrong."""
    gathered = read(place)
    assert [str(finding) for finding in gathered.findings if finding.severity == "error"] == []
    return list(gathered.rows[sheet])


def cells(text: str) -> list[list[str]]:
    """The cells of a CSV text."""
    return list(csv.reader(io.StringIO(text)))
