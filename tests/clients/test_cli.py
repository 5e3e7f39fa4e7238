"""`postern keys`, `suspend` and `lift`: what they print, how they end, what they change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.clients.rules import opens, split_key
from governance.clients.store import list_keys
from governance.kernel import clock
from governance.trail.models import TrailEntry
from tests.commands import Desk
from tests.installation import SYSTEM

ASKED = (SYSTEM, "--subject", "ann", "--action", "view", "--resource", "file:F-1", "-c", "case=C-1")


def test_a_key_is_printed_once_and_never_kept(desk: Desk) -> None:
    told = desk.run("keys", "add", "Look-up", "--system", SYSTEM, "--scope", "reasons:full")
    assert told.exit_code == 0
    key = told.stdout.strip()
    prefix, secret = split_key(key) or ("", "")
    assert len(secret) >= 22, "128 bits at least"
    with desk.installation.databases.reading() as session:
        (found,) = list_keys(session, desk.revision, [prefix])
    assert (found.name, found.systems, found.scopes) == ("Look-up", {SYSTEM}, {"reasons:full"})
    assert opens(found, secret, clock.now())
    listed = desk.run("keys", "list").stdout
    assert prefix in listed
    assert "Look-up" in listed
    assert secret not in listed


def test_a_key_is_good_through_its_last_day(desk: Desk) -> None:
    today = clock.london_day(clock.now())
    key = desk.run("keys", "add", "x", "--system", SYSTEM, "--until", today.isoformat()).stdout.strip()
    decisions = desk.installation.service.decisions
    decisions.catch_up()
    good = decisions.key(key, clock.now())
    assert good is not None
    assert good.ends_at == clock.day_end(today)
    assert decisions.key(key, clock.day_end(today)) is None
    assert clock.iso(clock.day_end(today)) in desk.run("keys", "list").stdout


def test_a_revoked_key_is_gone(desk: Desk) -> None:
    key = desk.run("keys", "add", "x", "--system", SYSTEM).stdout.strip()
    decisions, prefix = desk.installation.service.decisions, key.split("_")[1]
    decisions.catch_up()
    assert decisions.key(key, clock.now()) is not None
    assert desk.run("keys", "revoke", prefix, "--why", "lost").exit_code == 0
    decisions.catch_up()
    assert decisions.key(key, clock.now()) is None
    again = desk.run("keys", "revoke", prefix, "--why", "lost")
    assert again.exit_code == 1
    assert prefix in again.stderr
    assert prefix not in desk.run("keys", "list").stdout


def test_a_keys_name_does_not_revoke_it(quick_desk: Desk) -> None:
    prefix = quick_desk.run("keys", "add", "look-up", "--system", SYSTEM).stdout.split("_")[1]
    told = quick_desk.run("keys", "revoke", "look-up", "--why", "lost")
    assert told.exit_code == 1
    assert told.stderr.endswith("Give the key's prefix; postern keys list shows it\n")
    assert prefix in quick_desk.run("keys", "list").stdout
    assert "Give the key's" not in quick_desk.run("keys", "revoke", "NOBODY", "--why", "lost").stderr


NO_PACK = 'no pack is active for the system "archiv". Did you mean "archive"?'
BACK = ("--redirect-uri", "https://l.example/back")


@pytest.mark.parametrize("words", [("keys", "add", "x"), ("front-ends", "add", "x", *BACK)])
def test_a_system_without_a_pack_is_refused_unless_it_comes_later(quick_desk: Desk, words: tuple[str, ...]) -> None:
    before = quick_desk.revision
    told = quick_desk.run(*words, "--system", SYSTEM, "--system", "archiv")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == f"Error: {NO_PACK}\nWhere a pack comes later, add --ahead.\n"
    assert quick_desk.revision == before
    ahead = quick_desk.run(*words, "--system", "archiv", "--ahead")
    assert (ahead.exit_code, ahead.stderr) == (0, f"Warning: {NO_PACK}\n")
    assert quick_desk.run(*words, "--system", SYSTEM).stderr == ""


@pytest.mark.parametrize("words", [
    ("suspend", "anne", "--why", "x"), ("lift", "anne", "--why", "x"), ("authenticators", "list", "anne"),
    ("sign-in", "sessions", "anne"), ("people", "close-account", "anne", "--why", "x"),
])  # fmt: skip
def test_whom_a_mistyped_reference_may_have_meant(quick_desk: Desk, words: tuple[str, ...]) -> None:
    told = quick_desk.run(*words)
    assert (told.exit_code, told.stderr) == (1, 'Error: nobody has the reference anne. Did you mean "ann"?\n')
    strange = quick_desk.run(*[word.replace("anne", "xyzzy") for word in words])
    assert strange.stderr == "Error: nobody has the reference xyzzy\n"


@pytest.mark.parametrize("written", ["31/03/2027", "tomorrow", "2027-02-30", "20270331", "2027-W13-3"])
def test_a_last_day_that_is_none(quick_desk: Desk, written: str) -> None:
    told = quick_desk.run("keys", "add", "x", "--system", SYSTEM, "--until", written)
    assert told.exit_code == 2
    assert f"{written!r} is no day. Write one such as 2027-03-31." in told.stderr
    assert "%Y" not in told.stderr


@pytest.mark.parametrize(("words", "code"), [
    (("keys", "add", "x"), 2),
    (("keys", "add", " ", "--system", SYSTEM), 1),
    (("keys", "add", "x", "--system", SYSTEM, "--scope", "everything"), 2),
    (("keys", "add", "x", "--system", SYSTEM, "--until", "tomorrow"), 2),
    *((("keys", "add", "x", "--system", system), 1) for system in ("", " ", "a\nb", "x" * 201)),
    *((("keys", "add", name, "--system", SYSTEM), 1) for name in ("a\nb", "\x1b[2J", "a\u202eb", "x" * 201)),
    (("keys", "add", "x", "--system", SYSTEM, "--until", "2026-01-01"), 1),
    (("keys", "revoke", "NOBODY"), 2),
    (("keys", "revoke", "NOBODY", "--why", " "), 1),
    (("suspend", "ann"), 2),
    (("suspend", "ann", "--why", "  "), 1),
    (("suspend", "nobody", "--why", "x"), 1),
    (("lift", "ann", "--why", "x"), 1),
    (("lift", "nobody", "--why", "x"), 1),
])  # fmt: skip
def test_what_is_refused_changes_nothing(desk: Desk, words: tuple[str, ...], code: int) -> None:
    before = (desk.revision, desk.count(TrailEntry))
    told = desk.run(*words)
    assert told.exit_code == code
    assert told.stderr
    assert (desk.revision, desk.count(TrailEntry)) == before


def test_a_revocation_says_why(desk: Desk) -> None:
    prefix = desk.run("keys", "add", "x" * 200, "--system", SYSTEM).stdout.split("_")[1]
    told = desk.run("keys", "revoke", prefix, "--why", " ")
    assert (told.exit_code, told.stderr) == (1, "Error: say why: the reason goes on the trail\n")
    assert prefix in desk.run("keys", "list").stdout


def test_bytes_that_are_no_text_are_named_and_nothing_is_done(quick_desk: Desk) -> None:
    """A terminal of another encoding: whoever is in a hurry is told at once what to write anew."""
    told = quick_desk.run("suspend", "ann", "--why", "l\udcffst laptop")
    assert told.exit_code == 2
    assert 'Error: "l\\xffst laptop" is not text in UTF-8, so nothing was done. Write it anew.' in told.stderr
    assert quick_desk.decide(*ASKED).exit_code == 0


def test_a_suspension_and_its_end(desk: Desk) -> None:
    before = desk.count(TrailEntry)
    assert desk.decide(*ASKED).exit_code == 0
    assert desk.run("suspend", "ann", "--why", "misuse").stdout == "ann is suspended.\n"
    assert desk.decide(*ASKED).exit_code == 1
    again = desk.run("suspend", "ann", "--why", "misuse")
    assert again.exit_code == 1
    assert "suspended already" in again.stderr
    assert desk.run("lift", "ann", "--why", "cleared").exit_code == 0
    assert desk.decide(*ASKED).exit_code == 0
    assert desk.count(TrailEntry) == before + 2


def test_a_suspension_to_come_does_not_stand_in_the_way_of_one_now(desk: Desk) -> None:
    later = clock.london_day(clock.now()) + timedelta(days=30)
    desk.apply(f'[[suspensions]]\nperson = "ann"\nwhy = "leaves"\nfrom = {later.isoformat()}\n')
    assert desk.decide(*ASKED).exit_code == 0
    assert desk.run("suspend", "ann", "--why", "misuse").exit_code == 0
    assert desk.decide(*ASKED).exit_code == 1
    assert desk.run("lift", "ann", "--why", "both were wrong").exit_code == 0
    assert desk.decide(*ASKED).exit_code == 0
