"""docs/import.md has the columns that the schemas have, and its example comes in whole."""

from pathlib import Path

from docs.make_import import PAGE, START, page
from governance.app import trial_service
from tests.architecture.source import ROOT
from tests.exchange.folders import read, sheets
from wsgi import AREAS

CURE = "docs/import.md is stale: run .venv/bin/python docs/make_import.py"
EXAMPLE = ROOT / "examples" / "import"


def test_the_page_has_the_columns_of_the_schemas() -> None:
    written = PAGE.read_text("utf-8")
    assert START in written
    assert written == page(written, trial_service(AREAS).sheets), CURE


def test_a_stale_page_is_caught() -> None:
    written = PAGE.read_text("utf-8")
    assert page(written.replace("| `reference` |", "| `name_of_it` |"), sheets()) == written


def test_every_field_of_every_sheet_says_what_it_means() -> None:
    from governance.exchange.templates import described

    for sheet in sheets().values():
        for one in described(sheet):
            assert one.says, (sheet.name, one.header)
            assert one.holds, (sheet.name, one.header)


def test_the_example_has_every_sheet_and_no_fault() -> None:
    gathered = read(EXAMPLE)
    assert gathered.findings == []
    assert set(gathered.rows) == set(sheets())
    assert len(gathered.rows["people"]) == 10
    assert Path(EXAMPLE / "employment.csv").read_text("utf-8").startswith("Person;")
