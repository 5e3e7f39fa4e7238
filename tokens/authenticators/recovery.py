"""Recovery codes: ten of 80 random bits, kept as slow hashes, and found by two bytes of a keyed one.

The key of a set is random, sealed beside it: without it nobody can so much as begin to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple

from tokens.authenticators.rules import RECOVERY_CODES

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32 characters: none is taken for another."""
LENGTH, GROUP, KEY_BYTES, SALT_BYTES = 16, 4, 32, 16
LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
COST = {"n": 2**12, "r": 8, "p": 1}


class Hashed(NamedTuple):
    """What is kept of a recovery code."""

    marker: bytes
    digest: str


def new_codes() -> list[str]:
    """A set of codes, in groups for reading."""
    return [_grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH))) for _ in range(RECOVERY_CODES)]


def new_key() -> bytes:
    """The key of a set."""
    return secrets.token_bytes(KEY_BYTES)


def read_code(text: str) -> str | None:
    """A recovery code as it was typed, in any case, with or without its hyphens; None where it cannot be one."""
    packed = text.upper().translate(LOOK_ALIKE)
    return packed if len(packed) == LENGTH and all(letter in ALPHABET for letter in packed) else None


def marker_of(key: bytes, code: str) -> bytes:
    """The two bytes by which a code is found."""
    return _keyed(key, code)[:2]


def hash_code(key: bytes, code: str) -> Hashed:
    """What to keep of a code."""
    packed = read_code(code) or ""
    salt = secrets.token_bytes(SALT_BYTES)
    return Hashed(marker_of(key, packed), f"{salt.hex()}${_slow(key, packed, salt).hex()}")


def is_code(key: bytes, code: str, digest: str) -> bool:
    """Whether a code is the one that was kept so."""
    salt, _, slow = digest.partition("$")
    return hmac.compare_digest(_slow(key, code, bytes.fromhex(salt)).hex(), slow)


def waste_time(key: bytes, code: str) -> None:
    """Do the work of one comparison where there is nothing to compare with, so that time tells nothing."""
    _slow(key, code, bytes(SALT_BYTES))


def _keyed(key: bytes, code: str) -> bytes:
    return hmac.digest(key, b"postern recovery " + code.encode(), "sha256")


def _slow(key: bytes, code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(_keyed(key, code)[2:], salt=salt, dklen=32, **COST)


def _grouped(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))
