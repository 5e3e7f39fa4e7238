"""A folder with an error of every kind: all of them are told in one go, each with its file, line and column."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

from governance.people.models import PersonDetails
from governance.trail.models import TrailEntry
from tests.commands import Desk
from tests.exchange.folders import read, workbook, written

ORGANISATIONS = """\
reference,name,kind,parent,area,status
top,Top,charity,below,,
below,Below,charity,middle,,
middle,Middle,charity,top,,
own,Own,charity,own,,
lost,Lost,charity,nowhere,,
odd,Odd,Big Charity,,,
gone,Gone,charity,,,vanished
moon,Moon,charity,,,
moon,Other Moon,charity,,,
"""
PEOPLE = """\
reference;name;manager;managers;Name;attribute.floor:number;attribute.wide:yesno;attribute.odd:json;attribute.at:nubmer
zoe;Zoë;mo;;;3;yes;
max;;mo;;;;;
bob;Bob;nobody;;;;;
eve;Eve;mo;;;third;;
ida;Ida;mo;;;;perhaps;
jon;Jon;mo;;;;;{oops
long;LONG;;;;;;
tab;"Ta
b";;;;;;
kim;Kim;;;;;;
kim;Kim;;;;;;
"""
EMPLOYMENT = """\
person,organisation,post,casework,from,to
zoe,moon,keeper,maybe,2024-01-01,
zoe,moon,keeper a,yes,03/31/2024,
zoe,moon,keeper b,yes,31/03/24,
zoe,moon,keeper c,yes,31/02/2024,
zoe,moon,keeper d,yes,45382,
zoe,moon,keeper e,yes,2024-01-01 09:30,
zoe,moon,keeper f,yes,2024-02-01,2024-01-31
zoe,moon,#REF!,yes,2024-01-01,
zoe,mars,keeper g,yes,2024-01-01,
,moon,keeper h,yes,2024-01-01,
zoe,moon,keeper i,yes,soon,
zoe,moon,keeper j,yes,2024-01-01,,,beyond
"""
GRANTS = """\
person,system,role,organisation,from,to,approval_2_by,approval_2_on,approval_2_capacity,scope.area,scope.area:number
zoe,archive,reader,moon,2024-01-01,,mo,,line_manager,,
zoe,archive,Big Reader,moon,2024-01-01,,,,,,
zoe,archive,reader,moon,2024-02-01,,,,,north,3
"""
CHECKLIST = """\
organisation,checklist,criterion,met,signed_by,signed_on
moon,pwis,1.5,yes,,
moon,pwis,0,yes,,
moon,pwis,3,yes,mia,
"""
CONFLICTS = """\
person,system,type,id,relation,record_hash,record_key
zoe,archive,file,,self,,
zoe,,,,self,HASH,k9:000000000000
zoe,archive,file,F-1,self,HASH,x
""".replace("HASH", "ab" * 32)
AGREEMENTS = "reference,kind,version,system,from\nterms,individual,1,archive,2024-01-01\n"
PARTIES = "agreement,version,organisation,signed_on,signed_by\nnone,1,moon,,\n"
SIGNATURES = b'agreement,version,person,signed_on\nterms,1,zoe,"2024-01-01\n'
TRAINING = b"person,course,completed\nzoe,r\xc3\xa9sum\xe9,2024-01-01\n"

PLANTED: tuple[tuple[str, int, str, str], ...] = (
    ("agreements.pdf", 0, "", "neither .csv nor .xlsx"),
    ("peeple.csv", 0, "", "not named like a sheet"),
    ("suspensions.xls", 0, "", "of a kind that is not read"),
    ("more.xlsx", 0, "", "worksheet that is not named like a sheet"),
    ("systems.csv", 1, "system", "is missing"),
    ("checks.xlsx[checks]", 2, "issued", "is a moment"),
    ("checks.xlsx[checks]", 3, "person", "TRUE or FALSE"),
    ("checks.xlsx[checks]", 4, "level", "is not what belongs here"),
    ("organisations.csv", 2, "parent", "stands below itself, by way of others"),
    ("organisations.csv", 5, "parent", "cannot stand below itself"),
    ("organisations.csv", 6, "parent", "no organisation with this reference"),
    ("organisations.csv", 7, "kind", "is not what belongs here"),
    ("organisations.csv", 8, "status", "is not what belongs here"),
    ("organisations.csv", 10, "", "says something else of a fact that an earlier row states (line 9)"),
    ("people.csv", 1, "4", "header that is no column"),
    ("people.csv", 1, "9", "has a colon, and after it no kind of value"),
    ("people.csv", 1, "5", "is name again"),
    ("people.csv", 3, "name", "is empty"),
    ("people.csv", 4, "manager", "no person with this reference"),
    ("people.csv", 5, "attribute.floor", "not a whole number"),
    ("people.csv", 6, "attribute.wide", "neither yes nor no"),
    ("people.csv", 7, "attribute.odd", "not JSON"),
    ("people.csv", 8, "name", "too long"),
    ("people.csv", 9, "name", "is not what belongs here"),
    ("people.csv", 12, "", "says the same as line 11"),
    ("employment.csv", 2, "casework", "neither yes nor no"),
    ("employment.csv", 3, "from", "America"),
    ("employment.csv", 4, "from", "two digits"),
    ("employment.csv", 5, "from", "calendar does not have"),
    ("employment.csv", 6, "from", "is not a day"),
    ("employment.csv", 7, "from", "is a moment"),
    ("employment.csv", 8, "to", "before the first day"),
    ("employment.csv", 9, "post", "error of the spreadsheet"),
    ("employment.csv", 10, "organisation", "no organisation with this reference"),
    ("employment.csv", 11, "person", "is empty"),
    ("employment.csv", 12, "from", "is not a day"),
    ("employment.csv", 13, "8", "stands under no header"),
    ("grants.csv", 2, "approval_2_on", "is empty"),
    ("grants.csv", 3, "role", "is not what belongs here"),
    ("grants.csv", 4, "scope.area", "filled in another column"),
    ("checklist_answers.csv", 2, "criterion", "not a whole number"),
    ("checklist_answers.csv", 3, "criterion", "is not what belongs here"),
    ("checklist_answers.csv", 4, "signed_on", "is half"),
    ("conflicts.csv", 2, "id", "is missing"),
    ("conflicts.csv", 3, "record_key", "does not have"),
    ("conflicts.csv", 4, "record_hash", "named twice"),
    ("parties.csv", 2, "agreement", "no agreement with this reference"),
    ("signatures.csv", 2, "", "never closed"),
    ("training.csv", 0, "", "partly UTF-8 and partly Windows-1252"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = written(tmp_path / "in", {
        "organisations": ORGANISATIONS, "people": PEOPLE.replace("LONG", "x" * 201), "employment": EMPLOYMENT,
        "grants": GRANTS,
        "checklist_answers": CHECKLIST, "conflicts": CONFLICTS, "parties": PARTIES, "signatures": SIGNATURES,
        "training": TRAINING, "agreements": AGREEMENTS, "systems": "audit_live_on,closed_on\n", "peeple": "x\n",
        "agreements.pdf": b"%PDF",
        "suspensions.xls": b"\xd0\xcf",
    })  # fmt: skip
    moment, day = datetime(2024, 1, 1, 9), datetime(2024, 1, 2)  # noqa: DTZ001 - as Excel has them
    checks = [["person", "level", "issued"], ["zoe", "enhanced", moment], [True, "enhanced", day], ["zoe", "deep", day]]
    workbook(made / "checks.xlsx", {"checks": checks})
    workbook(made / "more.xlsx", {"Blatt 1": [["x"]]})
    return made


def test_every_error_is_told_with_its_place(quick_desk: Desk, tmp_path: Path, folder: Path) -> None:
    before = [quick_desk.count(table) for table in (PersonDetails, TrailEntry)]
    revision = quick_desk.revision
    told = quick_desk.run("import", str(folder), "--report", str(tmp_path / "report.csv"))
    assert told.exit_code == 1
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as handle:
        found = [row for row in csv.DictReader(handle) if row["severity"] == "error"]
    told_of = {(row["file"], int(row["line"] or 0), row["column"]): row["problem"] for row in found}
    for file, line, column, problem in PLANTED:
        assert problem in told_of.get((file, line, column), "nothing"), (file, line, column)
    assert told_of.keys() == {place[:3] for place in PLANTED}, "nothing is told that was not planted"
    assert len(found) == len(PLANTED)
    assert len({problem for *_, problem in PLANTED}) >= 30
    assert len(PLANTED) >= 40
    for row in found:
        place = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
        assert any(one.startswith(place) and row["problem"] in one for one in told.stderr.splitlines()), row
    assert [quick_desk.count(table) for table in (PersonDetails, TrailEntry)] == before
    assert quick_desk.revision == revision


def test_every_error_says_what_to_write_instead(folder: Path) -> None:
    assert [str(one) for one in read(folder).findings if not one.cure] == []


def test_a_row_with_two_errors_has_both_told(tmp_path: Path) -> None:
    text = "person,organisation,post,casework,from,to\nzoe,council,archivist,maybe,2024-02-01,2024-01-31\n"
    found = read(written(tmp_path / "in", {"employment": text})).findings
    assert [one.column for one in found] == ["casework", "to"]


def test_who_is_named_in_a_refused_row_is_known_to_others(quick_desk: Desk, tmp_path: Path) -> None:
    people = "reference,name,manager\nzoe,,nobody\n"
    folder = written(tmp_path / "in", {"people": people, "checks": "person,level,issued\nzoe,basic,2024-01-01\n"})
    told = quick_desk.run("import", str(folder))
    assert [line.partition(":")[0] for line in told.stderr.splitlines() if ".csv" in line] == ["people.csv"] * 2


def test_where_people_cannot_be_read_nobody_is_said_to_be_unknown(quick_desk: Desk, tmp_path: Path) -> None:
    checks = "person,level,issued\nzoe,basic,2024-01-01\n"
    folder = written(tmp_path / "in", {"people": b'reference,name\nzoe,"Zo', "checks": checks})
    told = quick_desk.run("import", str(folder))
    assert [line.partition(":")[0] for line in told.stderr.splitlines() if ".csv" in line] == ["people.csv"]


def test_a_version_that_is_nowhere_is_told_unless_its_row_was_refused(quick_desk: Desk, tmp_path: Path) -> None:
    parties = "agreement,version,organisation\nterms,2,council\n"
    second = AGREEMENTS + "terms,individual,2,archive,soon\n"
    for text, file, column in ((AGREEMENTS, "parties.csv:2", "version"), (second, "agreements.csv:3", "from")):
        told = quick_desk.run("import", str(written(tmp_path / "in", {"agreements": text, "parties": parties})))
        found = [line for line in told.stderr.splitlines() if ".csv" in line]
        assert [line.startswith(f"{file}, column {column}: ") for line in found] == [True], found


def test_an_approval_without_its_day_is_told_as_that(tmp_path: Path) -> None:
    header = "person,system,role,organisation,from,to,approval_1_by,approval_1_capacity,approval_1_on\n"
    text = header + "zoe,archive,reader,council,2024-01-01,,mo,line_manager,\n"
    assert [str(one) for one in read(written(tmp_path / "in", {"grants": text})).findings] == [
        "grants.csv:2, column approval_1_on: is empty. "
        "An approval needs its day. Fill it in, or leave the others empty too."
    ]


def test_an_approver_or_their_organisation_whom_nobody_knows(quick_desk: Desk, tmp_path: Path) -> None:
    grant = "zoe,archive,reader,council,{day},,{by},line_manager,council,2023-01-01,mo,head,counsil,2023-01-01\n"
    header = "person,system,role,organisation,from,to," + ",".join(
        f"approval_{number}_{name}" for number in (1, 2) for name in ("by", "capacity", "organisation", "on")
    )
    rows = [
        grant.format(day="2024-01-01", by="nobody"),
        grant.format(day="2024-01-02", by="zoe").replace("counsil", "council"),
    ]
    folder = written(tmp_path / "in", {"grants": header + "\n" + "".join(rows), "people": "reference,name\nzoe,Zoë\n"})
    told = quick_desk.run("import", str(folder))
    assert told.exit_code == 1, told.output
    assert told.stderr.splitlines()[1:3] == [
        "grants.csv:2, column approval_1_by: there is no person with this reference. "
        "Record the person, or correct the reference.",
        "grants.csv:2, column approval_2_organisation: there is no organisation with this reference. "
        'Did you mean "council"?',
    ]
