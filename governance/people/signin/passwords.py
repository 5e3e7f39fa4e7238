"""Hashes passwords with argon2id, and knows those that are guessed first. The keeper of argon2-cffi and of zxcvbn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from governance.kernel.errors import Unavailable
from governance.people.signin.choosing import GREATEST, normalised

AT_ONCE = 4
"""How many passwords one process hashes at a time: each takes its own memory."""
LONGEST_WAIT = 1.0
"""For how many seconds somebody waits for their turn: whoever waits holds a thread that pages need."""
WAITING = 4
"""How many wait for a turn at a time; whoever comes then is sent away at once, and the other threads serve pages."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a guess costs: memory in KiB, how often it is gone over, and how many threads share it."""

    memory: int
    rounds: int
    threads: int = 1


class Passwords:
    """Hashes and compares. Whoever has no password is compared with one that nobody has, at the same cost."""

    def __init__(self, cost: Cost) -> None:
        self._hasher = PasswordHasher(cost.rounds, cost.memory, cost.threads)
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._seats = threading.BoundedSemaphore(AT_ONCE + WAITING)
        self._mine = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have a turn at hashing; raise `Unavailable` where none comes up in time. A turn within a turn is the same."""
        if getattr(self._mine, "has", False):
            yield
            return
        with self._taken(self._seats, 0), self._taken(self._places, LONGEST_WAIT):
            self._mine.has = True
            try:
                yield
            finally:
                self._mine.has = False

    @contextmanager
    def _taken(self, places: threading.BoundedSemaphore, seconds: float) -> Iterator[None]:
        if not places.acquire(timeout=seconds):
            raise Unavailable("too many passwords are being checked at once; ask again", "busy")
        try:
            yield
        finally:
            places.release()

    def hash(self, password: str) -> str:
        """A password as it is stored: with its salt and with what it cost."""
        with self.turn():
            return self._hasher.hash(normalised(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether a password is the stored one; the work is the same where none is stored."""
        with self.turn():
            nobodys = self._nobodys
            try:
                self._hasher.verify(stored or nobodys, normalised(password)[: GREATEST + 1])
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def renewed(self, stored: str, password: str) -> str | None:
        """A password hashed anew where its stored hash did not cost what one costs now."""
        return self.hash(password) if self._hasher.check_needs_rehash(stored) else None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("a password that nobody has")


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - read when somebody first chooses a password

    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words)


def is_common(plain: str) -> bool:
    """Whether a text in small letters is in a list of passwords, names or words that are guessed first."""
    return plain in _common()
