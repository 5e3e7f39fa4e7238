"""An installation for tests: databases laid out, one pack in force, two people, a front end's key, and its servers.

Servers are processes of their own, to be stopped, killed and started again; a client keeps its connection alive.
"""

import atexit
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from governance.app import Service, make_service
from governance.clients.service import register_key
from governance.exchange.applying import Applied, apply_rows
from governance.exchange.reading import load_rows
from governance.kernel import clock
from governance.kernel.db import Databases, migrate
from governance.ports.actor import Actor
from governance.trail.service import verify_trail
from governance.vetting.service import lift_suspension, suspend_person
from policies.pack import PackTexts
from policies.reading import read_pack
from policies.service import activate_pack
from tests import facts, services
from wsgi import AREAS

ROOT = Path(__file__).parents[1]
ACTOR = Actor("test")
SYSTEM = "archive"
PERMITTED, UNKNOWN = "ann", "nobody"
SERVING_WITHIN = 5.0
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


class Answer(NamedTuple):
    """What a server said: status, decision, the record's number, the revisions, and the codes of its reasons."""

    status: int
    decision: bool | None = None
    id: str = ""
    policy: int = 0
    facts: int = 0
    codes: tuple[str, ...] = ()
    code: str = ""


class Client:
    """One front end on one connection that it keeps. Not for two threads."""

    def __init__(self, port: int, key: str, timeout: float = 10) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, person: str = PERMITTED, case: str = "C-1") -> Answer:
        """Ask whether a person may view a file."""
        body = {
            "subject": {"type": "user", "id": person},
            "action": {"name": "view"},
            "resource": {"type": "file", "id": "F-1"},
            "context": {"case": case},
        }
        status, headers, told = self._send("POST", f"/systems/{SYSTEM}/access/v1/evaluation", json.dumps(body))
        if status != 200:
            return Answer(status, code=str(told.get("code", "")))
        codes = tuple(reason["code"] for reason in told.get("context", {}).get("reasons", ()))
        revisions = int(headers["Policy-Revision"]), int(headers["Facts-Revision"])
        return Answer(status, told["decision"], str(headers["Decision-Id"]), *revisions, codes)

    def ready(self) -> bool:
        """Whether the server says that it can decide and record."""
        return self._send("GET", "/readyz", None)[0] == 200

    def _send(self, method: str, path: str, body: str | None) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        if self._link.sock is None:
            self._link.connect()
            self._link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link.request(method, path, body, self._headers)
        response = self._link.getresponse()
        return response.status, response.headers, json.loads(response.read())

    def close(self) -> None:
        """Hang up; the next question dials again."""
        self._link.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Launcher:
    """A process that has imported the service and forks servers: a start takes a moment instead of seconds."""

    def __init__(self, log: Path, preload: str = "") -> None:
        self._lock = threading.Lock()
        environment = {**os.environ, "LD_PRELOAD": preload} if preload else dict(os.environ)
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.launcher"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env=environment,
                text=True,
            )

    def start(self, environment: Mapping[str, str], port: int, log: Path, threads: int, twin: str) -> int:
        """Fork a server and give its process group."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = {"environment": dict(environment), "port": port, "log": str(log), "threads": threads, "twin": twin}
        with self._lock:
            self._process.stdin.write(json.dumps(wanted) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the launcher and every server that is left."""
        self._process.communicate()


@dataclass
class Server:
    """One server of an installation: a process group on a port."""

    installation: "Installation"
    port: int
    twin: str = ""
    launcher: Launcher | None = None
    group: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where it writes."""
        return self.installation.folder / f"server-{self.port}.log"

    def start(self) -> None:
        """Start it; it is not yet serving."""
        environment = self.installation.environment
        if self.launcher is not None:
            self.group = self.launcher.start(environment, self.port, self.log, 16, self.twin)
            return
        assert not self.twin, "only a launcher puts twins in"
        command = [str(Path(sys.executable).parent / "postern"), "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT,
                env={**os.environ, **environment}, start_new_session=True,
            )  # fmt: skip
        self.group = self.process.pid

    def wait(self, seconds: float = 30) -> float:
        """Wait until it is ready, and say how long that took."""
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            with suppress(OSError, http.client.HTTPException, ValueError), Client(self.port, "", timeout=seconds) as client:
                if client.ready():
                    return time.monotonic() - began
            time.sleep(0.01)
        raise AssertionError(f"not serving after {seconds} s: {self.log.read_text(errors='replace')[-2000:]}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill it with all its workers, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.group, how)
        if self.process is not None:
            self.process.wait(30)
            self.process = None
        while listened_to(self.port):  # the system takes a moment to bury it
            time.sleep(0.005)

    def kill_worker(self) -> None:
        """Kill one worker only; whoever supervises it stays."""
        children = Path(f"/proc/{self.group}/task/{self.group}/children")
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)

    def client(self, timeout: float = 10) -> Client:
        """A front end of this server."""
        return Client(self.port, self.installation.key, timeout)


class Installation:
    """Databases with the archive's pack in force, Ann who may read, and a front end's key."""

    def __init__(self, folder: Path, urls: services.Databases) -> None:
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
        }
        self.policy = self.activate()
        self.apply(**WORLD)
        self.key = self._register()
        self._servers: list[Server] = []

    def activate(self, policy: str = POLICY, readme: str = "") -> int:
        """Put the archive's pack in force with these lines of policy, and give the policy revision."""
        pack = read_pack(PackTexts(SYSTEM_TOML, policy, "", readme), self.service.requirements)
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

    def server(self, launcher: Launcher | None = None, *, twin: str = "") -> Server:
        """A server that has been started; `wait` for it. Without a launcher it is the command `postern serve`."""
        made = Server(self, free_port(), twin, launcher)
        self._servers.append(made)
        made.start()
        return made

    def assert_intact(self) -> int:
        """Verify the trail, and give how many records it has."""
        verifier = verify_trail(self.databases)
        assert verifier.damages == []
        return verifier.tally.records

    def close(self) -> None:
        """Kill every server and let go of the databases."""
        for server in self._servers:
            server.kill()
        self.databases.freshness.close()
        self.databases.facts.dispose()
        self.databases.trail.dispose()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listened_to(port: int) -> bool:
    """Whether somebody still holds a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@contextmanager
def laid_out(folder: Path, dialect: str) -> Iterator[services.Databases]:
    """Databases of one's own in the newest layout: copies of a pair that is made once."""
    if dialect == "sqlite":
        urls = services.sqlite_in(folder)
        for url, content in zip(urls, empty_pair(), strict=True):
            Path(str(make_url(url).database)).write_bytes(content)
        yield urls
        return
    server = services.postgres_url()
    name = f"postern_test_{uuid4().hex[:16]}"
    with services._connect(server) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template(server)}"')
    try:
        yield services.postgres_at(make_url(server).set(database=name).render_as_string(hide_password=False))
    finally:
        drop(server, name)


def drop(server: str, name: str) -> None:
    """Remove a PostgreSQL database, whoever is still connected."""
    with services._connect(server) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def template(server: str) -> str:
    """The name of an empty installation on a PostgreSQL server, for copies; it goes when this process ends."""
    name = f"postern_test_template_{uuid4().hex[:16]}"
    with services._connect(server) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    migrated(services.postgres_at(make_url(server).set(database=name).render_as_string(hide_password=False)))

    def remove() -> None:
        with suppress(psycopg.OperationalError):  # the server may be gone before us
            drop(server, name)

    atexit.register(remove)
    return name


@cache
def empty_pair() -> tuple[bytes, bytes]:
    """The two SQLite files of an empty installation."""
    with TemporaryDirectory() as folder:
        urls = migrated(services.sqlite_in(Path(folder)))
        facts_file, trail_file = (Path(str(make_url(url).database)).read_bytes() for url in urls)
        return facts_file, trail_file


def migrated(urls: services.Databases) -> services.Databases:
    """Databases brought to the newest layout."""
    databases = Databases.open(*urls)
    migrate(databases)
    databases.facts.dispose()
    databases.trail.dispose()
    return urls


@contextmanager
def installed(folder: Path, dialect: str) -> Iterator[Installation]:
    """An installation of one's own on SQLite or PostgreSQL, gone afterwards with its servers."""
    with laid_out(folder, dialect) as urls:
        made = Installation(folder, urls)
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
def shared_installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that the tests of one file share, once on SQLite and once on PostgreSQL."""
    with installed(tmp_path_factory.mktemp("installation"), request.param) as made:
        yield made
