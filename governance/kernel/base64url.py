"""Base64url as RFC 7515 writes it: no padding, no other letters, no bits left over."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

ALPHABET = re.compile(r"[A-Za-z0-9_-]*\Z")


def encoded(raw: bytes) -> str:
    """Bytes as text."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of a text that is written in exactly the one way; raise `ValueError` for any other."""
    if not ALPHABET.match(text) or len(text) % 4 == 1:
        raise ValueError("is not base64url")
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encoded(raw) != text:
        raise ValueError("is not base64url")
    return raw
