"""The demonstration's people are answered as its page says, on the day that its folder was written for."""

import csv
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

import wsgi
from examples.demo import make_demo, schools
from examples.demo.drawing import Drawn, Rows
from governance.app import make_service
from governance.decisions.cli import pairs
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.questions import read_question
from governance.exchange.importing import apply_import, look_at_import
from governance.exchange.strangers import Words
from governance.installation import DEMO, WRITTEN_FOR
from governance.kernel.db import Databases, migrate
from governance.kernel.settings import RecordKeys, Settings
from governance.ports.actor import Actor
from governance.ports.role_rules import SystemRules
from policies import engine
from policies.pack import SHIPPED
from policies.reading import read_packs
from tests.architecture.source import ROOT
from tests.services import sqlite_in

NOON = datetime.fromisoformat(f"{WRITTEN_FOR}T12:00:00").replace(tzinfo=UTC)
SAID = (ROOT / "examples" / "demo" / "README.md").read_text("utf-8")
CURE = "examples/demo/facts is stale: run .venv/bin/python -m examples.demo.make_demo"
Question = dict[str, Any]


class Told(NamedTuple):
    """A row of a table on the page: who asks what, and what the page says of the answer."""

    person: str
    system: str
    question: Question
    answer: list[str]


def question_of(command: str) -> tuple[str, Question]:
    """What a `postern decide` command asks, of whom it names."""
    words = shlex.split(command.replace("\\\n", " "))
    named = dict(zip(words[3::2], words[4::2], strict=True))
    given = {
        option: pairs(tuple(words[at + 1] for at, word in enumerate(words) if word == option))
        for option in ("-p", "-c")
    }
    kind, _, name = named["--resource"].partition(":")
    question = {
        "subject": {"type": "user", "id": named["--subject"]},
        "action": {"name": named["--action"]},
        "resource": {"type": kind, "id": name, "properties": given["-p"]},
        "context": given["-c"],
    }
    return words[2], question


def tables() -> list[Told]:
    """Every row of every table below a command; a column beside person, state and answer is a property."""
    told = []
    for section in SAID.split("\n## ")[1:]:
        command = re.search(r"```sh\n(postern decide .*?)```", section, re.DOTALL)
        if command is None:
            continue
        system, question = question_of(command[1])
        header, _, *rows = re.findall(r"^\| .* \|$|^\|[-|]+\|$", section, re.MULTILINE)
        columns = [cell.strip().lower() for cell in header.strip("|").split("|")]
        for row in rows:
            cells = dict(
                zip(columns, (cell.strip().replace("`", "") for cell in row.strip("|").split("|")), strict=True)
            )
            more = {name: cell for name, cell in cells.items() if name not in {"person", "state", "answer"}}
            resource = {**question["resource"], "properties": {**question["resource"]["properties"], **more}}
            asked = {**question, "subject": {"type": "user", "id": cells["person"]}, "resource": resource}
            told.append(Told(cells["person"], system, asked, cells["answer"].split()))
    return told


TOLD = tables()
STATES = {
    state: (int(count), answer.replace("`", "").split())
    for state, count, answer in re.findall(r"^\| ([^|`]+) \| (\d+) \| ([^|]+) \|$", SAID, re.MULTILINE)
}
WORDS = {
    "personal advisers": "lccis --subject x --action look-up --resource young-person:LCCIS-204117 -p age=16 -c acr=mfa",
    "MI staff": "lccis --subject x --action run --resource tracking-query:1 -c acr=mfa",
    "borough officers": "lccis --subject x --action run --resource report:neet-comparison -c acr=mfa",
    "school staff": "derbyshire-databook --subject x --action view --resource databook-record:DCC-204117"
    " -p school={organisation} -p case_open=true -p number_available=true -p caution=[]",
    "early help": "coventry-lcs --subject x --action view --resource child-record:LCS-100234 -c case=EH-20418",
    "coventry-mash": "coventry-lcs --subject x --action view --resource workspace:MASH",
    "coventry-lado": "coventry-lcs --subject x --action view --resource workspace:LADO",
    "coventry-post-adoption": "coventry-lcs --subject x --action view --resource adoption-record:LCS-100234"
    " -p stage=post-adoption",
    "Coventry's social workers": "contactpoint --subject x --action look-up --resource child-entry:CP-00204117"
    " -p shielded=false -c acr=mfa -c reason=plan",
    "Derbyshire's social workers": "ics --subject x --action view --resource child-record:ICS-204117"
    " -p la={organisation} -p status=child-in-need",
    "family help": "family-help --subject x --action view --resource case-record:FH-204118"
    " -p team={organisation} -p restricted=false -c purpose=family-help -c acr=mfa",
    "family help's partners": "family-help --subject x --action view --resource case-record:FH-204118"
    " -p team=any -p workers='[\"{person}\"]' -p restricted=false -c purpose=family-help -c acr=mfa",
    "Phase 1": "derbyshire-frameworki --subject x --action view --resource case-record:FWI-310277"
    " -c device=managed -c acr=mfa -c days_since_connected=2",
}
WORDS |= {"charities": WORDS["Coventry's social workers"], "heads": WORDS["school staff"]}
"""What each kind of work asks."""


class World(NamedTuple):
    engine: Engine
    rules: Mapping[str, SystemRules]
    written: Rows
    drawn: list[Drawn]
    rows: Rows

    def codes(self, system: str, body: Question) -> list[str]:
        rules = self.rules[system]
        decision = self.engine.decide(rules, read_question(body, rules), NOON)
        return list(decision.codes) if not decision.allowed else ["permit"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    files = sqlite_in(tmp_path_factory.mktemp("demo"))
    databases = Databases.open(files.facts_url, files.trail_url)
    migrate(databases)
    settings = Settings("", "", "", RecordKeys.parse("k1:" + "0" * 32), "INFO", 0.5, 1, 1)
    service = make_service(settings, wsgi.AREAS, databases)
    rules = {name: engine.build(pack) for name, pack in read_packs(SHIPPED, service.requirements).items()}
    looked = look_at_import(
        databases,
        service.sheets,
        DEMO,
        now=NOON,
        leavers=False,
        words_at=lambda _session, _at: {name: Words(set(one.roles), one.resource_types) for name, one in rules.items()},
        reading=lambda _name, _count: None,
    )
    assert [str(finding) for finding in looked.findings] == []
    apply_import(databases, service.sheets, looked, actor=Actor("test"), now=NOON, leavers=False)
    memory = Memory(databases, service.parts.sources, databases.freshness.current())
    written = make_demo.read_written()
    return World(Engine(memory, service.requirements, rules), rules, written, *make_demo.draw(written))


@pytest.mark.parametrize("told", TOLD, ids=lambda told: f"{told.system}-{told.person}")
def test_who_is_written_is_answered_as_the_page_says(world: World, told: Told) -> None:
    assert world.codes(told.system, told.question) == told.answer


def test_whoever_was_granted_access_by_hand_is_on_the_page(world: World) -> None:
    granted = {row["person"] for row in world.written["grants"]}
    assert granted - {told.person for told in TOLD} == set()


def test_who_is_drawn_is_answered_as_the_page_says(world: World) -> None:
    wrong = []
    for one in world.drawn:
        words = WORDS.get(one.work.name) or WORDS[one.work.organisation]
        command = words.format(organisation=one.work.organisation, person=one.reference)
        system, question = question_of(f"postern decide {command}")
        codes = world.codes(system, {**question, "subject": {"type": "user", "id": one.reference}})
        if codes != STATES[one.state][1]:
            wrong.append((one.reference, one.work.name, one.state, codes))
    assert wrong == []


def test_the_page_counts_who_is_drawn(world: World) -> None:
    assert Counter(one.state for one in world.drawn) == {state: count for state, (count, _) in STATES.items()}


def test_a_few_hundred_people_in_every_state(world: World) -> None:
    assert 300 <= len(world.rows["people"]) <= 400
    assert set(make_demo.STATES) <= {one.state for one in world.drawn}


def test_the_folder_is_what_the_script_writes(world: World) -> None:
    service = make_demo.trial_service(wsgi.AREAS)
    for name, text in make_demo.files(world.rows, service.sheets):
        assert (DEMO / name).read_bytes() == text.encode("utf-8-sig"), f"{name}: {CURE}"
    assert sorted(file.name for file in DEMO.iterdir()) == sorted(f"{name}.csv" for name in service.sheets)


def test_phase_1_is_as_the_report_counts_it() -> None:
    """The report to Cabinet, Appendix A: schools with access and those that used it, by phase; 88 records in all."""
    used = Counter(one.phase for one in schools.PHASE_1 if one.opened)
    had = Counter(one.phase for one in schools.PHASE_1)
    assert had == {"Infant & Nursery": 1, "Junior": 2, "Primary": 5, "Secondary": 4}
    assert used == {"Infant & Nursery": 1, "Junior": 1, "Primary": 3, "Secondary": 4}
    with (DEMO / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        opened = [
            int(found) for row in csv.DictReader(file) if (found := row["attribute.phase_1_records_opened:number"])
        ]
    assert (len(opened), sum(1 for one in opened if one), sum(opened)) == (12, 9, 88)
