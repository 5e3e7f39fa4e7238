"""What a refused cell held stands in the report that was asked for, and nowhere else: no log, trail or traceback."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from sqlalchemy import select

from governance.exchange.findings import Finding
from governance.trail.models import TrailEntryBody
from tests.commands import Desk
from tests.exchange.folders import workbook, written

SECRET = "Xq7-Hidden-Case-Note"
PLACES = {
    "a reference": ("people", f"reference,name,manager\nzoe,Zoë,{SECRET}\n"),
    "a day": ("employment", f"person,organisation,post,from\nann,council,clerk,{SECRET}\n"),
    "yes or no": ("employment", f"person,organisation,post,casework,from\nann,council,clerk,{SECRET},2024-01-01\n"),
    "a word of a list": ("checks", f"person,level,issued\nann,{SECRET},2024-01-01\n"),
    "a name too long": ("people", f"reference,name\nzoe,{SECRET * 20}\n"),
    "a whole number": ("checklist_answers", f"organisation,checklist,criterion,met\ncouncil,pwis,{SECRET},yes\n"),
    "a file without headers": ("people", f"zoe,{SECRET},mo\n"),
    "a key that is not here": (
        "conflicts",
        f"person,relation,record_hash,record_key\nann,self,{'ab' * 32},{SECRET}\n",
    ),
    "beside an unknown column": ("people", f"reference,name,{SECRET}\nzoe,Zoë,x\n"),
    "under no header": ("people", f"reference,name,\nzoe,Zoë,{SECRET}\n"),
    "a quotation mark that stays open": ("people", f'reference,name\nzoe,"{SECRET}\n'),
    "JSON": ("people", f"reference,name,attribute.x:json\nzoe,Zoë,{{{SECRET}\n"),
    "two that differ": ("people", f"reference,name\nzoe,{SECRET}\nzoe,Zoë\n"),
}  # fmt: skip


@pytest.mark.parametrize("says", PLACES)
def test_a_refused_cell_is_in_the_report_alone(
    quick_desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], says: str
) -> None:
    for name in (None, "sqlalchemy.engine", "sqlalchemy.orm", "sqlalchemy.pool", "openpyxl"):
        caplog.set_level(logging.DEBUG, logger=name)
    sheet, text = PLACES[says]
    folder, report = written(tmp_path / "in", {sheet: text}), tmp_path / "report.csv"
    told = quick_desk.run("import", str(folder))
    again = quick_desk.run("import", "--dry-run", "--report", str(report), str(folder))
    assert told.exit_code == again.exit_code == 1, says
    shown = capfd.readouterr()
    said = told.output + told.stderr + again.output + again.stderr + caplog.text + shown.out + shown.err
    assert "sqlalchemy" in caplog.text, "the logs are on"
    assert SECRET not in said, says
    with quick_desk.installation.databases.reading() as session:
        assert not any(SECRET.encode() in (body or b"") for body in session.scalars(select(TrailEntryBody.body)))
    if says not in ("a quotation mark that stays open", "two that differ"):
        assert SECRET in report.read_text("utf-8-sig"), says


def test_a_refused_cell_of_a_workbook_is_in_the_report_alone(quick_desk: Desk, tmp_path: Path) -> None:
    place = workbook(tmp_path / "people.xlsx", {"people": [["reference", "name", "manager"], ["zoe", "Zoë", SECRET]]})
    told = quick_desk.run("import", str(place), "--report", str(tmp_path / "report.csv"))
    assert told.exit_code == 1
    assert SECRET not in told.output + told.stderr
    assert SECRET in (tmp_path / "report.csv").read_text("utf-8-sig")


def test_a_database_that_fails_tells_nothing_of_what_it_was_given(
    quick_desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with quick_desk.installation.databases.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE vetting_check")
        session.connection().exec_driver_sql("ALTER TABLE person_details RENAME COLUMN name TO other")
    folder = written(tmp_path / "in", {"people": f"reference,name\nzoe,{SECRET}\n"})
    with pytest.raises(Exception, match="name") as wrong:
        quick_desk.run("import", str(folder))
    assert SECRET not in "".join(traceback.format_exception(wrong.value)) + caplog.text


def test_a_finding_does_not_show_its_value() -> None:
    finding = Finding("people.csv", "is wrong", value=SECRET)
    assert SECRET not in f"{finding} {finding!r}"
