"""Which values of a property the rules can tell apart: its kinds, each with a value that stands for all of its like.

The rules know a property only by the constants that they compare it with. Two values that no constant tells apart are
of one kind, so the engine's answer to one of them is its answer to all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

from governance.ports.role_rules import Property

Filter = dict[str, Any]
"""A condition on rows: {"all": […]}, {"any": […]}, or a leaf on one property; docs/api.md has its grammar."""

ALL: Filter = {"all": []}
ABSENT = object()
MOST_BITS = 5


class Kind(NamedTuple):
    """One kind of value: the condition that a row's value is of it, and a value that stands for it (or `ABSENT`)."""

    condition: Filter
    value: Any


@dataclass(slots=True)
class Constants:
    """What the rules compare a property with: sets of texts, numbers that are ends, whether being blank counts."""

    sets: list[frozenset[str]] = field(default_factory=list)
    ends: set[int] = field(default_factory=set)
    blank: bool = False

    def add(self, values: Iterable[Any]) -> None:
        """Take notice of constants that are compared with together."""
        told = list(values)
        self.ends |= {value for value in told if type(value) is int}
        texts = frozenset(value for value in told if isinstance(value, str))
        if texts:
            self.sets.append(texts)


def kinds(declared: Property, known: Constants) -> list[Kind]:
    """Every kind of value that a property may have in a row, being absent among them."""
    found = MAKERS[declared.type](declared, known)
    absent = declared.default if declared.default is not None else ABSENT
    return [*found, Kind(leaf(declared.name, "unknown"), absent)]


def leaf(name: str, test: str, **more: Any) -> Filter:
    """A condition on one property; false where it is not known, unless that is what it asks."""
    return {"property": name, "is": test, **more}


def groups(known: Constants) -> list[tuple[str, ...]]:
    """Constants that no comparison tells apart, in groups."""
    marks: dict[tuple[bool, ...], list[str]] = {}
    for value in sorted({value for each in known.sets for value in each}):
        marks.setdefault(tuple(value in each for each in known.sets), []).append(value)
    return [tuple(values) for values in marks.values()]


def other_than(taken: Collection[str], declared: Property) -> str | None:
    """A text that is none of the constants; None where the pack lists all values and all are taken."""
    if declared.values:
        return next((value for value in declared.values if value not in taken), None)
    name = "x"
    while name in taken:
        name += "x"
    return name


def text_kinds(declared: Property, known: Constants) -> list[Kind]:
    """Groups of constants, any other text, and a text that says nothing where that counts."""
    name, found = declared.name, groups(known)
    taken = [value for values in found for value in values]
    allowed = [tuple(value for value in values if not declared.values or value in declared.values) for values in found]
    made = [Kind(leaf(name, "in", values=list(values)), values[0]) for values in allowed if values]
    other = other_than(taken, declared)
    rest = leaf(name, "not_in", values=taken) if taken else leaf(name, "known")
    if known.blank and not declared.values:
        made.append(Kind(leaf(name, "blank"), ""))
        rest = {"all": [rest, leaf(name, "stated")]}
    return made + ([Kind(rest, other)] if other is not None else [])


def list_kinds(declared: Property, known: Constants) -> list[Kind]:
    """Which groups of constants a list has an item of, and whether it has any other; the empty list."""
    name, found = declared.name, groups(known)
    if len(found) > MOST_BITS:
        raise TooManyKinds(name)
    taken = [value for values in found for value in values]
    other = other_than(taken, declared)
    made = [Kind(leaf(name, "blank"), ())]
    for held in product((False, True), repeat=len(found) + (other is not None)):
        if any(held):
            tests = [leaf(name, "in" if has else "not_in", values=list(g)) for g, has in zip(found, held, strict=False)]
            items = [values[0] for values, has in zip(found, held, strict=False) if has]
            if other is not None:
                tests.append(leaf(name, "beyond" if held[-1] else "within", values=taken))
                items += [other] if held[-1] else []
            made.append(Kind({"all": [leaf(name, "stated"), *tests]}, tuple(items)))
    return made


def boolean_kinds(declared: Property, _known: Constants) -> list[Kind]:
    """True and false."""
    return [Kind(leaf(declared.name, "in", values=[value]), value) for value in (True, False)]


def integer_kinds(declared: Property, known: Constants) -> list[Kind]:
    """Each end itself, and what lies between, below and above."""
    name, ends = declared.name, sorted(known.ends)
    if not ends:
        return [Kind(leaf(name, "known"), 0)]
    made = [Kind(leaf(name, "at_most", value=ends[0] - 1), ends[0] - 1)]
    for place, end in enumerate(ends):
        made.append(Kind(leaf(name, "in", values=[end]), end))
        upper = ends[place + 1] - 1 if place + 1 < len(ends) else None
        if upper is None:
            made.append(Kind(leaf(name, "at_least", value=end + 1), end + 1))
        elif end < upper:
            between = [leaf(name, "at_least", value=end + 1), leaf(name, "at_most", value=upper)]
            made.append(Kind({"all": between}, end + 1))
    return made


def date_kinds(declared: Property, known: Constants) -> list[Kind]:
    """Each day that is named, and any other."""
    name = declared.name
    days = sorted({value for each in known.sets for value in each})
    made = [Kind(leaf(name, "in", values=[day]), date.fromisoformat(day)) for day in days if is_day(day)]
    other = date(1900, 1, 1)
    while other.isoformat() in days:
        other += timedelta(days=1)
    return [*made, Kind(leaf(name, "not_in", values=days) if days else leaf(name, "known"), other)]


def is_day(text: str) -> bool:
    """Whether a constant is a day."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


class TooManyKinds(Exception):
    """A property, or all together, with more kinds than a plan is made of."""


MAKERS = {
    "text": text_kinds,
    "list": list_kinds,
    "boolean": boolean_kinds,
    "integer": integer_kinds,
    "date": date_kinds,
}


def cells(found: Mapping[str, Sequence[Kind]], most: int) -> list[tuple[Kind, ...]]:
    """Every combination of kinds; raise `TooManyKinds` beyond a number."""
    size = 1
    for each in found.values():
        size *= len(each)
    if size > most:
        raise TooManyKinds(", ".join(found))
    return list(product(*found.values()))
