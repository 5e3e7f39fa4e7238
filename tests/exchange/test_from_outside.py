"""What only files from outside bring: XML that Excel would not write so, signs that no one types, names, odd files."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.xml.constants import SHEET_MAIN_NS

from governance.exchange import separated
from governance.exchange.differing import Difference
from governance.exchange.findings import Finding, write_report
from governance.installation import write_private
from tests.commands import Desk
from tests.exchange.folders import EMPLOYMENT, PEOPLE, cells, read_one, workbook, written
from tests.exchange.test_files import problems

ORGANISATION = {"organisations": "reference,name,kind\no,O,charity\n"}


def rewritten(book: Path, old: str, new: str) -> Path:
    """A workbook with something else in the XML of its first worksheet."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["xl/worksheets/sheet1.xml"].decode()
    assert old in text
    parts["xl/worksheets/sheet1.xml"] = text.replace(old, new).encode()
    with zipfile.ZipFile(book, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return book


def with_end(file: Path, end: object) -> Path:
    """A workbook with one employment and something as its last day."""
    book = openpyxl.Workbook()
    book.active.title = "employment"
    for row in cells(EMPLOYMENT):
        book.active.append(row)
    book.active["F2"] = end
    book.save(file)
    return file


# --- workbooks


@pytest.mark.parametrize("formula", [
    "=TODAY()", ArrayFormula("F2", "=TODAY()"), DataTableFormula("F2", dt2D=False, dtr=False, r1="A1"),
])  # fmt: skip
def test_no_formula_without_a_result_is_taken_as_empty(tmp_path: Path, formula: object) -> None:
    found = problems(with_end(tmp_path / "employment.xlsx", formula))
    assert [one for one in found if ":2, column F (to): " in one], found


def test_a_formula_that_came_to_an_empty_text_is_an_empty_cell(tmp_path: Path) -> None:
    book = with_end(tmp_path / "employment.xlsx", '=IF(1,"","")')
    with zipfile.ZipFile(book) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    cell = text[text.index('<c r="F2"') :].partition("</row>")[0]
    rewritten(book, cell, '<c r="F2" t="str"><f>IF(1,"","")</f><v></v></c>')
    (row,) = read_one(book, "employment")
    assert row.get("ends_on") is None


@pytest.mark.parametrize("merge", [
    '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>',
    f'<x:mergeCells xmlns:x="{SHEET_MAIN_NS}"><x:mergeCell ref="A2:A3"/></x:mergeCells>',
])  # fmt: skip
def test_merged_cells_are_found_however_the_xml_names_them(tmp_path: Path, merge: str) -> None:
    book = workbook(tmp_path / "people.xlsx", {"people": cells(PEOPLE)})
    assert problems(book) == []
    assert "has merged cells" in problems(rewritten(book, "</sheetData>", f"</sheetData>{merge}"))[0]


# --- signs


@pytest.mark.parametrize("sign", ["\n", "\x1b", "\x00", "\x7f", "\u2028", "\u202e"])
@pytest.mark.parametrize("cell", ["a{}b", '"[""x"", ""a{}b""]"'])
def test_tables_hold_no_control_characters(tmp_path: Path, sign: str, cell: str) -> None:
    kind = ":json" if "[" in cell else ""
    within = f"\\u{ord(sign):04x}" if kind else sign
    said = cell.format(within) if kind else f'"{cell.format(sign)}"'
    text = f"reference,name,attribute.site{kind}\nzoe,Zoe,{said}\n"
    found = problems(written(tmp_path / "in", {"people": text}))
    wanted = "people.csv:2, column attribute.site: is not what belongs here. Write one line of text, without control"
    assert [one for one in found if one.startswith(wanted)], found


def test_both_doors_refuse_them_and_no_name_holds_them_either(quick_desk: Desk, tmp_path: Path) -> None:
    person = '[[people]]\nreference = "zoe"\nname = "Zoe"\nattributes = {{ {} }}\n'
    told = quick_desk.apply(person.format('site = "a\\u001bb"'))
    assert (told.exit_code, "Write one line of text" in told.stderr) == (1, True), told.output
    told = quick_desk.apply(person.format('"s\\u001b[2J" = "a"'))
    assert (told.exit_code, "without control characters" in told.stderr) == (1, True), told.output
    assert "\x1b" not in told.stderr
    header = "reference,name,attribute.a\x1b[2Jb\nzoe,Zoe,x\n"
    assert "without control" in problems(written(tmp_path / "in", {"people": header}))[0]


def test_what_is_shown_cannot_forge_a_line() -> None:
    shown = Difference("people", "+", "zoe", "attribute.site: a\nNothing was written.\x1b[2J\u202e")
    assert str(shown) == "+ zoe: attribute.site: a\\nNothing was written.\\x1b[2J\\u202e"
    assert str(Finding("a\x1b.csv", "is wrong", value="\x1b")) == "a\\x1b.csv: is wrong."


# --- reports


def test_a_report_may_be_read_by_its_owner_alone_whatever_was_there(tmp_path: Path) -> None:
    file = written(tmp_path, {"report.csv": "old and longer than what comes " * 20}) / "report.csv"
    file.chmod(0o644)
    write_report(file, [Finding("people.csv", "is wrong")])
    assert file.stat().st_mode & 0o777 == 0o600
    assert [row[:2] for row in cells(file.read_text("utf-8-sig"))[1:]] == [["error", "people.csv"]]


def test_a_laptops_settings_may_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    file = written(tmp_path, {"postern.env": "old"}) / "postern.env"
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, "new")


# --- files


def test_what_is_no_file_is_told_and_hides_nothing_else(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", {"organisations": "reference,name\n"})
    os.mkfifo(folder / "people.csv")
    (folder / "grants.xlsx").symlink_to(folder / "nowhere")
    (folder / "checks.csv").symlink_to(folder / "checks.csv")
    found = problems(folder)
    assert "people.csv: cannot be read: it is no file." in found
    assert "grants.xlsx: cannot be read: no such file or directory." in found
    assert any(one.startswith("checks.csv: cannot be read: too many") for one in found)
    assert "organisations.csv:1, column kind: is missing" in "".join(found)


def test_a_file_that_may_not_be_opened_or_fails_later_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path / "in", {"people": PEOPLE, **ORGANISATION})
    opened = Path.open

    def shut(path: Path, *how: object, **named: object) -> object:
        if path.name == "people.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, *how, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", shut)
    assert problems(folder) == ["people.csv: cannot be read: permission denied."]
    monkeypatch.undo()

    def fails(file: Path) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(separated, "encoding_of", fails)
    assert "people.csv: cannot be read: input/output error." in problems(folder)


@pytest.mark.parametrize("name", [b"people\xff.csv", b"facts\xff.xlsx"])
def test_a_name_that_is_no_text_is_refused_dry_or_not(quick_desk: Desk, tmp_path: Path, name: bytes) -> None:
    folder = written(tmp_path / "in", ORGANISATION)
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(PEOPLE.encode())
    shown = name.decode("ascii", "surrogateescape").replace("\udcff", "\\udcff")
    for more in ((), ("--dry-run",)):
        told = quick_desk.run("import", str(folder), "--report", str(tmp_path / "report.csv"), *more)
        assert (told.exit_code, f"{shown}: has a name that is not UTF-8" in told.stderr) == (1, True), told.output
        assert shown in (tmp_path / "report.csv").read_text("utf-8-sig")


def test_days_are_not_moved_out_of_the_calendar(quick_desk: Desk, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", {"systems": "system,audit_live_on\narchive,2026-01-01\n"})
    told = quick_desk.run("import", str(folder), "--written-for", "9999-12-31")
    assert told.exit_code == 1
    assert "--written-for: moves a day out of the calendar" in str(told.exception)
