"""What a rule says: allowed, or refused with every reason."""

from __future__ import annotations

from dataclasses import dataclass

from governance.kernel.errors import Answer


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an administrative act is refused: a code, and a plain sentence that says what to do."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a rule; `reasons` is empty exactly when it is allowed."""

    reasons: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.reasons

    @classmethod
    def unless(cls, *objections: tuple[bool, Reason]) -> Verdict:
        """Allowed unless one of the conditions holds; all that hold are told."""
        return cls(tuple(reason for holds, reason in objections if holds))

    def require(self) -> None:
        """Raise `Refused` with the reasons unless allowed."""
        if self.reasons:
            raise Refused(self)


NO_WHY = Reason("reason_missing", "say why: the reason goes on the trail")


def unexplained(why: str) -> tuple[bool, Reason]:
    """What stands in the way of an act for which no reason is given."""
    return not why.strip(), NO_WHY


class Refused(Answer):
    """A rule said no; the verdict carries every reason."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("; ".join(reason.says for reason in verdict.reasons))
        self.verdict = verdict
