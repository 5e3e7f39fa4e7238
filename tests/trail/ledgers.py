"""A trail for tests to damage: a few chains of decisions and the chain of entries, opened up for any statement."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, text

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.trail.rules import Record, encode_body, new_salt
from governance.trail.service import verify_trail
from governance.trail.verify import Damage
from governance.trail.writer import Recorder
from tests.installation import Installation

Key = Mapping[str, int]
TRAIL_TABLES = {"leaf": ("chain", "seq"), "body": ("chain", "seq"), "chain": ("number",)}
FACTS_TABLES = {"trail_entry": ("seq",), "trail_entry_body": ("seq",), "ledger": ("id",)}
PROTECTED = ("leaf", "body", "trail_entry", "trail_entry_body")


def some_record(number: int) -> Record:
    """A record like those of real decisions."""
    body = {"client": "key:ABC", "subject": f"person-{number}", "action": "view", "type": "file", "id": f"F-{number}"}
    codes = () if number % 2 else ("no_grant", "suspended")
    rules = ("A-1",) if number % 2 else ()
    return Record(
        clock.iso(clock.now()), "archive", bool(number % 2), codes, rules, 3, 1, new_salt(), encode_body(body)
    )  # fmt: skip


def write_chain(databases: Databases, records: int, group: int = 25) -> None:
    """A chain of its own with so many records."""
    recorder = Recorder(databases, timeout=10)
    for start in range(1, records + 1, group):
        recorder.put([some_record(number) for number in range(start, min(start + group, records + 1))])


class Bench:
    """The tables of a trail, unprotected: what may be altered without anybody noticing."""

    def __init__(self, installation: Installation) -> None:
        """Write an entry or two more, and take the protection away."""
        installation.suspend()
        installation.lift()
        self.databases = installation.databases
        self.on_postgresql = self.databases.trail.dialect.name == "postgresql"
        self._engines = [create_engine(url, isolation_level="AUTOCOMMIT") for url in installation.urls]
        self._facts, self._trail = (engine.connect() for engine in self._engines)
        for connection in () if self.on_postgresql else (self._facts, self._trail):
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        for table in PROTECTED:
            self._unprotect(table)
        if self.on_postgresql:
            self.execute("leaf", "ALTER TABLE trail.leaf DROP CONSTRAINT leaf_chain_fkey")
            self.execute("trail_entry", "ALTER TABLE trail_entry_body DROP CONSTRAINT fk_trail_entry_body_seq")

    def close(self) -> None:
        """Let go of the databases."""
        for connection, engine in zip((self._facts, self._trail), self._engines, strict=True):
            connection.close()
            engine.dispose()

    def _unprotect(self, table: str) -> None:
        if self.on_postgresql:
            self.execute(table, f"ALTER TABLE {self.named(table)} DISABLE TRIGGER USER")
        else:
            self.execute(table, f"DROP TRIGGER {table}_no_delete")
            self.execute(table, f"DROP TRIGGER {table}_no_update")

    def named(self, table: str) -> str:
        """A table as statements name it."""
        return f"trail.{table}" if self.on_postgresql and table in TRAIL_TABLES else table

    def execute(self, table: str, statement: str, **values: Any) -> list[Any]:
        """Execute one statement on the database where a table stands; no foreign key is asked for."""
        found = (self._trail if table in TRAIL_TABLES else self._facts).execute(text(statement), values)
        return list(found.mappings()) if found.returns_rows else []

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table in the order of their key."""
        keys = ", ".join({**TRAIL_TABLES, **FACTS_TABLES}[table])
        return [dict(row) for row in self.execute(table, f"SELECT * FROM {self.named(table)} ORDER BY {keys}")]

    def key(self, table: str, row: Mapping[str, Any]) -> Key:
        """What names a row."""
        return {name: row[name] for name in {**TRAIL_TABLES, **FACTS_TABLES}[table]}

    def where(self, key: Key) -> str:
        """The condition that picks a row."""
        return " AND ".join(f"{name} = {number!r}" for name, number in key.items())

    def set(self, table: str, key: Key, **values: Any) -> None:
        """Alter a row."""
        pairs = ", ".join(f"{name} = :{name}" for name in values)
        self.execute(table, f"UPDATE {self.named(table)} SET {pairs} WHERE {self.where(key)}", **values)

    def delete(self, table: str, key: Key) -> None:
        """Remove a row."""
        self.execute(table, f"DELETE FROM {self.named(table)} WHERE {self.where(key)}")

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Put a row in."""
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        self.execute(table, f"INSERT INTO {self.named(table)} ({names}) VALUES ({marks})", **row)

    def damages(self) -> list[Damage]:
        """What the verifier finds."""
        return verify_trail(self.databases).damages

    @contextmanager
    def altered(self, table: str, row: Mapping[str, Any], **values: Any) -> Iterator[list[Damage]]:
        """What the verifier finds while some columns of a row are altered."""
        key = self.key(table, row)
        self.set(table, key, **values)
        try:
            yield self.damages()
        finally:
            moved = {name: values.get(name, number) for name, number in key.items()}
            self.set(table, moved, **{name: row[name] for name in values})

    @contextmanager
    def removed(self, table: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Damage]]:
        """What the verifier finds while rows are gone."""
        for row in rows:
            self.delete(table, self.key(table, row))
        try:
            yield self.damages()
        finally:
            for row in rows:
                self.insert(table, row)

    @contextmanager
    def added(self, table: str, row: Mapping[str, Any]) -> Iterator[list[Damage]]:
        """What the verifier finds while there is one row more."""
        self.insert(table, row)
        try:
            yield self.damages()
        finally:
            self.delete(table, self.key(table, row))
