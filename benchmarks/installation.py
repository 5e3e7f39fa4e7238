"""An installation of the service in a folder of its own; nothing of the caller's environment reaches it."""

from collections.abc import Mapping
from pathlib import Path

import wsgi
from governance.app import Service, make_service
from governance.kernel.db import Databases
from governance.kernel.settings import RecordKeys, Settings

ADDRESS = "database-url"
"""The file that names another database than the SQLite file of the folder."""

PUBLIC_URL = "http://127.0.0.1:8000"
RECORD_KEYS = "bench:" + "5eed" * 16
SECRET_KEYS = "bench:" + "5ecd" * 16


def open_service(folder: Path) -> Service:
    """The service over the folder's databases, as every command opens it."""
    database_url, trail_url = _addresses(folder)
    settings = Settings(
        database_url=database_url,
        trail_url=trail_url,
        public_url=PUBLIC_URL,
        record_keys=RecordKeys.parse(RECORD_KEYS),
        secret_keys=RecordKeys.parse(SECRET_KEYS),
        log_level="ERROR",
        trail_timeout=10,
        max_body=1_000_000,
        max_batch=1_000,
    )
    return make_service(settings, wsgi.AREAS, Databases.open(database_url, trail_url))


def variables(folder: Path) -> Mapping[str, str]:
    """The same settings, for the environment of a server."""
    database_url, trail_url = _addresses(folder)
    return {
        "POSTERN_INSTANCE": str(folder),
        "POSTERN_DATABASE_URL": database_url,
        "POSTERN_TRAIL_URL": trail_url,
        "POSTERN_PUBLIC_URL": PUBLIC_URL,
        "POSTERN_RECORD_KEYS": RECORD_KEYS,
        "POSTERN_SECRET_KEYS": SECRET_KEYS,
        "POSTERN_LOG_LEVEL": "ERROR",
    }


def trail_bytes(folder: Path) -> int:
    """What the SQLite file of the decision records weighs, its write-ahead log included."""
    return sum(file.stat().st_size for file in folder.glob("trail.db*"))


def _addresses(folder: Path) -> tuple[str, str]:
    named = folder / ADDRESS
    if named.exists():
        address = named.read_text(encoding="utf-8")
        return address, address
    return f"sqlite:///{folder / 'facts.db'}", f"sqlite:///{folder / 'trail.db'}"
