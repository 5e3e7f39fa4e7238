"""The named conditions that packs share: pure functions of a question. To add one, add one function here.

Each answers True, False, or None where it cannot be known: an allow rule whose condition is unknown does not hold, a
deny rule's does. A parameter called `property`, or ending in it, names a property (`context.…` one of the context,
`action.…` one of the action).
"""

from __future__ import annotations

import inspect
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, get_type_hints

from governance.kernel.reading import BadTable, TableFault, read_values
from governance.ports.reasons import Code
from governance.ports.role_rules import Asked, Comparison, Holds
from policies.rules import PropertyType

F = TypeVar("F", bound=Callable[..., bool | None])

CONTEXT = "context."
ACTION = "action."
EVERYWHERE = "ALL"
WORDED = (PropertyType.TEXT, PropertyType.LIST)
PARAMETERS = Comparison("")
BEING_SAID = Comparison("", blank=True)
SEEN = "LNPS"  # letters, numbers, punctuation, symbols; a mark is nothing without what it stands on
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U00013441\U00013442\U0001d159")
"""Letters and symbols that look like nothing: fillers, a pattern without dots, blanks of two scripts."""


@dataclass(frozen=True, slots=True)
class Function:
    """A condition as packs name it: its parameters, the code it denies with, and what its words say."""

    name: str
    call: Callable[..., bool | None]
    code: Code
    hints: Mapping[str, Any]
    needed: frozenset[str]
    defaults: Mapping[str, Any]
    types: Mapping[str, tuple[PropertyType, ...]]
    words: Mapping[str, str]
    compares: Comparison

    def read(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that a pack gives, defaults filled in; raise `BadTable` with every fault."""
        given = {**self.defaults, **read_values(self.hints, self.needed, table)}
        if given.get("minimum", 0) > given.get("maximum", given.get("minimum", 0)):
            raise BadTable([TableFault("minimum", "is greater than maximum", "Exchange them.")])
        return given

    def properties(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The properties that the parameters name, by parameter; one left empty names none."""
        return {name: value for name, value in given.items() if name.endswith("property") and value}

    def comparisons(self, given: Mapping[str, Any]) -> tuple[Comparison, ...]:
        """What it compares the properties that it names with: its parameters, its own constants, who asks."""
        values = list(self.compares.values)
        for value in given.values():
            values += value if isinstance(value, tuple) else [value] if type(value) is int else []
        found, own = self.properties(given).values(), self.compares.own.format(**given)
        return tuple(self.compares._replace(property=name, values=tuple(values), own=own) for name in found)

    def bind(self, given: Mapping[str, Any]) -> Holds:
        """The condition with its parameters, ready to be asked."""
        return partial(self.call, **given)

    def detail(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The values that this function gives to the words of its code."""
        shown = {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in given.items()}
        return {name: text.format(**shown) for name, text in self.words.items()}


FUNCTIONS: dict[str, Function] = {}


def condition(
    code: Code,
    *types: PropertyType,
    words: Mapping[str, str] | None = None,
    compares: Comparison = PARAMETERS,
    **others: tuple[PropertyType, ...],
) -> Callable[[F], F]:
    """Put a function into the registry: its code, the types that `property` may have, and what its words say.

    `compares` says what, beside its parameters, it compares the property with; plans of lists are made from that.
    """

    def keep(call: F) -> F:
        parameters = [item for item in inspect.signature(call).parameters.values() if item.name != "asked"]
        hints = get_type_hints(call)
        FUNCTIONS[call.__name__] = Function(
            name=call.__name__,
            call=call,
            code=code,
            hints={item.name: hints[item.name] for item in parameters},
            needed=frozenset(item.name for item in parameters if item.default is item.empty),
            defaults={item.name: item.default for item in parameters if item.default is not item.empty},
            types={"property": types, **others},
            words=words or {},
            compares=compares,
        )
        return call

    return keep


def value_of(asked: Asked, name: str) -> Any:
    """The value of a property, or None where it is not known."""
    told = asked.properties
    if name in told:
        return told[name]  # no property's name has a point in it
    if name.startswith(CONTEXT):
        return asked.context.get(name[len(CONTEXT) :])
    return asked.context.get(name) if name.startswith(ACTION) else None


@condition(
    Code.CONDITION_UNMET, words={"condition": "{property} is given", "needed": "{property}"}, compares=BEING_SAID
)
def present(asked: Asked, *, property: str) -> bool | None:  # noqa: A002 - the name that packs write
    """The property is given, and not blank or empty. Never unknown: what is absent is not present."""
    value = value_of(asked, property)
    return value not in (None, (), []) and (not isinstance(value, str) or says_something(value))


def says_something(text: str) -> bool:
    """Whether a text has a letter, a digit or any other sign to be seen; blanks and invisible signs are none."""
    return any(unicodedata.category(sign)[0] in SEEN and sign not in BLANKS for sign in text)


@condition(Code.CONDITION_UNMET, words={"condition": "{property} is not given"}, compares=BEING_SAID)
def absent(asked: Asked, *, property: str) -> bool | None:  # noqa: A002
    """The property is not given, or blank or empty."""
    return not present(asked, property=property)


@condition(Code.CONDITION_UNMET, PropertyType.BOOLEAN, words={"condition": "{property}"})
def is_true(asked: Asked, *, property: str) -> bool | None:  # noqa: A002
    """The property is true."""
    value = value_of(asked, property)
    return None if value is None else value is True


@condition(Code.CONDITION_UNMET, PropertyType.BOOLEAN, words={"condition": "not {property}"})
def is_false(asked: Asked, *, property: str) -> bool | None:  # noqa: A002
    """The property is false."""
    value = value_of(asked, property)
    return None if value is None else value is False


@condition(Code.CONDITION_UNMET, *WORDED, words={"condition": "{property} is one of: {values}", "allowed": "{values}"})
def one_of(asked: Asked, *, property: str, values: tuple[str, ...]) -> bool | None:  # noqa: A002
    """The property is one of the values; of a list, at least one item is."""
    value = value_of(asked, property)
    if value is None:
        return None
    return any(item in values for item in value) if isinstance(value, (list, tuple)) else value in values


@condition(Code.CONDITION_UNMET, *WORDED, words={"condition": "{property} is none of: {values}"})
def none_of(asked: Asked, *, property: str, values: tuple[str, ...]) -> bool | None:  # noqa: A002
    """The property is none of the values; of a list, no item is."""
    found = one_of(asked, property=property, values=values)
    return None if found is None else not found


@condition(
    Code.COHORT,
    *WORDED,
    words={"cohort": "{property} is one's own"},
    compares=Comparison("", own="organisation.reference"),
)
def own_organisation(asked: Asked, *, property: str = "organisation") -> bool | None:  # noqa: A002
    """The property is the reference of the organisation in whose name the grant is held; of a list, one item is."""
    reference = getattr(asked.organisation, "reference", None)
    value = value_of(asked, property)
    if value is None or reference is None:
        return None
    return reference in value if isinstance(value, (list, tuple)) else bool(value == reference)


@condition(
    Code.COHORT,
    PropertyType.TEXT,
    words={"cohort": "{property} is one's own"},
    compares=Comparison("", own="organisation.area"),
)
def own_area(asked: Asked, *, property: str = "area") -> bool | None:  # noqa: A002
    """The property is the area of the grant's organisation; an organisation whose area is ALL passes everywhere."""
    area = getattr(asked.organisation, "area", None)
    if area == EVERYWHERE:
        return True
    value = value_of(asked, property)
    return None if value is None or not area else bool(value == area)


@condition(
    Code.ORGANISATION_KIND, words={"organisation": "the organisation", "kind": "another kind", "allowed": "{kinds}"}
)
def organisation_of_kind(asked: Asked, *, kinds: tuple[str, ...]) -> bool | None:
    """The organisation in whose name the grant is held is of one of the kinds."""
    kind = getattr(asked.organisation, "kind", None)
    return None if kind is None else kind in kinds


@condition(
    Code.CONSENT_MISSING, *WORDED, words={"consent": "the owner"}, compares=Comparison("", own="person.reference")
)
def own_person(asked: Asked, *, property: str) -> bool | None:  # noqa: A002
    """The property is the reference of the person who asks; of a list, one item is."""
    reference = getattr(asked.person, "reference", None)
    return None if reference is None else one_of(asked, property=property, values=(reference,))


@condition(
    Code.CONDITION_UNMET,
    *WORDED,
    words={"condition": "{property} is one's own {attribute}"},
    compares=Comparison("", own="person.attributes.{attribute}"),
)
def own_attribute(asked: Asked, *, property: str, attribute: str) -> bool | None:  # noqa: A002
    """The property is what is recorded of the person who asks under a name; of lists, any item of both."""
    own = getattr(asked.person, "attributes", {}).get(attribute)
    if own is None:
        return None
    return one_of(asked, property=property, values=tuple(own) if isinstance(own, (list, tuple)) else (own,))


@condition(
    Code.AGE, PropertyType.INTEGER, ldd_property=(PropertyType.BOOLEAN,), words={"ages": "{minimum} to {maximum}"}
)
def age_range(
    asked: Asked,
    *,
    minimum: int,
    maximum: int,
    property: str = "age",  # noqa: A002
    maximum_with_ldd: int = 0,
    ldd_property: str = "",
) -> bool | None:
    """The age in whole years lies between both ends, ends included; with a learning difficulty up to the other end."""
    age = value_of(asked, property)
    if age is None:
        return None
    if minimum <= age <= maximum:
        return True
    if not minimum <= age <= maximum_with_ldd or not ldd_property:
        return False
    ldd = value_of(asked, ldd_property)
    return None if ldd is None else ldd is True


@condition(Code.FIELD_NOT_PERMITTED, PropertyType.LIST, words={"fields": "any but {fields}"}, compares=BEING_SAID)
def listed_fields(asked: Asked, *, fields: tuple[str, ...], property: str = "fields") -> bool | None:  # noqa: A002
    """Every field that is asked for is among the listed ones. To ask for none by name is unknown."""
    value = value_of(asked, property)
    return None if not value else all(item in fields for item in value)


@condition(Code.AGGREGATE_ONLY, PropertyType.TEXT, compares=Comparison("", values=("aggregate",)))
def aggregate_rows(asked: Asked, *, property: str = "rows") -> bool | None:  # noqa: A002
    """The rows that are asked for are aggregate ones, not individuals."""
    value = value_of(asked, property)
    return None if value is None else value == "aggregate"


@condition(Code.CONDITION_UNMET, PropertyType.INTEGER, words={"condition": "{property} is at most {maximum}"})
def at_most(asked: Asked, *, property: str, maximum: int) -> bool | None:  # noqa: A002
    """The number is at most the maximum, the maximum included."""
    value = value_of(asked, property)
    return None if value is None else value <= maximum
