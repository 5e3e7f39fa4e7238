"""Every statement on the decision records: opening a chain, appending to it, reading it back in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.orm import Session

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


def open_chain(connection: Connection, at: str) -> Chain:
    """Begin a chain of this process: one for each writer's life."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE trail.chain IN EXCLUSIVE MODE"))
    number = (connection.execute(select(func.max(models.chain.c.number))).scalar_one() or 0) + 1
    name = random_name(8)
    leaf = genesis_leaf(name, number, at)
    head = leaf_hash(leaf)
    connection.execute(insert(models.chain), {"number": number, "name": name, "opened_at": at, "head_seq": 0, "head": head})
    row = {"chain": number, "seq": 0, "system": "", "decision": 0, "at": at, "leaf": leaf}
    connection.execute(insert(models.leaf), row)
    return Chain(number, name, 0, head)


def append(connection: Connection, chain: Chain, records: Sequence[Record]) -> Chain:
    """Write records behind the chain's head; raise `Fenced` when the head is not where this process left it."""
    leaves, bodies = [], []
    seq, head = chain.seq, chain.head
    for record in records:
        seq += 1
        leaf = decision_leaf(chain.name, seq, head, record)
        head = leaf_hash(leaf)
        leaves.append((chain.number, seq, record.system, int(record.decision), record.at, leaf))
        bodies.append((chain.number, seq, record.salt, record.body))
    schema, mark = ("trail.", "%s") if connection.dialect.name == "postgresql" else ("", "?")
    if leaves:
        six, four = ", ".join([mark] * 6), ", ".join([mark] * 4)
        connection.exec_driver_sql(f"INSERT INTO {schema}leaf (chain, seq, system, decision, at, leaf) VALUES ({six})", leaves)
        connection.exec_driver_sql(f"INSERT INTO {schema}body (chain, seq, salt, body) VALUES ({four})", bodies)
    moved = connection.exec_driver_sql(
        f"UPDATE {schema}chain SET head_seq = {mark}, head = {mark} WHERE number = {mark} AND head_seq = {mark}",
        (seq, head, chain.number, chain.seq),
    )
    if moved.rowcount != 1:
        raise Fenced(chain.name)
    return Chain(chain.number, chain.name, seq, head)


def list_chains(connection: Connection) -> list[tuple[int, str, str, int, str]]:
    """Every chain: number, name, opened at, head's sequence number, head."""
    c = models.chain.c
    found = connection.execute(select(c.number, c.name, c.opened_at, c.head_seq, c.head).order_by(c.number))
    return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


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
        yield tuple(row)  # type: ignore[misc]


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
        select(models.leaf.c.chain).where(models.leaf.c.chain.not_in(known)).union(
            select(models.body.c.chain).where(models.body.c.chain.not_in(known))
        )
    )
    return [row[0] for row in found]


def find_record(connection: Connection, name: str, seq: int) -> tuple[bytes, bytes | None] | None:
    """A decision's leaf and body by its number."""
    one, two, three = models.leaf.c, models.body.c, models.chain.c
    joined = models.leaf.join(models.chain, one.chain == three.number).outerjoin(
        models.body, (one.chain == two.chain) & (one.seq == two.seq)
    )
    row = connection.execute(select(one.leaf, two.body).select_from(joined).where(three.name == name, one.seq == seq)).one_or_none()
    return (row[0], row[1]) if row is not None else None


def list_entries(session: Session) -> Iterator[tuple[int, str, int, str, bytes, bytes | None, bytes | None, int | None]]:
    """Administrative entries in order: seq, action, revision, at, leaf, salt, body, and the body row's own seq."""
    one, two = models.TrailEntry, models.TrailEntryBody
    found = session.execute(
        select(one.seq, one.action, one.revision, one.at, one.leaf, two.salt, two.body, two.seq)
        .outerjoin(two, one.seq == two.seq)
        .order_by(one.seq),
        execution_options={"yield_per": 2000},
    )
    for row in found:
        yield tuple(row)


def erase_body(connection: Connection, number: int, seq: int) -> None:
    """Blank a decision's body and salt; its leaf stays, and with it the chain."""
    where = (models.body.c.chain == number) & (models.body.c.seq == seq)
    connection.execute(update(models.body).where(where).values(salt=None, body=None))
