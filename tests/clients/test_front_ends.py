"""`postern front-ends` and `postern tokens`: what they print, what they keep, what they refuse."""

from __future__ import annotations

import pytest

from governance.clients.rules import is_address
from governance.clients.store import list_front_ends
from governance.kernel import clock
from governance.web.signing import new_keys
from tests.commands import Desk
from tests.installation import SYSTEM
from tokens.issuing.keys import read_keys, rotated

ADD = ("front-ends", "add", "Look-up", "--system", SYSTEM, "--redirect-uri", "https://l.example/back")


def told(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.split())


def test_a_secret_is_printed_once_changed_and_never_kept(desk: Desk) -> None:
    made = told(desk.run(*ADD).stdout)
    assert len(made["client_secret"]) >= 22, "128 bits at least"
    again = told(desk.run("front-ends", "rotate-secret", made["client_id"]).stdout)
    assert again["client_id"] == made["client_id"]
    with desk.installation.databases.reading() as session:
        (found,) = list_front_ends(session, desk.revision)
    assert (found.is_opened_by(again["client_secret"]), found.is_opened_by(made["client_secret"])) == (True, False)
    listed = desk.run("front-ends", "list").stdout
    assert (made["client_id"] in listed, again["client_secret"] in listed) == (True, False)
    assert desk.run("front-ends", "revoke", made["client_id"], "--why", "retired").exit_code == 0
    assert made["client_id"] not in desk.run("front-ends", "list").stdout
    assert desk.run("front-ends", "revoke", made["client_id"], "--why", "retired").exit_code == 1


def test_a_public_one_has_no_secret(desk: Desk) -> None:
    made = told(desk.run(*ADD, "--public").stdout)
    assert made.keys() == {"client_id"}
    assert desk.run("front-ends", "rotate-secret", made["client_id"]).exit_code == 1


@pytest.mark.parametrize(("uri", "good"), [
    ("https://l.example/back", True),
    ("https://l.example:8443/back?x=1", True),
    ("http://127.0.0.1:5000/back", True),
    ("http://localhost/back", True),
    ("http://[::1]:5000/back", True),
    ("http://l.example/back", False),
    ("http://127.0.0.1.evil.example/back", False),
    ("https://l.example/back#part", False),
    ("https://user@l.example/back", False),
    ("https://*.example/back", False),
    ("https:///back", False),
    ("https://l.example:x/back", False),
    ("//l.example/back", False),
    ("javascript:alert(1)", False),
    ("https://l.example/b ck", False),
    ("https://l.example/b\\ck", False),
    ("", False),
])  # fmt: skip
def test_where_people_may_be_returned_to(uri: str, *, good: bool) -> None:
    assert is_address(uri) is good


def test_a_bad_address_registers_nobody(desk: Desk) -> None:
    assert desk.run(*ADD, "--post-logout-uri", "http://l.example").exit_code == 1
    assert desk.run("front-ends", "list").stdout == ""


@pytest.mark.parametrize(("name", "system"), [("a\nb", SYSTEM), ("x" * 201, SYSTEM), ("x", ""), ("x", "\x1b")])
def test_a_bad_name_registers_nobody(quick_desk: Desk, name: str, system: str) -> None:
    words = ("--system", system, "--redirect-uri", "https://l.example/back")
    assert quick_desk.run("front-ends", "add", name, *words).exit_code == 1
    assert quick_desk.run("front-ends", "list").stdout == ""


def test_a_revoked_front_end_is_told_why(quick_desk: Desk) -> None:
    client = told(quick_desk.run(*ADD).stdout)["client_id"]
    assert quick_desk.run("front-ends", "revoke", client, "--why", "").exit_code == 1
    assert client in quick_desk.run("front-ends", "list").stdout


def test_one_key_alone_may_stand_in_the_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("keys") / "signing-keys.json"
    file.write_text(new_keys())
    keys = rotated(read_keys(file), clock.now(), at_once=False)
    assert len(keys) == 2
    assert len(rotated(keys, clock.now(), at_once=True)) == 1
