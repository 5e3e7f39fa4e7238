"""One frozen settings object, read from the environment and from `instance/postern.env`; no default secret."""

from __future__ import annotations

import hmac
import ipaddress
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


NO_KEYS = RecordKeys("", ())
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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
    rate_limit: float = 0
    secret_keys: RecordKeys = field(default=NO_KEYS, repr=False)
    signing_keys: Path | None = None
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    notify_key: str = field(default="", repr=False)
    notify_template: str = ""
    notify_url: str = ""
    mail_days: int = 7
    session_idle_minutes: int = 30
    session_hours: int = 12
    password_memory: int = 32_768
    password_rounds: int = 3
    metadata_key: Path | None = None
    operator: str = ""
    proxies: tuple[Network, ...] = ()
    help_contact: str = ""


LEAST_MEMORY, LEAST_ROUNDS = 19_456, 2
"""No installation makes guessing passwords cheaper than this (argon2id: KiB, and how often they are gone over)."""
METADATA_KEY = "metadata-key.json"
SIGNING_KEYS = "signing-keys.json"
NOT_HERE = (
    "There is no {file}: run this in the folder that holds instance/, or name that instance/ in POSTERN_INSTANCE. "
    "Where there is none yet, postern setup --public-url https://… makes one; or set it all in the environment."
)
NEEDED = ("POSTERN_DATABASE_URL", "POSTERN_PUBLIC_URL", "POSTERN_RECORD_KEYS", "POSTERN_SECRET_KEYS")


def load_settings(instance: Path) -> Settings:
    """Read the settings; raise `BadInput` naming every one that is missing or wrong."""
    env = Env()
    file = instance / "postern.env"
    if file.exists():
        env.read_env(str(file), override=False)
    missing = [name for name in NEEDED if not env.str(name, "")]
    if missing and not file.exists():
        raise BadInput([Fault(", ".join(missing), "not set", NOT_HERE.format(file=file))])
    if missing:
        raise BadInput([Fault(name, "is not set", f"Set it in the environment or in {file}.") for name in missing])
    record_keys, secret_keys = (read_keys(env, name) for name in ("POSTERN_RECORD_KEYS", "POSTERN_SECRET_KEYS"))
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
        rate_limit=env.float("POSTERN_RATE_LIMIT", 0),
        metadata_key=found_key(env.str("POSTERN_METADATA_KEY", ""), instance / METADATA_KEY),
        secret_keys=secret_keys,
        signing_keys=found_key(env.str("POSTERN_SIGNING_KEYS", ""), instance / SIGNING_KEYS),
        smtp_url=env.str("POSTERN_SMTP_URL", ""),
        mail_from=env.str("POSTERN_MAIL_FROM", ""),
        notify_key=env.str("POSTERN_NOTIFY_KEY", ""),
        notify_template=env.str("POSTERN_NOTIFY_TEMPLATE", ""),
        notify_url=env.str("POSTERN_NOTIFY_URL", ""),
        mail_days=env.int("POSTERN_MAIL_DAYS", 7),
        session_idle_minutes=env.int("POSTERN_SESSION_IDLE_MINUTES", 30),
        session_hours=env.int("POSTERN_SESSION_HOURS", 12),
        password_memory=max(LEAST_MEMORY, env.int("POSTERN_PASSWORD_MEMORY", 32_768)),
        password_rounds=max(LEAST_ROUNDS, env.int("POSTERN_PASSWORD_ROUNDS", 3)),
        operator=env.str("POSTERN_OPERATOR", ""),
        help_contact=env.str("POSTERN_HELP_CONTACT", ""),
        proxies=read_networks(env, "POSTERN_PROXIES"),
    )


def read_networks(env: Env, name: str) -> tuple[Network, ...]:
    """The addresses and networks that a setting lists; raise `BadInput` where it cannot be read."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in env.str(name, "").split(",") if part.strip())
    except ValueError:
        cure = "Write addresses and networks with commas between them, such as 127.0.0.1, 10.1.0.0/16."
        raise BadInput([Fault(name, "lists what is no address and no network", cure)]) from None


def read_keys(env: Env, name: str) -> RecordKeys:
    """The keys that a setting lists; raise `BadInput` where it cannot be read."""
    try:
        return RecordKeys.parse(env.str(name))
    except ValueError as wrong:
        raise BadInput([Fault(name, str(wrong))]) from None


def found_key(named: str, made: Path) -> Path | None:
    """The file of a key: the one that is named, else the one that set-up made, if it is there."""
    return Path(named) if named else made if made.exists() else None


def trail_beside(database_url: str) -> str:
    """Where decision records go by default: a file beside an SQLite file, a schema of the same PostgreSQL database."""
    if database_url.startswith("sqlite:"):
        return database_url.removesuffix(".db") + "-trail.db"
    return database_url
