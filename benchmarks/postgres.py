"""PostgreSQL, printed beside SQLite where one answers: a database of its own for the run, dropped afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

from benchmarks.engines import Unavailable

NAMED = "POSTERN_TEST_POSTGRES"
"""Where the tests look for one, too."""

SOCKETS = ("/var/run/postgresql", "/tmp")  # noqa: S108 - where servers put their sockets


@contextmanager
def database() -> Iterator[str]:
    """The address of a new, empty database for facts and trail."""
    server, name = _find(), f"postern_bench_{uuid4().hex[:12]}"
    with _connect(server) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect(server) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _find() -> str:
    for address in _candidates():
        try:
            with _connect(address):
                return address
        except psycopg.Error:
            continue
    raise Unavailable(f"no PostgreSQL answers here ({NAMED} may name one)")


def _candidates() -> Iterator[str]:
    if named := os.environ.get(NAMED):
        yield named
    for folder in SOCKETS:
        if Path(folder, ".s.PGSQL.5432").exists():
            for user in (None, "postgres"):
                address = URL.create("postgresql+psycopg", user, database="postgres", query={"host": folder})
                yield address.render_as_string()


def _connect(address: str) -> psycopg.Connection:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=3)
