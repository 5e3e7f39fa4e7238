"""The two databases: engines, transactions, the freshness check. The keeper of Flask-SQLAlchemy and of commits."""

from __future__ import annotations

import logging
import os
import select as selecting
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from governance.kernel.engines import (
    PAGE,
    TRAIL_PAGE,
    TRAIL_PATIENCE,
    engine_options,
    make_engine,
    part_at_fork,
    prepared,
    snapshots,
)
from governance.kernel.errors import Conflict, Unavailable
from governance.kernel.recorded import Base, Change, ChangeKey, Ledger, OpenChange, Recorded, seal

db = SQLAlchemy(model_class=Base)
logging.getLogger("sqlalchemy.engine.Engine").addFilter(lambda record: not str(record.msg).startswith("Row"))
"""At DEBUG it would write down every row that it reads; with `hide_parameters` it is silent on what it is given."""


class Freshness:
    """Asks for the current revision on a kept autocommit connection, one for a process (≤ 50 µs on SQLite)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pid = 0
        self._ask: Callable[[], int] | None = None
        self._close: Callable[[], None] | None = None

    def close(self) -> None:
        """Give the kept connection up; the next question opens another."""
        if self._close is not None and self._pid == os.getpid():
            with suppress(Exception):
                self._close()
        self._ask = self._close = None

    def current(self) -> int:
        """The newest sealed revision at this moment; raise `Unavailable` when the database does not answer."""
        with self._lock:
            try:
                return self._asker()()
            except Exception:  # noqa: BLE001 - whatever ails the kept connection, a new one is tried once
                self.close()
            try:
                return self._asker()()
            except Exception as wrong:
                self.close()
                raise Unavailable("the facts database does not answer", "facts_unavailable") from wrong

    def _asker(self) -> Callable[[], int]:
        if self._ask is None or self._pid != os.getpid():
            self._ask, self._pid = self._connect(), os.getpid()
        return self._ask

    def _connect(self) -> Callable[[], int]:
        question = "SELECT revision FROM ledger"
        if self._engine.dialect.name == "sqlite" and not isinstance(self._engine.pool, StaticPool):
            import sqlite3  # noqa: PLC0415 - the driver itself: half the cost of a pooled statement

            kept = sqlite3.connect(
                str(self._engine.url.database), isolation_level=None, check_same_thread=False, timeout=2
            )
            self._close = kept.close
            return lambda: int(kept.execute(question).fetchone()[0])
        if self._engine.dialect.name == "postgresql":
            import psycopg  # noqa: PLC0415 - the driver itself, with a prepared statement

            url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            link = psycopg.connect(url, autocommit=True, prepare_threshold=0, connect_timeout=2, tcp_user_timeout=2000)
            self._close = link.close
            link.execute("SET statement_timeout = '450ms'")
            return lambda: int(link.execute(question).fetchone()[0])  # type: ignore[index]
        return self._through_engine

    def _through_engine(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(select(Ledger.revision)).scalar_one())


class TrailLink:
    """One kept connection for decision records, on the driver itself: each transaction is durable when it returns.

    A statement that finds the database busy gives up in time (`TRAIL_PATIENCE`); nothing is ever retried here.
    """

    def __init__(self, engine: Engine) -> None:
        self.dialect = engine.dialect.name
        self._pooled = engine.raw_connection()
        driver: Any = self._pooled.driver_connection
        self._driver = driver
        if self.dialect == "postgresql":
            driver.autocommit = True
            for setting in ("synchronous_commit = on", "statement_timeout = '450ms'", "lock_timeout = '450ms'"):
                driver.execute(f"SET {setting}")
        self._begin = "BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN"

    @contextmanager
    def writing(self) -> Iterator[Callable[[str, Sequence[object]], Any]]:
        """One transaction: gives a function that executes a statement; durable when the block ends without error."""
        self._driver.execute(self._begin)
        try:
            yield self._driver.execute
        except BaseException:
            self._driver.execute("ROLLBACK")
            raise
        self._driver.execute("COMMIT")

    def has_died(self) -> bool:
        """Whether the database has ended the connection between transactions: then there is something to read on it."""
        if self.dialect == "sqlite":
            return False
        looking = selecting.poll()
        looking.register(self._driver.fileno(), selecting.POLLIN)
        return bool(looking.poll(0))

    def close(self) -> None:
        """Give the connection up; it is not used again."""
        self._pooled.invalidate()


@dataclass(slots=True)
class Databases:
    """The facts database and the decision records' own database, opened lazily, with their rules of writing."""

    facts: Engine
    trail: Engine
    freshness: Freshness

    @classmethod
    def open(cls, facts_url: str, trail_url: str) -> Databases:
        """Make both engines (no connection is opened yet)."""
        return cls.over(make_engine(facts_url), make_engine(trail_url, patience=TRAIL_PATIENCE, page=TRAIL_PAGE))

    @classmethod
    def over(cls, facts: Engine, trail: Engine) -> Databases:
        """Take engines and give them this project's rules."""
        if trail.dialect.name == "sqlite":
            trail = trail.execution_options(schema_translate_map={"trail": None})
        for engine in (facts, trail):
            part_at_fork(engine)
        return cls(facts, trail, Freshness(facts))

    def close(self) -> None:
        """Let go of every connection that is not in use; the next use opens new ones."""
        self.freshness.close()
        self.facts.dispose()
        self.trail.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, from one snapshot."""
        with Session(snapshots(self.facts), autoflush=False) as session:
            yield session

    @contextmanager
    def trail_reading(self) -> Iterator[Connection]:
        """A connection to the trail's database that only reads, from one snapshot."""
        with snapshots(self.trail).connect() as connection:
            yield connection

    @contextmanager
    def change(self, actor: str, now: datetime) -> Iterator[Session]:
        """One change in one transaction: all of it, its trail entries and its revision, or nothing."""
        with self.writing() as session:
            session.info["change"] = self._start(session, actor, now)
            yield session
            seal(session)

    @contextmanager
    def long_change(self, actor: str, now: datetime) -> Iterator[LongChange]:
        """One change in many short transactions, sealed by the last; swept again where anything fails."""
        with self.writing() as session:
            change = self._start(session, actor, now)
        try:
            yield LongChange(self, change)
            with self.writing() as session:
                session.info["change"] = change
                seal(session)
        except BaseException:
            with suppress(DBAPIError):
                self.sweep(change.id)
            raise

    def _start(self, session: Session, actor: str, now: datetime) -> OpenChange:
        base = session.execute(select(Ledger.revision)).scalar_one()
        row = Change(actor=actor, started_at=now, base_revision=base)
        session.add(row)
        session.flush()
        return OpenChange(row.id, actor, base)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that writes; the way to write facts is `change`."""
        with Session(self.facts, autoflush=True, expire_on_commit=False) as session:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()

    @contextmanager
    def trail_writing(self) -> Iterator[Connection]:
        """One transaction on the trail's database, for what is not a decision's record."""
        with writing(self.trail) as connection:
            yield connection

    def trail_link(self) -> TrailLink:
        """A connection kept by one writer, for records that must be durable."""
        return TrailLink(self.trail)

    def lay_out(self) -> None:
        """Make the facts tables as the models have them, in an empty database of a trial; installations migrate."""
        with self.writing() as session:
            Base.metadata.create_all(session.connection())
            session.execute(insert(Ledger).values(id=1, revision=0, entries=0, head=""))

    def image(self) -> bytes:
        """An in-memory facts database as bytes."""
        driver: Any = self.facts.raw_connection().driver_connection
        return bytes(driver.serialize())

    def restore(self, image: bytes) -> None:
        """Put an in-memory facts database back to an image of it."""
        driver: Any = self.facts.raw_connection().driver_connection
        driver.deserialize(image)

    def sweep(self, change_id: int) -> None:
        """Remove every row of a change that was never sealed, and reopen what it had closed."""
        with self.writing() as session:
            sealed = session.scalars(
                select(Change.revision).where(Change.id == change_id).with_for_update()
            ).one_or_none()
            if sealed is not None:
                raise Conflict("a sealed change stays")
            for mapper in Base.registry.mappers:
                if issubclass(mapper.class_, Recorded):
                    table = mapper.local_table
                    session.execute(table.delete().where(table.c.recorded_by == change_id))  # type: ignore[attr-defined]
                    reopened = table.update().where(table.c.closed_by == change_id)  # type: ignore[attr-defined]
                    session.execute(reopened.values(closed_by=None))
            session.execute(ChangeKey.__table__.delete().where(ChangeKey.change_id == change_id))  # type: ignore[attr-defined]
            session.execute(Change.__table__.delete().where(Change.id == change_id))  # type: ignore[attr-defined]

    def unsealed(self, before: datetime) -> list[int]:
        """Changes that began before a moment and were never sealed."""
        with self.reading() as session:
            return list(session.scalars(select(Change.id).where(Change.revision.is_(None), Change.started_at < before)))


STRETCH, PAUSE = 0.4, 0.11
"""Seconds that a long change writes and then pauses on SQLite, where whoever waits to write looks every 0.1 s only."""


@dataclass(slots=True)
class LongChange:
    """A change that is written part by part; each part is one short transaction that nobody waits for."""

    databases: Databases
    change: OpenChange
    paused_at: float = field(default_factory=time.monotonic)

    @contextmanager
    def part(self) -> Iterator[Session]:
        """One short transaction of this change; now and then a pause follows, so that others come in between."""
        with self.databases.writing() as session:
            session.info["change"] = self.change
            yield session
        if self.databases.facts.dialect.name == "sqlite" and time.monotonic() > self.paused_at + STRETCH:
            time.sleep(PAUSE)
            self.paused_at = time.monotonic()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes, on an engine itself: for migrations, and for the trail's own tables."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def attach(app: Any, facts_url: str, trail_url: str) -> Databases:
    """Give a Flask application its databases (Flask-SQLAlchemy holds the engines; no connection is opened)."""
    app.config["SQLALCHEMY_DATABASE_URI"] = facts_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(facts_url)
    app.config["SQLALCHEMY_BINDS"] = {"trail": {"url": trail_url, **engine_options(trail_url, patience=TRAIL_PATIENCE)}}
    db.init_app(app)
    with app.app_context():
        facts, trail = db.engines[None], db.engines["trail"]
    return Databases.over(prepared(facts, PAGE), prepared(trail, TRAIL_PAGE))


def migrate(databases: Databases) -> None:
    """Bring both databases to the newest layout (Alembic; safe to repeat)."""
    from alembic import command  # noqa: PLC0415 - only this command needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    config.attributes["engines"] = {"facts": databases.facts, "trail": databases.trail}
    command.upgrade(config, "head")


def ready(databases: Databases) -> bool:
    """Whether both databases answer and are laid out."""
    try:
        databases.freshness.current()
        with databases.trail.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except (Unavailable, DBAPIError):
        return False
    return True
