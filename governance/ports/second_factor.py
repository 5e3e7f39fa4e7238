"""What governance may ask of the area that keeps authenticators, without knowing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session


class FactorSummary(NamedTuple):
    """A person's authenticators in short: how many of each kind can be used, and until when they are locked out."""

    active: Mapping[str, int]
    locked_until: datetime | None = None
    last_used_at: datetime | None = None


class FactorLock(NamedTuple):
    """A lock-out: how many failures in a row, until when (None where only a replacement helps), and since when."""

    failures: int
    until: datetime | None
    since: datetime | None = None


class FactorFailure(NamedTuple):
    """How often one person failed, with which kind of authenticator, and how."""

    person: int
    kind: str
    finding: str
    times: int


class Enrolment(NamedTuple):
    """When a person first began to add an authenticator, gave a first good code, and proved themselves with it."""

    begun_at: datetime
    enrolled_at: datetime | None = None
    used_at: datetime | None = None


class Replacing(NamedTuple):
    """A temporary replacement that waits for a second person: whose it is, who asked for it, and when."""

    person: int
    reference: str
    asked_by: str
    asked_at: datetime


class SecondFactor(Protocol):
    """Tells of people's authenticators; never of their secrets."""

    def summary(self, session: Session, people: Collection[int], now: datetime) -> Mapping[int, FactorSummary]:
        """The authenticators of some people, in one query a table; everybody asked for is in the answer."""

    def locked(self, session: Session, now: datetime) -> Mapping[int, FactorLock]:
        """Everybody who is locked out now."""

    def failures(self, session: Session, people: Collection[int], since: date) -> Sequence[FactorFailure]:
        """How often some people failed since a day, by kind of authenticator and of failure."""

    def enrolments(self, session: Session, people: Collection[int]) -> Mapping[int, Enrolment]:
        """How far some people have come with their authenticators; who never began is not in the answer."""

    def waiting(self, session: Session) -> Sequence[Replacing]:
        """Every temporary replacement that waits for a second person to approve it, the newest first."""
