"""What rows may say and hardly mean: told as notes, once a kind, at the first row, with how many say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from governance.exchange.checking import Doubt, Rows, by_rows
from governance.exchange.compact import ABSENT, values_of
from governance.exchange.strangers import SYSTEM, Active
from governance.kernel.errors import nearest

Path = tuple[str | int, ...]
Found = tuple[int, Path, str]  # a row's number, its field, what it says there
CAPACITY, COURSE = "capacity", "course"


def unlikely(rows: Rows, active: Active, today: date) -> Iterator[Doubt]:
    """Each kind of unlikely row; of courses and capacities only where some active pack names any."""
    courses, capacities = named(active, COURSE), named(active, CAPACITY)
    training, grants, people = (rows.get(name, ()) for name in ("training", "grants", "people"))
    if capacities:
        problem = "no role of any active pack takes an approval in this capacity"
        yield from once("grants", strange_capacities(grants, capacities, active), problem, capacities)
    if courses:
        strange = strange_values(training, COURSE, courses)
        yield from once("training", strange, "no active pack names this course", courses)
    later = (
        (number, ("completed",), "")
        for number, day in enumerate(values_of(training, "starts_on"))
        if isinstance(day, date) and day > today
    )
    yield from once("training", later, "has yet to come: until then the course counts as not completed")
    pairs = zip(values_of(people, "reference"), values_of(people, "manager"), strict=True)
    own = ((number, ("manager",), "") for number, (person, manager) in enumerate(pairs) if person == manager)
    yield from once("people", own, "names the person as their own manager")


def named(active: Active, what: str) -> set[str]:
    """All courses, or all capacities, that active packs name."""
    return {name for words in active.values() for name in words.demanded.get(what, ())}


def strange_values(rows: Sequence[Mapping[str, Any]], field: str, known: set[str]) -> Iterator[Found]:
    """The rows that say in a field what is not known."""
    for number, value in enumerate(values_of(rows, field)):
        if value not in known and isinstance(value, str):
            yield number, (field,), value


def strange_capacities(rows: Sequence[Mapping[str, Any]], known: set[str], active: Active) -> Iterator[Found]:
    """The approvals in a capacity that is not known, of grants in systems whose pack is active."""
    for number, (system, listed) in enumerate(zip(values_of(rows, SYSTEM), values_of(rows, "approvals"), strict=True)):
        for place, approval in enumerate(() if listed is ABSENT or system not in active else listed or ()):
            if approval[CAPACITY] not in known:
                yield number, ("approvals", place, CAPACITY), approval[CAPACITY]


def once(sheet: str, found: Iterable[Found], problem: str, known: Iterable[str] = ()) -> Iterator[Doubt]:
    """The first of some findings, with how many rows say so."""
    listed = list(found)
    if listed:
        number, path, value = listed[0]
        rows = len({number for number, *_ in listed})
        yield Doubt(sheet, number, path, f"{problem}{by_rows(rows)}", nearest(value, known), value or None)
