"""Reads what a pack can speak of: resource types with their properties, the context, named conditions, obligations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from governance.decisions.questions import RESERVED
from governance.kernel.errors import cure_for, nearest
from governance.kernel.reading import BadTable, composed
from governance.kernel.toml_lines import Path_
from governance.ports.reasons import Code
from governance.ports.role_rules import Condition, Property, ResourceType
from policies.conditions import ACTION, CONTEXT, FUNCTIONS, Function
from policies.rules import (
    ALWAYS,
    PROPERTY_NAME,
    PropertyType,
    fits,
    id_form_problem,
    name_cure,
    name_problem,
    value_problem,
)
from policies.tables import ConditionTable, Notebook, ObligationTable, PropertyTable, ResourceTypeTable
from policies.wording import note_detail

Report = Callable[[str, str], None]
KINDS = "kinds"
"""The parameter that names kinds of organisation."""
CONDITION_FIELDS = frozenset(item.name for item in fields(ConditionTable))


@dataclass(frozen=True, slots=True)
class Named:
    """A condition of a pack: the function behind it, and the properties that it looks at, by parameter."""

    condition: Condition
    function: Function
    properties: Mapping[str, str]
    given: Mapping[str, Any]
    path: Path_ | None


@dataclass(slots=True)
class Vocabulary:
    """What a pack can speak of. The `known_…` names include those whose own tables have faults."""

    notes: Notebook
    resource_types: dict[str, ResourceType] = field(default_factory=dict)
    context: dict[str, Property] = field(default_factory=dict)
    action: dict[str, Property] = field(default_factory=dict)
    conditions: dict[str, Named] = field(default_factory=dict)
    obligations: dict[str, ObligationTable] = field(default_factory=dict)
    known_conditions: set[str] = field(default_factory=set)
    known_types: set[str] = field(default_factory=set)
    known_obligations: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    looked: set[tuple[str, str]] = field(default_factory=set)
    astray: bool = False  # some name led nowhere: what nothing names may be what was meant

    def declares(self, name: str) -> bool:
        """Whether questions can say something, of the context or of a resource of any type: a faulty table may."""
        if name.startswith(CONTEXT):
            return name.removeprefix(CONTEXT) in self.context or not self.notes.is_whole("context")
        is_there = any(name in kind.properties for kind in self.resource_types.values())
        return is_there or not self.notes.is_whole("resource_types")

    def find(self, name: str, report: Report) -> Named | None:
        """A condition by the name that a rule gives; a bare function that needs no parameters names itself."""
        if name not in self.known_conditions and name in FUNCTIONS:
            function = FUNCTIONS[name]
            if function.needed:
                report(f'condition "{name}" needs parameters', f'Add [conditions.…] with function = "{name}".')
                return None
            self.conditions[name] = make_condition(name, function, function.read({}), ConditionTable(name), None)
        if name not in self.conditions:
            if name not in self.known_conditions:
                self.astray = True
                bare = {key for key, function in FUNCTIONS.items() if not function.needed}
                report(f'condition "{name}" does not exist', cure_for(name, self.known_conditions | bare))
            return None
        self.used.add(name)
        return self.conditions[name]

    def use(self, name: str, resource_type: str, report: Report) -> Named | None:
        """A condition as a rule about one resource type uses it: its properties must be declared there."""
        named = self.find(name, report)
        if named is None or resource_type not in self.resource_types or (name, resource_type) in self.looked:
            return named
        self.looked.add((name, resource_type))
        for parameter, what in named.properties.items():
            problem, cure = self.property_problem(named, parameter, what, resource_type)
            if problem and named.path is not None:
                self.notes.note((*named.path, parameter), problem, cure)
            elif problem:
                report(f'condition "{name}" {problem}', cure)
        return named

    def property_problem(self, named: Named, parameter: str, what: str, resource_type: str) -> tuple[str, str]:
        """What is wrong with a property that a condition names, and its cure."""
        known, place = self.resource_types[resource_type].properties, f'resource type "{resource_type}"'
        name = what
        path: Path_ = ("resource_types", resource_type, "properties")
        for prefix, declared in ((CONTEXT, self.context), (ACTION, self.action)):
            if what.startswith(prefix):
                section = prefix.rstrip(".")
                known, place, name, path = declared, f"the {section}", what.removeprefix(prefix), (section,)
        found = known.get(name)
        if found is None and (*path, name) in self.notes.unread:
            return "", ""
        if found is None:
            return f'looks at "{what}", which {place} does not declare', cure_for(name, known)
        types = named.function.types.get(parameter) or tuple(PropertyType)
        if found.type not in types:
            return f'looks at "{what}", which is of type {found.type}', f"It takes {' or '.join(types)}."
        strange = [value for value in named.given.get("values", ()) if found.values and value not in found.values]
        if strange:
            return f'waits for "{strange[0]}", which "{what}" never is', cure_for(str(strange[0]), found.values)
        return "", ""


LOOKED_AT = {"mediated_for": PropertyType.TEXT, "acr": PropertyType.TEXT, "amr": PropertyType.LIST}
"""What every system knows of the circumstances and a pack may declare, so that a condition can look at it."""


def read_vocabulary(notes: Notebook) -> Vocabulary:
    """Read all that rules, roles and obligations of a pack may name."""
    words = Vocabulary(notes)
    types = notes.section("resource_types")
    if not types:
        notes.note(("resource_types",), "is missing", "Add [resource_types.…] with actions.")
    words.known_types = set(types)
    for name, table, path in notes.named(types, ("resource_types",)):
        found = read_resource_type(notes, name, table, path)
        if found is not None:
            words.resource_types[name] = found
    words.resource_types = with_those_alike(words.resource_types)
    words.context = read_properties(notes, notes.section("context"), ("context",))
    for name in () if notes.stored else RESERVED & words.context.keys():
        type_ = LOOKED_AT.get(name)
        if words.context[name].type is not type_:
            cure = f'To look at it, declare it with type "{type_}".' if type_ else "Choose another name."
            notes.note(("context", name), "is a name that every system has already", cure)
    words.action = read_properties(notes, notes.section("action"), ("action",))
    conditions = notes.section("conditions")
    words.known_conditions = set(conditions)
    for name, table, path in notes.named(conditions, ("conditions",)):
        condition = read_condition(notes, name, table, path)
        if condition is not None:
            words.conditions[name] = condition
    obligations = notes.section("obligations")
    words.known_obligations = set(obligations)
    for name, table, path in notes.named(obligations, ("obligations",)):
        obligation = notes.read(ObligationTable, table, path)
        if obligation is not None:
            words.obligations[name] = obligation
    return words


def with_those_alike(types: Mapping[str, ResourceType]) -> dict[str, ResourceType]:
    """Resource types that know which of them name the same records: those whose ids have one form."""
    by_form: dict[str, list[str]] = {}
    for name, each in types.items():
        by_form.setdefault(each.id_form, []).append(name)
    return {
        name: replace(each, alike=tuple(by_form[each.id_form]) if each.id_form else (name,))
        for name, each in types.items()
    }


def read_resource_type(notes: Notebook, name: str, value: Any, path: Path_) -> ResourceType | None:
    """[resource_types.x] with its properties and those that are registered by name."""
    table = notes.read(ResourceTypeTable, value, path)
    if table is None:
        return None
    if not table.actions:
        notes.note((*path, "actions"), "is empty", "Name at least one action.")
    for action in table.actions:
        problem = name_problem(action)
        if problem:
            notes.note((*path, "actions"), problem, name_cure())
    notes.each_known(table.actions, dict.fromkeys(table.actions, True), "action", (*path, "actions"))
    problem = id_form_problem(table.id_form) if table.id_form is not None else ""
    if problem:
        notes.note((*path, "id_form"), problem, "# is a digit, @ a capital letter, a * at the end one or more signs.")
    properties = read_properties(notes, table.properties, (*path, "properties"))
    registered = read_registered(notes, table, properties, path)
    return ResourceType(name, table.actions, properties, table.id_form or "", registered)


def read_properties(notes: Notebook, value: Any, path: Path_) -> dict[str, Property]:
    """Declared properties, each with its type and whose word counts."""
    found = {}
    for name, table, where in notes.named(value, path, PROPERTY_NAME):
        item = notes.read(PropertyTable, table, where)
        if item is None:
            continue
        if item.maximum < 1:
            notes.note((*where, "maximum"), "is less than 1", "Write the greatest length.")
        if item.values and item.type not in {PropertyType.TEXT, PropertyType.LIST}:
            notes.note((*where, "values"), f"cannot be given for type {item.type}", "Leave it out.")
        elif item.default is not None:
            problem = value_problem(item.type, item.values, item.maximum, kept(item.default))
            if problem:
                notes.note((*where, "default"), problem, value_cure(item.type, item.values))
        found[name] = Property(name, item.type, item.source, item.values, item.maximum, kept(item.default))
    return found


def value_cure(type_: str, values: Collection[str]) -> str:
    """What to write in place of a value that a property cannot have."""
    if not values:
        return f"Write a value of type {type_}."
    return f"Write {'items' if type_ == 'list' else 'one'} of: {', '.join(values)}."


def kept(value: Any) -> Any:
    """A value as questions hold it: text is composed, a list is a tuple."""
    if isinstance(value, list):
        return tuple(map(kept, value))
    return composed(value) if isinstance(value, str) else value


def read_registered(
    notes: Notebook, table: ResourceTypeTable, properties: Mapping[str, Property], path: Path_
) -> dict[str, Mapping[str, Any]]:
    """Registered resources: their ids fit the form, their stored properties are declared and of the right type."""
    found: dict[str, Mapping[str, Any]] = {}
    for resource, values in notes.inner(table.registered, (*path, "registered")).items():
        where = (*path, "registered", resource)
        if not resource.strip() or (table.id_form and not fits(table.id_form, resource)):
            notes.note(where, "is not an id of this type", f"Its form is {table.id_form}." if table.id_form else "")
        held = found[composed(resource)] = {key: kept(item) for key, item in notes.inner(values, where).items()}
        for name, value in held.items():
            item = properties.get(name)
            if item is None and (*path, "properties", name) in notes.unread:
                continue
            if item is None:
                notes.note((*where, name), "is not a declared property", cure_for(name, properties))
                continue
            problem = value_problem(PropertyType(item.type), item.values, item.maximum, value)
            if problem:
                notes.note((*where, name), problem, value_cure(item.type, item.values))
            if item.source == "caller":
                notes.note(
                    (*where, name), "is stored here, but only the caller's word counts", 'Declare source = "stored".'
                )
    return found


def read_condition(notes: Notebook, name: str, value: Any, path: Path_) -> Named | None:
    """[conditions.x]: a shared function, with its parameters checked against the function's own."""
    if name == ALWAYS:
        notes.note(path, f'is called "{ALWAYS}", which means no condition', "Give it another name.")
        return None
    table = notes.inner(value, path)
    head = notes.read(ConditionTable, {key: item for key, item in table.items() if key in CONDITION_FIELDS}, path)
    if head is None:
        note_strays(notes, table, path)
        return None
    function = FUNCTIONS.get(head.function)
    if function is None:
        notes.note((*path, "function"), f'"{head.function}" does not exist', cure_for(head.function, FUNCTIONS))
        return None
    try:
        given = function.read({key: item for key, item in table.items() if key not in CONDITION_FIELDS})
    except BadTable as wrong:
        notes.bad(path, wrong)
        return None
    notes.each_a_word(given.get(KINDS, ()), (*path, KINDS))
    for empty in () if notes.stored else [key for key in function.needed if given[key] == ()]:
        cure = "Name at least one: with none it would never hold, and a rule that denies would deny nobody."
        notes.note((*path, empty), "is empty", cure)
    named = make_condition(name, function, given, head, path)
    note_detail(notes, path, named.condition.code, head.detail, supplied=dict(named.condition.detail))
    return named


def note_strays(notes: Notebook, table: Mapping[str, Any], path: Path_) -> None:
    """Note what no condition has, where no function says what this one may have: one may be the function, misspelt."""
    known = CONDITION_FIELDS.union(*(function.hints for function in FUNCTIONS.values()))
    for name in table.keys() - known if "function" not in table else ():
        notes.note((*path, name), "is not known here", nearest(name, sorted(known)))


def make_condition(
    name: str, function: Function, given: Mapping[str, Any], head: ConditionTable, path: Path_ | None
) -> Named:
    """A condition bound to its parameters, with its code and its words."""
    detail = {**function.detail(given), **{key: str(value) for key, value in head.detail.items()}}
    code = head.reason or function.code
    if code is Code.CONDITION_UNMET and "condition" not in detail:
        detail["condition"] = name
    compares = function.comparisons(given)
    condition = Condition(name, function.bind(given), code, head.source or "", tuple(detail.items()), compares)
    return Named(condition, function, function.properties(given), given, path)
