"""`postern facts apply`: a file of facts, all of it or nothing, every error with its line and field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance.people.models import Employment, PersonDetails
from governance.trail.models import TrailEntry
from policies.pack import PackTexts
from tests.commands import Desk
from tests.installation import POLICY, SYSTEM_TOML

GOOD = """
[[people]]
reference = "zoe"
name = "Zoë Zeta"
manager = "mo"

[[employment]]
person = "zoe"
organisation = "council"
post = "archivist"
from = 2024-02-29

[[grants]]
person = "zoe"
system = "archive"
role = "reader"
organisation = "council"
from = 2024-03-01
to = 2030-01-31
approvals = [{ by = "mo", capacity = "line_manager", organisation = "council", on = 2024-02-28 }]
"""
OTHER = '[[people]]\nreference = "zoe"\nname = "Other"\n\n'
TABLES = (PersonDetails, Employment, TrailEntry)


def counts(desk: Desk) -> list[int]:
    return [desk.count(table) for table in TABLES]


def test_a_file_is_applied(desk: Desk) -> None:
    before = desk.revision
    told = desk.apply(GOOD)
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        "people: 1 recorded, 0 closed, 0 unchanged",
        "employment: 1 recorded, 0 closed, 0 unchanged",
        "grants: 1 recorded, 0 closed, 0 unchanged",
        f"Facts are at revision {before + 1}.",
    ]
    assert (
        desk.decide("archive", "--subject", "zoe", "--action", "view", "--resource", "file:1", "-c", "case=C").exit_code
        == 0
    )


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.apply(GOOD)
    before = counts(desk)[:-1]
    told = desk.apply(GOOD)
    assert told.exit_code == 0
    assert [line for line in told.stdout.splitlines() if "unchanged" in line] == [
        f"{sheet}: 0 recorded, 0 closed, 1 unchanged" for sheet in ("people", "employment", "grants")
    ]
    assert counts(desk)[:-1] == before


def test_a_differing_fact_closes_the_one_that_stood(desk: Desk) -> None:
    desk.apply(GOOD)
    told = desk.apply(GOOD.replace("to = 2030-01-31", "to = 2031-01-31").replace("Zoë Zeta", "Zoë Zweig"))
    assert "people: 1 recorded, 1 closed, 0 unchanged" in told.stdout
    assert "employment: 0 recorded, 0 closed, 1 unchanged" in told.stdout
    assert "grants: 1 recorded, 1 closed, 0 unchanged" in told.stdout


def test_a_row_twice_counts_once(desk: Desk) -> None:
    person = GOOD.partition("[[employment]]")[0]
    told = desk.apply(person + person + GOOD.replace(person, ""))
    assert told.exit_code == 0, told.output
    assert "people: 1 recorded, 0 closed, 0 unchanged" in told.stdout


@pytest.mark.parametrize(("says", "change", "wanted"), [
    ("two rows say different things", ("[[employment]]", OTHER + "[[employment]]"), ["people", "(line 2)"]),
    ("a field is misspelt", ('manager = "mo"', 'manger = "mo"'), [":5", 'Did you mean "manager"?']),
    ("one within a row is misspelt", (", on =", ', capacty = "x", on ='), [":20", 'Did you mean "capacity"?']),
    ("a sheet is misspelt", ("[[people]]", "[[peeple]]"), [":2", 'Did you mean "people"?']),
    ("a reference is misspelt", ('"council"\npost', '"counsil"\npost'), [":9", 'Did you mean "council"?']),
    ("an approver is misspelt", ('by = "mo"', 'by = "moo"'), [":20", 'Did you mean "mo"?']),
    ("a required field is missing", ('name = "Zoë Zeta"\n', ""), [":2", "name", "Add it: what people call them."]),
    ("a field is unknown", ('name = "Zoë Zeta"', 'name = "Zoë"\nnam = "x"'), [":5", "nam"]),
    ("a reference leads nowhere", ('manager = "mo"', 'manager = "nobody"'), [":5", "manager", "nobody"]),
    ("an organisation is unknown", ('"council"\npost', '"moon"\npost'), [":9", "organisation", "moon"]),
    ("a day is none", ("from = 2024-02-29", 'from = "2024-02-30"'), [":11", "from"]),
    ("a moment is no day", ("from = 2024-02-29", "from = 2024-02-29T00:00:00Z"), [":11", "from"]),
    ("an end is no day", ("to = 2030-01-31", "to = 5"), [":19", "to"]),
    ("a number is no text", ('name = "Zoë Zeta"', "name = 5"), [":4", "name"]),
    ("text is blank", ('name = "Zoë Zeta"', 'name = "  "'), [":4", "name"]),
    ("text has a line break", ('name = "Zoë Zeta"', 'name = "a\\nb"'), [":4", "name"]),
    ("a sheet is unknown", ("[[people]]", "[[persons]]"), [":2", "persons"]),
    ("a sheet is a table", ("[[people]]", "[people]"), [":2", "people"]),
    ("an approval has no day", (", on = 2024-02-28", ""), ["approvals", "on"]),
    ("the file is no TOML", ('reference = "zoe"', "reference = zoe"), [":3"]),
    ("a key stands twice", ('reference = "zoe"', 'reference = "zoe"\nreference = "zoe"'), [":4"]),
])  # fmt: skip
def test_an_error_is_named_and_nothing_is_applied(
    desk: Desk, says: str, change: tuple[str, str], wanted: list[str]
) -> None:
    assert change[0] in GOOD
    before, revision = counts(desk), desk.revision
    told = desk.apply(GOOD.replace(*change, 1))
    assert told.exit_code == 1, says
    assert "nothing was applied" in told.stderr
    line = next(line for line in told.stderr.splitlines() if "facts.toml" in line)
    assert all(word in line for word in wanted), (says, line)
    assert told.stdout == ""
    assert (counts(desk), desk.revision) == (before, revision), says


TERMS = '[[agreements]]\nreference = "terms"\nkind = "sharing"\nversion = 1\nsystem = "archive"\nfrom = 2024-01-01\n'
PARTY = '[[parties]]\nagreement = "terms"\nversion = {}\norganisation = "council"\n'


def test_a_party_names_a_version_that_is_there(desk: Desk) -> None:
    told = desk.apply(TERMS + PARTY.format(2))
    assert told.exit_code == 1
    assert "facts.toml:9: parties.1.version: there is no such version of this agreement: 2. Add it to" in told.stderr
    assert desk.apply(TERMS + PARTY.format(1)).exit_code == 0
    assert desk.apply(PARTY.format(1)).exit_code == 0, "what stands is there too"
    assert "parties.1.version: there is no such version" in desk.apply(PARTY.format(3)).stderr


def test_every_error_is_named(desk: Desk) -> None:
    told = desk.apply(GOOD.replace('name = "Zoë Zeta"', "name = 5").replace("from = 2024-02-29", "from = 1"))
    assert [line.partition(": ")[0].rpartition("/")[2] for line in told.stderr.splitlines()[:2]] == [
        "facts.toml:4", "facts.toml:11",
    ]  # fmt: skip


@pytest.mark.parametrize(("content", "wanted"), [
    (None, "cannot be read"), (b"\xff\xfe", "UTF-8"), ("café".encode("latin-1"), "UTF-8"),
])  # fmt: skip
def test_a_file_that_cannot_be_read(desk: Desk, tmp_path: Path, content: bytes | None, wanted: str) -> None:
    file = tmp_path / "odd.toml"
    if content is not None:
        file.write_bytes(content)
    told = desk.run("facts", "apply", str(file))
    assert told.exit_code == 1
    assert wanted in told.stderr


def test_a_byte_order_mark_is_no_matter(desk: Desk) -> None:
    assert desk.apply("\ufeff" + GOOD).exit_code == 0


def test_an_empty_file_applies_nothing(desk: Desk) -> None:
    before = counts(desk)[:-1]
    told = desk.apply("")
    assert told.exit_code == 0
    assert told.stdout.startswith("No facts were given: none has changed.\n")
    assert counts(desk)[:-1] == before


def test_a_folder_or_a_spreadsheet_is_sent_to_the_other_command(quick_desk: Desk, tmp_path: Path) -> None:
    for place, what in ((tmp_path, "a folder"), (tmp_path / "people.csv", "a spreadsheet")):
        told = quick_desk.run("facts", "apply", str(place))
        assert told.exit_code == 2
        assert f"{place} is {what}: folders and spreadsheets come in by postern import {place}" in told.stderr
    told = quick_desk.run("facts", "withdraw", str(tmp_path / "people.xlsx"), "--why", "x")
    assert (told.exit_code, "is a spreadsheet: write its rows as TOML" in told.stderr) == (2, True)


def test_names_are_composed(desk: Desk) -> None:
    """The same name written in two ways is one person."""
    desk.apply('[[people]]\nreference = "zo\u00eb"\nname = "Zo\u00eb"\n')
    told = desk.apply('[[people]]\nreference = "zoe\u0308"\nname = "Zoe\u0308"\n')
    assert "people: 0 recorded, 0 closed, 1 unchanged" in told.stdout


def test_a_new_suspension_stands_at_once(desk: Desk) -> None:
    desk.apply('[[suspensions]]\nperson = "ann"\nwhy = "misuse"\nfrom = 2026-01-01\n')
    told = desk.decide("archive", "--subject", "ann", "--action", "view", "--resource", "file:1", "-c", "case=C")
    assert told.exit_code == 1
    assert "suspended" in told.stdout


@pytest.mark.parametrize(
    ("says", "then", "changed", "reasons"),
    [
        ("a file that has no word of the list lifts no bar", "", 0, ["barred"]),
        ("nor one that says it was not looked at", 'barred_list = "not_checked"\n', 0, ["barred"]),
        ("what else it says is recorded, and the bar stays", 'outcome = "pending"\n', 1, ["barred"]),
        ("the list itself may say otherwise", 'barred_list = "not_barred"\n', 1, []),
    ],
)
def test_only_the_list_lifts_a_bar(quick_desk: Desk, says: str, then: str, changed: int, reasons: list[str]) -> None:
    check = '[[checks]]\nperson = "ann"\nlevel = "enhanced"\nissued = 2020-01-01\n'
    quick_desk.apply(check + 'barred_list = "barred"\n')
    told = quick_desk.apply(check + then)
    assert f"checks: {changed} recorded, {changed} closed, {1 - changed} unchanged" in told.stdout, (says, told.output)
    asked = ("--subject", "ann", "--action", "view", "--resource", "file:1", "-c", "case=C", "--json")
    answer = json.loads(quick_desk.decide("archive", *asked).stdout)
    assert [reason["code"] for reason in answer["context"]["reasons"]] == reasons, says


CONFLICT = '[[conflicts]]\nperson = "mo"\nsystem = "archive"\ntype = "files"\nid = "1"\nrelation = "self"\n'
NO_PACK = "no pack is active for this system: 'archiv'. Until then it opens nothing. Did you mean"
NO_ROLE = "the active pack of archive has no such role: 'raeder'. Until then it opens nothing. Did you mean"
NO_TYPE = "the active pack of archive has no such type: 'files'. Until then it forbids nothing. Did you mean"


@pytest.mark.parametrize(
    ("says", "text", "warning"),
    [
        ("a system", GOOD.replace('"archive"', '"archiv"'), f'{NO_PACK} "archive"?'),
        ("a role", GOOD.replace('"reader"', '"raeder"'), f'{NO_ROLE} "reader"?'),
        ("a type", CONFLICT, f'{NO_TYPE} "file"?'),
    ],
)
def test_names_that_no_pack_has_are_warned_of(quick_desk: Desk, says: str, text: str, warning: str) -> None:
    told = quick_desk.apply(text)
    assert told.exit_code == 0, told.output
    assert warning in told.stderr, (says, told.stderr)
    assert quick_desk.apply(GOOD).stderr.count("Warning") == 0


def test_an_id_that_no_question_can_have_is_warned_of_and_not_shown(quick_desk: Desk) -> None:
    """A conflict with a mistyped id forbids nothing; without a warning everybody would think that it does."""
    text = SYSTEM_TOML.replace("[resource_types.file]", '[resource_types.file]\nid_form = "F-##"')
    quick_desk.installation.activate(PackTexts(text, POLICY, "", ""))
    named = CONFLICT.replace('"files"', '"file"')
    told = quick_desk.apply(named.replace('"1"', '"f-77"') + named.replace('"1"', '"F-777"'))
    assert told.exit_code == 0, told.output
    assert (
        "conflicts.1.id: is not an id of file in archive (2 rows say so). Until then it forbids nothing." in told.stderr
    )
    assert "Its form is F-## (# a digit, @ a capital letter)." in told.stderr
    assert "77" not in told.output
    assert "Warning" not in quick_desk.apply(named.replace('"1"', '"F-77"')).stderr


def test_a_system_without_a_pack_is_warned_of_where_it_is_named(quick_desk: Desk, tmp_path: Path) -> None:
    warning = 'Warning: no pack is active for the system "archiv". Did you mean "archive"?'
    assert warning in quick_desk.run("export", str(tmp_path / "out"), "--system", "archiv").stderr
