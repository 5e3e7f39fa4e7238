"""Systems, roles, types, properties and ids that no active pack has: told as warnings, since a pack may come later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.exchange.checking import Doubt, Rows, by_rows
from governance.exchange.compact import ABSENT, values_of
from governance.kernel.errors import cure_for
from governance.ports.role_rules import ResourceType, Role, has_form
from governance.ports.sheet import Sheet
from governance.ports.sources import RoleRules

SYSTEM, ROLE, TYPE, ID, PROPERTIES = "system", "role", "type", "id", "properties"
DEMANDED = {"approvals": "capacity", "before": "capacity", "courses": "course"}
"""The fields of roles' terms that name words, and what facts call each."""
LIMITED = {"agreements": "cohort", "grants": "scope"}
"""The sheets whose rows hold for some records only, and the field that says by which properties."""
LIMITS = {
    "agreements": "Until then it covers no question.",
    "conflicts": "Until then it forbids nothing.",
    "grants": "Until then it opens nothing.",
    "resources": "Until then nobody finds it.",
    "systems": "Until then these days count for nothing.",
}


class Words(NamedTuple):
    """What rows may name of a system whose pack is active."""

    role: Collection[str]
    type: Mapping[str, ResourceType]
    demanded: Mapping[str, Collection[str]] = {}
    """The capacities and courses that its roles name."""


Active = Mapping[str, Words]


def active_words(role_rules: RoleRules, session: Session, at: int) -> Active:
    """The words of every active pack, by system."""
    loaded = {system: role_rules.load(session, number) for system, number in role_rules.active(session, at).items()}
    return {
        system: Words(set(rules.roles), rules.resource_types, demanded_by(rules.roles.values()))
        for system, rules in loaded.items()
    }


def demanded_by(roles: Iterable[Role]) -> dict[str, set[str]]:
    """What roles demand that facts hold as words: the capacities of approvals, the courses."""
    found: dict[str, set[str]] = {}
    for role in roles:
        for demand in role.demands:
            for field, names in getattr(demand.terms, "words", {}).items():
                if field in DEMANDED:
                    found.setdefault(DEMANDED[field], set()).update(names)
    return found


def strangers(sheets: Mapping[str, Sheet], rows: Rows, active: Active) -> Iterator[Doubt]:
    """Each name that rows use and no active pack has, once a sheet, at the first row that uses it.

    Of ids that have not the form of their type, the first is told, and never what it is: it may name a child's record.
    """
    for name, listed in rows.items():
        known = {field.data_key or attribute: attribute for attribute, field in sheets[name].schema().fields.items()}
        fields = {known[field]: field for field in (ROLE, TYPE, ID) if field in known}
        found: dict[tuple[str, str, str], list[int]] = {}
        for number, row in enumerate(listed) if SYSTEM in known else ():
            for field, value in named(row, fields, active):
                found.setdefault((row[SYSTEM], field, value), [number, 0])[1] += 1
        for (system, attribute, value), (first, count) in found.items():
            more = by_rows(count)
            field = fields.get(attribute, SYSTEM)
            if field == ID:
                form = active[system].type[value].id_form
                cure = f"{LIMITS[name]} Its form is {form} (# a digit, @ a capital letter)."
                yield Doubt(name, first, (attribute,), f"is not an id of {value} in {system}{more}", cure)
                continue
            if field == SYSTEM:
                problem, choices = "no pack is active for this system", list(active)
            else:
                problem, choices = (
                    f"the active pack of {system} has no such {field}",
                    list(getattr(active[system], field)),
                )
            cure = f"{LIMITS[name]} {cure_for(value, choices)}"
            yield Doubt(name, first, (attribute,), f"{problem}{more}", cure, value)
        if PROPERTIES in known:
            yield from undeclared(name, listed, known[TYPE], active)
        if name in LIMITED:
            yield from unlimiting(name, listed, LIMITED[name], active)


def undeclared(name: str, listed: Sequence[Mapping[str, Any]], attribute: str, active: Active) -> Iterator[Doubt]:
    """Each property of resources that their type does not declare, once a sheet, at the first row that has it."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for number, row in enumerate(listed):
        kind = active[row[SYSTEM]].type.get(row[attribute]) if row[SYSTEM] in active else None
        for stated in row[PROPERTIES] if kind is not None else ():
            if kind is not None and stated not in kind.properties:
                found.setdefault((row[SYSTEM], row[attribute], stated), [number, 0])[1] += 1
    for (system, kind_name, stated), (first, count) in found.items():
        cure = f"Until then it counts for nothing. {cure_for(stated, active[system].type[kind_name].properties)}"
        problem = f"the active pack of {system} declares no such property of {kind_name}{by_rows(count)}"
        yield Doubt(name, first, (PROPERTIES, stated), problem, cure, stated)


def unlimiting(name: str, listed: Sequence[Mapping[str, Any]], field: str, active: Active) -> Iterator[Doubt]:
    """Each property that rows are limited by and no type of their system declares, once a sheet, at the first row."""
    declared = {
        system: {each for kind in words.type.values() for each in kind.properties} for system, words in active.items()
    }
    found: dict[tuple[str, str], list[int]] = {}
    for number, (system, limits) in enumerate(zip(values_of(listed, SYSTEM), values_of(listed, field), strict=True)):
        for stated in limits if limits and limits is not ABSENT and system in active else ():
            if stated not in declared[system]:
                found.setdefault((system, stated), [number, 0])[1] += 1
    for (system, stated), (first, count) in found.items():
        cure = f"{LIMITS[name]} {cure_for(stated, declared[system])}"
        problem = f"the active pack of {system} declares no such property{by_rows(count)}"
        yield Doubt(name, first, (field, stated), problem, cure, stated)


def named(row: Mapping[str, object], fields: Mapping[str, str], active: Active) -> Iterator[tuple[str, str]]:
    """The names of one row that no active pack has: its system, or else its role or type; of a wrong id, its type."""
    system = row.get(SYSTEM)
    if not isinstance(system, str):
        return
    if system not in active:
        yield SYSTEM, system
        return
    kind: ResourceType | None = None
    for attribute, field in fields.items():
        value = row.get(attribute)
        if not isinstance(value, str):
            continue
        if field == ID:
            if kind is not None and kind.id_form and not has_form(value, kind.id_form):
                yield attribute, kind.name
        elif value not in getattr(active[system], field):
            yield attribute, value
        elif field == TYPE:
            kind = active[system].type[value]


def strange_systems(role_rules: RoleRules, session: Session, at: int, systems: Collection[str]) -> Iterator[str]:
    """A sentence for each system of which no pack is active."""
    active = role_rules.active(session, at)
    for system in systems:
        if system not in active:
            yield f'no pack is active for the system "{system}". {cure_for(system, active)}'
