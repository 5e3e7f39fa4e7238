"""An export is an import whatever was erased, of one system too; one that ends early is told and leaves nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from governance.decisions.trial import blank_databases
from governance.exchange import exporting
from governance.exchange.exporting import export_facts
from governance.installation import DEMO
from governance.people.models import Person, PersonDetails
from governance.trail.models import TrailEntryBody
from tests.commands import Desk
from tests.exchange.folders import written
from tests.exchange.test_export import ACTOR, NOON, bring, carry, service_over

WRENFORD = Path(__file__).parents[2] / "examples" / "import"


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def erase(desk: Desk, reference: str) -> None:
    """Erase who somebody is; their other facts stand."""
    found = select(PersonDetails.id).join(Person, Person.id == PersonDetails.person_id)
    with desk.installation.databases.reading() as session:
        number = session.scalars(found.where(Person.reference == reference)).one()
    assert desk.run("facts", "erase", "people", str(number), "--why", "asked").exit_code == 0


def test_what_names_an_erased_person_is_left_out_and_the_rest_can_be_imported(quick_desk: Desk, tmp_path: Path) -> None:
    assert quick_desk.run("import", str(WRENFORD)).exit_code == 0
    erase(quick_desk, "tobias.venn")
    erase(quick_desk, "ravi.menon")
    told = quick_desk.run("export", str(tmp_path / "out"))
    assert told.exit_code == 0, told.output
    assert "6 rows about people who were erased are left out." in told.stderr.splitlines()
    mentioned = "3 mentions of people who were erased, as managers or approvers, are left out of rows that stay."
    assert mentioned in told.stderr.splitlines()
    assert b"tobias.venn" not in b"".join(file.read_bytes() for file in (tmp_path / "out").iterdir())
    managers = {row["reference"]: row["manager"] for row in rows(tmp_path / "out" / "people.csv")}
    assert (managers["owen.tait"], managers["kofi.adom"]) == ("", "ana.vidal")
    grant = next(row for row in rows(tmp_path / "out" / "grants.csv") if row["person"] == "owen.tait")
    assert (grant["approval_1_by"], grant.get("approval_2_by")) == ("edna.marsh", None)
    bring(blank_databases(), tmp_path / "out")


def test_who_approved_comes_with_a_systems_grants(tmp_path: Path) -> None:
    one, other = blank_databases(), blank_databases()
    bring(one, DEMO)
    assert carry(one, other, tmp_path / "out", system="lccis")["grants"] > 0


def test_an_export_that_ends_early_is_told_and_leaves_nothing(
    quick_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases, write, told = quick_desk.installation.databases, exporting.write_sheet, []

    def interrupted(*given: object) -> None:
        with databases.reading() as session:
            told.append([orjson.loads(body) for body in session.scalars(select(TrailEntryBody.body)) if body])
        write(*given)  # type: ignore[arg-type]
        if len(told) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "write_sheet", interrupted)
    folder, service = tmp_path / "out", service_over(databases)
    with pytest.raises(KeyboardInterrupt):
        export_facts(databases, service.sheets, folder, actor=ACTOR, now=NOON)
    assert [*folder.iterdir()] == []
    assert any("system" in body and "counts" in body for body in told[0])


@pytest.mark.parametrize("words", [("export",), ("import", "--template")])
def test_a_folder_that_cannot_be_made_is_named(quick_desk: Desk, tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = written(tmp_path, {"file.txt": ""}) / "file.txt" / "out"
    told = quick_desk.run(*words, str(folder))
    assert told.exit_code == 2
    assert f"{folder} cannot be written: Not a directory" in " ".join(told.stderr.split())
