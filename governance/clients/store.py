"""Every query on front ends' keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.clients.models import ClientKey
from governance.clients.rules import KeyFacts, NewKey
from governance.kernel.clock import day_end
from governance.kernel.errors import NotFound
from governance.kernel.keys import FactKey
from governance.kernel.recorded import close, record, seen
from governance.ports.actor import Entry
from governance.trail.entries import tell

KIND = "client_key"
COLUMNS = (
    ClientKey.id,
    ClientKey.name,
    ClientKey.prefix,
    ClientKey.key_digest,
    ClientKey.systems,
    ClientKey.scopes,
    ClientKey.ends_on,
)


class KeySource:
    """Keys in memory, by their prefix."""

    kind = KIND
    about = "key"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, KeyFacts | None]:
        """Keys as they stood at a revision; None where there is none."""
        found = {key.prefix: key for key in list_keys(session, at, [key.name for key in keys])}
        return {key: found.get(key.name) for key in keys}


def list_keys(session: Session, at: int, prefixes: Collection[str] | None = None) -> list[KeyFacts]:
    """Keys that stood at a revision, all of them or those of some prefixes."""
    question = select(*COLUMNS).where(seen(ClientKey, at)).order_by(ClientKey.id)
    if prefixes is not None:
        question = question.where(ClientKey.prefix.in_(prefixes))
    return [
        KeyFacts(row, name, prefix, digest, frozenset(systems), frozenset(scopes), day_end(ends) if ends else None)
        for row, name, prefix, digest, systems, scopes, ends in session.execute(question)
    ]


def add_key(
    session: Session,
    name: str,
    key: NewKey,
    *,
    systems: list[str],
    scopes: list[str],
    starts_on: date,
    ends_on: date | None,
    entry: Entry,
) -> None:
    """Record a key."""
    row = {
        "name": name,
        "prefix": key.prefix,
        "key_digest": key.digest,
        "systems": systems,
        "scopes": scopes,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    record(session, ClientKey, [row], [FactKey(KIND, 0, key.prefix)])
    tell(session, entry)


def close_key(session: Session, prefix: str, at: int, entry: Entry) -> None:
    """Revoke a key; raise `NotFound` when there is none."""
    found = list_keys(session, at, [prefix])
    if not found:
        raise NotFound(f"there is no key {prefix}")
    close(session, ClientKey, [found[0].row], [FactKey(KIND, 0, prefix)])
    tell(session, entry)
