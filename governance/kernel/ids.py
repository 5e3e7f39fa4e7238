"""Names that nobody can guess, in letters that nobody misreads over the telephone."""

from __future__ import annotations

import os
import secrets
import threading

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_name(letters: int) -> str:
    """A random name of so many Crockford base-32 letters, five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(letters))


class Randomness:
    """Random bytes of the operating system, fetched by the page: each fetch lets other threads in, a slice does not."""

    PAGE = 4096

    def __init__(self) -> None:
        self._page, self._at, self._pid = b"", self.PAGE, 0

    def take(self, count: int) -> bytes:
        """So many random bytes; none is given twice, and a forked process starts a page of its own."""
        with self._lock:
            if self._at + count > self.PAGE or self._pid != os.getpid():
                self._page, self._at, self._pid = os.urandom(self.PAGE), 0, os.getpid()
            start = self._at
            self._at += count
            return self._page[start : self._at]

    _lock = threading.Lock()


RANDOMNESS = Randomness()


def random_bytes(count: int) -> bytes:
    """So many random bytes (at most a page)."""
    return RANDOMNESS.take(count)


def random_token() -> str:
    """Sixteen random hexadecimal digits, made quickly: a name for one request."""
    return random_bytes(8).hex()
