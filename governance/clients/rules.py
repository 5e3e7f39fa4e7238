"""What a front end's key is, and what it opens. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from governance.kernel.ids import random_name
from governance.kernel.verdict import Reason, Verdict

MARK = "postern"
SECRET_BYTES = 24
PREFIX_LETTERS = 10

NO_SYSTEM = Reason("no_system", "a key needs at least one system that it may ask about")
NAMELESS = Reason("nameless", "a front end needs a name")


class Scope(StrEnum):
    """What a key may do beyond asking for decisions."""

    REASONS_FULL = "reasons:full"
    SEARCH = "search"


class KeyFacts(NamedTuple):
    """A key as it stands: whose, for which systems and scopes, until when."""

    row: int
    name: str
    prefix: str
    digest: bytes
    systems: frozenset[str]
    scopes: frozenset[str]
    ends_at: datetime | None


class NewKey(NamedTuple):
    """A key just made: the text is shown once and never stored."""

    text: str
    prefix: str
    digest: bytes


def make_key() -> NewKey:
    """A new key: a look-up prefix and 192 random bits, stored as SHA-256 only."""
    prefix, secret = random_name(PREFIX_LETTERS), secrets.token_urlsafe(SECRET_BYTES)
    return NewKey(f"{MARK}_{prefix}_{secret}", prefix, digest(secret))


def digest(secret: str) -> bytes:
    """What is stored of a secret; it has entropy enough to need no password hash."""
    return hashlib.sha256(secret.encode()).digest()


def split_key(text: str) -> tuple[str, str] | None:
    """A key's prefix and secret, or None when it is no key of ours."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    return (prefix, secret) if mark == MARK and prefix and secret else None


def opens(key: KeyFacts, secret: str, now: datetime) -> bool:
    """Whether this secret is the key's, and the key has not ended."""
    return hmac.compare_digest(key.digest, digest(secret)) and (key.ends_at is None or now < key.ends_at)


def may_register(name: str, systems: Iterable[str]) -> Verdict:
    """Whether a key may be made."""
    return Verdict.unless((not name.strip(), NAMELESS), (not list(systems), NO_SYSTEM))
