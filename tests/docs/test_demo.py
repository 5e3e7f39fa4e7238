"""The demonstration's people are answered as its page says, on the day that its facts were written for."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

import wsgi
from governance.app import make_service
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.questions import read_question
from governance.exchange.applying import apply_rows
from governance.exchange.reading import read_rows
from governance.installation import DEMO, WRITTEN_FOR
from governance.kernel.db import Databases, migrate
from governance.kernel.settings import RecordKeys, Settings
from governance.kernel.toml import read_toml_file
from governance.ports.actor import Actor
from governance.ports.role_rules import SystemRules
from policies import engine
from policies.pack import SHIPPED
from policies.reading import read_packs
from tests.architecture.source import ROOT
from tests.services import sqlite_in

NOON = datetime.fromisoformat(f"{WRITTEN_FOR}T12:00:00").replace(tzinfo=UTC)
SAID = (ROOT / "examples" / "demo" / "README.md").read_text("utf-8")
LCS = re.findall(r"^\| `([a-z.]+)` \| ([^`|]+) \| ([^|]+) \|$", SAID, re.MULTILINE)
DATABOOK = re.findall(r"^\| `([a-z.]+)` \| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$", SAID, re.MULTILINE)


class World(NamedTuple):
    engine: Engine
    rules: Mapping[str, SystemRules]
    people: list[str]

    def codes(self, system: str, body: dict[str, Any]) -> list[str]:
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
    document = read_toml_file(DEMO)
    rows = read_rows(document, service.sheets)
    apply_rows(databases, service.sheets, rows, actor=Actor("test"), now=NOON, where=DEMO.name)
    rules = {name: engine.build(pack) for name, pack in read_packs(SHIPPED, service.requirements).items()}
    memory = Memory(databases, service.parts.sources, databases.freshness.current())
    people = [row["reference"] for row in document.values["people"]]
    return World(Engine(memory, service.requirements, rules), rules, people)


@pytest.mark.parametrize(("person", "state", "answer"), LCS, ids=lambda value: value.strip()[:30])
def test_coventry(world: World, person: str, state: str, answer: str) -> None:
    question = {
        "subject": {"type": "user", "id": person},
        "action": {"name": "view"},
        "resource": {"type": "child-record", "id": "LCS-100234"},
        "context": {"case": "EH-20418"},
    }
    assert world.codes("coventry-lcs", question) == answer.replace("`", "").split(), state


@pytest.mark.parametrize(("person", "school", "answer"), DATABOOK, ids=lambda value: value.strip()[:30])
def test_derbyshire(world: World, person: str, school: str, answer: str) -> None:
    properties = {"school": school, "case_open": True, "number_available": True, "caution": []}
    question = {
        "subject": {"type": "user", "id": person},
        "action": {"name": "view"},
        "resource": {"type": "databook-record", "id": "DCC-204117", "properties": properties},
    }
    assert world.codes("derbyshire-databook", question) == answer.replace("`", "").split()


def test_everybody_is_on_the_page(world: World) -> None:
    assert {row[0] for row in (*LCS, *DATABOOK)} == set(world.people)
