"""Twins whose databases do not wait for the disk."""

from typing import Any

from governance.kernel import db


def off() -> None:
    """Never flush anything."""
    put_in("OFF")


def normal() -> None:
    """Flush at checkpoints, not at each commit."""
    put_in("NORMAL")


def put_in(mode: str) -> None:
    """Open every SQLite connection of this server in another mode."""
    prepare = db.prepare_sqlite

    def prepare_unsynced(connection: Any, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA synchronous={mode}")

    db.prepare_sqlite = prepare_unsynced
