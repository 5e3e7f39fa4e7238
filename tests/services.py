"""The services that the tests need: a PostgreSQL that answers, found here or started for one run."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import URL, make_url

ADDRESS = "POSTERN_TEST_POSTGRES"
"""Where the tests find PostgreSQL: set by a person, or by the first process of a run for its workers."""

MISSING = "POSTERN_TEST_POSTGRES_MISSING"
"""Why there is none, set by the first process of a run for its workers."""

SOCKET_FOLDERS = ("/var/run/postgresql", "/tmp")
STARTED_WITHIN_SECONDS = 30
THROWAWAY_SETTINGS = (
    "listen_addresses=",  # a socket in a folder of its own, no port of the machine
    "max_connections=200",
    "shared_buffers=64MB",
    "fsync=off",  # nobody keeps these databases; the process crashes that are tested lose nothing by it
    "full_page_writes=off",
)


class Databases(NamedTuple):
    """Where one test keeps its facts and its trail. On PostgreSQL both are one database, the trail in a schema."""

    facts_url: str
    trail_url: str

    @property
    def dialect(self) -> str:
        return make_url(self.facts_url).get_backend_name()


class Unavailable(Exception):
    """A service cannot be had here, and why."""


def cannot_be_had(reason: str) -> NoReturn:
    """Skip the test in one line, or fail it where nothing may skip."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (nothing skips while CI is set)", pytrace=False)
    pytest.skip(reason)


# --- finding one


def postgres_url() -> str:
    """The address of the PostgreSQL of this run, or a skip with its reason."""
    if address := os.environ.get(ADDRESS):
        return address
    cannot_be_had(os.environ.get(MISSING, "PostgreSQL was not looked for: run the tests through pytest"))


def find_postgres() -> str | None:
    """The address of a server on this machine that answers and lets us make databases."""
    return next((url for url in _candidates() if _lets_us_make_databases(url)), None)


def check_named_postgres(address: str) -> str:
    """The address that a person named, once it has answered."""
    try:
        with _connect(address) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise Unavailable(f"{ADDRESS} names a PostgreSQL that does not answer: {_one_line(error)}") from error
    return address


def _candidates() -> Iterator[str]:
    for user in (None, "postgres"):
        for folder in SOCKET_FOLDERS:
            if Path(folder, ".s.PGSQL.5432").exists():
                yield _address(folder, user=user)
        if _listens("127.0.0.1", 5432):
            yield URL.create(
                "postgresql+psycopg", user, host="127.0.0.1", port=5432, database="postgres"
            ).render_as_string()


def _listens(host: str, port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def _lets_us_make_databases(url: str) -> bool:
    try:
        with _connect(url) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return row is not None and bool(row[0])


def _address(socket_folder: str, *, user: str | None) -> str:
    url = URL.create("postgresql+psycopg", user, database="postgres", query={"host": socket_folder})
    return url.render_as_string(hide_password=False)


def _connect(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=3)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


# --- starting one


@dataclass
class ThrowawayPostgres:
    """A server of our own, kept for one run, in a folder that goes with it."""

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return _address(str(self.folder), user="postgres")

    @classmethod
    def start(cls) -> "ThrowawayPostgres":
        """Make and start a server, or say in one line why not."""
        programs = _programs()
        server = cls(Path(tempfile.mkdtemp(prefix="postern-pg-")))
        try:
            server._start(programs)
        except BaseException:
            server.stop()
            raise
        return server

    def _start(self, programs: Path) -> None:
        account = _account()
        if account:
            shutil.chown(self.folder, account, account)
        data = self.folder / "data"
        made_as = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
        self._run([str(programs / "initdb"), *made_as, "-D", str(data)], account)
        settings = [word for setting in THROWAWAY_SETTINGS for word in ("-c", setting)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*_ends_with_us(), str(programs / "postgres"), "-D", str(data), "-k", str(self.folder), *settings],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **_as_user(account),
            )
        self._wait()

    def _run(self, command: Sequence[str], account: str | None) -> None:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, check=False, **_as_user(account)
        )
        if done.returncode:
            raise Unavailable(f"PostgreSQL could not be made: {' '.join(done.stderr.split())[-300:]}")

    def _wait(self) -> None:
        until = time.monotonic() + STARTED_WITHIN_SECONDS
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            if _lets_us_make_databases(self.url):
                return
            time.sleep(0.05)
        said = (self.folder / "log").read_text(errors="replace")
        raise Unavailable(f"PostgreSQL did not start: {' '.join(said.split())[-300:]}")

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast shutdown: connections are ended
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _account() -> str | None:
    """Whose the server is: PostgreSQL refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _as_user(account: str | None) -> dict[str, object]:
    return {"user": account, "group": account, "extra_groups": []} if account else {}


def _ends_with_us() -> list[str]:
    """What makes the server end when this process is killed, where the system can."""
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []


def _programs() -> Path:
    """The folder of `initdb` and `postgres`; as root on Debian they are installed when missing."""
    found = _installed_programs()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install_with_apt("postgresql")
        found = _installed_programs()
    if found is None:
        raise Unavailable(f"no PostgreSQL here: install one, or name one in {ADDRESS}")
    return found


def _installed_programs() -> Path | None:
    def number(folder: Path) -> float:
        return float(folder.parent.name) if folder.parent.name.replace(".", "", 1).isdigit() else 0

    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=number, reverse=True)
    on_path = [Path(program).resolve().parent] if (program := shutil.which("initdb")) else []
    return next((folder for folder in [*on_path, *debian] if (folder / "postgres").exists()), None)


def install_with_apt(*packages: str) -> None:
    """Install Debian packages, or say in one line why not."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    waiting = ["-o", "DPkg::Lock::Timeout=300"]  # two workers of one run may both be installing
    install = ["apt-get", *waiting, "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (install, ["apt-get", "update", "-qq"], install):  # the lists are fetched only when they are needed
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
        if done.returncode == 0 and command is install:
            return
    raise Unavailable(f"{packages[0]} could not be installed: {' '.join(done.stderr.split())[-300:]}")


# --- using one


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A new database of its own, dropped afterwards whoever is still connected."""
    name = f"postern_test_{uuid4().hex[:16]}"
    with _connect(server_url) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect(server_url) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def sqlite_in(folder: Path) -> Databases:
    """Two files in a folder, not yet made."""
    return Databases(f"sqlite:///{folder / 'facts.sqlite3'}", f"sqlite:///{folder / 'trail.sqlite3'}")


def postgres_at(url: str) -> Databases:
    """One database for both; the trail has a schema of its own in it."""
    return Databases(url, url)
