"""Text as a terminal and a trail may show it: what cannot be printed stands as backslash escapes."""

from __future__ import annotations

from pathlib import Path


def escaped(text: str) -> str:
    """Text on one line without control characters, signs that turn the line around, or bytes that were no text."""
    return text if text.isprintable() else "".join(map(escaped_sign, text))


def escaped_sign(sign: str) -> str:
    """One sign."""
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


def is_utf8(path: Path) -> bool:
    """Whether a file's name is text."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return False
    return True
