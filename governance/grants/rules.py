"""When a grant holds, and whose approvals it still needs. Pure: values in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from governance.kernel.clock import day_start


class Approval(NamedTuple):
    """Who approved, in which capacity, for which organisation, on which day."""

    by: str
    capacity: str
    organisation: str
    on: date | None

    def is_given(self, now: datetime) -> bool:
        """Whether its day has come."""
        return self.on is None or day_start(self.on) <= now

    def reaches(self, line: Collection[str], anywhere: Collection[str]) -> bool:
        """Whether it was given for the organisation of the grant or one above it, or in a capacity without bounds."""
        return self.organisation in line or self.capacity in anywhere


class GrantFacts(NamedTuple):
    """A role in a system, held in an organisation's name; the end is exclusive."""

    row: int
    system: str
    role: str
    organisation: int
    starts_on: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    approvals: tuple[Approval, ...]
    scope: Mapping[str, Any]

    def has_begun(self, now: datetime) -> bool:
        """Whether its first day has come in London."""
        return self.starts_at is None or self.starts_at <= now

    def has_ended(self, now: datetime) -> bool:
        """Whether its last day has passed in London."""
        return self.ends_at is not None and self.ends_at <= now


class Unfilled(NamedTuple):
    """A needed approval that nobody has given: who may give it, and who tried."""

    capacities: tuple[str, ...]
    by_holder: bool
    tried: Approval | None


def unfilled_approvals(
    needed: Sequence[tuple[str, ...]],
    approvals: Sequence[Approval],
    holder: str,
    now: datetime,
    line: Collection[str],
    anywhere: Collection[str] = (),
) -> list[Unfilled]:
    """The needed approvals that no right person has given; each needs a person of its own, never the holder.

    `line` is the grant's organisation and those above it: who approves for another part of the tree approves nothing.
    """
    given = [item for item in approvals if item.is_given(now)]
    others = [item for item in given if item.by != holder]
    near = [item for item in others if item.reaches(line, anywhere)]
    fillers = fill(needed, near)
    known = {capacity for capacities in needed for capacity in capacities}
    strays = [item for item in others if item.capacity not in known or item not in near]
    unfilled = []
    for place, capacities in enumerate(needed):
        if place not in fillers:
            by_holder = any(item.by == holder and item.capacity in capacities for item in given)
            unfilled.append(Unfilled(capacities, by_holder, strays.pop(0) if strays and not by_holder else None))
    return unfilled


def outside(scope: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    """The names in a grant's scope of which a record has another value, or none; of a list, every item must fit."""
    return [name for name, allowed in scope.items() if not within(properties.get(name), allowed)]


def within(value: Any, allowed: Any) -> bool:
    """Whether a property is what a scope allows: one value, or one of a list. True is not 1."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(within(item, allowed) for item in value)
    choices = allowed if isinstance(allowed, (list, tuple)) else (allowed,)
    return any(type(value) is type(item) and value == item for item in choices)


def fill(needed: Sequence[tuple[str, ...]], approvals: Sequence[Approval]) -> dict[int, str]:
    """Which approver fills which needed approval, filling as many as can be; no person fills two."""
    place_of: dict[str, int] = {}

    def seat(place: int, asked: set[str]) -> bool:
        for item in approvals:
            if item.capacity in needed[place] and item.by not in asked:
                asked.add(item.by)
                if item.by not in place_of or seat(place_of[item.by], asked):
                    place_of[item.by] = place
                    return True
        return False

    for place in range(len(needed)):
        seat(place, set())
    return {place: person for person, place in place_of.items()}


def next_change(grant: GrantFacts, now: datetime) -> datetime | None:
    """The first moment after now at which the grant begins or ends, or an approval's day comes."""
    days = (day_start(item.on) for item in grant.approvals if item.on)
    moments = [moment for moment in (grant.starts_at, grant.ends_at, *days) if moment is not None and moment > now]
    return min(moments, default=None)


def in_system(grants: Iterable[GrantFacts], system: str) -> tuple[GrantFacts, ...]:
    """The grants in one system, of whatever role."""
    return tuple(grant for grant in grants if grant.system == system)


def lasts_longest(grants: Iterable[GrantFacts], now: datetime) -> GrantFacts | None:
    """Of the grants that have begun and not ended, the one that ends last; an open end is later than any."""
    current = [grant for grant in grants if grant.has_begun(now) and not grant.has_ended(now)]
    endless = next((grant for grant in current if grant.ends_at is None), None)
    return endless or max(current, key=lambda grant: grant.ends_at or now, default=None)
