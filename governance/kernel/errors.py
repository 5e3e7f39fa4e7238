"""Exceptions are answers: what went wrong, in words for the one who asked. They know no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from governance.kernel.escaping import escaped


class Answer(Exception):
    """The parent of all that a door translates into an answer."""


class NotFound(Answer):
    """What was asked for does not exist, or not for this asker; `person` is the reference that nobody has, if one."""

    def __init__(self, message: str, person: str = "") -> None:
        super().__init__(message)
        self.person = person


class Conflict(Answer):
    """Somebody else changed the same thing meanwhile, or it is already so."""


class Unavailable(Answer):
    """The service cannot do this now, and will not do it half."""

    def __init__(self, message: str, code: str = "unavailable") -> None:
        super().__init__(message)
        self.code = code


class TooMany(Answer):
    """Whoever asks has asked too much lately, and may ask again after some seconds."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Forbidden(Answer):
    """Who is asking is known, and may not ask this."""


class Unauthenticated(Answer):
    """Who is asking could not be established."""


class Erased(Answer):
    """A fact that the answer would need was erased by law; the answer is not guessed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was handed in: where it stands, what is wrong, what to write instead."""

    where: str
    problem: str
    cure: str = ""
    line: int | None = None
    pointer: str | None = None

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line is not None else self.where
        cure = f" {self.cure}" if self.cure else ""
        return escaped(f"{place}: {self.problem}.{cure}" if place else f"{self.problem}.{cure}")


class BadInput(Answer):
    """What was handed in cannot be taken; every fault is named and nothing was applied."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The name that was perhaps meant, as a question; blank where none comes near."""
    near = get_close_matches(wrong.lower(), sorted(known), n=1)
    return f'Did you mean "{near[0]}"?' if near else ""


def cure_for(wrong: str, known: Iterable[str]) -> str:
    """What to write in place of a name that is not known."""
    choices = sorted(known)
    near = nearest(wrong, choices)
    if near:
        return near
    return f"Write one of: {', '.join(choices)}." if choices else "There is none to name."
