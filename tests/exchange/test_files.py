"""How files are read: encodings, separators, headers, line ends, workbooks, names; nothing here asks a database."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from governance.console import Lazy
from governance.exchange import workbooks
from governance.exchange.cli import import_
from governance.exchange.columns import columns_of, plain_name
from governance.kernel.errors import BadInput, Fault
from tests.commands import Desk
from tests.exchange.folders import GOOD, PEOPLE, cells, read, read_one, sheets, workbook, written
from wsgi import AREAS

ZOE = [{"reference": "zoe", "name": "Zoë Zeta", "manager": "mo", "attributes": {}}]


def problems(place: Path) -> list[str]:
    return [str(finding) for finding in read(place).findings]


@pytest.mark.parametrize(("says", "content"), [
    ("UTF-8", PEOPLE.encode()),
    ("UTF-8 with a mark", PEOPLE.encode("utf-8-sig")),
    ("Windows-1252", PEOPLE.encode("cp1252")),
    ("carriage returns", PEOPLE.replace("\n", "\r\n").encode()),
    ("old Macintosh", PEOPLE.replace("\n", "\r").encode()),
    ("semicolons", PEOPLE.replace(",", ";").encode()),
    ("tabs", PEOPLE.replace(",", "\t").encode()),
    ("no last line end", PEOPLE.rstrip("\n").encode()),
    ("empty lines", ("\n" + PEOPLE.replace("\n", "\n\n,,\n  , ,\n")).encode()),
    ("trailing commas", PEOPLE.replace("\n", ",,\n").encode()),
    ("blanks around", b"reference , name,manager\n zoe ,\tZo\xc3\xab Zeta\xc2\xa0, mo \n"),
    ("quotes", '"reference","name","manager"\n"zoe","Zoë Zeta","mo"\n'.encode()),
    ("other order, forgiving headers", "Name;MANAGER;Reference\nZoë Zeta;mo;zoe\n".encode()),
])  # fmt: skip
def test_a_file_is_read_however_it_is_written(tmp_path: Path, says: str, content: bytes) -> None:
    assert read_one(written(tmp_path / "in", {"people": content}), "people") == ZOE, says


def test_windows_1252_is_noted_and_utf_8_is_not(tmp_path: Path) -> None:
    noted = read(written(tmp_path / "a", {"people": PEOPLE.encode("cp1252")})).findings
    assert [(one.file, one.severity, one.problem) for one in noted] == [
        ("people.csv", "note", "was read as Windows-1252")
    ]
    assert read(written(tmp_path / "b", {"people": PEOPLE})).findings == []


@pytest.mark.parametrize(("content", "why"), [
    (PEOPLE.encode("utf-16"), "UTF-16"),
    (PEOPLE.encode() + b"\x81", "neither"),
    (b"\xef\xbb\xbf" + PEOPLE.encode("cp1252"), "neither"),
    (PEOPLE.encode() + "ann,André,\n".encode("cp1252"), "partly"),
    (b'reference,name\nzoe,"Zo\nann,Ann\n', "people.csv:2: has a quotation mark that is never closed"),
    (b'reference,name\nzoe,"Zo"e\n', "people.csv:2: has a quotation mark inside a cell"),
    (b'reference,name\nzoe,"' + b"x" * 200_000 + b'"\n', "never closed"),
    (b"", "column reference: is missing"),
])  # fmt: skip
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, why: str) -> None:
    assert why in problems(written(tmp_path / "in", {"people": content}))[0]


def test_what_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    text = 'reference,name\nzoe,\nann,"Ann\nbob,\nmo,"Mo"a\nsue,\nkim,Kim\n'
    found = read(written(tmp_path / "in", {"people": text}))
    assert sorted((one.line, one.problem) for one in found.findings) == [
        (2, "is empty"),
        (3, "has a quotation mark that is never closed"),
        (4, "is empty"),
        (5, "has a quotation mark inside a cell"),
        (6, "is empty"),
    ]


def test_a_record_is_named_by_the_line_on_which_it_starts(tmp_path: Path) -> None:
    text = 'reference,name\n\nzoe,"Zoë\nZeta"\nann,Ann\nbob,"two\nlines\nhere"\n'
    found = problems(written(tmp_path / "in", {"people": text}))
    assert [line.partition(",")[0] for line in found] == ["people.csv:3", "people.csv:6"]


@pytest.mark.parametrize(("header", "why"), [
    ("reference,name,managr", 'column 3: has a header that is no column of this sheet. Did you mean "manager"?'),
    ("reference,name,Name", "column 3: is name again: so is column 2"),
    ("name,manager", "column reference: is missing"),
    ("reference,name,attribute.", "column 3: has a header that is no column"),
    ("reference,name,attribute.x,Attribute.x", "column 4: is attribute.x again"),
    ("reference,name,favourite colour", "The columns are: reference, name, manager, attribute.NAME."),
])  # fmt: skip
def test_headers(tmp_path: Path, header: str, why: str) -> None:
    found = problems(written(tmp_path / "in", {"people": f"{header}\n"}))
    assert len(found) == 1
    assert why in found[0]


def test_no_two_columns_of_a_sheet_are_the_same_to_a_forgiving_eye() -> None:
    for sheet in sheets().values():
        names = [plain_name(column.header) for column in columns_of(sheet)]
        assert len(set(names)) == len(names), sheet.name


def test_what_stands_under_no_header_is_told_once(tmp_path: Path) -> None:
    text = "reference,name,\nzoe,Zoë,stray\nann,Ann,another\nbob,Bob,,far\n"
    found = read(written(tmp_path / "in", {"people": text})).findings
    assert [(one.line, one.column, one.value) for one in found] == [(2, "3", "stray"), (4, "4", "far")]


def test_numbered_and_named_columns_make_lists_and_tables(tmp_path: Path) -> None:
    header = "person,system,role,organisation,from,approval_1_by,approval_1_capacity,approval_1_on," \
             "approval_3_by,approval_3_capacity,approval_3_on,scope.area,scope.Floor:number,scope.open:yesno," \
             "scope.wings:list,scope.since:day,scope.odd:json"  # fmt: skip
    row = "zoe,archive,reader,council,2024-03-01,mo,line_manager,2024-02-28,max,system_owner,29.2.2024," \
          'north,3,yes,east;west,1 March 2024,"""; """'  # fmt: skip
    found = read_one(written(tmp_path / "in", {"grants": f"{header}\n{row}\n"}), "grants")[0]
    assert [(one["by"], one["on"]) for one in found["approvals"]] == [
        ("mo", date(2024, 2, 28)),
        ("max", date(2024, 2, 29)),
    ]
    assert found["scope"] == {
        "area": "north", "Floor": 3, "open": True, "wings": ["east", "west"], "since": "2024-03-01", "odd": "; ",
    }  # fmt: skip


# --- workbooks


def test_a_workbook_with_many_sheets_is_read_as_a_folder_is(tmp_path: Path) -> None:
    book = workbook(tmp_path / "facts.xlsx", {name: cells(text) for name, text in GOOD.items()} | {"columns": [["x"]]})
    gathered, folder = read(book), read(written(tmp_path / "in"))
    assert gathered.findings == []
    assert {name: list(rows) for name, rows in gathered.rows.items()} == {
        name: list(rows) for name, rows in folder.rows.items()
    }


def test_a_workbook_named_like_a_sheet_is_that_sheet(tmp_path: Path) -> None:
    workbook(tmp_path / "people.xlsx", {"Sheet1": cells(PEOPLE)})
    assert read_one(tmp_path, "people") == ZOE


def test_cells_of_a_workbook_are_what_they_look_like(tmp_path: Path) -> None:
    rows = [["Person", "Organisation", "Post", "Casework", "From", "To"],
            [123, 7.0, "archivist", True, datetime(2024, 2, 29), "31 March 2027"],  # noqa: DTZ001 - a cell's own form
            [None, None, None, None, None, None],
            ["ann ", "council", "archivist", "no", date(2024, 2, 29), None]]  # fmt: skip
    place = workbook(tmp_path / "employment.xlsx", {"employment": rows})
    first, second = read_one(place, "employment")
    assert first == {
        "person": "123", "organisation": "7", "post": "archivist", "casework": True,
        "starts_on": date(2024, 2, 29), "ends_on": date(2027, 3, 31),
    }  # fmt: skip
    assert (second["person"], second["starts_on"], read(place).rows["employment"].lines[1]) == (
        "ann", date(2024, 2, 29), 4,
    )  # fmt: skip


def test_a_fault_in_a_workbook_is_named_by_row_and_letter(tmp_path: Path) -> None:
    rows = [["person", "organisation", "post", "from"], ["ann", "council", "archivist", datetime(2024, 2, 29, 9)]]  # noqa: DTZ001
    found = problems(workbook(tmp_path / "facts.xlsx", {"employment": rows}))
    assert found == [
        "facts.xlsx[employment]:2, column D (from): is a moment, not a day. "
        "Write the day as 2026-03-31, 31/03/2026 or 31 March 2026."
    ]


def test_a_workbook_that_is_none_or_a_trap(tmp_path: Path) -> None:
    (tmp_path / "people.xlsx").write_bytes(b"not a workbook")
    assert "no workbook" in problems(tmp_path)[0]
    with zipfile.ZipFile(tmp_path / "people.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (workbooks.SMALL * 2))
    assert "unpacks to far more" in problems(tmp_path)[0]


def test_entities_of_xml_are_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "people.xlsx", {"people": cells(PEOPLE)})
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    assert 't="inlineStr"' in sheet or 't="s"' in sheet
    parts["xl/worksheets/sheet1.xml"] = (bomb + sheet).encode()
    with zipfile.ZipFile(book, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert any("cannot be read" in one or "no workbook" in one for one in problems(book))


# --- names


@pytest.mark.parametrize(("name", "why"), [
    ("peeple.csv", 'is not named like a sheet. Did you mean "people"?'),
    ("people.xls", "is of a kind that is not read"),
    ("people.pdf", "is neither .csv nor .xlsx"), ("deeper", "is a folder"), ("People.CSV", ""), ("README.md", ""),
    ("readme.txt", ""), (".DS_Store", ""), ("~$people.xlsx", ""),
])  # fmt: skip
def test_names(tmp_path: Path, name: str, why: str) -> None:
    folder = written(tmp_path / "in", {"organisations": "reference,name,kind\n"})
    (folder / name).mkdir() if name == "deeper" else (folder / name).write_text("reference,name\n")
    found = problems(folder)
    assert len(found) == bool(why)
    assert why in "".join(found)


def test_a_folder_without_any_sheet(tmp_path: Path) -> None:
    assert "holds no sheet" in problems(written(tmp_path / "in", {}))[0]


def test_a_sheet_that_comes_twice(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", {"people": PEOPLE})
    workbook(folder / "more.xlsx", {"people": cells(PEOPLE), "peeple": [["x"]]})
    found = problems(folder)
    assert any(
        'more.xlsx: has a worksheet that is not named like a sheet. Did you mean "people"?' in one for one in found
    )
    assert any("holds the sheet people, which" in one for one in found)


@pytest.mark.parametrize("level", ["Enhanced", "ENHANCED", " enhanced "])
@pytest.mark.parametrize("outcome", ["Not clear", "not-clear", "NOT_CLEAR"])
def test_the_case_of_words_that_are_listed_is_forgiven(tmp_path: Path, level: str, outcome: str) -> None:
    text = f"person,level,issued,outcome\nzoe,{level},2024-01-01,{outcome}\n"
    (row,) = read_one(written(tmp_path / "in", {"checks": text}), "checks")
    assert (row["level"], row["outcome"]) == ("enhanced", "not_clear")


def test_a_template_says_what_to_import_and_both_can_be(quick_desk: Desk, tmp_path: Path) -> None:
    blank = tmp_path / "blank"
    told = quick_desk.run("import", "--template", str(blank))
    files, book = blank / "csv", blank / "facts.xlsx"
    assert told.stdout.splitlines()[-1] == (
        f"Fill in the CSV files (postern import {files}) or the workbook (postern import {book})."
    )
    cure = f"Import it by itself: postern import {files}, or the workbook instead: postern import {book}."
    assert f"is a folder. {cure}" in "".join(problems(blank))
    assert problems(files) == problems(book) == []


def test_a_template_needs_no_installation(tmp_path: Path) -> None:
    def nowhere() -> None:
        raise BadInput([Fault("POSTERN_DATABASE_URL", "not set")])

    blank = tmp_path / "blank"
    told = CliRunner().invoke(import_, ["--template", str(blank)], obj=Lazy(tmp_path, nowhere, AREAS))
    assert (told.exit_code, (blank / "csv" / "people.csv").exists()) == (0, True), told.output
