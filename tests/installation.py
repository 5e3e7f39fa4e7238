"""An installation for tests: databases laid out, one pack in force, two people, a front end's key, and its servers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.app import Service, make_service
from governance.clients.service import register_key
from governance.exchange.applying import Applied, apply_rows
from governance.exchange.reading import load_rows
from governance.kernel import clock
from governance.kernel.db import Databases
from governance.ports.actor import Actor
from governance.trail.service import get_record, verify_trail
from governance.vetting.service import lift_suspension, suspend_person
from policies.pack import PackTexts
from policies.reading import read_pack
from policies.service import activate_pack
from tests import facts, services
from tests.laid import filled
from tests.servers import PERMITTED, SYSTEM, Launcher, Server, free_port
from wsgi import AREAS

ACTOR = Actor("test")
SYSTEM_TOML = """
[system]
id = "archive"
name = "Archive"
owner = "Tests"
source = "Tests"

[resource_types.file]
actions = ["view"]

[context]
case = { type = "text", maximum = 40 }

[conditions.cased]
function = "present"
property = "context.case"
reason = "no_need"
source = "Tests"

[roles.reader]
source = "Tests"
[roles.reader.granted_by]
approvals = [["line_manager"]]
source = "Tests"
[roles.reader.requires.employment]
organisations = ["council"]
source = "Tests"

[rules.A-1]
source = "Tests"
"""
HEADER = "role,resource_type,action,condition,effect,rule\n"
POLICY = HEADER + "reader,file,view,cased,allow,A-1\n"
APPROVED = {"by": "mo", "capacity": "line_manager", "organisation": "council", "on": "2020-01-01"}
WORLD: Mapping[str, list[dict[str, Any]]] = {
    "organisations": [{"reference": "council", "name": "The Council", "kind": "local_authority", "area": "ALL"}],
    "people": [{"reference": "mo", "name": "Mo Manager"}, {"reference": "ann", "name": "Ann Reader", "manager": "mo"}],
    "employment": [{"person": "ann", "organisation": "council", "post": "archivist", "from": "2020-01-01"}],
    "grants": [
        {
            "person": "ann", "system": SYSTEM, "role": "reader", "organisation": "council", "from": "2020-01-01",
            "approvals": [APPROVED],
        }
    ],
}  # fmt: skip


class Installation:
    """Databases with the archive's pack in force, Ann who may read, and a front end's key."""

    def __init__(self, folder: Path, urls: services.Databases, first: tuple[int, str] | None = None) -> None:
        """Open it; what it begins with is put in, unless `first` says that it is there: the policy and the key."""
        self.folder, self.urls = folder, urls
        self.databases = Databases.open(*urls)
        settings = replace(facts.SETTINGS, database_url=urls.facts_url, trail_url=urls.trail_url)
        self.service: Service = make_service(settings, AREAS, self.databases)
        self.environment = {
            "POSTERN_INSTANCE": str(folder),
            "POSTERN_DATABASE_URL": urls.facts_url,
            "POSTERN_TRAIL_URL": urls.trail_url,
            "POSTERN_PUBLIC_URL": "http://127.0.0.1",
            "POSTERN_RECORD_KEYS": "new:" + "11" * 16,
            "POSTERN_SECRET_KEYS": "new:" + "33" * 16,
        }
        self.policy, self.key = first or self._begin()
        self._servers: list[Server] = []

    def _begin(self) -> tuple[int, str]:
        policy = self.activate()
        self.apply(**WORLD)
        return policy, self._register()

    def activate(self, texts: PackTexts = PackTexts(SYSTEM_TOML, POLICY, "", "")) -> int:  # noqa: B008 - a frozen value
        """Put a text of the archive's pack in force, and give the policy revision."""
        pack = read_pack(texts, self.service.requirements)
        now = clock.now()
        with self.databases.change("test", now) as session:
            return activate_pack(session, pack, actor=ACTOR, now=now)

    def apply(self, **sheets: Sequence[Mapping[str, Any]]) -> Applied:
        """Apply rows of facts as one change."""
        rows = {}
        for name, listed in sheets.items():
            rows[name], wrong = load_rows(self.service.sheets[name], listed)
            assert not wrong, wrong
        return apply_rows(
            self.databases, self.service.sheets, rows, actor=ACTOR, now=clock.now(), where="test"
        )  # fmt: skip

    def _register(self) -> str:
        now = clock.now()
        with self.databases.change("test", now) as session:
            return register_key(session, "front end", [SYSTEM], ["reasons:full"], None, actor=ACTOR, now=now).text

    def suspend(self, person: str = PERMITTED) -> None:
        """Suspend a person, as another process would."""
        now = clock.now()
        with self.databases.change("test", now) as session:
            suspend_person(session, person, "a test", actor=ACTOR, now=now)

    def lift(self, person: str = PERMITTED) -> None:
        """Lift the suspension."""
        with self.databases.change("test", clock.now()) as session:
            lift_suspension(session, person, "a test", actor=ACTOR)

    def server(self, launcher: Launcher | None = None, *, twin: str = "", workers: int = 1, **settings: str) -> Server:
        """A server that has been started; `wait` for it. Without a launcher it is the command `postern serve`."""
        environment = {**self.environment, **settings}
        made = Server(self.folder, environment, self.key, free_port(), twin, launcher, workers)
        self._servers.append(made)
        made.start()
        return made

    def assert_intact(self) -> int:
        """Verify the trail, and give how many records it has."""
        verifier = verify_trail(self.databases)
        assert verifier.damages == []
        return verifier.tally.records

    def recorded(self, number: str) -> dict[str, Any]:
        """What the trail keeps of a decision."""
        return get_record(self.databases, number)

    def close(self) -> None:
        """Kill every server and let go of the databases."""
        for server in self._servers:
            server.kill()
        self.databases.close()


def begin(urls: services.Databases) -> tuple[int, str]:
    """Put in what every installation begins with."""
    made = Installation(Path(), urls)
    made.close()
    return made.policy, made.key


@contextmanager
def installed(folder: Path, dialect: str) -> Iterator[Installation]:
    """An installation of one's own on SQLite or PostgreSQL, gone afterwards with its servers."""
    with filled(folder, dialect, begin) as (urls, first):
        made = Installation(folder, urls, first)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """The process that forks this run's servers."""
    made = Launcher(tmp_path_factory.mktemp("launcher") / "log")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation of the test's own, once on SQLite and once on PostgreSQL."""
    with installed(tmp_path, request.param) as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation that the tests of one file share, once on SQLite and once on PostgreSQL."""
    with installed(tmp_path_factory.mktemp("installation"), request.param) as made:
        yield made
