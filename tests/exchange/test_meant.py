"""A reference that leads nowhere is told which one was perhaps meant, however many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.exchange.checking import Doubt
from governance.exchange.meant import MOST, Known, with_nearest
from tests.commands import Desk
from tests.exchange.folders import sheets, written

MANY = {f"person-{number:05}" for number in range(20_000)} | {"adam.smith", "zoë.müller"}


@pytest.mark.parametrize(("wrong", "meant"), [
    ("adam.smiht", "adam.smith"), ("dam.smith", "adam.smith"), ("Adam.Smith", "adam.smith"),
    ("adam.smith2", "adam.smith"), ("zoe.müller", "zoë.müller"), ("qqq", ""),
])  # fmt: skip
def test_one_of_many_is_found(wrong: str, meant: str) -> None:
    assert Known(MANY).nearest(wrong) == (f'Did you mean "{meant}"?' if meant else "")


def test_so_many_are_looked_for_and_no_more() -> None:
    rows = {"people": [{"reference": "adam.smith", "name": "Adam"}]}
    doubts = [
        Doubt("people", number, ("manager",), "x", "Add it.", f"adam.smith{number % (MOST + 1)}", "person")
        for number in range(200)
    ]
    cures = [one.cure for one in with_nearest(None, sheets(), rows, doubts)]
    found = [number for number, cure in enumerate(cures) if cure == 'Did you mean "adam.smith"?']
    assert found == [number for number in range(200) if number % (MOST + 1) < MOST]


def test_a_folder_is_told_what_stands_and_what_it_brings(quick_desk: Desk, tmp_path: Path) -> None:
    people = "reference,name,manager\nzoe.zeta,Zoë,an\nbob,Bob,zoe.zetta\n"
    told = quick_desk.run("import", str(written(tmp_path / "in", {"people": people})))
    assert told.exit_code == 1
    assert [line for line in told.stderr.splitlines() if "people.csv:" in line] == [
        'people.csv:2, column manager: there is no person with this reference. Did you mean "ann"?',
        'people.csv:3, column manager: there is no person with this reference. Did you mean "zoe.zeta"?',
    ]
