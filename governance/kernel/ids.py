"""Names that nobody can guess, in letters that nobody misreads over the telephone."""

from __future__ import annotations

import os
import secrets
import threading

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_name(letters: int) -> str:
    """A random name of so many Crockford base-32 letters, five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(letters))


class Randomness(threading.local):
    """Random bytes of the operating system, fetched by the page: each fetch lets other threads in, a slice does not.

    Each thread has a page of its own, and a forked process fetches anew, so nothing is given twice.
    """

    PAGE = 4096

    def __init__(self) -> None:
        self._page, self._at, self._pid = b"", self.PAGE, 0

    def take(self, count: int) -> bytes:
        """So many random bytes."""
        if self._at + count > self.PAGE or self._pid != os.getpid():
            self._page, self._at, self._pid = os.urandom(self.PAGE), 0, os.getpid()
        start = self._at
        self._at += count
        return self._page[start : self._at]


RANDOMNESS = Randomness()


def random_bytes(count: int) -> bytes:
    """So many random bytes (at most a page)."""
    return RANDOMNESS.take(count)


def random_token() -> str:
    """Sixteen random hexadecimal digits, made quickly: a name for one request."""
    return random_bytes(8).hex()
