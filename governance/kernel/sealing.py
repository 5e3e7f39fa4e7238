"""Seals secrets for the database: AES-256-GCM under a key that lives outside of it, bound to the place they stand in.

The keeper of `cryptography`. A sealed value is the mark of its key (8 bytes), a nonce (12 bytes), and the ciphertext
with its tag. What was sealed for one row opens in no other.
"""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.kernel.errors import Unavailable
from governance.kernel.settings import RecordKeys

MARK, NONCE = 8, 12


class Sealer:
    """Seals under the newest key; opens what any of the keys has sealed."""

    def __init__(self, keys: RecordKeys) -> None:
        self._keys = {bytes.fromhex(mark): AESGCM(derived(key)) for mark, key in keys.keys}
        self._current = bytes.fromhex(keys.current)

    def seal(self, secret: bytes, place: str) -> bytes:
        """A secret as it may be stored at a place, written `table:column:row`."""
        nonce = os.urandom(NONCE)
        return self._current + nonce + self._key(self._current).encrypt(nonce, secret, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The secret; raise `Unavailable` where its key is gone, or it was changed or moved to another place."""
        mark, nonce, rest = sealed[:MARK], sealed[MARK : MARK + NONCE], sealed[MARK + NONCE :]
        try:
            return self._key(mark).decrypt(nonce, rest, place.encode())
        except (InvalidTag, ValueError):
            raise Unavailable("a stored secret cannot be opened: it was changed", "secret_unreadable") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether a value is sealed under the newest key."""
        return sealed[:MARK] == self._current

    def _key(self, mark: bytes) -> AESGCM:
        found = self._keys.get(mark)
        if found is None:
            raise Unavailable("a stored secret was sealed under a key that is not here", "secret_key_missing")
        return found


def derived(key: bytes) -> bytes:
    """The 256 bits that seal, from a key of at least 128 bits: of another use than the key's mark."""
    return hashlib.blake2b(key, digest_size=32, person=b"postern-sealing").digest()
