"""What a decision is made of: questions, facts, and the requirements that judge them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from governance.kernel.keys import FactKey
from governance.ports.reasons import Code


class Evidence(NamedTuple):
    """A fact that an answer rests on, and the first moment at which it no longer holds."""

    type: str
    id: str
    until: datetime | None = None


class Objection(NamedTuple):
    """One thing that stands in the way. Words are made from `detail` only when somebody reads them."""

    code: Code
    requirement: str
    evidence: Evidence | None = None
    detail: tuple[tuple[str, str], ...] = ()
    source: str = ""


class Standing(NamedTuple):
    """How things stand for one requirement: every objection, the evidence, and until when this answer holds.

    `settled` says that nothing remains to be asked of a single question.
    """

    objections: tuple[Objection, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    until: datetime | None = None
    settled: bool = True


CLEAR = Standing()


class Query(NamedTuple):
    """A question once its parts are known: whose chain, in whose name, about what.

    `alike` are the resource types under which the same record may be known; the question's own is always one.
    """

    system: str
    subject: str
    person: int
    lineage: tuple[int, ...]
    action: str
    resource_type: str
    resource_id: str
    properties: Mapping[str, Any]
    context: Mapping[str, Any]
    asserted_by: str = "key"
    alike: tuple[str, ...] = ()

    @property
    def organisation(self) -> int:
        """The organisation in whose name the grant is held."""
        return self.lineage[0] if self.lineage else 0


class Terms(Protocol):
    """What a pack's role demands of a requirement: a frozen dataclass, parsed when the pack is loaded."""

    @property
    def source(self) -> str:
        """The sentence of the source document that demands it."""


class OfAnyRecord:
    """A requirement that looks at nothing of a record itself: what most are."""

    names_records = False

    def compares(self, facts: tuple[Any, ...]) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """No property of a record is compared with anything."""
        return ()


class Requirement(Protocol):
    """One thing that must hold before a person may use a system. Each room answers for its own."""

    kind: str
    always: bool  # demanded of every role, whether its pack says so or not
    names_records: bool  # asked about a record by its id: no filter over properties can say it

    def terms(self, table: Mapping[str, Any]) -> Any:
        """What a role demands, parsed and checked; raise `BadTable` with every fault."""

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """Whose facts it needs; `standing` receives them in this order."""

    def standing(self, facts: tuple[Any, ...], terms: Any, now: datetime) -> Standing:
        """Every objection that does not depend on the question. Pure."""

    def check(self, standing: Standing, facts: tuple[Any, ...], terms: Any, query: Query, now: datetime) -> Standing:
        """What remains to be asked of this very question; asked only where the standing is not settled. Pure."""

    def compares(self, facts: tuple[Any, ...]) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """The properties of a record that `check` looks at, each with constants that it is compared with together."""


def earliest(*moments: datetime | None) -> datetime | None:
    """The earliest of some ends; an open one is None."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None
