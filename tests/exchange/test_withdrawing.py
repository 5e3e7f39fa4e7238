"""`postern facts withdraw`: what should never have been recorded counts no more, and the past is told as it was."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from governance.grants.models import Grant
from governance.kernel import clock
from governance.trail.models import TrailEntryBody
from tests.commands import Desk
from tests.exchange.test_cli import GOOD

ASKED = ("--subject", "zoe", "--action", "view", "--resource", "file:1", "-c", "case=C")
GRANT = "[[grants]]" + GOOD.partition("[[grants]]")[2]
PERSON = GOOD.partition("[[employment]]")[0]


def withdraw(desk: Desk, text: str, why: str = "a slip of the pen") -> Result:
    file = desk.installation.folder / "wrong.toml"
    file.write_text(text, "utf-8")
    return desk.run("facts", "withdraw", str(file), "--why", why)


def told(desk: Desk) -> list[dict[str, Any]]:
    with desk.installation.databases.reading() as session:
        return [body for body in session.scalars(select(TrailEntryBody.body)) if "slip" in str(body)]


def test_a_grant_that_should_never_have_been_counts_no_more(desk: Desk) -> None:
    desk.apply(GOOD)
    assert desk.decide("archive", *ASKED).exit_code == 0
    before, rows, revision = clock.now(), desk.count(Grant), desk.revision
    found = withdraw(desk, GRANT)
    assert (found.exit_code, found.stdout.splitlines()) == (
        0,
        ["grants: 1 withdrawn", f"Facts are at revision {revision + 1}."],
    )
    after = desk.decide("archive", *ASKED)
    assert after.exit_code == 1
    assert "no_grant" in after.stdout, "not even as one that has ended"
    assert desk.count(Grant) == rows, "the row stays"
    assert desk.decide("archive", *ASKED, "--as-of", before.isoformat()).exit_code == 0, "what was known then"
    assert len(told(desk)) == 1
    assert desk.apply(GRANT).exit_code == 0
    assert desk.decide("archive", *ASKED).exit_code == 0, "it can be recorded anew"


def test_the_identity_alone_says_which_fact_is_meant(quick_desk: Desk) -> None:
    quick_desk.apply(GOOD)
    assert withdraw(quick_desk, GRANT.replace("to = 2030-01-31\n", "")).exit_code == 0
    assert quick_desk.decide("archive", *ASKED).exit_code == 1


def test_a_whole_file_is_taken_back(quick_desk: Desk) -> None:
    quick_desk.apply(GOOD)
    found = withdraw(quick_desk, GOOD)
    assert found.stdout.splitlines()[:-1] == ["people: 1 withdrawn", "employment: 1 withdrawn", "grants: 1 withdrawn"]
    assert "unknown_subject" in quick_desk.decide("archive", *ASKED).stdout


@pytest.mark.parametrize(
    ("says", "text", "wanted"),
    [
        ("no such fact", GRANT.replace("2024-03-01", "2024-03-02"), "wrong.toml:1: grants.1: no such fact stands."),
        ("an unknown person", GRANT.replace("zoe", "zoo"), "there is no person with this reference"),
        ("a person whom others name", PERSON, "other facts still name it: employment, grants. Withdraw those too"),
        ("one of two is wrong", GRANT + GRANT.replace("2024-03-01", "2024-03-02"), "no such fact stands"),
        ("the row is faulty", GRANT.replace('role = "reader"\n', ""), "role"),
    ],
)
def test_all_or_nothing(quick_desk: Desk, says: str, text: str, wanted: str) -> None:
    quick_desk.apply(GOOD)
    revision = quick_desk.revision
    found = withdraw(quick_desk, text)
    assert (found.exit_code, found.stdout) == (1, ""), says
    assert wanted in found.stderr, (says, found.stderr)
    assert "nothing was withdrawn" in found.stderr
    assert quick_desk.revision == revision
    assert quick_desk.decide("archive", *ASKED).exit_code == 0


def test_without_a_reason_nothing_is_withdrawn(quick_desk: Desk) -> None:
    quick_desk.apply(GOOD)
    found = withdraw(quick_desk, GRANT, why=" ")
    assert found.exit_code == 1
    assert "say why" in found.stderr


def test_who_approved_stays_while_the_grant_does(quick_desk: Desk) -> None:
    approved = GOOD.replace('by = "mo"', 'by = "eve"') + '[[people]]\nreference = "eve"\nname = "Eve"\n'
    assert quick_desk.apply(approved).exit_code == 0
    eve = '[[people]]\nreference = "eve"\nname = "Eve"\n'
    found = withdraw(quick_desk, eve)
    assert found.exit_code == 1
    assert "other facts still name it: grants. Withdraw those too" in found.stderr
    grant = "[[grants]]" + approved.partition("[[grants]]")[2]
    assert withdraw(quick_desk, grant).exit_code == 0
