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
        self.forget()

    def forget(self) -> None:
        """Give nothing more of this page."""
        self._page, self._at = b"", self.PAGE

    def take(self, count: int) -> bytes:
        """So many random bytes."""
        start = self._at
        end = start + count
        if end <= self.PAGE:
            self._at = end
            return self._page[start:end]
        if count > self.PAGE:
            return os.urandom(count)
        self._page, self._at = os.urandom(self.PAGE), count
        return self._page[:count]


RANDOMNESS = Randomness()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=RANDOMNESS.forget)


def random_bytes(count: int) -> bytes:
    """So many random bytes."""
    return RANDOMNESS.take(count)
