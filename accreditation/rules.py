"""When an organisation is accredited: every criterion met, signed and in date. Pure: values in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class AnswerFacts(NamedTuple):
    """An organisation's answer to one criterion of a checklist; the end is exclusive."""

    row: int
    checklist: str
    criterion: int
    met: bool
    signed: bool
    signed_at: datetime | None
    ends_at: datetime | None
    signed_by: str = ""


class Lack(StrEnum):
    """Why a criterion does not count, worst first."""

    UNMET = "unmet"
    UNSIGNED = "unsigned"
    EXPIRED = "expired"


class Criterion(NamedTuple):
    """How one criterion stands: what it lacks (None when it counts), and the answer that says so."""

    number: int
    lack: Lack | None
    answer: AnswerFacts | None


class Accreditation(NamedTuple):
    """How an organisation stands: whether it answered the checklist at all, and each criterion that is asked for."""

    answered: bool
    criteria: tuple[Criterion, ...]

    @property
    def holds(self) -> bool:
        """Whether every criterion counts."""
        return self.answered and all(criterion.lack is None for criterion in self.criteria)

    @property
    def says_no(self) -> bool:
        """Whether a criterion was answered with no."""
        return any(criterion.lack is Lack.UNMET and criterion.answer is not None for criterion in self.criteria)


def lack_of(answer: AnswerFacts, now: datetime, signatories: Collection[str] = ()) -> Lack | None:
    """What an answer lacks to count: met, and signed (by one of the signatories, where any are named), and in date."""
    if not answer.met:
        return Lack.UNMET
    if not answer.signed or (answer.signed_at is not None and answer.signed_at > now):
        return Lack.UNSIGNED
    if signatories and answer.signed_by not in signatories:
        return Lack.UNSIGNED
    if answer.ends_at is not None and answer.ends_at <= now:
        return Lack.EXPIRED
    return None


def accreditation_of(
    answers: Sequence[AnswerFacts],
    checklist: str,
    criteria: Sequence[int],
    now: datetime,
    signatories: Collection[str] = (),
) -> Accreditation:
    """How one organisation stands with some criteria of a checklist; the newest answer to each is heard."""
    newest = {answer.criterion: answer for answer in answers if answer.checklist == checklist}
    asked = []
    for number in criteria:
        answer = newest.get(number)
        asked.append(Criterion(number, lack_of(answer, now, signatories) if answer else Lack.UNMET, answer))
    return Accreditation(bool(newest), tuple(asked))


def nearest(lineage: Iterable[Accreditation]) -> Accreditation:
    """The accreditation that counts for the lowest of a lineage.

    An organisation is covered by the nearest one at or above it that is accredited, unless one nearer has said no to
    a criterion. Where none covers it, the nearest that answered tells what is missing.
    """
    first: Accreditation | None = None
    for accreditation in lineage:
        if accreditation.holds:
            return accreditation
        if accreditation.answered:
            first = first or accreditation
            if accreditation.says_no:
                break
    return first or Accreditation(False, ())


def first_end(criteria: Iterable[Criterion]) -> datetime | None:
    """The first moment at which one of some criteria no longer counts."""
    ends = (criterion.answer.ends_at for criterion in criteria if criterion.answer)
    return min((end for end in ends if end is not None), default=None)


def next_change(answers: Iterable[AnswerFacts], now: datetime) -> datetime | None:
    """The first moment after now at which an answer comes to count or ceases to."""
    moments = (moment for answer in answers for moment in (answer.signed_at, answer.ends_at))
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
