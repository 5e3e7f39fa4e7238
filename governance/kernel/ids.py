"""Names that nobody can guess, in letters that nobody misreads over the telephone."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_name(letters: int) -> str:
    """A random name of so many Crockford base-32 letters, five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(letters))
