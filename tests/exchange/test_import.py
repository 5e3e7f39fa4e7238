"""`postern import`: a folder comes in whole, twice is once, a dry run writes nothing, leavers are told and ended."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from sqlalchemy import Engine, event, select

from governance.exchange import applying
from governance.grants.models import Grant
from governance.kernel import clock
from governance.people.models import Employment, PersonDetails
from governance.trail.models import TrailEntry, TrailEntryBody
from tests.commands import Desk
from tests.exchange.folders import EMPLOYMENT, GOOD, GRANTS, PEOPLE, cells, workbook, written

TABLES = (PersonDetails, Employment, Grant, TrailEntry)
ANN = "ann,council,archivist,no,2020-01-01,\n"


def counts(desk: Desk) -> list[int]:
    return [desk.count(table) for table in TABLES]


def may_read(desk: Desk, person: str) -> bool:
    asked = ("--subject", person, "--action", "view", "--resource", "file:1", "-c", "case=C")
    return desk.decide("archive", *asked).exit_code == 0


def entries(desk: Desk) -> list[dict[str, Any]]:
    """The particulars of every import on the trail."""
    with desk.installation.databases.reading() as session:
        found = session.execute(
            select(TrailEntryBody.body).join(TrailEntry).where(TrailEntry.action == "facts.imported")
        )
        return [orjson.loads(row[0]) for row in found]


def lines(told: Result) -> list[str]:
    return told.stdout.splitlines()


def test_a_folder_is_imported(desk: Desk, tmp_path: Path) -> None:
    before = desk.revision
    told = desk.run("import", str(written(tmp_path / "in")))
    assert told.exit_code == 0, told.output
    assert lines(told) == [
        "No longer listed:",
        "  ann at council",
        "They stay as they are; --leavers ends them.",
        "people: 1 recorded, 0 closed, 0 unchanged",
        "employment: 1 recorded, 0 closed, 0 unchanged",
        "grants: 1 recorded, 0 closed, 0 unchanged",
        f"Facts are at revision {before + 1}.",
    ]
    assert may_read(desk, "zoe")
    assert may_read(desk, "ann")


def test_days_are_moved_as_if_the_day_it_was_written_for_were_today(quick_desk: Desk, tmp_path: Path) -> None:
    today = clock.london_day(clock.now())
    told = quick_desk.run("import", str(written(tmp_path / "in")), "--written-for", "2024-03-01")
    assert told.exit_code == 0, told.output
    by = today - date(2024, 3, 1)
    with quick_desk.installation.databases.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.role == "reader").order_by(Grant.id.desc())).first()
    assert grant
    assert (grant.starts_on, grant.ends_on) == (today, date(2030, 1, 31) + by)
    assert [one["on"] for one in grant.approvals] == [(date(2024, 2, 28) + by).isoformat()]


def test_the_same_folder_again_changes_nothing_and_says_so(desk: Desk, tmp_path: Path) -> None:
    desk.run("import", str(written(tmp_path / "in")))
    before = counts(desk)
    told = desk.run("import", str(workbook(tmp_path / "in.xlsx", {name: cells(text) for name, text in GOOD.items()})))
    assert told.exit_code == 0, told.output
    assert lines(told)[-2:] == [
        "All of it stood already: no fact has changed.",
        f"That it was done is on the trail, as revision {desk.revision}.",
    ]
    assert counts(desk) == [*before[:-1], before[-1] + 1]


def test_one_entry_an_import_tells_the_trail(quick_desk: Desk, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", GOOD | {"README.md": "what this is"})
    quick_desk.run("import", str(folder))
    first = entries(quick_desk)
    assert len(first) == 1
    assert first[0]["files"] == ["employment.csv", "grants.csv", "people.csv"]
    assert first[0]["counts"]["people"] == {"opened": 1, "closed": 0}
    text = "reference;manager;name\r\nzoe;mo;Zoë Zeta\r\n"
    quick_desk.run("import", str(written(folder, {"people": text.encode("cp1252")})))
    assert entries(quick_desk)[1]["digest"] == first[0]["digest"], "the form of a file does not count"
    quick_desk.run("import", str(written(folder, {"people": PEOPLE.replace("Zeta", "Zweig")})))
    assert entries(quick_desk)[2]["digest"] != first[0]["digest"]
    assert len(first[0]["digest"]) == 64


def test_a_dry_run_shows_what_would_change_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    folder = written(tmp_path / "in")
    desk.run("import", str(folder))
    written(folder, {
        "people": PEOPLE.replace("Zeta", "Zweig") + "max,Max,zoe\n",
        "grants": GRANTS.replace("2030-01-31", "").replace("28.2.2024,", "28.2.2024,south"),
    })  # fmt: skip
    before, revision = counts(desk), desk.revision
    told = desk.run("import", "--dry-run", "--leavers", str(folder))
    today = clock.london_day(clock.now()).isoformat()
    assert told.exit_code == 0, told.output
    assert lines(told) == [
        "No longer listed:",
        "  ann at council",
        "Their employment and grants would end today.",
        "people",
        "  + max: name: Max; manager: zoe",
        "  ~ zoe: name: Zoë Zeta → Zoë Zweig",
        "employment",
        f"  ~ ann, council, archivist, 2020-01-01: to: (empty) → {today}",
        "grants",
        "  ~ zoe, archive, reader, council, 2024-03-01: to: 2030-01-31 → (empty); scope.area: (empty) → south",
        f"  ~ ann, archive, reader, council, 2020-01-01: to: (empty) → {today}",
        "people: 1 opened, 1 changed, 0 withdrawn, 0 same",
        "employment: 0 opened, 1 changed, 0 withdrawn, 1 same",
        "grants: 0 opened, 2 changed, 0 withdrawn, 0 same",
        "Nothing was written.",
    ]
    assert (counts(desk), desk.revision) == (before, revision)


def test_leavers_end_today_when_that_is_wanted(desk: Desk, tmp_path: Path) -> None:
    told = desk.run("import", "--leavers", str(written(tmp_path / "in")))
    assert told.exit_code == 0, told.output
    assert "Their employment and grants end today." in lines(told)
    assert may_read(desk, "ann"), "today is their last day"
    today = clock.london_day(clock.now())
    with desk.installation.databases.reading() as session:
        for model in (Employment, Grant):
            ends = session.scalars(select(model.ends_on).where(model.closed_by.is_(None), model.ends_on == today))
            assert len(list(ends)) == 1, model
    tomorrow = (today + timedelta(days=1)).isoformat()
    before = counts(desk)
    again = desk.run("import", "--leavers", str(tmp_path / "in"))
    assert "No longer listed:" not in lines(again)
    assert counts(desk)[:-1] == before[:-1]
    assert tomorrow > today.isoformat()


def test_who_is_listed_or_works_elsewhere_is_no_leaver(quick_desk: Desk, tmp_path: Path) -> None:
    quick_desk.apply('[[organisations]]\nreference = "moon"\nname = "Moon"\nkind = "charity"\n')
    quick_desk.apply('[[employment]]\nperson = "mo"\norganisation = "moon"\npost = "keeper"\nfrom = 2020-01-01\n')
    told = quick_desk.run("import", str(written(tmp_path / "in", {**GOOD, "employment": EMPLOYMENT + ANN})))
    assert told.exit_code == 0, told.output
    assert "No longer listed:" not in lines(told)


def statements(desk: Desk, folder: Path) -> int:
    """How many statements an import runs."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        told = desk.run("import", "--dry-run", str(folder))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert told.exit_code == 0, told.output
    return len(ran)


def test_many_who_stand_already_cost_no_query_each(quick_desk: Desk, tmp_path: Path) -> None:
    took = []
    for many in (10, 60):
        people = "reference,name\n" + "".join(f"p{number},Somebody\n" for number in range(many))
        posts = EMPLOYMENT.splitlines(keepends=True)[0]
        posts += "".join(f"p{number},council,archivist,no,2020-01-01,\n" for number in range(many))
        assert (
            quick_desk.run("import", str(written(tmp_path / "in", {"people": people, "employment": posts}))).exit_code
            == 0
        )
        (tmp_path / "in" / "people.csv").unlink()
        took.append(statements(quick_desk, written(tmp_path / "in", {"employment": posts})))
    assert took[1] - took[0] < 10, took


def test_a_post_that_a_mover_no_longer_has_is_told_and_ends(quick_desk: Desk, tmp_path: Path) -> None:
    """Else a caseworker who went to finance would keep what casework opens."""
    quick_desk.apply('[[employment]]\nperson = "mo"\norganisation = "council"\npost = "clerk"\nfrom = 2020-01-01\n')
    mo = "mo,council,payments,no,2026-10-01,\n"
    folder = written(tmp_path / "in", {**GOOD, "employment": EMPLOYMENT + ANN + mo})
    listed = ["Listed, but no longer in a post that they have there:", "  mo at council"]
    told = quick_desk.run("import", str(folder))
    assert lines(told)[:3] == [*listed, "They stay as they are; --leavers ends them."], told.output
    told = quick_desk.run("import", "--leavers", str(folder))
    assert lines(told)[:3] == [*listed, "These posts end today."], told.output
    with quick_desk.installation.databases.reading() as session:
        found = session.execute(select(Employment.post, Employment.ends_on).where(Employment.closed_by.is_(None)))
        ends = {post: ends_on for post, ends_on in found if post in ("clerk", "payments")}
    assert ends == {"clerk": clock.london_day(clock.now()), "payments": None}
    assert listed[0] not in lines(quick_desk.run("import", "--leavers", str(folder)))


def test_without_a_list_of_employment_nobody_has_left(quick_desk: Desk, tmp_path: Path) -> None:
    told = quick_desk.run("import", "--leavers", str(written(tmp_path / "in", {"people": PEOPLE})))
    assert told.exit_code == 0, told.output
    assert "No longer listed:" not in lines(told)


def test_an_employment_that_has_yet_to_begin_is_withdrawn(quick_desk: Desk, tmp_path: Path) -> None:
    late = "mo,council,chief,no,2999-01-01,\n"
    quick_desk.run(
        "import", str(written(tmp_path / "in", {"employment": EMPLOYMENT.splitlines()[0] + "\n" + ANN + late}))
    )
    told = quick_desk.run(
        "import",
        "--leavers",
        "--dry-run",
        str(written(tmp_path / "in", {"employment": EMPLOYMENT.splitlines()[0] + "\n" + ANN})),
    )
    assert "  - mo, council, chief, 2999-01-01: casework: no" in lines(told)


def test_a_grant_of_a_leaver_in_the_same_folder_is_refused(quick_desk: Desk, tmp_path: Path) -> None:
    grant = GRANTS + "ann,archive,reader,council,2020-01-01,,,,,\n"
    folder = written(tmp_path / "in", {**GOOD, "grants": grant})
    told = quick_desk.run("import", "--leavers", str(folder))
    assert told.exit_code == 1
    assert "grants.csv:3, column person: is held by somebody who is a leaver" in told.stderr
    assert quick_desk.run("import", str(folder)).exit_code == 0, "without --leavers it is theirs to keep"


def test_a_grant_that_no_active_pack_has_is_a_warning(quick_desk: Desk, tmp_path: Path) -> None:
    more = "zoe,archive,writer,council,2024-03-01,,,,,\nzoe,library,reader,council,2024-03-01,,,,,\n"
    told = quick_desk.run("import", str(written(tmp_path / "in", {**GOOD, "grants": GRANTS + more})))
    assert told.exit_code == 0, told.output
    assert (
        "grants.csv:3, column role: warning: the active pack of archive has no such role. "
        "Until then it opens nothing. Write one of: " in told.stderr
    )
    assert "grants.csv:4, column system: warning: no pack is active for this system." in told.stderr


def test_one_error_is_one(quick_desk: Desk, tmp_path: Path) -> None:
    told = quick_desk.run("import", str(written(tmp_path / "in", {"people": "reference,name,too\nzoe,Zoë,x\n"})))
    assert "1 error in 1 file.\n" in told.stderr


@pytest.mark.parametrize(("words", "code"), [
    (["nowhere"], 2), ([], 2), (["--report"], 2), (["--template", "."], 2),
    ([".", "--report", "/nowhere/at/all.csv"], 2),
])  # fmt: skip
def test_a_wrong_command_ends_with_two(quick_desk: Desk, words: list[str], code: int) -> None:
    assert quick_desk.run("import", *words).exit_code == code


def test_the_report_has_every_finding_and_nothing_in_it_is_a_formula(quick_desk: Desk, tmp_path: Path) -> None:
    text = PEOPLE + "=cmd,@SUM(A1)\x07,nobody\n"
    folder, report = written(tmp_path / "in", {"people": text, "employment": "person\n"}), tmp_path / "report.csv"
    told = quick_desk.run("import", str(folder), "--report", str(report))
    assert told.exit_code == 1
    with report.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["file"], row["line"], row["column"], row["value"]) for row in rows] == [
        ("employment.csv", "1", "organisation", ""),
        ("employment.csv", "1", "post", ""),
        ("employment.csv", "1", "from", ""),
        ("people.csv", "3", "name", "'@SUM(A1)\x07"),
        ("people.csv", "3", "manager", "nobody"),
    ]
    assert len(told.stderr.splitlines()) == 1 + 5 + 1 + 1
    assert report.stat().st_mode & 0o077 == 0


def disturb(monkeypatch: pytest.MonkeyPatch, desk: Desk, **facts: Any) -> None:
    """Let somebody else apply facts once an import has begun to write."""
    before = applying.apply_sheet

    def disturbed(*args: Any) -> Any:
        monkeypatch.setattr(applying, "apply_sheet", before)
        desk.installation.apply(**facts)
        return before(*args)

    monkeypatch.setattr(applying, "apply_sheet", disturbed)


def test_a_change_by_somebody_else_meanwhile_refuses_the_whole(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disturb(monkeypatch, desk, people=[{"reference": "zoe", "name": "Other"}])
    told = desk.run("import", str(written(tmp_path / "in")))
    assert told.exit_code == 1
    assert "somebody else" in told.stderr
    assert "nothing was imported" in told.stderr
    assert not may_read(desk, "zoe")


def test_what_stood_already_is_not_said_to_stand_where_somebody_changes_it_meanwhile(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(written(tmp_path / "in"))
    assert desk.run("import", folder).exit_code == 0
    disturb(monkeypatch, desk, people=[{"reference": "zoe", "name": "Other"}])
    told = desk.run("import", folder)
    assert told.exit_code == 1
    assert "somebody else changed facts of kind person after these were looked at" in told.stderr


def test_two_changes_that_are_well_alone_and_not_together_do_not_both_come_in(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each puts one organisation below the other."""
    kind = {"kind": "authority", "status": "active"}
    desk.installation.apply(organisations=[{"reference": one, "name": one, **kind} for one in ("left", "right")])
    disturb(monkeypatch, desk, organisations=[{"reference": "right", "name": "right", "parent": "left", **kind}])
    rows = "reference,name,kind,parent\nleft,left,authority,right\n"
    told = desk.run("import", str(written(tmp_path / "in", {"organisations": rows})))
    assert told.exit_code == 1
    assert "facts of kind organisation" in told.stderr


def test_a_suspension_meanwhile_refuses_nobody(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disturb(monkeypatch, desk, suspensions=[{"person": "ann", "why": "x", "from": "2020-01-01"}])
    assert desk.run("import", str(written(tmp_path / "in"))).exit_code == 0
