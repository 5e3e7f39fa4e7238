"""Renames, removes, holds and ends authenticators. What is lost is dead at once, with each session of its person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.verdict import Verdict
from governance.people.signin.service import end_sessions
from governance.people.store import get_person
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor
from tokens.authenticators import attempts, rules, store
from tokens.authenticators.notices import notify
from tokens.authenticators.rules import KIND_NAMES, AuthenticatorFacts, Kind, State
from tokens.authenticators.throttling import THROTTLE

TAKEN_AWAY: dict[Kind, str] = {
    Kind.TOTP: "authenticator-lost",
    Kind.HOTP: "authenticator-lost",
    Kind.PASSKEY: "passkey-lost",
    Kind.RECOVERY: "authenticator-lost",
}
"""Which mail tells that one of a kind was taken away."""
ACTS = {State.LOST.value: "authenticator.lost", State.REVOKED.value: "authenticator.revoked"}


def rename(session: Session, visitor: Visitor, row: int, label: str, *, now: datetime) -> None:
    """Give one of the visitor's authenticators another name."""
    rules.may_name(label).require()
    one = store.get_authenticator(session, visitor.person, row)
    entry = Entry("authenticator.renamed", Actor(visitor.reference, "page"), _details(visitor.reference, one))
    store.set_label(session, one.id, label, entry)
    notify(session, visitor.person, "authenticator-renamed", {"kind": KIND_NAMES[one.kind]}, now=now)


def remove(session: Session, visitor: Visitor, row: int, *, now: datetime) -> None:
    """Remove one of the visitor's authenticators; never the last that signs them in."""
    one = store.get_authenticator(session, visitor.person, row)
    rules.may_remove(visitor, one, store.list_of(session, [visitor.person]), now).require()
    entry = Entry("authenticator.removed", Actor(visitor.reference, "page"), _details(visitor.reference, one))
    store.set_state(session, one, State.RETIRED, {"ended_at": now}, entry)
    _end_sessions(session, one, "an authenticator was removed", entry.actor, now, keep=visitor.session)
    notify(session, visitor.person, "authenticator-removed", {"kind": KIND_NAMES[one.kind]}, now=now)


def report_own_loss(session: Session, visitor: Visitor, row: int, *, now: datetime) -> bool:
    """Report one of the visitor's authenticators lost; whether their own session still stands.

    Their other sessions end, for whoever found it may have begun one and raised it by another factor since. Their own
    ends too where the lost one has proved it.
    """
    one = store.get_authenticator(session, visitor.person, row)
    actor = Actor(visitor.reference, "page")
    return _end(session, one, visitor.reference, State.LOST, actor=actor, now=now, keep=visitor.session)


def report_lost(session: Session, reference: str, row: int, *, actor: Actor, now: datetime) -> None:
    """Report a person's authenticator lost on their behalf; every session of theirs ends."""
    rules.may_help(reference, actor.name).require()
    one = store.get_authenticator(session, get_person(session, reference).id, row)
    _end(session, one, reference, State.LOST, actor=actor, now=now)


def revoke(session: Session, reference: str, row: int, *, actor: Actor, now: datetime) -> None:
    """Take an authenticator away for good; every session of its person ends."""
    one = store.get_authenticator(session, get_person(session, reference).id, row)
    _end(session, one, reference, State.REVOKED, actor=actor, now=now)


def put_on_hold(session: Session, one: AuthenticatorFacts, why: str, *, actor: Actor, now: datetime) -> None:
    """Put an authenticator on hold that looks copied, until somebody has looked into it."""
    reference = store.find_reference(session, one.person)
    rules.may_become(one.state, State.LOCKED).require()
    entry = Entry("authenticator.held", actor, {**_details(reference, one), "why": why})
    store.set_state(session, one, State.LOCKED, {}, entry)
    _end_sessions(session, one, "an authenticator was put on hold", actor, now)
    notify(session, one.person, "authenticator-held", {"kind": KIND_NAMES[one.kind]}, now=now)


def release(session: Session, reference: str, row: int, *, actor: Actor, now: datetime) -> None:
    """Let an authenticator that was on hold count again, and tell its person."""
    rules.may_help(reference, actor.name).require()
    one = store.get_authenticator(session, get_person(session, reference).id, row)
    rules.may_become(one.state, State.ACTIVE).require()
    if one.activated_at is None:
        Verdict((rules.NOT_POSSIBLE,)).require()
    store.set_state(session, one, State.ACTIVE, {}, Entry("authenticator.released", actor, _details(reference, one)))
    notify(session, one.person, "authenticator-released", {"kind": KIND_NAMES[one.kind]}, now=now)


def unlock_person(session: Session, reference: str, *, actor: Actor, now: datetime) -> None:
    """Let a person try codes again before their time; what was counted stays counted towards the stop at a hundred."""
    rules.may_help(reference, actor.name).require()
    person = get_person(session, reference).id
    found = attempts.list_attempts(session, [person]).get(person)
    stopped = found is not None and found.failures >= THROTTLE.stop_at
    Verdict.unless((stopped, rules.STOPPED)).require()
    attempts.unlock(session, person, Entry("second_factor.unlocked", actor, {"person": reference}))
    notify(session, person, "authenticator-unlocked", {}, now=now)


def _end(
    session: Session,
    one: AuthenticatorFacts,
    reference: str,
    to: State,
    *,
    actor: Actor,
    now: datetime,
    keep: int | None = None,
) -> bool:
    rules.may_become(one.state, to).require()
    store.set_state(session, one, to, {"ended_at": now}, Entry(ACTS[to.value], actor, _details(reference, one)))
    kept = _end_sessions(session, one, f"an authenticator was {to.value}", actor, now, keep=keep, all_others=True)
    notify(session, one.person, TAKEN_AWAY[one.kind], {"kind": KIND_NAMES[one.kind]}, now=now)
    return kept


def _end_sessions(
    session: Session,
    one: AuthenticatorFacts,
    why: str,
    actor: Actor,
    now: datetime,
    *,
    keep: int | None = None,
    all_others: bool = False,
) -> bool:
    """End the sessions that an authenticator has proved, or all but one that another has; whether that one stands."""
    ended: list[int] = []

    def is_over(row: int, by: int | None) -> bool:
        over = by == one.id or (all_others and row != keep)
        if over:
            ended.append(row)
        return over

    end_sessions(
        session, one.person, why, actor=actor, now=now, which=lambda held: is_over(held.row, held.authenticator)
    )
    return keep is not None and keep not in ended


def _details(reference: str, one: AuthenticatorFacts) -> dict[str, object]:
    return {"person": reference, "authenticator": one.id, "kind": one.kind.value}
