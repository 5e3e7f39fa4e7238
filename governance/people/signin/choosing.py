"""What a password may be: long enough, and not one that is guessed first. Pure: values in, answers out.

After NIST SP 800-63B-4: at least 8 characters where a second factor follows (here 12), every character counts and may
be used, nothing is said of which kinds there must be, and nothing makes anybody change it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import pairwise

SHORTEST, GREATEST = 12, 256
LEFT_OVER = 8
"""So much must be there beside a word that somebody who knows the person would try."""
RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")


class Objection(StrEnum):
    """What can be wrong with a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    PATTERN = "pattern"
    ABOUT_YOU = "about_you"


SAYS: dict[Objection, str] = {
    Objection.TOO_SHORT: f"Your password must be {SHORTEST} characters or more. Three or four words in a row do well",
    Objection.TOO_LONG: f"Your password must be {GREATEST} characters or fewer",
    Objection.COMMON: "This is one of the passwords that are guessed first. Choose another",
    Objection.PATTERN: "This password repeats itself or follows the keyboard or the alphabet. Choose another",
    Objection.ABOUT_YOU: "This password is too close to your name, your address, your organisation or this service."
    " Choose another",
}


def normalised(password: str) -> str:
    """A password as it is counted and hashed: the same characters, however a keyboard has put them together."""
    return unicodedata.normalize("NFKC", password)


def objection_to(password: str, about: Iterable[str], is_common: Callable[[str], bool]) -> Objection | None:
    """What is wrong with a password of somebody about whom these words are known, or nothing."""
    text = normalised(password)
    if len(text) < SHORTEST:
        return Objection.TOO_SHORT
    if len(text) > GREATEST:
        return Objection.TOO_LONG
    plain = text.casefold()
    core = plain.strip("0123456789 .,;:!?-_*#@$%&+=/()[]\"'£")
    if is_common(plain) or (is_common(core) and len(plain) - len(core) < LEFT_OVER):
        return Objection.COMMON
    if repeats(plain) or repeats(core) or follows(plain):
        return Objection.PATTERN
    return Objection.ABOUT_YOU if any(stands_alone(word, plain) for word in words_of(about)) else None


def words_of(about: Iterable[str]) -> set[str]:
    """The words of names and addresses that are long enough to give somebody away."""
    words: set[str] = set()
    for text in about:
        plain = normalised(text).casefold()
        parts = "".join(char if char.isalnum() else " " for char in plain).split()
        words.update(word for word in (plain, "".join(parts), *parts) if len(word) >= 4)
    return words


def stands_alone(word: str, plain: str) -> bool:
    """Whether a password is little more than a word: once or several times, with little around it."""
    return word in plain and len(plain.replace(word, "")) < LEFT_OVER


def repeats(plain: str) -> bool:
    """Whether it is one piece of at most six characters again and again."""
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, 7) if size * 2 <= len(plain))


def follows(plain: str) -> bool:
    """Whether it follows the alphabet, the digits or the keyboard, forwards or backwards, nearly all the way."""
    pairs = list(pairwise(plain))
    runs = [*RUNS, *(run[::-1] for run in RUNS)]
    steps = sum(any(first + second in run for run in runs) for first, second in pairs)
    return steps >= len(pairs) - 2
