"""One frozen settings object, read from the environment and from `instance/postern.env`; no default secret."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from pathlib import Path

from environs import Env

from governance.kernel.errors import BadInput, Fault


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """Keys under which record ids are hashed: the first hashes, all of them match (retired ones stay for matching).

    A key goes by a mark of what it is, not by the name that people give it: another key of the same name is never taken
    for it, and what was hashed under a key that is gone is refused, not overlooked.
    """

    current: str
    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> RecordKeys:
        """Read `id:hex,id:hex …`, newest first; each key has at least 128 bits."""
        keys: dict[str, bytes] = {}
        for part in text.split(","):
            name, _, value = part.strip().partition(":")
            raw = bytes.fromhex(value)
            if not name or len(raw) < 16:
                raise ValueError("each key is written id:hex with at least 32 hex digits")
            keys[mark_of(raw)] = raw
        return cls(next(iter(keys)), tuple(keys.items()))


def mark_of(key: bytes) -> str:
    """What tells a key from another, and nothing of the key itself: sixteen hex digits of a keyed hash under it."""
    return hmac.digest(key, b"postern record key", "sha256")[:8].hex()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an installation decides; see docs/settings.md for each name."""

    database_url: str
    trail_url: str
    public_url: str
    record_keys: RecordKeys
    log_level: str
    trail_timeout: float
    max_body: int
    max_batch: int


NEEDED = ("POSTERN_DATABASE_URL", "POSTERN_PUBLIC_URL", "POSTERN_RECORD_KEYS")


def load_settings(instance: Path) -> Settings:
    """Read the settings; raise `BadInput` naming every one that is missing or wrong."""
    env = Env()
    file = instance / "postern.env"
    if file.exists():
        env.read_env(str(file), override=False)
    missing = [name for name in NEEDED if not env.str(name, "")]
    if missing and not file.exists():
        cure = f"Run postern setup --public-url https://…, which writes {file}; or set it all in the environment."
        raise BadInput([Fault(", ".join(missing), "not set", cure)])
    if missing:
        raise BadInput([Fault(name, "is not set", f"Set it in the environment or in {file}.") for name in missing])
    try:
        record_keys = RecordKeys.parse(env.str("POSTERN_RECORD_KEYS"))
    except ValueError as wrong:
        raise BadInput([Fault("POSTERN_RECORD_KEYS", str(wrong))]) from None
    database_url = env.str("POSTERN_DATABASE_URL")
    return Settings(
        database_url=database_url,
        trail_url=env.str("POSTERN_TRAIL_URL", "") or trail_beside(database_url),
        public_url=env.str("POSTERN_PUBLIC_URL").rstrip("/"),
        record_keys=record_keys,
        log_level=env.str("POSTERN_LOG_LEVEL", "INFO").upper(),
        trail_timeout=env.float("POSTERN_TRAIL_TIMEOUT", 0.5),
        max_body=env.int("POSTERN_MAX_BODY", 1_000_000),
        max_batch=env.int("POSTERN_MAX_BATCH", 1_000),
    )


def trail_beside(database_url: str) -> str:
    """Where decision records go by default: a file beside an SQLite file, a schema of the same PostgreSQL database."""
    if database_url.startswith("sqlite:"):
        return database_url.removesuffix(".db") + "-trail.db"
    return database_url
