"""Makes and revokes front ends' keys."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from governance.clients import rules, store
from governance.kernel.clock import london_day
from governance.kernel.recorded import change_of
from governance.ports.actor import Actor, Entry


def register_key(
    session: Session,
    name: str,
    systems: list[str],
    scopes: list[str],
    ends_on: date | None,
    *,
    actor: Actor,
    now: datetime,
) -> rules.NewKey:
    """Make a key for a front end; its text is in the answer and nowhere else."""
    rules.may_register(name, systems).require()
    key = rules.make_key()
    entry = Entry(
        "key.registered", actor, {"front_end": name, "prefix": key.prefix, "systems": systems, "scopes": scopes}
    )
    store.add_key(
        session, name, key, systems=systems, scopes=scopes, starts_on=london_day(now), ends_on=ends_on, entry=entry
    )
    return key


def revoke_key(session: Session, prefix: str, why: str, *, actor: Actor) -> None:
    """Revoke a key at once: the next request with it is refused."""
    entry = Entry("key.revoked", actor, {"prefix": prefix, "why": why})
    store.close_key(session, prefix, change_of(session).base_revision, entry)
