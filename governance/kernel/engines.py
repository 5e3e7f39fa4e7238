"""Engines of the two databases: how each is opened, and what every connection and snapshot needs."""

from __future__ import annotations

import json
import os
import re
import weakref
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool


def engine_options(url: str, *, patience: float = 10) -> dict[str, Any]:
    """How to open a database: SQLite lets us begin transactions ourselves, PostgreSQL connections are checked.

    What a statement was given (people's facts) stands in no error and in no log, whatever the level.

    `patience` is how many seconds an SQLite write waits for another one.
    """
    if url.startswith("sqlite"):
        options: dict[str, Any] = {
            "hide_parameters": True,
            "json_deserializer": read_json,
            "connect_args": {"isolation_level": None, "timeout": patience},
        }
        if url in ("sqlite://", "sqlite:///:memory:"):
            options |= {"poolclass": StaticPool, "connect_args": {"isolation_level": None, "check_same_thread": False}}
        return options
    return {
        "hide_parameters": True,
        "json_deserializer": read_json,
        "pool_pre_ping": True,
        "pool_size": 20,
        "connect_args": {"connect_timeout": 3},
    }


LONG_NUMBER = re.compile(rb"\d{19}")
"""What may be a whole number beyond 64 bits, of which the quick reader makes another number."""


def read_json(text: str | bytes) -> Any:
    """A stored JSON value, by a quick reader; the standard one reads what that refuses (half a pair, NaN) or rounds."""
    try:
        stored = text.encode() if isinstance(text, str) else text
        return orjson.loads(stored) if LONG_NUMBER.search(stored) is None else json.loads(stored)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return json.loads(text)


TRAIL_PATIENCE = 0.4
PAGE, TRAIL_PAGE = 4096, 8192
"""Bytes of a page of a new SQLite file. What is only ever added behind the end is a sixth cheaper in larger ones."""


def make_engine(url: str, *, patience: float = 10, page: int = PAGE) -> Engine:
    """An engine with this project's rules of reading and writing."""
    return prepared(create_engine(url, **engine_options(url, patience=patience)), page)


def prepared(engine: Engine, page: int) -> Engine:
    """An engine whose SQLite connections are opened and begin as this project means them to."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: prepare_sqlite(connection, page))
        event.listen(engine, "begin", begin_sqlite)
    return engine


def part_at_fork(engine: Engine) -> None:
    """Let a forked process open connections of its own; a database in memory is copied with the process."""
    if not isinstance(engine.pool, StaticPool):
        kept = weakref.ref(engine)

        def part() -> None:
            found = kept()
            if found is not None:
                found.dispose(close=False)

        os.register_at_fork(after_in_child=part)


def prepare_sqlite(connection: Any, page: int) -> None:
    """What every SQLite connection needs: a log flushed at each commit, foreign keys, triggers that see REPLACE."""
    connection.execute(f"PRAGMA page_size={page}")  # before the log, which makes the file
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: Connection) -> None:
    """Reads BEGIN; writes BEGIN IMMEDIATE, so that two of them never lose an update."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def snapshots(engine: Engine) -> Engine:
    """The engine, each of whose transactions sees one snapshot; SQLite knows no others, PostgreSQL has to be told."""
    return engine.execution_options(isolation_level="REPEATABLE READ") if engine.name == "postgresql" else engine
