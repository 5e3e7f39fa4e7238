"""Every statement on the decision records: opening a chain, appending to it, reading it back in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from governance.kernel.db import TrailLink
from governance.kernel.ids import random_name
from governance.trail import models
from governance.trail.rules import Record, decision_leaf, genesis_leaf, leaf_hash


class Fenced(Exception):
    """Somebody else wrote to this chain: it is left, and a new one is opened."""


class Chain(NamedTuple):
    """A chain that this process writes: its number, its name, and the last leaf written."""

    number: int
    name: str
    seq: int
    head: str


def open_chain(link: TrailLink, at: str) -> Chain:
    """Begin a chain of this process: one for each writer's life."""
    name = random_name(8)
    with link.writing() as execute:
        if link.dialect == "postgresql":
            execute("LOCK TABLE trail.chain IN EXCLUSIVE MODE", ())
        sql = statements(link.dialect)
        number = (execute(sql.last_chain, ()).fetchone()[0] or 0) + 1
        leaf = genesis_leaf(name, number, at)
        head = leaf_hash(leaf)
        execute(sql.chain, (number, name, at, 0, head))
        execute(sql.leaves(1), (number, 0, "", 0, at, leaf))
    return Chain(number, name, 0, head)


def append(link: TrailLink, chain: Chain, records: Sequence[Record]) -> Chain:
    """Write records behind the chain's head; raise `Fenced` when the head is not where this process left it."""
    leaves: list[object] = []
    bodies: list[object] = []
    seq, head = chain.seq, chain.head
    for record in records:
        seq += 1
        leaf = decision_leaf(chain.name, seq, head, record)
        head = leaf_hash(leaf)
        leaves += (chain.number, seq, record.system, int(record.decision), record.at, leaf)
        bodies += (chain.number, seq, record.salt, record.body)
    sql = statements(link.dialect)
    with link.writing() as execute:
        for at in range(0, len(records), MOST_ROWS):
            size = min(MOST_ROWS, len(records) - at)
            execute(sql.leaves(size), leaves[at * 6 : (at + size) * 6])
            execute(sql.bodies(size), bodies[at * 4 : (at + size) * 4])
        if execute(sql.head, (seq, head, chain.number, chain.seq)).rowcount != 1:
            raise Fenced(chain.name)
    return Chain(chain.number, chain.name, seq, head)


MOST_ROWS = 50
"""So many rows a statement, and a statement for each number of rows up to it: the driver keeps a hundred prepared."""


class Statements:
    """What the writer executes, many rows a statement: each statement that runs lets other threads in once."""

    def __init__(self, dialect: str) -> None:
        self._schema, self._mark = ("trail.", "%s") if dialect == "postgresql" else ("", "?")
        mark = self._mark
        # Only a schema's name and placeholders are put into these texts.
        self.last_chain = f"SELECT max(number) FROM {self._schema}chain"  # noqa: S608
        self.chain = self._insert("chain (number, name, opened_at, head_seq, head)", 5, 1)
        where = f"WHERE number = {mark} AND head_seq = {mark}"
        self.head = f"UPDATE {self._schema}chain SET head_seq = {mark}, head = {mark} {where}"  # noqa: S608
        sizes = range(1, MOST_ROWS + 1)
        self._leaves = {size: self._insert("leaf (chain, seq, system, decision, at, leaf)", 6, size) for size in sizes}
        self._bodies = {size: self._insert("body (chain, seq, salt, body)", 4, size) for size in sizes}

    def leaves(self, rows: int) -> str:
        """Insert so many leaves."""
        return self._leaves[rows]

    def bodies(self, rows: int) -> str:
        """Insert so many bodies."""
        return self._bodies[rows]

    def _insert(self, into: str, columns: int, rows: int) -> str:
        return f"INSERT INTO {self._schema}{into} VALUES {self._rows(columns, rows)}"  # noqa: S608

    def _rows(self, columns: int, rows: int) -> str:
        return ", ".join([f"({', '.join([self._mark] * columns)})"] * rows)


@lru_cache
def statements(dialect: str) -> Statements:
    """The writer's statements for a database."""
    return Statements(dialect)


def list_chains(connection: Connection) -> list[tuple[int, str, str, int, str]]:
    """Every chain: number, name, opened at, head's sequence number, head."""
    c = models.chain.c
    found = connection.execute(select(c.number, c.name, c.opened_at, c.head_seq, c.head).order_by(c.number))
    return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


EntryRow = tuple[int, str, int, str, bytes, bytes | None, bytes | None, int | None]
LeafRow = tuple[int, str, int, str, bytes, bytes | None, bytes | None, int | None]


def list_leaves(connection: Connection, number: int) -> Iterator[LeafRow]:
    """A chain's rows in order: seq, system, decision, at, leaf, salt, body, and the body row's own seq."""
    one, two = models.leaf.c, models.body.c
    joined = models.leaf.outerjoin(models.body, (one.chain == two.chain) & (one.seq == two.seq))
    found = connection.execution_options(yield_per=2000).execute(
        select(one.seq, one.system, one.decision, one.at, one.leaf, two.salt, two.body, two.seq)
        .select_from(joined)
        .where(one.chain == number)
        .order_by(one.seq)
    )
    for row in found:
        yield tuple(row)


def list_stray_bodies(connection: Connection) -> list[tuple[int, int]]:
    """Bodies without a leaf: chain and seq."""
    one, two = models.leaf.c, models.body.c
    joined = models.body.outerjoin(models.leaf, (one.chain == two.chain) & (one.seq == two.seq))
    found = connection.execute(select(two.chain, two.seq).select_from(joined).where(one.seq.is_(None)))
    return [(row[0], row[1]) for row in found]


def list_chainless(connection: Connection) -> list[int]:
    """Numbers that leaves or bodies name and no chain has."""
    known = select(models.chain.c.number)
    found = connection.execute(
        select(models.leaf.c.chain)
        .where(models.leaf.c.chain.not_in(known))
        .union(select(models.body.c.chain).where(models.body.c.chain.not_in(known)))
    )
    return [row[0] for row in found]


def find_record(connection: Connection, name: str, seq: int) -> tuple[bytes, bytes | None] | None:
    """A decision's leaf and body by its number."""
    one, two, three = models.leaf.c, models.body.c, models.chain.c
    joined = models.leaf.join(models.chain, one.chain == three.number).outerjoin(
        models.body, (one.chain == two.chain) & (one.seq == two.seq)
    )
    row = connection.execute(
        select(one.leaf, two.body).select_from(joined).where(three.name == name, one.seq == seq)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


def list_entries(
    session: Session,
) -> Iterator[tuple[int, str, int, str, bytes, bytes | None, bytes | None, int | None]]:
    """Administrative entries in order: seq, action, revision, at, leaf, salt, body, and the body row's own seq."""
    one, two = models.TrailEntry, models.TrailEntryBody
    found = session.execute(
        select(one.seq, one.action, one.revision, one.at, one.leaf, two.salt, two.body, two.seq)
        .outerjoin(two, one.seq == two.seq)
        .order_by(one.seq),
        execution_options={"yield_per": 2000},
    )
    for row in found:
        yield tuple(row)  # type: ignore[misc]


def list_bodies_of(session: Session, action: str) -> list[bytes | None]:
    """The bodies of all entries of one action."""
    one, two = models.TrailEntry, models.TrailEntryBody
    return list(session.scalars(select(two.body).join(one, one.seq == two.seq).where(one.action == action)))


def list_stray_entry_bodies(session: Session) -> list[int]:
    """Bodies of entries without an entry."""
    one, two = models.TrailEntry, models.TrailEntryBody
    return list(session.scalars(select(two.seq).where(two.seq.not_in(select(one.seq)))))


def erase_body(connection: Connection, name: str, seq: int) -> None:
    """Blank a decision's body and salt; its leaf stays, and with it the chain."""
    number = select(models.chain.c.number).where(models.chain.c.name == name).scalar_subquery()
    where = (models.body.c.chain == number) & (models.body.c.seq == seq)
    connection.execute(update(models.body).where(where).values(salt=None, body=None))
