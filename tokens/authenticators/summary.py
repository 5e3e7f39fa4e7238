"""What governance may know of people's authenticators: how many of each kind, whether locked out, when last used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from governance.ports.second_factor import Enrolment, FactorFailure, FactorLock, FactorSummary, Replacing
from tokens.authenticators import replacing, store
from tokens.authenticators.attempts import list_attempts, list_failures, list_locked
from tokens.authenticators.rules import AuthenticatorFacts, Finding
from tokens.authenticators.throttling import THROTTLE, Attempts

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Until when somebody is locked out whom only a replacement helps."""


class Authenticators:
    """Answers for people's authenticators: implements `SecondFactor`."""

    def summary(self, session: Session, people: Collection[int], now: datetime) -> Mapping[int, FactorSummary]:
        """The authenticators of some people, in one query a table; everybody asked for is in the answer."""
        theirs: dict[int, list[AuthenticatorFacts]] = {person: [] for person in people}
        for one in store.list_of(session, people):
            theirs[one.person].append(one)
        tried = list_attempts(session, people)
        return {person: _of(known, tried.get(person, Attempts()), now) for person, known in theirs.items()}

    def locked(self, session: Session, now: datetime) -> Mapping[int, FactorLock]:
        """Everybody who is locked out now; without an end where only a replacement helps."""
        found = list_locked(session, THROTTLE, now)
        stops = THROTTLE.stop_at
        return {
            person: FactorLock(tried.failures, None if tried.failures >= stops else tried.locked_until, since)
            for person, (tried, since) in found.items()
        }

    def failures(self, session: Session, people: Collection[int], since: date) -> Sequence[FactorFailure]:
        """How often some people failed since a day, by kind of authenticator and of failure."""
        return [FactorFailure(*row) for row in list_failures(session, people, since)]

    def enrolments(self, session: Session, people: Collection[int]) -> Mapping[int, Enrolment]:
        """How far some people have come: who never began is not in the answer."""
        theirs: dict[int, list[AuthenticatorFacts]] = {}
        for one in store.list_of(session, people):
            theirs.setdefault(one.person, []).append(one)
        return {person: _enrolment(known) for person, known in theirs.items()}

    def waiting(self, session: Session) -> Sequence[Replacing]:
        """Every temporary replacement that waits for a second person to approve it, the newest first."""
        waiting = replacing.list_waiting(session)
        return [Replacing(one.person, one.reference, one.asked_by, one.asked_at) for one in waiting]


def _enrolment(known: Collection[AuthenticatorFacts]) -> Enrolment:
    moments = [[one.activated_at for one in known], [one.first_used_at for one in known]]
    first = [min((moment for moment in some if moment is not None), default=None) for some in moments]
    return Enrolment(min(one.created_at for one in known), first[0], first[1])


def _of(known: Collection[AuthenticatorFacts], tried: Attempts, now: datetime) -> FactorSummary:
    active = Counter(one.kind.value for one in known if one.is_usable(now))
    used = max((one.last_used_at for one in known if one.last_used_at is not None), default=None)
    return FactorSummary(active, _locked_until(tried, now), used)


def _locked_until(tried: Attempts, now: datetime) -> datetime | None:
    """Until when a person is locked out; to the end of days where only a replacement helps."""
    closed = tried.closed(THROTTLE, now)
    if closed is Finding.STOPPED:
        return NEVER
    return tried.locked_until if closed is Finding.LOCKED else None
