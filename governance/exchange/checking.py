"""What no row can know of itself: references that lead nowhere, facts stated twice, circles. For every door."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.compact import ABSENT, values_of
from governance.exchange.names import KnownNames, identities, introduced, known_by
from governance.exchange.unsaid import unsaid_of
from governance.kernel.errors import BadInput
from governance.kernel.recorded import Ledger, seen
from governance.ports.sheet import Sheet

Rows = Mapping[str, Sequence[dict[str, Any]]]


class Doubt(NamedTuple):
    """What is wrong with a row beside others: its sheet and number, the field, the problem, the cure, the value."""

    sheet: str
    number: int
    path: tuple[str | int, ...]
    problem: str
    cure: str
    value: object = None
    kind: str = ""  # of what a reference leads nowhere
    earlier: int = -1  # the number of the row that states the same fact

    def beside(self, line: int | None) -> Doubt:
        """The same with the line of the earlier row, where it has one."""
        return self if line is None else self._replace(problem=f"{self.problem} (line {line})", earlier=-1)


def by_rows(count: int) -> str:
    """How many rows a doubt is about that is told once, at the first of them."""
    return f" ({count} rows say so)" if count > 1 else ""


@dataclass(slots=True)
class Checked:
    """What a look at all rows found: the names they use, what is wrong, rows that only repeat another.

    `repeats` has, for each sheet, the numbers of rows that say what an earlier one says, with that one's number. They
    were looked at beside what stands at revision `at`.
    """

    names: KnownNames
    doubts: list[Doubt]
    repeats: dict[str, dict[int, int]]
    at: int = 0


@dataclass(slots=True)
class Provisional:
    """Numbers for references that have none yet: below zero, so that no row of the database is meant."""

    names: KnownNames
    given: dict[tuple[str, str], int] = field(default_factory=dict)

    def number(self, kind: str, reference: str) -> int:
        """The number of a reference, or one that stands for it until it has been introduced."""
        found = self.names.find(kind, reference)
        return self.given.setdefault((kind, reference), -1 - len(self.given)) if found is None else found


def check_rows(
    session: Session | None,
    sheets: Mapping[str, Sheet],
    rows: Rows,
    known: Mapping[str, Collection[str]] | None = None,
    unsure: Collection[str] = (),
) -> Checked:
    """Look at all rows together. References in `known` are good, and nothing is said of those of `unsure` kinds.

    Without a session nothing stands beside them: they are looked at as in an empty database.
    """
    names, coming = KnownNames(), introduced(sheets, rows)
    for kind, references in (known or {}).items():
        coming.setdefault(kind, set()).update(references)
    if session is not None:
        learn_all(session, sheets, rows, names, coming)
    at = session.execute(select(Ledger.revision)).scalar_one() if session is not None else 0
    checked = Checked(names, list(unknown_references(sheets, rows, names, coming, unsure)), {}, at)
    provisional = Provisional(names)
    for name, sheet in sheets.items():
        if rows.get(name):
            doubts, checked.repeats[name] = repeated(sheet, rows[name], provisional)
            checked.doubts += doubts
            if sheet.tree:
                checked.doubts += circles(session, sheet, rows[name], provisional)
    return checked


def check_references(
    session: Session,
    sheets: Mapping[str, Sheet],
    rows: Rows,
    known: Mapping[str, set[str]],
    unsure: Collection[str],
) -> Iterator[Doubt]:
    """The references of rows that are refused already: those that lead nowhere are told in the same go."""
    names = KnownNames()
    learn_all(session, sheets, rows, names, known)
    yield from unknown_references(sheets, rows, names, known, unsure)


def learn_all(
    session: Session,
    sheets: Mapping[str, Sheet],
    rows: Rows,
    names: KnownNames,
    coming: Mapping[str, set[str]],
) -> None:
    """Learn the numbers of all references of the rows: of those that come with them, and of others that stand."""
    for kind, table in identities(sheets).items():
        wanted = {
            reference
            for name, sheet in sheets.items()
            for column, of in sheet.refers
            if of == kind
            for reference in values_of(rows.get(name, ()), column)
            if reference and reference is not ABSENT
        }
        wanted |= {mention.reference for mention in mentions(sheets, rows) if mention.kind == kind}
        names.learn(session, kind, table, wanted - coming.get(kind, set()), known_by(session, sheets, kind))
        names.learn(session, kind, table, coming.get(kind, set()))


def unknown_references(
    sheets: Mapping[str, Sheet],
    rows: Rows,
    names: KnownNames,
    coming: Mapping[str, Collection[str]],
    unsure: Collection[str] = (),
) -> Iterator[Doubt]:
    """Every reference that neither the rows nor the database know."""
    for name, sheet in sheets.items():
        refers = [(column, kind, coming.get(kind, ())) for column, kind in sheet.refers if kind not in unsure]
        for column, kind, fresh in refers:
            for number, reference in enumerate(values_of(rows.get(name, ()), column)):
                is_there = reference and reference is not ABSENT
                if is_there and reference not in fresh and names.find(kind, reference) is None:
                    problem = f"there is no {kind} with this reference"
                    yield Doubt(name, number, (column,), problem, f"Add it, or correct the {column}.", reference, kind)
    for name, number, path, kind, reference in mentions(sheets, rows):
        is_known = kind in unsure or reference in coming.get(kind, ()) or names.find(kind, reference) is not None
        if not is_known:
            problem = f"there is no {kind} with this reference"
            yield Doubt(name, number, path, problem, f"Record the {kind}, or correct the reference.", reference, kind)


class Mention(NamedTuple):
    """A reference within a row's list of tables: where it stands, and of which kind it is."""

    sheet: str
    number: int
    path: tuple[str | int, ...]
    kind: str
    reference: str


def mentions(sheets: Mapping[str, Sheet], rows: Rows) -> Iterator[Mention]:
    """Every reference that stands within a list of tables: who approved, for which organisation."""
    for name, sheet in sheets.items():
        for listed, inner, kind in sheet.mentions:
            for number, tables in enumerate(values_of(rows.get(name, ()), listed)):
                for place, table in enumerate(() if tables is ABSENT else tables or ()):
                    if table.get(inner):
                        yield Mention(name, number, (listed, place, inner), kind, table[inner])


def repeated(sheet: Sheet, rows: Sequence[dict[str, Any]], names: Provisional) -> tuple[list[Doubt], dict[int, int]]:
    """What is wrong with rows that state a fact that an earlier one states; those that say the same, with that one."""
    first: dict[tuple[Any, ...], int] = {}
    doubts, repeats = [], {}
    for number, row in enumerate(rows):
        try:
            resolved = sheet.resolve(row, names)
        except BadInput as wrong:
            where = [(one, row.get(one.where)) for one in wrong.faults]
            doubts += [Doubt(sheet.name, number, (one.where,), one.problem, one.cure, value) for one, value in where]
            continue
        natural = tuple(resolved[column] for column in sheet.natural)
        earlier = first.setdefault(natural, number)
        if earlier == number:
            continue
        first_said = rows[earlier]
        if sheet.resolve(first_said, names) == resolved and unsaid_of(first_said) == unsaid_of(row):
            repeats[number] = earlier
        else:
            problem = "says something else of a fact that an earlier row states"
            doubts.append(Doubt(sheet.name, number, (), problem, "Keep one of them.", earlier=earlier))
    return doubts, repeats


def circles(
    session: Session | None, sheet: Sheet, rows: Sequence[dict[str, Any]], names: Provisional
) -> Iterator[Doubt]:
    """Each circle that rows would close, told once, at the first of its rows."""
    kind, column = dict(sheet.refers)[sheet.tree], f"{sheet.tree}_id"
    parents: dict[int, int | None] = {}
    if session is not None:
        at = session.execute(select(Ledger.revision)).scalar_one()
        owner, above = getattr(sheet.model, sheet.owner), getattr(sheet.model, column)
        parents = {row[0]: row[1] for row in session.execute(select(owner, above).where(seen(sheet.model, at)))}
    own: dict[int, int] = {}
    for number, row in enumerate(rows):
        mine = names.number(kind, row["reference"])
        own.setdefault(mine, number)
        if sheet.tree not in unsaid_of(row).fields:
            parents[mine] = names.number(kind, row[sheet.tree]) if row.get(sheet.tree) else None
    done: set[int] = set()
    for start, number in own.items():
        path: dict[int, None] = {}
        here: int | None = start
        while here is not None and here not in path and here not in done:
            path[here] = None
            here = parents.get(here)
        if here is not None and here in path:
            problem, cure = "stands below itself, by way of others", f"Correct the {sheet.tree} of one of them."
            members = list(path)[list(path).index(here) :]
            if len(members) > 1:  # who is its own parent is told by the schema
                first = min((own[one] for one in members if one in own), default=number)
                yield Doubt(sheet.name, first, (sheet.tree,), problem, cure, rows[first].get(sheet.tree))
        done.update(path)
