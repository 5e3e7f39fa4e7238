"""`postern decide`: what a person reads, what a machine reads, and how it ends."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from governance.decisions.cli import moment_of, pairs
from governance.kernel import clock
from governance.trail.service import get_record
from tests.commands import Desk, desk, quick_desk
from tests.installation import SYSTEM

__all__ = ["desk", "quick_desk"]

ASKED = (SYSTEM, "--subject", "ann", "--action", "view", "--resource", "file:F-1")
CASE = ("-c", "case=C-1")


def test_a_permit_ends_with_nought(desk: Desk) -> None:
    told = desk.decide(*ASKED, *CASE)
    assert told.exit_code == 0
    first, *_, last = told.stdout.splitlines()
    assert first == "Permitted."
    assert "By rule A-1" in told.stdout
    number = last.split()[1].rstrip(",")
    record = get_record(desk.installation.databases, number)
    assert record["leaf"]["decision"] is True
    assert record["body"]["asserted_by"] == "cli"


def test_a_denial_ends_with_one_and_says_what_to_do(desk: Desk) -> None:
    told = desk.decide(SYSTEM, "--subject", "mo", "--action", "view", "--resource", "file:F-1")
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    assert lines[0] == "Denied."
    assert [line.split(":")[0].strip() for line in lines if line.startswith("  ") and line[2] != " "] == [
        "no_grant", "no_need", "not_employed",
    ]  # fmt: skip
    assert "What to do: Ask your manager to request access for you." in told.stdout


def test_the_command_line_reads_what_front_ends_do_not(desk: Desk) -> None:
    desk.installation.suspend()
    assert "suspended: Your access is suspended." in desk.decide(*ASKED, *CASE).stdout


def test_for_machines(desk: Desk) -> None:
    permit = desk.decide(*ASKED, *CASE, "--json")
    told = json.loads(permit.stdout)
    assert (permit.exit_code, told["decision"]) == (0, True)
    assert told["facts_revision"] == desk.revision
    assert get_record(desk.installation.databases, told["decision_id"])["leaf"]["decision"] is True
    denial = desk.decide(*ASKED, "--json")
    told = json.loads(denial.stdout)
    assert (denial.exit_code, told["decision"]) == (1, False)
    assert [one["code"] for one in told["context"]["reasons"]] == ["no_need"]
    assert "historical" not in told


@pytest.mark.parametrize("words", [
    ("nowhere", *ASKED[1:]),
    (*ASKED[:5], "--resource", "file"),
    (*ASKED[:5], "--resource", "file:"),
    (*ASKED[:5], "--resource", ":F-1"),
    (*ASKED[:5], "--resource", "file:" + "x" * 201),
    (*ASKED, "-c", "case"),
    (*ASKED, "-c", "=1"),
    (*ASKED, "-c", "case=" + "[" * 100_000),
    (*ASKED, *CASE, "-c", "case=C-2"),
    (*ASKED, "-p", "a=1", "-p", "a=1"),
    (*ASKED, "-p", "x\udcff=1"),
    (*ASKED, "-p", "x=\udcff"),
    (*ASKED[:5], "--resource", "file:\udcff"),
    (*ASKED, "-c", "case=" + "x" * 41),
    (*ASKED, "-c", "case=12"),
    (*ASKED, "--as-of", "yesterday"),
    (*ASKED, "--as-of", "2026-13-01"),
    (*ASKED, "--as-of", "1999-01-01"),
    (*ASKED, "--as-of", "0001-01-01T00:00:00+14:00"),
    (SYSTEM, "--action", "view", "--resource", "file:F-1"),
    (SYSTEM, "--subject", " ", "--action", "view", "--resource", "file:F-1"),
    (*ASKED, "--unknown"),
])  # fmt: skip
def test_a_bad_question_ends_with_two(desk: Desk, words: tuple[str, ...]) -> None:
    told = desk.decide(*words)
    assert told.exit_code == 2
    assert told.stdout == ""
    assert "Error" in told.stderr


@pytest.mark.parametrize(("written", "cure"), [
    ("file", "such as file:1234"), ("file:", "such as file:1234"), (":F-1", "such as file:F-1"),
    ("F-100234", "such as file:F-100234"), (":", "such as file:1234"),
])  # fmt: skip
def test_a_resource_without_its_type_or_id(quick_desk: Desk, written: str, cure: str) -> None:
    told = quick_desk.decide(*ASKED[:5], "--resource", written)
    assert told.exit_code == 2
    assert f"{written!r} does not name a type and an id; write TYPE:ID, {cure}" in told.stderr


def test_ids_may_hold_colons(desk: Desk) -> None:
    told = desk.decide(SYSTEM, "--subject", "ann", "--action", "view", "--resource", "file:F:1:2", *CASE, "--json")
    number = json.loads(told.stdout)["decision_id"]
    body = get_record(desk.installation.databases, number)["body"]
    assert (body["type"], body["id"]) == ("file", "F:1:2")


def test_as_of_a_past_moment(desk: Desk) -> None:
    before = clock.now()
    desk.installation.suspend()
    assert desk.decide(*ASKED, *CASE).exit_code == 1
    told = desk.decide(*ASKED, *CASE, "--as-of", before.isoformat())
    assert told.exit_code == 0
    assert f"historical (as of {before.isoformat()})" in told.stdout
    machine = json.loads(desk.decide(*ASKED, *CASE, "--json", "--as-of", before.isoformat()).stdout)
    assert machine["historical"] is True
    assert get_record(desk.installation.databases, machine["decision_id"])["body"]["historical"] is True
    tomorrow = (clock.london_day(before) + timedelta(days=1)).isoformat()
    assert desk.decide(*ASKED, *CASE, "--as-of", tomorrow).exit_code == 2, "a day to come is no past day"


@pytest.mark.parametrize(("words", "said"), [
    (("-c", "kase=C-1"), 'the pack does not declare context.kase: it is ignored. Did you mean "case"?'),
    (("-c", "acrr=x"), 'the pack does not declare context.acrr: it is ignored. Did you mean "acr"?'),
    (("-p", "age=3"), "the pack does not declare age: it is ignored. There is none to name."),
    (("--action", "veiw"), 'the pack does not declare the action "veiw" for file. Did you mean "view"?'),
    (("--resource", "fiel:F-1"), 'the pack does not declare the resource type "fiel". Did you mean "file"?'),
])  # fmt: skip
def test_what_the_pack_does_not_declare_is_said(quick_desk: Desk, words: tuple[str, ...], said: str) -> None:
    told = quick_desk.decide(*ASKED, *words, "--json")
    assert json.loads(told.stdout)["decision"] is False
    assert told.stderr == f"Note: {said}\n"
    assert quick_desk.decide(*ASKED, *CASE, "-c", "acr=x").stderr == ""


@pytest.mark.parametrize(("value", "cure"), [
    ("case=12", """It was read as a value of JSON; text is written 'case="12"'."""),
    ("case=true", """It was read as a value of JSON; text is written 'case="true"'."""),
    ("amr=otp", "It was read as text; true, false, whole numbers and lists are written as in JSON."),
])  # fmt: skip
def test_a_value_of_another_type_is_told_with_how_it_was_read(quick_desk: Desk, value: str, cure: str) -> None:
    for words in (("decide", *ASKED), ("who-can", *ASKED[:1], *ASKED[3:])):
        assert cure in quick_desk.run(*words, "-c", value).stderr
    name = value.partition("=")[0]
    assert "read as" not in quick_desk.decide(*ASKED, "-c", f'{name}="{"x" * 500}"').stderr or name == "amr"


def test_a_quoted_value_is_text(quick_desk: Desk) -> None:
    assert quick_desk.decide(*ASKED, "-c", 'case="12"').exit_code == 0


def test_whom_a_mistyped_subject_may_have_meant(quick_desk: Desk) -> None:
    told = quick_desk.decide(SYSTEM, "--subject", "anne", *ASKED[3:], *CASE)
    assert "unknown_subject" in told.stdout
    assert told.stderr == 'Note: nobody has the reference anne. Did you mean "ann"?\n'
    listed = quick_desk.run("what-can", SYSTEM, "--subject", "anne", "--action", "view", "--type", "file", *CASE)
    assert told.stderr in listed.stderr
    assert quick_desk.decide(SYSTEM, "--subject", "xyzzy", *ASKED[3:], *CASE).stderr == ""


def test_a_system_that_is_not_there(quick_desk: Desk) -> None:
    near = quick_desk.decide("archiv", *ASKED[1:]).stderr
    assert near == f'Error: there is no system "archiv". Did you mean "{SYSTEM}"?\n'
    assert quick_desk.decide("zzz", *ASKED[1:]).stderr == f'Error: there is no system "zzz". Write one of: {SYSTEM}.\n'


def test_a_moment_without_a_zone_is_in_london() -> None:
    assert moment_of("2026-07-01T04:12") == moment_of("2026-07-01T03:12Z")
    assert moment_of("2026-12-01T04:12") == moment_of("2026-12-01T04:12Z")
    assert moment_of("2026-07-01") == moment_of("2026-06-30T23:00Z")


def test_values_of_the_command_line() -> None:
    given = ("a=true", "b=12", 'c=["x"]', "d=x=y", 'e="12"', "f=", "g=1.5", "h=null", "i={}", "j=NaN")
    assert pairs(given) == {
        "a": True, "b": 12, "c": ["x"], "d": "x=y", "e": "12", "f": "", "g": "1.5", "h": "null", "i": "{}", "j": "NaN",
    }  # fmt: skip
