"""Twins whose databases do not wait for the disk."""

from typing import Any

from governance.kernel import engines


def off() -> None:
    """Never flush anything."""
    put_in("OFF")


def normal() -> None:
    """Flush at checkpoints, not at each commit."""
    put_in("NORMAL")


def put_in(mode: str) -> None:
    """Open every SQLite connection of this server in another mode."""
    prepare = engines.prepare_sqlite

    def prepare_unsynced(connection: Any, page: int) -> None:
        prepare(connection, page)
        connection.execute(f"PRAGMA synchronous={mode}")

    engines.prepare_sqlite = prepare_unsynced
