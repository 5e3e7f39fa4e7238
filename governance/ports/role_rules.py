"""What a system's pack says, as decisions see it: types, roles with their terms, and the role question's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from governance.ports.reasons import Code


class Asked(NamedTuple):
    """What a condition may look at: the question's typed properties and stored facts of who asks."""

    properties: Mapping[str, Any]
    context: Mapping[str, Any]
    person: Any
    organisation: Any


Holds = Callable[[Asked], bool | None]


class Comparison(NamedTuple):
    """What a condition compares a property with: constants, and a value of whoever asks (`organisation.area`).

    `blank` says that it matters too whether the property says anything.
    """

    property: str
    values: tuple[Any, ...] = ()
    own: str = ""
    blank: bool = False

    def constants(self, person: Any, organisation: Any) -> tuple[Any, ...]:
        """All values that it compares with, for one who asks in the name of an organisation."""
        own: Any = {"person": person, "organisation": organisation}
        for name in self.own.split(".", 2) if self.own else ():  # an attribute's name may have points in it
            own = own.get(name) if isinstance(own, Mapping) else getattr(own, name, None)
        if own is None or not self.own:
            return self.values
        return (*self.values, *own) if isinstance(own, (list, tuple)) else (*self.values, own)


@dataclass(frozen=True, slots=True)
class Condition:
    """A named condition of a pack: a pure function with its parameters; None means unknown."""

    name: str
    holds: Holds
    code: Code
    source: str = ""
    detail: tuple[tuple[str, str], ...] = ()
    compares: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy."""

    id: str
    role: str
    resource_type: str
    action: str
    conditions: tuple[str, ...]
    effect: str
    source: str
    code: Code = Code.EXPLICITLY_DENIED
    detail: tuple[tuple[str, str], ...] = ()


class RoleAnswer(NamedTuple):
    """Casbin's answer to a role question, with the rules that matched; `ids` and `sources` are those of the allows."""

    allowed: bool
    allows: tuple[Rule, ...]
    denies: tuple[Rule, ...]
    ids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class RoleQuestion(Protocol):
    """A role's rules for one action on one resource type: their conditions, and the answer for each state of them."""

    conditions: tuple[Condition, ...]
    holds: tuple[Holds, ...]  # of the conditions, in their order
    rules: tuple[Rule, ...]
    may_deny: bool

    def __hash__(self) -> int: ...

    def answer(self, state: tuple[bool | None, ...]) -> RoleAnswer:
        """Casbin's answer where the conditions stand so; asked once for each state in a policy revision, then kept."""


@dataclass(frozen=True, slots=True)
class Property:
    """A declared property: its type, whose word counts, and what stands in when it is absent."""

    name: str
    type: str  # text, integer, boolean, date, list
    source: str = "caller"  # caller, stored, either
    values: tuple[str, ...] = ()
    maximum: int = 200
    default: Any = None


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource: its actions, its properties, the form of its ids, and those that are registered by name.

    `alike` are the types, this one among them, whose ids have the same form: an id names the same record in each.
    """

    name: str
    actions: tuple[str, ...]
    properties: Mapping[str, Property]
    id_form: str = ""
    registered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    alike: tuple[str, ...] = ()


def has_form(value: str, form: str) -> bool:
    """Whether an id has a form; matched letter by letter, no pattern language."""
    if form.endswith("*"):
        head, rest = form[:-1], value[len(form) - 1 :]
        return (
            has_form(value[: len(head)], head)
            and bool(rest)
            and all(c.isascii() and (c.isalnum() or c == "-") for c in rest)
        )
    return len(value) == len(form) and all(
        ("0" <= c <= "9") if wanted == "#" else ("A" <= c <= "Z") if wanted == "@" else c == wanted
        for c, wanted in zip(value, form, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Obligation:
    """What a front end must do when it acts on a permit; it stands when any condition of `when` may hold."""

    id: str
    type: str
    properties: Mapping[str, Any]
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """What somebody who is refused may lawfully do instead; shown when any condition of `when` may hold."""

    id: str
    what: str
    who: str
    source: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """One requirement that a role makes, with its terms."""

    requirement: str
    terms: Any


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a system: what it demands, who may grant it, what its holders' front ends are obliged to."""

    name: str
    demands: tuple[Demand, ...]
    obligations: tuple[Obligation, ...]
    granted_by: Mapping[str, Any]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Mediation:
    """Whether one person may ask through another, and which requirements the person behind need not meet."""

    allowed: bool = False
    waives: frozenset[str] = frozenset()
    source: str = ""


@dataclass(frozen=True, slots=True)
class SystemRules:
    """One system's rules at one policy revision."""

    system: str
    name: str
    revision: int
    subject_type: str
    resource_types: Mapping[str, ResourceType]
    context: Mapping[str, Property]
    roles: Mapping[str, Role]
    questions: Mapping[tuple[str, str], Mapping[str, RoleQuestion]]  # by resource type and action, then by role
    rules: Mapping[str, Rule]
    mediation: Mediation = Mediation()
    cache_seconds: int = 0
    routes: tuple[Route, ...] = ()
    action: Mapping[str, Property] = field(default_factory=dict)
    everyone: tuple[Role, ...] = ()  # held by everybody who works somewhere, without a grant

    def asked(self, resource_type: str, action: str) -> Mapping[str, RoleQuestion]:
        """What each role that has a rule for an action on a type says of it."""
        return self.questions.get((resource_type, action), UNRULED)


UNRULED: Mapping[str, RoleQuestion] = {}
