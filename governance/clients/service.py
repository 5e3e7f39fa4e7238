"""Registers front ends, makes and revokes their keys and secrets."""

from __future__ import annotations

from collections.abc import Sequence
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
    front_end: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> rules.NewKey:
    """Make a key for a front end; its text is in the answer and nowhere else.

    With `front_end` it goes with the tokens of that one's people, and with no other's.
    """
    rules.may_register(name, systems, ends_on, london_day(now)).require()
    details = {"front_end": name, "systems": systems, "scopes": scopes}
    if front_end is not None:
        details["client"] = store.get_front_end(session, change_of(session).base_revision, front_end).client_id
    key = rules.make_key()
    entry = Entry("key.registered", actor, {**details, "prefix": key.prefix})
    values = {
        "name": name, "prefix": key.prefix, "key_digest": key.digest, "systems": systems, "scopes": scopes,
        "front_end": front_end, "starts_on": london_day(now), "ends_on": ends_on,
    }  # fmt: skip
    store.add_key(session, values, entry)
    return key


def revoke_key(session: Session, prefix: str, why: str, *, actor: Actor) -> None:
    """Revoke a key at once: the next request with it is refused."""
    rules.may_revoke(why).require()
    entry = Entry("key.revoked", actor, {"prefix": prefix, "why": why})
    store.close_key(session, prefix, change_of(session).base_revision, entry)


def register_front_end(
    session: Session,
    name: str,
    systems: Sequence[str],
    redirect_uris: Sequence[str],
    post_logout_uris: Sequence[str],
    *,
    public: bool,
    actor: Actor,
    now: datetime,
) -> rules.NewFrontEnd:
    """Register a front end that people sign in to; its secret is in the answer and nowhere else."""
    rules.may_be_front_end(name, systems, redirect_uris, post_logout_uris).require()
    made = rules.make_client(public=public)
    values = {
        "name": name, "client_id": made.client_id, "secret_digest": None if public else rules.digest(made.secret),
        "redirect_uris": list(redirect_uris), "post_logout_uris": list(post_logout_uris), "systems": list(systems),
        "starts_on": london_day(now), "ends_on": None,
    }  # fmt: skip
    told = {"client": made.client_id, "front_end": name, "systems": list(systems), "public": public}
    entry = Entry("front_end.registered", actor, {**told, "redirect_uris": list(redirect_uris)})
    store.add_front_end(session, values, entry)
    return made


def rotate_secret(session: Session, client_id: str, *, actor: Actor, now: datetime) -> rules.NewFrontEnd:
    """Give a front end another secret: the old one is dead at once."""
    old = store.get_front_end(session, change_of(session).base_revision, client_id)
    rules.may_have_secret(old).require()
    made = rules.make_client(public=False)._replace(client_id=client_id)
    values = {
        "name": old.name, "client_id": client_id, "secret_digest": rules.digest(made.secret),
        "redirect_uris": list(old.redirect_uris), "post_logout_uris": list(old.post_logout_uris),
        "systems": list(old.systems), "starts_on": london_day(now), "ends_on": None,
    }  # fmt: skip
    store.set_secret(session, old, values, Entry("front_end.secret_rotated", actor, {"client": client_id}))
    return made


def revoke_front_end(session: Session, client_id: str, why: str, *, actor: Actor) -> None:
    """End a front end: it signs nobody in any more, and its people's tokens are dead at the next request."""
    rules.may_revoke(why).require()
    found = store.get_front_end(session, change_of(session).base_revision, client_id)
    store.close_front_end(session, found, Entry("front_end.revoked", actor, {"client": client_id, "why": why}))
