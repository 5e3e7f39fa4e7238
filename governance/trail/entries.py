"""Tells the trail of an administrative act in the act's own transaction, and of what changed no fact in one alone."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.kernel.recorded import Ledger, change_of
from governance.ports.actor import Entry
from governance.trail.models import TrailEntry, TrailEntryBody
from governance.trail.rules import commitment, encode_body, entry_leaf, leaf_hash, new_salt


def tell(session: Session, entry: Entry) -> None:
    """Chain an entry at the seal of the session's change: both commit together, or neither."""
    change_of(session).hooks.append(lambda sealed, revision: chain_entry(sealed, revision, entry))


def tell_alone(session: Session, entry: Entry) -> None:
    """Chain an entry of what changed no fact, such as a refusal: the revision that stood stays.

    For a transaction that writes without a change. The counter's row is locked, as a seal locks it, until it ends; so
    what strangers try opens no change, and no worker looks for facts that would have moved.
    """
    counted = update(Ledger).values(entries=Ledger.entries).returning(Ledger.revision)
    chain_entry(session, session.execute(counted).scalar_one(), entry)


def chain_entry(session: Session, revision: int, entry: Entry) -> None:
    """Write the entry behind the last one; the ledger row is locked by whoever calls this."""
    seq, head = session.execute(select(Ledger.entries, Ledger.head)).one()
    at, salt = clock.iso(clock.now()), new_salt()
    body = encode_body({"actor": str(entry.actor), **entry.details})
    leaf = entry_leaf(seq + 1, head, at, entry.action, revision, commitment(salt, body))
    session.execute(
        insert(TrailEntry), [{"seq": seq + 1, "action": entry.action, "revision": revision, "at": at, "leaf": leaf}]
    )
    session.execute(insert(TrailEntryBody), [{"seq": seq + 1, "salt": salt, "body": body}])
    session.execute(update(Ledger).values(entries=seq + 1, head=leaf_hash(leaf)))
