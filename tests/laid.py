"""Databases that are laid out already: copies of a pair of SQLite files, and PostgreSQL databases that are kept.

Making a database and migrating it costs PostgreSQL a third of a second, emptying one a hundredth. So a process keeps
those that it made and empties them between two tests; what a test laid out anew itself is thrown away. The same for
what many tests begin with: it is put in once, and is there again for each of them.
"""

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from governance.kernel.db import Databases, migrate
from tests import services

LAYOUT = """
SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
    SELECT concat_ws(' ', relnamespace::regnamespace, relname, relkind, relnatts, relchecks) AS line
      FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'trail')
    UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, convalidated) FROM pg_constraint
    UNION ALL SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting JOIN pg_database ON oid = setdatabase
     WHERE datname = current_database()
) AS lines
"""
TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'trail') ORDER BY 1, 2"
SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
  FROM pg_sequences
"""
OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


Fill = Callable[[services.Databases], Any]
"""Puts into databases what they begin with, and says what there is to know of it."""


def nothing(_urls: services.Databases) -> None:
    """Leaves them empty."""


@contextmanager
def laid_out(folder: Path, dialect: str) -> Iterator[services.Databases]:
    """Databases of one's own in the newest layout, with nothing in them."""
    with filled(folder, dialect, nothing) as (urls, _):
        yield urls


@contextmanager
def filled(folder: Path, dialect: str, fill: Fill) -> Iterator[tuple[services.Databases, Any]]:
    """Databases of one's own with what `fill` puts in, and what it said when it first did."""
    if dialect == "sqlite":
        urls = services.sqlite_in(folder)
        contents, said = pair(fill)
        for url, content in zip(urls, contents, strict=True):
            Path(str(make_url(url).database)).write_bytes(content)
        yield urls, said
        return
    server = services.postgres_url()
    shelf = shelf_at(server, fill)
    kept = shelf.pop() if shelf else Kept(server, fill)
    try:
        yield services.postgres_at(kept.url), kept.said
    finally:
        if kept.emptied():
            shelf.append(kept)
        else:
            kept.drop()


class Kept:
    """One PostgreSQL database of this process's, as it was when it was laid out and filled."""

    def __init__(self, server: str, fill: Fill = nothing) -> None:
        self.server, self.name = server, f"postern_test_{uuid4().hex[:16]}"
        with services._connect(server) as connection:
            connection.execute(f"CREATE DATABASE \"{self.name}\" TEMPLATE template0 ENCODING 'UTF8'")
        urls = services.postgres_at(self.url)
        migrated(urls)
        self.said = fill(urls)
        with services._connect(self.url) as connection:
            self.layout = connection.execute(LAYOUT).fetchone()
            self.tables = [sql.Identifier(*row) for row in connection.execute(TABLES)]
            self.sequences = connection.execute(SEQUENCES).fetchall()
            self.first = _filled(connection, self.tables)
            connection.execute("CREATE SCHEMA first")
            for number in self.first:
                copy = sql.Identifier("first", str(number))
                connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(copy, self.tables[number]))

    @property
    def url(self) -> str:
        """Its address."""
        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def emptied(self) -> bool:
        """Put it back to how it was laid out, or say that it cannot be."""
        try:
            with services._connect(self.server) as connection:
                connection.execute(OTHERS, [self.name])
            with services._connect(self.url) as connection:
                if connection.execute(LAYOUT).fetchone() != self.layout:
                    return False
                with connection.transaction():
                    connection.execute("SET LOCAL session_replication_role = replica")  # no trigger stands in the way
                    for number in _filled(connection, self.tables):
                        connection.execute(sql.SQL("DELETE FROM {}").format(self.tables[number]))
                    for number in self.first:
                        copy = sql.Identifier("first", str(number))
                        connection.execute(sql.SQL("INSERT INTO {} TABLE {}").format(self.tables[number], copy))
                    for sequence in self.sequences:
                        connection.execute("SELECT setval(%s, %s, %s)", sequence)
        except psycopg.Error:  # gone, or not ours to empty
            return False
        return True

    def drop(self) -> None:
        """Remove it, whoever is still connected."""
        with suppress(psycopg.OperationalError), services._connect(self.server) as connection:  # it may be gone
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


def _filled(connection: psycopg.Connection, tables: list[sql.Identifier]) -> list[int]:
    """Which of some tables have rows."""
    asked = [sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in tables]
    row = connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(asked))).fetchone()
    return [number for number, filled in enumerate(row or ()) if filled]


@cache
def shelf_at(server: str, fill: Fill) -> list[Kept]:
    """The databases that nobody uses at a server; they go when this process ends."""
    shelf: list[Kept] = []
    atexit.register(lambda: [kept.drop() for kept in shelf])
    return shelf


@cache
def pair(fill: Fill) -> tuple[tuple[bytes, bytes], Any]:
    """The two SQLite files of an installation, and what was said when they were filled."""
    with TemporaryDirectory() as folder:
        urls = migrated(services.sqlite_in(Path(folder)))
        said = fill(urls)
        facts_file, trail_file = (Path(str(make_url(url).database)).read_bytes() for url in urls)
        return (facts_file, trail_file), said


def migrated(urls: services.Databases) -> services.Databases:
    """Databases brought to the newest layout."""
    databases = Databases.open(*urls)
    migrate(databases)
    databases.close()
    return urls
