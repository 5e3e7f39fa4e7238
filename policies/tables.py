"""The tables of a pack's system.toml as they are written, and the notebook in which their faults are gathered."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from governance.kernel.errors import Fault, cure_for
from governance.kernel.reading import BadTable, read_table
from governance.kernel.toml import Document
from governance.kernel.toml_lines import Path_
from governance.ports.columns import WORD
from governance.ports.reasons import Code
from policies.rules import NAME, ObligationType, PropertySource, PropertyType, name_cure, name_problem

T = TypeVar("T")
Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SystemTable:
    """[system]: whose rules these are."""

    id: str
    name: str
    owner: str
    source: str
    subject_type: str = "user"
    cache_seconds: int = 0


@dataclass(frozen=True, slots=True)
class SharedTable:
    """[shared]: which tables of packs/shared.toml this pack takes in."""

    context: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceTypeTable:
    """[resource_types.x]: what there is to ask for."""

    actions: tuple[str, ...]
    id_form: str | None = None
    properties: Table = field(default_factory=dict)
    registered: Table = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """[….properties] x: one thing that is known of a resource or of the question."""

    type: PropertyType
    source: PropertySource = PropertySource.CALLER
    values: tuple[str, ...] = ()
    maximum: int = 200
    default: Any = None


@dataclass(frozen=True, slots=True)
class ConditionTable:
    """[conditions.x]: a function with its parameters (which stand beside these fields)."""

    function: str
    reason: Code | None = None
    detail: Table = field(default_factory=dict)
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RoleTable:
    """[roles.x]: what holders need, and what their front ends are obliged to."""

    source: str
    inherits: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    granted_by: Table = field(default_factory=dict)
    requires: Table = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObligationTable:
    """[obligations.x]: what a front end must do, and when."""

    type: ObligationType
    properties: Table = field(default_factory=dict)
    when: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RouteTable:
    """[routes.x]: what somebody who is refused may do instead, and when that is shown."""

    what: str
    who: str
    source: str
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTable:
    """[rules.X]: where a rule comes from, and how its denial reads."""

    source: str
    reason: Code | None = None
    detail: Table = field(default_factory=dict)

    @property
    def code(self) -> Code:
        """The code with which it denies."""
        return self.reason or Code.EXPLICITLY_DENIED


@dataclass(frozen=True, slots=True)
class MediationTable:
    """[mediation]: whether one person may ask through another."""

    allowed: bool
    source: str
    waives: tuple[str, ...] = ()


@dataclass(slots=True)
class Notebook:
    """The faults of a document, gathered while it is read, so that all of them are told at once."""

    document: Document
    stored: bool = False
    faults: list[Fault] = field(default_factory=list)
    unread: set[Path_] = field(default_factory=set)  # tables whose own faults were told: nothing follows from them

    def note(self, path: Path_, problem: str, cure: str = "") -> None:
        """Note a fault at a path."""
        self.faults.append(self.document.fault(path, problem, cure))

    def bad(self, path: Path_, wrong: BadTable) -> None:
        """Note the faults of a table, each at its field."""
        for fault in wrong.faults:
            self.note((*path, fault.field), fault.problem, fault.cure)

    def section(self, name: str) -> Mapping[str, Any]:
        """A top-level table; empty where it is absent or something else."""
        return self.inner(self.document.values.get(name, {}), (name,))

    def inner(self, value: object, path: Path_) -> Mapping[str, Any]:
        """A table, or an empty one and a fault."""
        if isinstance(value, dict):
            return value
        self.note(path, "is not a table", f"Write it as [{'.'.join(map(str, path))}].")
        return {}

    def read(self, cls: type[T], value: object, path: Path_) -> T | None:
        """A table read into its dataclass; None where it has faults, which are noted."""
        table = self.inner(value, path)
        if not isinstance(value, dict):
            self.unread.add(path)
            return None
        try:
            found = read_table(cls, table)
        except BadTable as wrong:
            self.bad(path, wrong)
            self.unread.add(path)
            return None
        blank = [(*path, name) for name, text in table.items() if isinstance(text, str) and not text.strip()]
        for where in blank:
            self.note(where, "is blank", "Write something or leave the line out.")
            self.unread.add(path)
        return None if blank else found

    def named(self, value: object, path: Path_, form: re.Pattern[str] = NAME) -> Iterator[tuple[str, Any, Path_]]:
        """The tables within a table, those with a good name."""
        for name, table in self.inner(value, path).items():
            problem = name_problem(name, form=form)
            if problem:
                self.note((*path, name), problem, name_cure(form))
                self.unread.add((*path, name))
            else:
                yield name, table, (*path, name)

    def is_whole(self, section: str) -> bool:
        """Whether every table of a section could be read: else nobody can say what none of them names."""
        return not any(path[:1] == (section,) for path in self.unread)

    def each_a_word(self, names: Collection[str], path: Path_) -> None:
        """Note every name of a list that no fact can bear: facts hold words, and all else about them is refused."""
        for name in sorted(set(names)) if not self.stored else ():
            if not WORD.fullmatch(name):
                like = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_-")
                such = f': "{like}".' if like else "."
                cure = f"Facts hold lower-case letters, digits, hyphens and underscores only{such}"
                self.note(path, f'waits for "{name}", which no fact can say', cure)

    def each_known(self, names: tuple[str, ...], known: Mapping[str, object], what: str, path: Path_) -> None:
        """Note every name of a list that names nothing, and every one that stands there twice."""
        for name in sorted(set(names)):
            if name not in known:
                self.note(path, f'names {what} "{name}", which does not exist', cure_for(name, known))
            if names.count(name) > 1:
                self.note(path, f'names {what} "{name}" twice', "Leave one out.")
