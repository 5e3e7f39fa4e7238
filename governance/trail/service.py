"""Verifies both databases' chains, and reads one record back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from governance.kernel.db import Databases
from governance.kernel.errors import NotFound
from governance.kernel.recorded import Ledger
from governance.ports.actor import Actor, Entry
from governance.trail import store
from governance.trail.entries import tell
from governance.trail.rules import decision_id, read_number, read_span
from governance.trail.verify import Verifier, parsed

ENTRIES = "entry"
ERASED, GENESIS = "decision.erased", "genesis"
MOST_SHOWN = 1_000
FORM = "one is written like NBGEB098-1, in capitals, and of a batch the first and the last like NBGEB098-1..NBGEB098-3"


def verify_trail(databases: Databases) -> Verifier:
    """Verify every chain of decisions and the chain of entries."""
    verifier = Verifier(
        lambda: list_erased(databases), lambda number: get_record(databases, number)["body"] is not None
    )
    with databases.trail_reading() as connection:
        chains = store.list_chains(connection)
        for number, name, opened_at, head_seq, head in chains:
            rows = (
                (
                    seq,
                    {
                        "chain": name,
                        "at": at,
                        "system": system or None,
                        "decision": decision if seq else decision or None,
                    },
                    leaf,
                    salt,
                    body,
                    own is not None,
                )
                for seq, system, decision, at, leaf, salt, body, own in store.list_leaves(connection, number)
            )
            verifier.chain(name, rows, first=0, head=(head_seq, head), genesis={"number": number, "at": opened_at})
        verifier.numbers(chain[0] for chain in chains)
        verifier.stray(f"body {chain}/{seq}" for chain, seq in store.list_stray_bodies(connection))
        verifier.stray(f"chain {number}" for number in store.list_chainless(connection))
    with databases.reading() as session:
        entries, head = session.execute(select(Ledger.entries, Ledger.head)).one()
        rows_ = (
            (seq, {"action": action, "revision": revision, "at": at}, leaf, salt, body, own is not None)
            for seq, action, revision, at, leaf, salt, body, own in store.list_entries(session)
        )
        verifier.chain(ENTRIES, rows_, first=1, head=(entries, head), genesis={})
        verifier.stray(f"body {ENTRIES}-{seq}" for seq in store.list_stray_entry_bodies(session))
    return verifier


def erase_record(databases: Databases, number: str, why: str, *, actor: Actor, now: datetime) -> None:
    """Blank a decision's body: the entry first, then the body, so that a blank body is always told of."""
    leaf = get_record(databases, number)["leaf"]
    if leaf["kind"] == GENESIS:
        raise NotFound(f"{number} opens its chain and tells of nobody")
    with databases.change(str(actor), now) as session:
        tell(session, Entry(ERASED, actor, {"record": number, "why": why}))
    with databases.trail_writing() as connection:
        store.erase_body(connection, leaf["chain"], leaf["seq"])


def list_erased(databases: Databases) -> frozenset[str]:
    """The numbers of decisions whose bodies an entry says were erased."""
    with databases.reading() as session:
        bodies = [parsed(body) for body in store.list_bodies_of(session, ERASED) if isinstance(body, bytes)]
    return frozenset(str(body["record"]) for body in bodies if body is not None and "record" in body)


def list_records(databases: Databases, number: str) -> list[dict[str, Any]]:
    """The records of a batch by its number, first..last; raise `NotFound` when there are none, or too many at once."""
    span = read_span(number)
    if span is None:
        raise NotFound(f"no batch has the number {number}; {FORM}")
    name, places = span
    if not 0 < len(places) <= MOST_SHOWN:
        raise NotFound(f"{number} names {len(places)} records; name 1 to {MOST_SHOWN}")
    return [get_record(databases, decision_id(name, place)) for place in places]


def get_record(databases: Databases, number: str) -> dict[str, Any]:
    """A decision's leaf and body by its number; raise `NotFound` when there is none."""
    place = read_number(number)
    if place is None:
        raise NotFound(f"no decision has the number {number}; {FORM}")
    with databases.trail_reading() as connection:
        found = store.find_record(connection, *place)
    if found is None:
        raise NotFound(f"no decision has the number {number}")
    leaf, body = found
    return {"leaf": json.loads(leaf), "body": json.loads(body) if body is not None else None}
