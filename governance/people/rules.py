"""What is known of people and organisations, and who works where on a day. Pure: values in, answers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from governance.kernel.clock import day_start


class OrganisationStatus(StrEnum):
    """Whether an organisation takes part."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class OrganisationFacts(NamedTuple):
    """An organisation: what kind, below which parent (0 for none), in which area ("ALL" for everywhere)."""

    id: int
    reference: str
    name: str
    kind: str
    parent: int
    area: str
    status: OrganisationStatus


class PersonFacts(NamedTuple):
    """A person: the manager's reference ("" for none) and what a pack may ask of people."""

    id: int
    reference: str
    manager: str
    attributes: Mapping[str, Any]


class EmploymentFacts(NamedTuple):
    """One employment: where, in which post, with casework or without; the end is exclusive."""

    row: int
    organisation: int
    post: str
    casework: bool
    starts_on: date | None
    ends_at: datetime | None

    def has_begun(self, now: datetime) -> bool:
        """Whether its first day has come in London."""
        return self.starts_on is None or day_start(self.starts_on) <= now

    def is_current(self, now: datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.has_begun(now) and (self.ends_at is None or now < self.ends_at)


def current_employments(
    employments: Iterable[EmploymentFacts], organisation: int, posts: Sequence[str], now: datetime
) -> list[EmploymentFacts]:
    """Those that hold now in an organisation, in one of the posts where posts are named."""
    return [
        employment
        for employment in employments
        if employment.organisation == organisation
        and (not posts or employment.post in posts)
        and employment.is_current(now)
    ]


def lasts_longest(employments: Iterable[EmploymentFacts]) -> EmploymentFacts:
    """The one that ends last; an open end is later than any."""
    return max(employments, key=lambda item: (item.ends_at is None, item.ends_at.timestamp() if item.ends_at else 0.0))


def next_change(employments: Iterable[EmploymentFacts], now: datetime) -> datetime | None:
    """The first moment after now at which an employment begins or ends."""
    moments = [
        moment
        for item in employments
        for moment in (day_start(item.starts_on) if item.starts_on else None, item.ends_at)
        if moment is not None and moment > now
    ]
    return min(moments, default=None)


def not_taking_part(lineage: Iterable[OrganisationFacts | None]) -> OrganisationFacts | None:
    """The nearest organisation of a lineage that is suspended or closed: it stops all below it."""
    return next((item for item in lineage if item is not None and item.status is not OrganisationStatus.ACTIVE), None)


def is_admitted(organisation: OrganisationFacts, kinds: Sequence[str], references: Sequence[str]) -> bool:
    """Whether an organisation is of the kinds and among those named, where any are."""
    return (not kinds or organisation.kind in kinds) and (not references or organisation.reference in references)
