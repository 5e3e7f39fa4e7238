"""`postern who-can` and `postern what-can`: everybody, why, for people and for spreadsheets, on the record."""

from __future__ import annotations

import csv
import re
from datetime import timedelta

import pytest

from governance.kernel import clock
from governance.trail.service import get_record
from tests.commands import Desk, desk, quick_desk
from tests.exchange.test_cli import GOOD

__all__ = ["desk", "quick_desk"]
ASKED = ("who-can", "archive", "--action", "view", "--resource", "file:1", "-c", "case=C")
REGISTERED = """
[[resources]]
system = "archive"
type = "file"
id = "B-2"

[[resources]]
system = "archive"
type = "file"
id = "A-1"
"""


def test_everybody_who_may_and_the_record_of_it(desk: Desk) -> None:
    desk.apply(GOOD)
    told = desk.run(*ASKED)
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        "ann in the name of council",
        "zoe in the name of council, at most until 2030-02-01T00:00:00Z",
    ]
    number = re.fullmatch(r"2 found\. On the record as (\S+)\.", told.stderr.splitlines()[-1])
    assert number
    kept = get_record(desk.installation.databases, number[1])
    assert (kept["leaf"]["kind"], kept["body"]["results"]) == ("search", ["ann", "zoe"])


def test_why_and_what_is_missing(quick_desk: Desk) -> None:
    quick_desk.apply(GOOD)
    quick_desk.installation.suspend("zoe")
    told = quick_desk.run(*ASKED, "--nearly", "1", "--why")
    assert told.stdout.splitlines()[:3] == ["ann in the name of council", "    A-1: Tests", "zoe: not yet"]
    assert "suspended: Their access is suspended. Speak with their line manager." in told.stdout
    assert "1 found, and 1 nearly." in told.stderr
    assert "zoe" not in quick_desk.run(*ASKED).stdout


def test_a_list_for_a_spreadsheet(quick_desk: Desk) -> None:
    quick_desk.apply(GOOD.replace('"zoe"', '"=zoe"'))
    rows = list(csv.DictReader(quick_desk.run(*ASKED, "--csv").stdout.splitlines()))
    assert [row["id"] for row in rows] == ["'=zoe", "ann"]
    assert rows[0] == {"id": "'=zoe", "permitted": "yes", "organisation": "council", "until": "2030-02-01T00:00:00Z"}


def test_as_of_a_past_moment(quick_desk: Desk) -> None:
    before = clock.now()
    quick_desk.apply(GOOD)
    assert quick_desk.run(*ASKED, "--as-of", before.isoformat()).stdout.splitlines() == ["ann in the name of council"]
    late = (before + timedelta(days=2)).isoformat()
    assert quick_desk.run(*ASKED, "--as-of", late).exit_code == 2


def test_what_one_may_open_is_what_is_registered(quick_desk: Desk) -> None:
    quick_desk.apply(REGISTERED)
    asked = ("what-can", "archive", "--subject", "ann", "--action", "view", "--type", "file", "-c", "case=C")
    assert [line.split()[0] for line in quick_desk.run(*asked).stdout.splitlines()] == ["A-1", "B-2"]
    nobody = quick_desk.run(*[word.replace("ann", "mo") for word in asked])
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert "2 looked at; --nearly 3 says what is lacking" in nobody.stderr
    nearly = quick_desk.run(*[word.replace("ann", "mo") for word in asked], "--nearly", "9")
    assert "A-1: not yet" in nearly.stdout
    assert "no_grant" in nearly.stdout


def test_where_nothing_is_registered_it_says_so(quick_desk: Desk) -> None:
    told = quick_desk.run("what-can", "archive", "--subject", "ann", "--action", "view", "--type", "file")
    assert (told.stdout, told.exit_code) == ("", 0)
    assert "Note: no file is registered in archive" in told.stderr


@pytest.mark.parametrize(("words", "wanted"), [
    (["who-can", "archiv", "--action", "view", "--resource", "file:1"], 'Did you mean "archive"?'),
    (["who-can", "archive", "--action", "view", "--resource", "file"], "does not name a type and an id"),
    (["who-can", "archive", "--action", "vew", "--resource", "file:1"], 'Did you mean "view"?'),
    (["what-can", "archive", "--subject", "ann", "--action", "view", "--type", "fil"], 'Did you mean "file"?'),
])  # fmt: skip
def test_a_slip_is_told(quick_desk: Desk, words: list[str], wanted: str) -> None:
    told = quick_desk.run(*words)
    assert wanted in told.stderr + str(told.exception)
