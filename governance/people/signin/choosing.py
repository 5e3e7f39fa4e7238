"""What a password may be: long enough, and not one that is guessed first. Pure: values in, answers out.

After NIST SP 800-63B-4: at least 8 characters where a second factor follows (here 12), every character counts and may
be used, nothing is said of which kinds there must be, and nothing makes anybody change it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import pairwise

SHORTEST, GREATEST = 12, 256
LEFT_OVER = 8
"""So much must be there beside a word that somebody who knows the person would try."""
SHORTEST_WORD = 3
FEWEST_WORDS = 3
"""So many different words there must be, where a password is made of listed ones; each counts once, however often."""
MOST_BESIDE = 4
"""So many digits or signs beside such words and runs make no difference: a year, say. A letter counts for two."""
RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")


class Objection(StrEnum):
    """What can be wrong with a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    FEW_WORDS = "few_words"
    PATTERN = "pattern"
    ABOUT_YOU = "about_you"


SAYS: dict[Objection, str] = {
    Objection.TOO_SHORT: f"Your password must be {SHORTEST} characters or more. Three or four words in a row do well",
    Objection.TOO_LONG: f"Your password must be {GREATEST} characters or fewer",
    Objection.COMMON: "This is one of the passwords that are guessed first. Choose another",
    Objection.FEW_WORDS: "This password is one or two words that are guessed first, and hardly anything else."
    " Three or four different words in a row do well",
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
    if any(stands_alone(word, plain) for word in words_of(about)):
        return Objection.ABOUT_YOU
    words = fewest_words(plain, is_common)
    return None if words >= FEWEST_WORDS else Objection.FEW_WORDS if words else Objection.PATTERN


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


def fewest_words(plain: str, is_common: Callable[[str], bool]) -> int:
    """Of how few different listed words it can be made, with runs and little else beside them; `FEWEST_WORDS` at most.

    A single space between two characters is passed over: it makes a word or a run no harder to guess.
    """
    text = re.sub(r"(?<=\S) (?=\S)", "", plain)
    reached: list[set[tuple[frozenset[str], int]]] = [set() for _ in range(len(text) + 1)]
    reached[0].add((frozenset(), 0))
    for place, ways in enumerate(reached[:-1]):
        if not ways:
            continue
        run, cost = run_at(text, place), 2 if text[place].isalpha() else 1
        ends = range(place + SHORTEST_WORD, len(text) + 1)
        found = [(text[place:end], end) for end in ends if is_common(text[place:end])]
        for words, beside in ways:
            reached[place + run].update({(words, beside)} if run >= SHORTEST_WORD else ())
            reached[place + 1].update({(words, beside + cost)} if beside + cost <= MOST_BESIDE else ())
            for word, end in found:
                if len(words | {word}) < FEWEST_WORDS:
                    reached[end].add((words | {word}, beside))
    return min((len(words) for words, _ in reached[-1]), default=FEWEST_WORDS)


def run_at(text: str, place: int) -> int:
    """How long a run begins here: one character again and again, or the alphabet, the digits or the keyboard."""
    runs = [*RUNS, *(run[::-1] for run in RUNS)]
    size = 1
    while place + size < len(text):
        piece = text[place : place + size + 1]
        if len(set(piece)) > 1 and not any(piece in run for run in runs):
            break
        size += 1
    return size
