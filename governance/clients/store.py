"""Every query on front ends and their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.clients.models import ClientKey, FrontEnd
from governance.clients.rules import FrontEndFacts, KeyFacts
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
    ClientKey.front_end,
)
FRONT_END = "front_end"
FRONT_END_COLUMNS = (
    FrontEnd.id,
    FrontEnd.name,
    FrontEnd.client_id,
    FrontEnd.secret_digest,
    FrontEnd.redirect_uris,
    FrontEnd.post_logout_uris,
    FrontEnd.systems,
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
    return [as_key(row) for row in session.execute(question)]


def as_key(row: Any) -> KeyFacts:
    """A row of `COLUMNS` as facts."""
    number, name, prefix, secret, systems, scopes, ends_on, front_end = row
    ends_at = day_end(ends_on) if ends_on else None
    return KeyFacts(number, name, prefix, secret, frozenset(systems), frozenset(scopes), ends_at, front_end or "")


def add_key(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Record a key."""
    record(session, ClientKey, [values], [FactKey(KIND, 0, values["prefix"])])
    tell(session, entry)


def close_key(session: Session, prefix: str, at: int, entry: Entry) -> None:
    """Revoke a key; raise `NotFound` when there is none."""
    found = list_keys(session, at, [prefix])
    if not found:
        raise NotFound(f"there is no key {prefix}")
    close(session, ClientKey, [found[0].row], [FactKey(KIND, 0, prefix)])
    tell(session, entry)


class FrontEndSource:
    """Front ends in memory, by the names under which they sign people in."""

    kind = FRONT_END
    about = "key"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, FrontEndFacts | None]:
        """Front ends as they stood at a revision; None where there is none."""
        found = {one.client_id: one for one in list_front_ends(session, at, [key.name for key in keys])}
        return {key: found.get(key.name) for key in keys}


def list_front_ends(session: Session, at: int, names: Collection[str] | None = None) -> list[FrontEndFacts]:
    """Front ends that stood at a revision, all of them or those of some names."""
    question = select(*FRONT_END_COLUMNS).where(seen(FrontEnd, at)).order_by(FrontEnd.id)
    if names is not None:
        question = question.where(FrontEnd.client_id.in_(names))
    return [as_front_end(row) for row in session.execute(question)]


def as_front_end(row: Any) -> FrontEndFacts:
    """A row of `FRONT_END_COLUMNS` as facts."""
    number, name, client_id, secret, *lists = row
    return FrontEndFacts(number, name, client_id, secret, *map(tuple, lists))


def find_front_end(session: Session, at: int, name: str) -> FrontEndFacts | None:
    """The front end of a name, or None."""
    if not name.isprintable():
        return None
    return next(iter(list_front_ends(session, at, [name])), None)


def get_front_end(session: Session, at: int, name: str) -> FrontEndFacts:
    """The front end of a name; raise `NotFound` when there is none."""
    found = find_front_end(session, at, name)
    if found is None:
        raise NotFound(f"there is no front end {name[:80]}")
    return found


def add_front_end(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Record a front end."""
    record(session, FrontEnd, [values], [FactKey(FRONT_END, 0, values["client_id"])])
    tell(session, entry)


def set_secret(session: Session, old: FrontEndFacts, values: Mapping[str, Any], entry: Entry) -> None:
    """Record a front end anew with another secret: the old one opens nothing from now on."""
    close(session, FrontEnd, [old.row], [FactKey(FRONT_END, 0, old.client_id)])
    add_front_end(session, values, entry)


def close_front_end(session: Session, front_end: FrontEndFacts, entry: Entry) -> None:
    """End a front end: what it was given is dead at the next request."""
    close(session, FrontEnd, [front_end.row], [FactKey(FRONT_END, 0, front_end.client_id)])
    tell(session, entry)
