"""The keys that tokens are signed with: a file of private keys, the newest first, that every worker sees change.

A new key is published before it signs, so that whoever keeps the published set has it in time; an old one is kept for
checking as long as anything that it has signed may be shown.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from governance.kernel.errors import BadInput, Fault, Unavailable
from governance.kernel.jws import KeySet, NoSuchKey, PrivateKey, new_jwk

SIGNS_AT = "signs_at"
PUBLISHED_BEFORE = timedelta(minutes=10)
"""How long a new key is published before it signs."""
KEPT_AFTER = timedelta(hours=25)
"""How long an old key is kept: a person may sign out with what it signed as long as a session may last."""
CURE = "Give a set of private keys (JWKS), or leave the setting out: postern setup makes one."


class SigningKey(NamedTuple):
    """A private key, and the moment since which it signs."""

    key: PrivateKey
    signs_at: datetime


class Ring(NamedTuple):
    """The keys of a file as they were read, the newest first, and the public halves to check by."""

    keys: tuple[SigningKey, ...]
    public: KeySet

    def signing(self, now: datetime) -> PrivateKey:
        """The key that signs now: the newest whose time has come, else the oldest."""
        return next((one.key for one in self.keys if one.signs_at <= now), self.keys[-1].key)


class KeyFile:
    """A file of keys, read again whenever it has changed."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._seen: tuple[int, int, int] = (0, 0, 0)
        self._ring: Ring | None = None

    def ring(self) -> Ring:
        """The keys as the file has them now; raise `Unavailable` where there is none."""
        if self._file is None:
            raise Unavailable("this installation has no keys to sign tokens with", "no_signing_keys")
        try:
            found = self._file.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if self._ring is None or seen != self._seen:
                self._ring, self._seen = read_ring(self._file), seen
        except OSError:
            raise Unavailable("the file of signing keys cannot be read", "no_signing_keys") from None
        return self._ring

    @property
    def is_there(self) -> bool:
        """Whether a file is named at all."""
        return self._file is not None


def read_ring(file: Path) -> Ring:
    """The keys of a file; raise `BadInput` where it holds none that sign."""
    listed = read_keys(file)
    try:
        keys = tuple(SigningKey(PrivateKey(bare(jwk)), signs_at(jwk)) for jwk in listed)
        return Ring(keys, KeySet([one.key.public() for one in keys]))
    except NoSuchKey:
        raise BadInput([Fault(str(file), "holds a key that does not sign", CURE)]) from None


def read_keys(file: Path) -> list[dict[str, Any]]:
    """The private keys of a file as they are written: a set, or one key alone."""
    try:
        held = json.loads(file.read_text("utf-8"))
    except ValueError:
        raise BadInput([Fault(str(file), "is no JSON", CURE)]) from None
    listed = held.get("keys", [held]) if isinstance(held, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(jwk, dict) for jwk in listed):
        raise BadInput([Fault(str(file), "is no set of keys", CURE)])
    return listed


def bare(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """A key without what we note beside it."""
    return {name: value for name, value in jwk.items() if name != SIGNS_AT}


def signs_at(jwk: Mapping[str, Any]) -> datetime:
    """The moment since which a key signs; one that does not say has always."""
    noted = jwk.get(SIGNS_AT, 0)
    return datetime.fromtimestamp(noted if isinstance(noted, int) else 0, UTC)


def rotated(keys: Sequence[Mapping[str, Any]], now: datetime, *, at_once: bool) -> list[dict[str, Any]]:
    """The keys with a new one first, without those that nothing can have been signed with any more.

    `at_once` is for a key that others may have got hold of: the new one alone stays, and every token is dead.
    """
    begins = now if at_once else now + PUBLISHED_BEFORE
    made = {**new_jwk(), SIGNS_AT: int(begins.timestamp())}
    kept: list[dict[str, Any]] = []
    successor = begins
    for jwk in () if at_once else keys:
        if now < successor + KEPT_AFTER:
            kept.append(dict(jwk))
        successor = min(successor, signs_at(jwk))
    return [made, *kept]


def write_keys(file: Path, keys: Sequence[Mapping[str, Any]]) -> None:
    """Put a set of keys in a file's place in one step, for its owner alone."""
    mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o600
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(json.dumps({"keys": list(keys)}) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).chmod(mode & 0o640)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
