"""What is exported is imported as it was: the same answers, reasons and ends of evidence, and the same facts."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import select

from governance.app import Service, make_service
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.questions import read_question
from governance.decisions.rules import Decision
from governance.decisions.trial import blank_databases
from governance.exchange.applying import apply_rows
from governance.exchange.exporting import export_facts
from governance.exchange.importing import apply_import, look_at_import
from governance.exchange.reading import load_rows
from governance.installation import DEMO, WRITTEN_FOR
from governance.kernel.db import Databases
from governance.ports.actor import Actor
from governance.ports.role_rules import SystemRules
from governance.trail.models import TrailEntryBody
from policies import engine
from policies.pack import SHIPPED
from policies.reading import read_packs
from tests.commands import Desk
from tests.decisions import packs
from tests.decisions.worlds import Asked, situations
from tests.exchange.folders import cells
from tests.facts import SETTINGS
from tests.installation import WORLD
from wsgi import AREAS

ACTOR = Actor("test")
NOON = datetime.fromisoformat(f"{WRITTEN_FOR}T12:00:00").replace(tzinfo=UTC)
FEW, MANY = 12, 1000
ODD = {
    "organisations": [{"reference": "=1+1", "name": "+44, \"quoted\"; said", "kind": "charity", "area": "'@x"}],
    "people": [
        {"reference": "zoë", "name": "Zoë 'Zed' O’Neil", "attributes": {
            "floor": 3, "Wide Door": True, "text": "5", "yes": "yes", "day": "2026-03-31", "list": ["a;b", "=c"],
            "plain": ["a", "b"], "none": [], "empty": "", "blank": " x ", "a:number": "text",
            "a.b": "dot", "neg": -5, "danger": "-5", "broken": "#REF!",
        }},
        {"reference": "007", "name": "Bond", "manager": "zoë", "attributes": {"floor": "three"}},
        *({"reference": str(number), "name": f"Number {number}"} for number in range(6)),
    ],
    "employment": [
        {"person": "007", "organisation": "=1+1", "post": "@agent", "from": "0999-01-01", "to": "9999-12-31"},
    ],
    "agreements": [{"reference": "a", "kind": "sharing", "version": 1, "system": "s", "from": "2026-01-01",
                    "purposes": ["care; health", "[x]"], "fields": ["name"]}],
    "grants": [{"person": "zoë", "system": "s", "role": "r", "organisation": "=1+1", "from": "2026-01-01",
                "scope": {"area": "north", "rows": 5},
                "approvals": [{"by": str(number), "capacity": "c", "on": "2026-01-01"} for number in range(6)]}],
    "conflicts": [{"person": "007", "system": "s", "type": "t", "id": "i", "relation": "self"}],
}  # fmt: skip


def service_over(databases: Databases) -> Service:
    return make_service(SETTINGS, AREAS, databases)


@pytest.fixture(scope="module")
def blank() -> Iterator[tuple[Databases, Databases, bytes]]:
    """Two databases in memory, and how an empty one looks."""
    one, other = blank_databases(), blank_databases()
    yield one, other, one.image()
    for databases in (one, other):
        databases.facts.dispose()
        databases.trail.dispose()


def fill(databases: Databases, world: Mapping[str, Any]) -> None:
    """Apply a world's rows."""
    sheets = service_over(databases).sheets
    rows = {}
    for name, listed in world.items():
        loaded, wrong = load_rows(sheets[name], listed)
        assert all("before the first day" in problem for *_, problem in wrong), (
            wrong
        )  # drawn so, and refused everywhere
        refused = {number for number, *_ in wrong}
        rows[name] = [row for number, row in enumerate(loaded) if number not in refused]
    for name, marks in (("parties", ("reference", "version")), ("signatures", ("reference",))):
        known = {tuple(row[mark] for mark in marks) for row in rows.get("agreements", ())}
        named = ("agreement", "version")[: len(marks)]
        rows[name] = [row for row in rows.get(name, ()) if tuple(row[mark] for mark in named) in known]
    apply_rows(databases, sheets, rows, actor=ACTOR, now=NOON, where="test")


def carry(one: Databases, other: Databases, folder: Path, system: str = "") -> Mapping[str, int]:
    """Export one and import it into the other."""
    shutil.rmtree(folder, ignore_errors=True)
    sheets = service_over(one).sheets
    exported = export_facts(one, sheets, folder, actor=ACTOR, now=NOON, system=system)
    bring(other, folder)
    return exported.counts


def bring(databases: Databases, folder: Path) -> None:
    """Import a folder."""
    told: dict[str, Any] = {"now": NOON, "leavers": False}
    sheets = service_over(databases).sheets
    looked = look_at_import(
        databases, sheets, folder, **told, words_at=lambda _session, _at: {}, reading=lambda _name, _count: None
    )
    assert [str(one) for one in looked.findings if one.severity == "error"] == []
    apply_import(databases, sheets, looked, actor=ACTOR, **told)


def references(sheet: str) -> list[str]:
    """The references that a sheet of the demonstration introduces."""
    with (DEMO / f"{sheet}.csv").open(encoding="utf-8-sig", newline="") as handle:
        return [row["reference"] for row in csv.DictReader(handle)]


def texts(folder: Path) -> dict[str, list[list[str]]]:
    return {file.name: cells(file.read_text("utf-8-sig")) for file in sorted(folder.iterdir())}


def engine_over(databases: Databases, rules: Mapping[str, SystemRules]) -> Engine:
    service = service_over(databases)
    memory = Memory(databases, service.parts.sources, databases.freshness.current())
    return Engine(memory, service.requirements, rules)


def answers(databases: Databases, asked: list[tuple[SystemRules, Mapping[str, Any], datetime]]) -> list[Any]:
    """Every answer with its reasons, what shows them, and until when it holds; rows' own numbers are left out."""
    rules = {one.system: one for one, _, _ in asked}
    judge = engine_over(databases, rules)
    return [compared(judge.decide(one, read_question(deepcopy(dict(body)), one), now)) for one, body, now in asked]


def compared(decision: Decision) -> Any:
    objections = [
        (one.code, one.requirement, one.detail, one.evidence and (one.evidence.type, one.evidence.until))
        for one in decision.objections
    ]
    shown = [(kind, until) for kind, _, until in orjson.loads(b"[" + b",".join(decision.evidence) + b"]")]
    obligations = [one.type for one in decision.obligations]
    return decision.allowed, decision.codes, objections, shown, decision.until, obligations


def test_the_demonstration_answers_the_same(blank: tuple[Databases, Databases, bytes], tmp_path: Path) -> None:
    one, other, image = blank
    one.restore(image)
    other.restore(image)
    service = service_over(one)
    bring(one, DEMO)
    carry(one, other, tmp_path / "out")
    rules = {name: engine.build(pack) for name, pack in read_packs(SHIPPED, service.requirements).items()}
    asked = []
    schools = [name for name in references("organisations") if "school" in name or "primary" in name][:8]
    for person in references("people"):
        who = {"subject": {"type": "user", "id": person}, "action": {"name": "view"}}
        case = {"context": {"case": "EH-20418"}}
        resources = [{"type": "child-record", "id": record} for record in ("LCS-100234", "LCS-100777")]
        asked += [(rules["coventry-lcs"], {**who, **case, "resource": resource}, NOON) for resource in resources]
        for place in schools:
            properties = {"school": place, "case_open": True, "number_available": True, "caution": []}
            resource = {"type": "databook-record", "id": "DCC-204117", "properties": properties}
            asked.append((rules["derbyshire-databook"], {**who, "resource": resource}, NOON))
    before = answers(one, asked)
    assert answers(other, asked) == before
    assert len({answer[0] for answer in before}) == 2
    shutil.copytree(tmp_path / "out", tmp_path / "first")
    export_facts(other, service.sheets, tmp_path / "again", actor=ACTOR, now=NOON)
    assert texts(tmp_path / "again") == texts(tmp_path / "first")


def test_odd_values_come_back_as_they_were(blank: tuple[Databases, Databases, bytes], tmp_path: Path) -> None:
    one, other, image = blank
    one.restore(image)
    other.restore(image)
    fill(one, ODD)
    carry(one, other, tmp_path / "out")
    sheets = service_over(one).sheets
    for name in ODD:
        model = sheets[name].model
        kept = [column for column in model.__table__.columns if column.name not in ("digest", "salt")]
        with one.reading() as session, other.reading() as beside:
            assert [*session.execute(select(*kept))] == [*beside.execute(select(*kept))], name
    for rows in texts(tmp_path / "out").values():
        for cell in (cell for row in rows[1:] for cell in row):
            assert cell[:1] not in "=+@\t\r" or not cell, cell


def same_answers(blank: tuple[Databases, Databases, bytes], folder: Path, asked: Asked) -> None:
    one, other, image = blank
    one.restore(image)
    other.restore(image)
    fill(one, asked.world)
    carry(one, other, folder)
    questions = [(packs.rules(system), body, now) for now in asked.moments for system, body in asked.questions]
    assert answers(other, questions) == answers(one, questions)


def random_populations(blank: tuple[Databases, Databases, bytes], folder: Path, count: int) -> None:
    @settings(
        max_examples=count, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(situations())
    def check(asked: Asked) -> None:
        same_answers(blank, folder, asked)

    check()


def test_random_populations_answer_the_same(blank: tuple[Databases, Databases, bytes], tmp_path: Path) -> None:
    random_populations(blank, tmp_path / "out", FEW)


@pytest.mark.soak
def test_many_random_populations_answer_the_same(blank: tuple[Databases, Databases, bytes], tmp_path: Path) -> None:
    random_populations(blank, tmp_path / "out", MANY)


def test_a_fact_less_in_the_folder_is_caught(blank: tuple[Databases, Databases, bytes], tmp_path: Path) -> None:
    """The comparison bites: an import that loses a grant answers otherwise."""
    one, other, image = blank
    one.restore(image)
    other.restore(image)
    fill(one, WORLD)
    fill(other, {**WORLD, "grants": []})
    question = {"subject": {"type": "user", "id": "ann"}, "action": {"name": "view"},
                "resource": {"type": "record", "id": "R-01"}, "context": {}}  # fmt: skip
    asked = [(packs.rules("alpha"), question, NOON)]
    assert answers(one, asked) == answers(other, asked), "nobody has a grant in this system"
    grant = {**WORLD["grants"][0], "system": "alpha", "role": "reader"}
    fill(one, {"grants": [grant]})
    assert answers(one, asked) != answers(other, asked)


def test_one_system_alone(blank: tuple[Databases, Databases, bytes], tmp_path: Path) -> None:
    one, other, image = blank
    one.restore(image)
    other.restore(image)
    bring(one, DEMO)
    counts = carry(one, other, tmp_path / "out", system="coventry-lcs")
    with (tmp_path / "out" / "grants.csv").open(encoding="utf-8-sig", newline="") as handle:
        grants = list(csv.DictReader(handle))
    assert {row["system"] for row in grants} == {"coventry-lcs"}
    people = {row[0] for row in texts(tmp_path / "out")["people.csv"][1:]}
    assert {row["person"] for row in grants} <= people
    assert "ruth.adeyemi" in people, "a manager's manager is needed too"
    assert "gail.robson" not in people
    assert 0 < counts["people"] < len(references("people")) / 2
    assert "fenny-hollow-primary" not in {row[0] for row in texts(tmp_path / "out")["organisations.csv"]}


def test_the_command(desk: Desk, tmp_path: Path) -> None:
    told = desk.run("export", str(tmp_path / "out"))
    assert told.exit_code == 0, told.output
    assert "people: 2" in told.stdout.splitlines()
    file = tmp_path / "out" / "people.csv"
    assert file.read_bytes().startswith(b"\xef\xbb\xbfreference,name,manager\r\n")
    assert file.stat().st_mode & 0o077 == (tmp_path / "out").stat().st_mode & 0o077 == 0
    assert desk.run("export", str(tmp_path / "out")).exit_code == 2
    again = desk.run("import", str(tmp_path / "out"))
    assert "All of it stood already: no fact has changed." in again.stdout.splitlines()
    with desk.installation.databases.reading() as session:
        bodies = [orjson.loads(body) for body in session.scalars(select(TrailEntryBody.body)) if body]
    assert any(body.get("system") == "" and body["counts"]["people"] == 2 for body in bodies if "counts" in body)


def test_keys_and_secrets_stay(quick_desk: Desk, tmp_path: Path) -> None:
    quick_desk.run("export", str(tmp_path / "out"))
    said = b"".join(file.read_bytes() for file in (tmp_path / "out").iterdir())
    assert quick_desk.installation.key.encode() not in said
    assert b"11" * 16 not in said
    assert not (tmp_path / "out" / "client_key.csv").exists()


def test_a_conflict_is_imported_by_its_hash_only_where_the_key_is(quick_desk: Desk, tmp_path: Path) -> None:
    quick_desk.apply('[[conflicts]]\nperson = "ann"\nsystem = "archive"\ntype = "file"\nid = "1"\nrelation = "self"\n')
    quick_desk.run("export", str(tmp_path / "out"))
    asked = ("--subject", "ann", "--action", "view", "--resource", "file:1", "-c", "case=C")
    assert "conflict_of_interest" in quick_desk.decide("archive", *asked).stdout
    file = tmp_path / "out" / "conflicts.csv"
    header, row = cells(file.read_text("utf-8-sig"))
    named = dict(zip(header, row, strict=True))
    assert (named["system"], named["id"]) == ("", "")
    assert named["record_key"] == SETTINGS.record_keys.current
    file.write_text(file.read_text("utf-8-sig").replace(named["record_key"], "0" * 16))
    told = quick_desk.run("import", str(tmp_path / "out"))
    assert told.exit_code == 1
    assert "column record_key: names a record key that this installation does not have" in told.stderr
