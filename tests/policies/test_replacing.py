"""Whoever activates a pack is told what it takes the place of, and which grants mean nothing now."""

from pathlib import Path

from policies.pack import PackTexts
from tests.commands import Desk
from tests.installation import POLICY, SYSTEM_TOML
from tests.policies.conftest import put, write

OTHER = put(SYSTEM_TOML, 'name = "Archive"', 'name = "Trips"')
RENAMED = SYSTEM_TOML.replace("roles.reader", "roles.visitor")


def activate(desk: Desk, folder: Path, system: str, policy: str = POLICY) -> list[str]:
    cases = (
        'now = 2026-06-01T09:00:00Z\n[[cases]]\nid = "1"\nsays = "nobody is known"\n[cases.question]\n'
        'subject = { type = "user", id = "x" }\naction = { name = "view" }\nresource = { type = "file", id = "1" }\n'
        '[cases.expect]\ndecision = false\nreasons = ["unknown_subject"]\n'
    )
    told = desk.run("packs", "activate", str(write(PackTexts(system, policy, cases, "Tests"), folder)))
    assert told.exit_code == 0, told.output
    return told.stderr.splitlines()


def test_another_name_is_told(quick_desk: Desk, tmp_path: Path) -> None:
    assert activate(quick_desk, tmp_path / "trips", OTHER) == [
        'Note: archive: "Trips" of Tests takes the place of "Archive" of Tests. '
        "A pack of another system needs an id of its own."
    ]
    assert activate(quick_desk, tmp_path / "trips", OTHER + "\n# as it was\n") == []


def test_grants_of_a_role_that_goes_are_counted(quick_desk: Desk, tmp_path: Path) -> None:
    policy = POLICY.replace("reader", "visitor")
    assert activate(quick_desk, tmp_path / "archive", RENAMED, policy) == [
        "Note: archive: role reader is no longer there: 1 grant of it gives nothing now."
    ]
    assert activate(quick_desk, tmp_path / "archive", SYSTEM_TOML) == [], "nobody holds the other"


def test_grants_that_have_ended_do_not_count(quick_desk: Desk, tmp_path: Path) -> None:
    quick_desk.apply(
        '[[grants]]\nperson = "ann"\nsystem = "archive"\nrole = "reader"\norganisation = "council"\n'
        "from = 2020-01-01\nto = 2021-01-01\n"
    )
    assert activate(quick_desk, tmp_path / "archive", RENAMED, POLICY.replace("reader", "visitor")) == []
