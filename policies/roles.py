"""Reads a pack's roles: what each demands, who may grant it, what its holders' front ends are obliged to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.kernel.errors import cure_for
from governance.kernel.reading import BadTable
from governance.kernel.toml_lines import Path_
from governance.ports.requirement import Requirement
from governance.ports.role_rules import Condition, Demand, Obligation, Role, Route
from policies.conditions import CONTEXT
from policies.rules import ROLE_NAME, ancestry
from policies.tables import Notebook, ObligationTable, RoleTable, RouteTable
from policies.vocabulary import Vocabulary

GRANT = "grant"


@dataclass(slots=True)
class Roles:
    """The roles of a pack, whom each inherits from (itself first), and which obligations each has."""

    known: set[str]
    roles: dict[str, Role] = field(default_factory=dict)
    ancestors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    obliged: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_roles(notes: Notebook, words: Vocabulary, requirements: Mapping[str, Requirement]) -> Roles:
    """Read every role; terms are parsed here, never during a decision."""
    section = notes.section("roles")
    if not section:
        notes.note(("roles",), "is missing", "Add [roles.…] with a source.")
    tables = {}
    for name, value, path in notes.named(section, ("roles",), ROLE_NAME):
        table = notes.read(RoleTable, value, path)
        if table is not None:
            notes.each_known(table.inherits, section, "role", (*path, "inherits"))
            known = dict.fromkeys(words.known_obligations, True)
            notes.each_known(table.obligations, known, "obligation", (*path, "obligations"))
            tables[name] = table
    roles = Roles(set(section))
    demands = {name: read_demands(notes, table, ("roles", name), requirements) for name, table in tables.items()}
    check_actions(notes, demands, words)
    if not notes.stored:
        check_compared(notes, demands, words)
        check_words(notes, demands)
    parents = {name: table.inherits for name, table in tables.items()}
    for name, table in tables.items():
        try:
            line = ancestry(name, parents)
        except ValueError as wrong:
            notes.note(("roles", name, "inherits"), str(wrong), "Take one of them out.")
            continue
        line = tuple(item for item in line if item in tables)
        roles.ancestors[name] = line
        roles.obliged[name] = tuple(dict.fromkeys(item for each in line for item in tables[each].obligations))
        roles.roles[name] = make_role(name, table, roles, demands, words, requirements)
    note_unnamed(notes, words, {item for table in tables.values() for item in table.obligations})
    return roles


def note_unnamed(notes: Notebook, words: Vocabulary, named: set[str]) -> None:
    """Note every obligation that no role names; a role that could not be read, or a name astray, may mean any."""
    unnamed = sorted(words.known_obligations - named)
    for name in unnamed:
        if name in words.obligations:
            read_obligation(words, name, words.obligations[name])
        if notes.is_whole("roles") and named <= words.known_obligations:
            notes.note(("obligations", name), "is not named by any role", "Name it in a role, or take it out.")


def read_demands(
    notes: Notebook, table: RoleTable, path: Path_, requirements: Mapping[str, Requirement]
) -> dict[str, Any]:
    """The terms of all that a role itself demands, by requirement."""
    found: dict[str, Any] = {}
    for kind, terms in table.requires.items():
        where = (*path, "requires", kind)
        if kind == GRANT:
            notes.note(where, "is not written here", "Write it as granted_by.")
        elif kind not in requirements:
            notes.note(where, f'names requirement "{kind}", which does not exist', cure_for(kind, requirements))
        else:
            given = notes.inner(terms, where)
            if "source" not in given:
                notes.note((*where, "source"), "is missing", 'Write the sentence that demands it: source = "…".')
            read_terms(notes, found, requirements[kind], given, where)
    if table.granted_by and GRANT in requirements:
        read_terms(notes, found, requirements[GRANT], table.granted_by, (*path, "granted_by"))
    return found


def check_actions(notes: Notebook, demands: Mapping[str, Mapping[str, Any]], words: Vocabulary) -> None:
    """Note every action that a role's terms name and no resource type has: a demand on it would ask nothing."""
    known = {action: True for kind in words.resource_types.values() for action in kind.actions}
    for role, each in demands.items():
        for kind, terms in each.items():
            for field_, names in getattr(terms, "actions", {}).items():
                notes.each_known(names, known, "action", ("roles", role, "requires", kind, field_))


def check_compared(notes: Notebook, demands: Mapping[str, Mapping[str, Any]], words: Vocabulary) -> None:
    """Note every limit that a role wants agreements to state and no question could keep to: nothing says it."""
    for role, each in demands.items():
        for kind, terms in each.items():
            for field_, limits in getattr(terms, "compared", {}).items():
                for limit, name in limits:
                    where = "[context]" if name.startswith(CONTEXT) else "the properties of a resource type"
                    if not words.declares(name):
                        problem = f'names "{limit}", which are compared with {name}: the pack does not declare it'
                        cure = f"Declare {name.removeprefix(CONTEXT)} in {where}, or take {limit} out."
                        notes.note(("roles", role, "requires", kind, field_), problem, cure)


def check_words(notes: Notebook, demands: Mapping[str, Mapping[str, Any]]) -> None:
    """Note every name that a role waits for and no fact can bear."""
    for role, each in demands.items():
        for kind, terms in each.items():
            path = ("roles", role, "granted_by") if kind == GRANT else ("roles", role, "requires", kind)
            for field_, names in getattr(terms, "words", {}).items():
                notes.each_a_word(names, (*path, field_))


def read_terms(
    notes: Notebook, found: dict[str, Any], requirement: Requirement, table: Mapping[str, Any], path: Path_
) -> None:
    """Have a requirement parse its terms, and note its faults where they stand."""
    try:
        found[requirement.kind] = requirement.terms(table)
    except BadTable as wrong:
        notes.bad(path, wrong)


def make_role(
    name: str,
    table: RoleTable,
    roles: Roles,
    demands: Mapping[str, Mapping[str, Any]],
    words: Vocabulary,
    requirements: Mapping[str, Requirement],
) -> Role:
    """A role with what it inherits; where it demands something itself, its own terms stand."""
    merged: dict[str, Any] = {}
    for ancestor in roles.ancestors[name]:
        for kind, terms in demands[ancestor].items():
            merged.setdefault(kind, terms)
    for kind, requirement in requirements.items():
        if requirement.always and kind not in merged:
            merged[kind] = requirement.terms({})
    ordered = tuple(Demand(kind, merged[kind]) for kind in requirements if kind in merged)
    obligations = tuple(
        read_obligation(words, item, words.obligations[item])
        for item in roles.obliged[name]
        if item in words.obligations
    )
    return Role(name, ordered, obligations, dict(table.granted_by), table.source)


def read_obligation(words: Vocabulary, name: str, table: ObligationTable) -> Obligation:
    """An obligation with the conditions under which it stands: any of those that it names."""
    when = read_when(words, table.when, ("obligations", name, "when"))
    return Obligation(name, table.type.value, dict(table.properties), when)


def read_routes(notes: Notebook, words: Vocabulary) -> tuple[Route, ...]:
    """What those who are refused may do instead, in the order in which it is written."""
    found = []
    for name, value, path in notes.named(notes.section("routes"), ("routes",)):
        table = notes.read(RouteTable, value, path)
        if table is not None:
            when = read_when(words, table.when, (*path, "when"))
            found.append(Route(name, table.what, table.who, table.source, when))
    return tuple(found)


def read_when(words: Vocabulary, names: tuple[str, ...], path: Path_) -> tuple[Condition, ...]:
    """The conditions of which any makes something stand; each that does not exist is noted."""

    def report(problem: str, cure: str) -> None:
        words.notes.note(path, problem, cure)

    found = [words.find(item, report) for item in names]
    return tuple(each.condition for each in found if each is not None)
