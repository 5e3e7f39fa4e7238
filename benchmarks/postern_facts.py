"""The workload's people and organisations as rows of facts, in the shape that a facts file has."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from benchmarks.postern_packs import LEVELS, RENEWAL_YEARS, role_name, workforce
from benchmarks.shapes import TODAY, Organisation, Person, System, Workload, system_of
from governance.exchange.applying import apply_rows
from governance.exchange.reading import read_rows
from governance.kernel import clock
from governance.kernel.toml import Document
from governance.ports.actor import Actor

Rows = dict[str, list[dict[str, Any]]]
Day = Callable[[int], date]

SHARER = "data-office"
"""The organisation with which every other one shares data."""

BEFORE = 400
"""So many days ago everything began that has a first day."""


def apply(service: Any, rows: Rows) -> None:
    """Apply rows as `postern facts apply` does: all of them, as one change."""
    read = read_rows(Document("facts", rows, {}), service.sheets)
    apply_rows(
        service.databases, service.sheets, read, actor=Actor("benchmark"), now=clock.now(), where="benchmark",
    )  # fmt: skip


def common(workload: Workload) -> Rows:
    """What stands once: who shares data with everybody, and the agreement that each person signs for every system."""
    day = calendar()
    agreement = {"reference": "user-agreement", "kind": "individual", "version": 1, "from": day(TODAY - BEFORE)}
    return {
        "organisations": [{"reference": SHARER, "name": "The data office", "kind": "local_authority"}],
        "agreements": [agreement | {"system": system} for system in workload.systems],
    }


def rows(systems: Mapping[str, System], organisations: Iterable[Organisation], people: Iterable[Person]) -> Rows:
    """Everything about some organisations and people."""
    day, found = calendar(), Rows()
    for organisation in organisations:
        for name, listed in _of_organisation(organisation, day).items():
            found.setdefault(name, []).extend(listed)
    for person in people:
        for name, listed in _of_person(person, systems, day).items():
            found.setdefault(name, []).extend(listed)
    return found


def calendar() -> Day:
    """From the workload's days to real ones, its own day being the present one.

    A day that is still good is moved one day on, so that no answer changes at a midnight during the run.
    """
    today = clock.london_day(clock.now())
    return lambda number: today + timedelta(days=number - TODAY + (number >= TODAY))


def _of_organisation(organisation: Organisation, day: Day) -> Rows:
    name, began = organisation.id, day(TODAY - BEFORE)
    sharing = {"reference": f"sharing-{name}", "kind": "sharing", "version": 1, "from": began}
    signed = {"signed_by": "director", "signed_on": began}
    return {
        "organisations": [
            {
                "reference": name,
                "name": f"Organisation {name}",
                "kind": organisation.kind,
                "area": organisation.area,
                "status": "active" if organisation.active else "suspended",
            }
        ],
        "checklist_answers": [
            {
                "organisation": name,
                "checklist": "standing",
                "criterion": 1,
                "met": True,
                "valid_to": day(organisation.accredited_until),
                **signed,
            }
        ],
        "agreements": [
            sharing | {"system": system, "to": day(last_day)} for system, last_day in organisation.agreements.items()
        ],
        "parties": [
            {"agreement": sharing["reference"], "version": 1, "organisation": party, **signed}
            for party in (SHARER, name)
        ]
        if organisation.agreements
        else [],
    }


def _of_person(person: Person, systems: Mapping[str, System], day: Day) -> Rows:
    name, home, began = person.id, person.organisation, day(TODAY - BEFORE)
    of_person, in_name_of = {"person": name}, {"person": name, "organisation": home.id, "from": began}
    return {
        "people": [{"reference": name, "name": f"Person {name}"}],
        "employment": [in_name_of | {"post": "officer"}],
        "checks": [of_person | check for check in _checks(person, systems, day)],
        "training": [of_person | {"course": course, "completed": began} for course in sorted(person.courses)],
        "grants": [
            in_name_of | {"system": system_of(role), "role": role_name(role, school=person.own_school_only)}
            for role in person.roles
        ],
        "signatures": [of_person | {"agreement": "user-agreement", "version": 1, "signed_on": began}]
        if person.signed
        else [],
    }


def _checks(person: Person, systems: Mapping[str, System], day: Day) -> list[dict[str, Any]]:
    """A check for each workforce that the person's systems ask for, issued so that it lasts to the last good day."""
    issued = _years_before(day(person.vetted_until) + timedelta(days=1))
    asked = {workforce(systems[system_of(role)].vetting_level) for role in person.roles}
    levels = {workforce(0): LEVELS[0], workforce(1): LEVELS[person.vetting_level] if person.vetting_level else ""}
    return [{"workforce": each, "level": levels[each], "issued": issued} for each in sorted(asked) if levels[each]]


def _years_before(day: date) -> date:
    return day.replace(year=day.year - RENEWAL_YEARS)  # four years: a leap day has one too
