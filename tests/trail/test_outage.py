"""When records cannot be written no answer is given, the service says so in time, and recovers by itself."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from governance.kernel.engines import make_engine
from tests.installation import Installation, installed
from tests.servers import Answer, Launcher, Server

IN_TIME = 2.0  # half a second by the rule; the rest is the machine's
ASKING = 8


@contextmanager
def blocked(installation: Installation) -> Iterator[None]:
    """Another connection holds what every record must be written to."""
    engine = make_engine(installation.urls.trail_url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as begun:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE trail.leaf IN ACCESS EXCLUSIVE MODE")
        yield
        begun.rollback()
    engine.dispose()


def ask_in_time(server: Server, questions: int) -> list[Answer]:
    """Ask some questions one after the other, each of which must be answered in time."""
    answers = []
    with server.client() as client:
        for _ in range(questions):
            began = time.monotonic()
            answers.append(client.ask())
            assert time.monotonic() - began < IN_TIME
    return answers


def test_a_store_that_blocks(installation: Installation, launcher: Launcher) -> None:
    server = installation.server(launcher)
    server.wait()
    with server.client() as client, ThreadPoolExecutor(ASKING) as pool:
        before = client.ask()
        with blocked(installation):
            asked = [pool.submit(ask_in_time, server, 2) for _ in range(ASKING)]
            refused = [answer for asking in asked for answer in asking.result()]
            assert {(answer.status, answer.code) for answer in refused} == {(503, "audit_unavailable")}
            assert client.ready() is False
        time.sleep(0.5)  # what has timed out may still be under way
        assert client.ready() is True
        after = client.ask()
        assert (before.decision, after.decision) == (True, True)
    records = installation.assert_intact()
    assert 2 <= records - genesis(installation) <= 2 + len(refused)


def genesis(installation: Installation) -> int:
    """How many first records of chains, and entries, the trail has."""
    with installation.databases.trail.connect() as connection:
        chains = connection.exec_driver_sql(f"SELECT count(*) FROM {schema(installation)}chain").scalar_one()
    with installation.databases.facts.connect() as connection:
        return int(chains + connection.exec_driver_sql("SELECT count(*) FROM trail_entry").scalar_one())


def schema(installation: Installation) -> str:
    return "trail." if installation.urls.dialect == "postgresql" else ""


def test_a_suspension_does_not_wait_for_a_blocked_trail(installation: Installation) -> None:
    with blocked(installation):
        began = time.monotonic()
        installation.suspend()
        assert time.monotonic() - began < IN_TIME


def test_a_connection_that_the_database_ends_is_replaced(tmp_path: Path, launcher: Launcher) -> None:
    """PostgreSQL is restarted, or an administrator ends every connection: the next questions find new ones."""
    with installed(tmp_path, "postgresql") as installation:
        server = installation.server(launcher)
        server.wait()
        with server.client() as client:
            assert client.ask().decision is True
            url = make_url(installation.urls.trail_url).set(drivername="postgresql")
            with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as link:
                link.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            answers = [client.ask() for _ in range(5)]
        assert [(answer.status, answer.decision) for answer in answers] == [(200, True)] * 5
        assert installation.assert_intact() == genesis(installation) + 6, "each question is on record once"


def test_facts_that_cannot_be_read_are_told_in_time(tmp_path: Path, launcher: Launcher) -> None:
    """Somebody holds the ledger on PostgreSQL: no answer, no waiting for ever, and no hand to mend it."""
    with installed(tmp_path, "postgresql") as installation:
        server = installation.server(launcher)
        server.wait()
        with server.client() as client:
            with installation.databases.writing() as session:
                session.connection().exec_driver_sql("LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE")
                began = time.monotonic()
                answer = client.ask()
                assert (answer.status, answer.code) == (503, "facts_unavailable")
                assert client.ready() is False
                assert time.monotonic() - began < 4 * IN_TIME
            assert client.ask().decision is True
            assert client.ready() is True
