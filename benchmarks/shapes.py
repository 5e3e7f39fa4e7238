"""What the workload is made of: systems, their rules, organisations, people and the questions asked about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

TODAY = 20778
"""The workload's own day (21 November 2026, counted from 1 January 1970); an expiry day is the last good one."""

ACTIONS = ("view", "edit", "approve", "export")
COURSES = ("security", "dataprotection", "safeguarding")
AREAS = tuple(f"area{number}" for number in range(10))
EVERY_AREA = "ALL"


class Rule(NamedTuple):
    """A role may (or must never) take an action in an application."""

    role: str
    application: str
    action: str


class Question(NamedTuple):
    """May this person take this action on this record, which belongs to this school and area?"""

    person: str
    system: str
    application: str
    action: str
    record: str
    school: str
    area: str
    locked: bool


@dataclass(frozen=True, slots=True)
class System:
    """A protected system and what it asks of everybody who uses it."""

    id: str
    vetting_level: int
    courses: tuple[str, ...]
    own_area_only: bool
    applications: tuple[str, ...]
    roles: tuple[str, ...]

    @property
    def workspaces(self) -> frozenset[str]:
        """The applications whose records can have a locked part: the last four."""
        return frozenset(self.applications[8:])


@dataclass(frozen=True, slots=True)
class Organisation:
    """An employer: its standing, its accreditation and its sharing agreement (last day) for each system."""

    id: str
    kind: str
    area: str
    active: bool
    accredited_until: int
    agreements: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one to three roles, a check, some training and perhaps a signed agreement."""

    id: str
    organisation: Organisation
    roles: tuple[str, ...]
    vetting_level: int
    vetted_until: int
    courses: frozenset[str]
    signed: bool

    @property
    def own_school_only(self) -> bool:
        """Whether only the records of their own school are theirs to see."""
        return self.organisation.kind == "school"


@dataclass(frozen=True, slots=True)
class Workload:
    """Everything an engine is loaded with, and every question it is asked."""

    systems: Mapping[str, System]
    allows: Sequence[Rule]
    denies: Sequence[Rule]
    organisations: Mapping[str, Organisation]
    people: Mapping[str, Person]
    questions: Sequence[Question]


def system_of(name: str) -> str:
    """The system that a role or an application belongs to: `s3.r12` belongs to `s3`."""
    return name.partition(".")[0]
