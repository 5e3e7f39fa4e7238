"""What a front end is, what its key or its secret opens, and where it may be returned to. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from governance.kernel.ids import random_name
from governance.kernel.verdict import Reason, Verdict, unexplained

MARK = "postern"
SECRET_BYTES = 24
PREFIX_LETTERS = 10

NO_SYSTEM = Reason("no_system", "a key needs at least one system that it may ask about")
NAMELESS = Reason("nameless", "a front end needs a name")
BAD_NAME = Reason("bad_name", "a front end's name is one line of at most 200 characters, all of which can be seen")
BAD_SYSTEM = Reason("bad_system", "a system is named by its id, in one line that is not blank")
ENDED = Reason("ended", "the key's last day is over")
NOWHERE = Reason("no_redirect", "a front end needs at least one address to return people to")
BAD_ADDRESS = Reason(
    "bad_address",
    "an address to return people to is written out whole, begins with https:// (http:// on this machine alone), and "
    "has no user, no fragment and no wildcard",
)

NO_SECRET = Reason("public", "a public front end has no secret; register another one if it is to have any")

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CLIENT_LETTERS = 16
LONGEST = 200


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
    front_end: str = ""  # the front end that alone may use it with its people's tokens; any may where it is blank


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


def is_line(name: str) -> bool:
    """Whether a name can be kept, and printed in a list: one line, nothing unseen in it."""
    return len(name) <= LONGEST and name.isprintable()


def may_register(name: str, systems: Collection[str], ends_on: date | None, today: date) -> Verdict:
    """Whether a key may be made."""
    return Verdict.unless(
        (not name.strip(), NAMELESS),
        (not is_line(name), BAD_NAME),
        (not systems, NO_SYSTEM),
        (not are_systems(systems), BAD_SYSTEM),
        (ends_on is not None and ends_on < today, ENDED),
    )


def are_systems(systems: Collection[str]) -> bool:
    """Whether each of these could be a system's id."""
    return all(system.strip() and is_line(system) for system in systems)


def may_revoke(why: str) -> Verdict:
    """Whether a key or a front end may be revoked for this reason."""
    return Verdict.unless(unexplained(why))


class FrontEndFacts(NamedTuple):
    """A front end as it stands: what it is called, where it may be returned to, which systems it asks about.

    One without a secret cannot keep any (it runs in a browser or on a device): it is public.
    """

    row: int
    name: str
    client_id: str
    digest: bytes | None
    redirect_uris: tuple[str, ...]
    post_logout_uris: tuple[str, ...]
    systems: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        """Whether it has no secret to prove itself with."""
        return self.digest is None

    def is_opened_by(self, secret: str) -> bool:
        """Whether this is its secret."""
        return self.digest is not None and hmac.compare_digest(self.digest, digest(secret))


class NewFrontEnd(NamedTuple):
    """A front end just registered: its secret is shown once and never stored; a public one has none."""

    client_id: str
    secret: str


def make_client(*, public: bool) -> NewFrontEnd:
    """A new front end's name among front ends, and its secret of 192 random bits."""
    return NewFrontEnd(f"fe-{random_name(CLIENT_LETTERS)}", "" if public else secrets.token_urlsafe(SECRET_BYTES))


def may_be_front_end(
    name: str, systems: Sequence[str], redirect_uris: Sequence[str], post_logout_uris: Sequence[str]
) -> Verdict:
    """Whether a front end may be registered so."""
    every = (*redirect_uris, *post_logout_uris)
    return Verdict.unless(
        (not name.strip(), NAMELESS),
        (not is_line(name), BAD_NAME),
        (not systems, NO_SYSTEM),
        (not are_systems(systems), BAD_SYSTEM),
        (not redirect_uris, NOWHERE),
        (not all(is_address(uri) for uri in every), BAD_ADDRESS),
    )


def may_have_secret(front_end: FrontEndFacts) -> Verdict:
    """Whether a front end has a secret that could be changed."""
    return Verdict.unless((front_end.is_public, NO_SECRET))


def is_address(uri: str) -> bool:
    """Whether people may be sent there: https, or this very machine; compared letter by letter ever after."""
    try:
        parts: SplitResult = urlsplit(uri)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and not set(uri) & set(' *#\\"<>`{}|^')
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return plain and secure and bool(parts.hostname) and "@" not in parts.netloc and port_is_one
