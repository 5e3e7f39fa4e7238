"""What a folder or a file does not say, stays: a missing column or field resets nothing, through either door."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from governance.exchange.applying import digest_of_rows
from governance.exchange.reading import read_rows
from governance.exchange.unfolding import row_of
from governance.kernel.recorded import seen
from governance.kernel.toml import Document
from tests.commands import Desk
from tests.exchange.folders import read, sheets, written

BELOW = '[[organisations]]\nreference = "moon"\nname = "Moon"\nkind = "school"\nparent = "council"\narea = "north"\n'
ORGANISATION = {"reference": "moon", "name": "Moon", "kind": "school"}
PERSON = {"reference": "ann", "name": "Ann Reader"}
EMPLOYED = {"person": "mo", "organisation": "council", "post": "clerk", "from": date(2020, 1, 1)}
CHECKED = {"person": "ann", "level": "enhanced", "issued": date(2024, 1, 1)}
TRAINED = {"person": "ann", "course": "basics", "completed": date(2024, 1, 1)}
GRANTED = {"person": "mo", "system": "archive", "role": "reader", "organisation": "council", "from": date(2020, 1, 1)}
AGREED = {"reference": "a", "kind": "sharing", "version": 1, "system": "archive", "from": date(2020, 1, 1)}
PARTY = {"agreement": "a", "version": 1, "organisation": "council"}
ANSWERED = {"organisation": "council", "checklist": "dsp", "criterion": 1, "met": True}
SYSTEM = {"system": "archive"}
RESOURCE = {"system": "archive", "type": "file", "id": "r"}
APPROVAL = {"by": "mo", "capacity": "line_manager", "organisation": "council", "on": date(2020, 1, 1)}
DAY = date(2024, 6, 1)
SIGNED = {"signed_by": "Mo", "signed_on": DAY}

CASES = {
    "organisations.status": (ORGANISATION, {"status": "suspended"}),
    "organisations.parent": (ORGANISATION, {"parent": "council"}),
    "organisations.area": (ORGANISATION, {"area": "north"}),
    "people.manager": (PERSON, {"manager": "mo"}),
    "people.attributes": (PERSON, {"attributes": {"site": "east"}}),
    "employment.to": (EMPLOYED, {"to": DAY}),
    "employment.casework": (EMPLOYED, {"casework": True}),
    "checks.outcome": (CHECKED, {"outcome": "pending"}),
    "checks.barred_list": (CHECKED, {"barred_list": "barred"}),
    "checks.subscribed": (CHECKED, {"subscribed": True}),
    "checks.status": (CHECKED, {"consented_on": DAY, "status_on": DAY, "status": "no_longer_current"}),
    "training.expires": (TRAINED, {"expires": DAY}),
    "grants.scope": (GRANTED, {"scope": {"area": "north"}}),
    "grants.to": (GRANTED, {"to": DAY}),
    "grants.approvals": (GRANTED, {"approvals": [APPROVAL]}),
    "agreements.purposes": (AGREED, {"purposes": ["care"]}),
    "agreements.fields": (AGREED, {"fields": ["name"]}),
    "agreements.cohort": (AGREED, {"cohort": {"school": ["moon"]}}),
    "agreements.state": (AGREED, {"state": "suspended"}),
    "agreements.to": (AGREED, {"to": DAY}),
    "agreements.dpia": (AGREED, {"dpia": "D1", "dpia_outcome": "do_not_proceed", "dpia_on": DAY}),
    "parties.signed_on": (PARTY, SIGNED),
    "checklist_answers.valid_to": (ANSWERED, {**SIGNED, "valid_to": DAY}),
    "systems.closed_on": (SYSTEM, {"closed_on": DAY}),
    "systems.audit_live_on": (SYSTEM, {"audit_live_on": DAY}),
    "resources.properties": (RESOURCE, {"properties": {"school": "moon"}}),
}


def toml(sheet: str, row: Mapping[str, Any]) -> str:
    """A row as TOML."""

    def value(item: Any) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{name} = {value(one)}" for name, one in item.items()) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(map(value, item)) + "]"
        if isinstance(item, bool):
            return str(item).lower()
        return f'"{item}"' if isinstance(item, str) else str(item)

    return f"[[{sheet}]]\n" + "".join(f"{name} = {value(item)}\n" for name, item in row.items())


def table(*rows: Mapping[str, Any]) -> str:
    """Rows of plain values as CSV, with the columns of the first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(
            [{True: "yes", False: "no"}.get(item, item) if isinstance(item, bool) else item for item in row.values()]
        )
    return text.getvalue()


def standing(desk: Desk, sheet: str) -> list[dict[str, Any]]:
    """The facts of a sheet that stand, by the names that people write; references are numbers."""
    one = desk.installation.service.sheets[sheet]
    with desk.installation.databases.reading() as session:
        found = session.query(one.model).where(seen(one.model, desk.revision)).order_by(one.model.id)
        columns = [{c.name: getattr(row, c.name) for c in one.model.__table__.columns} for row in found]
    return [row_of(one, row, lambda _kind, number: str(number)) for row in columns]


def begin(desk: Desk, sheet: str, row: Mapping[str, Any]) -> None:
    """Facts that others lean on, and the row."""
    base = "" if sheet in ("agreements", "organisations") else toml("agreements", AGREED)
    told = desk.apply(base + toml(sheet, row))
    assert told.exit_code == 0, told.output


def brought(desk: Desk, door: str, folder: Path, sheet: str, row: Mapping[str, Any]) -> Result:
    """A row of plain values, brought in by one door or the other."""
    told = (
        desk.apply(toml(sheet, row))
        if door == "toml"
        else desk.run("import", str(written(folder, {sheet: table(row)})))
    )
    assert told.exit_code == 0, told.output
    return told


@pytest.mark.parametrize("door", ["csv", "toml"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_not_written_stays_as_it_stands(quick_desk: Desk, tmp_path: Path, door: str, case: str) -> None:
    sheet, (row, says) = case.split(".", maxsplit=1)[0], CASES[case]
    begin(quick_desk, sheet, {**row, **says})
    before = standing(quick_desk, sheet)
    assert any(says.keys() <= one.keys() for one in before)
    told = brought(quick_desk, door, tmp_path / "in", sheet, row)
    assert standing(quick_desk, sheet) == before
    assert f"{sheet}: 0 recorded, 0 closed, 1 unchanged" in told.stdout


@pytest.mark.parametrize("door", ["csv", "toml"])
def test_it_stays_where_something_else_changes(quick_desk: Desk, tmp_path: Path, door: str) -> None:
    begin(quick_desk, "organisations", {**ORGANISATION, "status": "closed", "parent": "council", "area": "north"})
    brought(quick_desk, door, tmp_path / "in", "organisations", {**ORGANISATION, "name": "New Moon"})
    found = next(row for row in standing(quick_desk, "organisations") if row["name"] == "New Moon")
    assert (found["status"], found["area"]) == ("closed", "north")
    assert "parent" in found


@pytest.mark.parametrize(("sheet", "row", "column", "word"), [
    ("organisations", ORGANISATION, "status", "suspended"), ("checks", CHECKED, "outcome", "pending"),
    ("employment", EMPLOYED, "casework", True), ("agreements", AGREED, "state", "terminated"),
])  # fmt: skip
def test_an_empty_cell_says_nothing_where_there_is_a_word(
    quick_desk: Desk, tmp_path: Path, sheet: str, row: dict[str, Any], column: str, word: Any
) -> None:
    begin(quick_desk, sheet, {**row, column: word})
    before = standing(quick_desk, sheet)
    brought(quick_desk, "csv", tmp_path / "in", sheet, {**row, column: ""})
    assert standing(quick_desk, sheet) == before


@pytest.mark.parametrize("door", ["csv", "toml"])
@pytest.mark.parametrize(("sheet", "row", "column", "value"), [
    ("employment", EMPLOYED, "to", DAY), ("organisations", ORGANISATION, "parent", "council"),
    ("people", PERSON, "manager", "mo"), ("systems", SYSTEM, "closed_on", DAY),
    ("checks", CHECKED, "consented_on", DAY),
])  # fmt: skip
def test_what_may_be_empty_is_emptied_by_saying_so(
    quick_desk: Desk, tmp_path: Path, door: str, sheet: str, row: dict[str, Any], column: str, value: Any
) -> None:
    begin(quick_desk, sheet, {**row, column: value})
    held = sum(column in one for one in standing(quick_desk, sheet))
    brought(quick_desk, door, tmp_path / "in", sheet, {**row, column: ""})
    assert sum(column in one for one in standing(quick_desk, sheet)) == held - 1


def test_a_table_keeps_the_names_that_have_no_column(quick_desk: Desk, tmp_path: Path) -> None:
    begin(quick_desk, "grants", {**GRANTED, "scope": {"area": "north", "team": "red"}})
    brought(quick_desk, "csv", tmp_path / "in", "grants", {**GRANTED, "scope.area": "south"})
    assert standing(quick_desk, "grants")[-1]["scope"] == {"area": "south", "team": "red"}
    brought(quick_desk, "csv", tmp_path / "in", "grants", {**GRANTED, "scope.area": ""})
    assert standing(quick_desk, "grants")[-1]["scope"] == {"team": "red"}
    begin(quick_desk, "agreements", {**AGREED, "cohort": {"school": ["moon"], "area": ["north"]}, "purposes": ["care"]})
    brought(quick_desk, "csv", tmp_path / "on", "agreements", {**AGREED, "cohort.area": "south"})
    found = standing(quick_desk, "agreements")[-1]
    assert (found["cohort"], found["purposes"]) == ({"school": ["moon"], "area": ["south"]}, ["care"])
    quick_desk.apply(toml("grants", {**GRANTED, "scope": {}}))
    assert "scope" not in standing(quick_desk, "grants")[-1], "a table that is written in TOML says all"


def test_a_new_fact_takes_what_is_usual(quick_desk: Desk, tmp_path: Path) -> None:
    brought(quick_desk, "csv", tmp_path / "in", "organisations", ORGANISATION)
    assert standing(quick_desk, "organisations")[-1]["status"] == "active"


def test_a_dry_run_and_the_import_agree_on_what_stays(quick_desk: Desk, tmp_path: Path) -> None:
    begin(quick_desk, "grants", {**GRANTED, "scope": {"area": "north"}, "to": DAY})
    row = {**GRANTED, "approval_1_by": "mo", "approval_1_capacity": "line_manager", "approval_1_on": DAY}
    folder = written(tmp_path / "in", {"grants": table(row)})
    told = quick_desk.run("import", "--dry-run", str(folder))
    changed = next(line for line in told.stdout.splitlines() if "~" in line)
    assert "scope" not in changed
    assert "to:" not in changed
    quick_desk.run("import", str(folder))
    assert (
        quick_desk.run("import", "--dry-run", str(folder)).stdout.splitlines()[0].startswith("grants: 0 opened, 0 ch")
    )


@pytest.mark.parametrize("door", ["csv", "toml"])
def test_what_does_not_go_with_what_stands_is_refused(quick_desk: Desk, tmp_path: Path, door: str) -> None:
    """The last day that stands would be before the new first day; nothing of the rest is applied either."""
    begin(quick_desk, "agreements", {**AGREED, "to": DAY})
    before, revision = standing(quick_desk, "agreements"), quick_desk.revision
    row = {**AGREED, "from": date(2025, 1, 1)}
    if door == "toml":
        told, place = quick_desk.apply(toml("organisations", ORGANISATION) + toml("agreements", row)), "agreements"
    else:
        folder = written(tmp_path / "in", {"organisations": table(ORGANISATION), "agreements": table(row)})
        told, place = quick_desk.run("import", str(folder)), "agreements.csv:2, column to"
    assert told.exit_code == 1
    assert f"{place}" in told.stderr
    assert "does not go with what stands of this fact in columns that are not written here" in told.stderr
    assert (standing(quick_desk, "agreements"), quick_desk.revision) == (before, revision)


def test_a_status_that_stands_from_before_a_new_consent_is_refused(quick_desk: Desk, tmp_path: Path) -> None:
    status = {"consented_on": DAY, "status_on": DAY, "status": "current"}
    begin(quick_desk, "checks", {**CHECKED, **status})
    row = {**CHECKED, "consented_on": date(2025, 1, 1)}
    told = quick_desk.run("import", str(written(tmp_path / "in", {"checks": table(row)})))
    assert told.exit_code == 1
    assert "checks.csv:2, column consented_on: does not go with what stands" in told.stderr


def test_a_circle_by_way_of_a_parent_that_stays_is_refused(quick_desk: Desk, tmp_path: Path) -> None:
    quick_desk.apply(BELOW)
    council = toml("organisations", {"reference": "council", "name": "C", "kind": "local_authority", "parent": "moon"})
    told = quick_desk.apply(toml("organisations", ORGANISATION) + council)
    assert told.exit_code == 1
    assert "stands below itself" in told.stderr


def test_rows_that_keep_different_things_are_not_the_same(quick_desk: Desk) -> None:
    told = quick_desk.apply(
        toml("organisations", ORGANISATION) + toml("organisations", {**ORGANISATION, "status": "active"})
    )
    assert told.exit_code == 1
    assert "says something else" in told.stderr


def test_the_digest_tells_what_is_said_from_what_is_not(tmp_path: Path) -> None:
    texts = [toml("organisations", ORGANISATION), toml("organisations", {**ORGANISATION, "status": "active"})]
    rows = [read_rows(Document("x", tomllib.loads(text), {}), sheets()) for text in texts]
    assert digest_of_rows(rows[0]) != digest_of_rows(rows[1])
    folder = read(written(tmp_path / "in", {"organisations": table(ORGANISATION)}))
    assert digest_of_rows(folder.rows) == digest_of_rows(rows[0]), "the door does not count"
