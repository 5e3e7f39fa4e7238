"""Adds authenticators: begun by whoever may, and counting only once a first code has shown that they work."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.errors import NotFound, Unavailable
from governance.kernel.sealing import Sealer
from governance.kernel.verdict import Verdict
from governance.people.store import get_person
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor
from tokens.authenticators import attempts, recovery, replacing, rules, store, totp
from tokens.authenticators.notices import notify
from tokens.authenticators.rules import KIND_NAMES, AuthenticatorFacts, Finding, Kind, State
from tokens.authenticators.service import (
    Proof,
    accept,
    answer,
    judge,
    judge_pair,
    open_secret,
    refuse,
    why_closed,
)
from tokens.authenticators.totp import Judged

FEWEST_BYTES = 6
"""So many different bytes a token's secret has at least: what a generator makes has more."""


class Beginning(NamedTuple):
    """An enrolment that has begun, as its own page shows it: the key to type, and what the picture says."""

    id: int
    label: str
    key: str
    uri: str


def begin(
    session: Session,
    visitor: Visitor,
    kind: Kind,
    label: str,
    *,
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> int:
    """Begin to add an authenticator to the visitor's account, and give its number; raise `Refused` where they may not.

    What the visitor began before and never finished is over.
    """
    may_add(session, visitor, now=now).require()
    rules.may_name(label).require()
    rules.may_have_another(visitor, kind, store.list_of(session, [visitor.person]), now).require()
    _abandon(session, visitor, now)
    row = {
        "person_id": visitor.person, "kind": kind.value, "label": label, "state": State.PENDING.value,
        "created_at": now, "ends_at": now + rules.PENDING_FOR, "begun_in": visitor.session, **(values or {}),
    }  # fmt: skip
    details = {"person": visitor.reference, "kind": kind.value}
    return store.add_authenticator(
        session, row, Entry("authenticator.begun", Actor(visitor.reference, "page"), details)
    )


def may_add(session: Session, visitor: Visitor, *, now: datetime) -> Verdict:
    """Whether the visitor may add an authenticator to their account now."""
    known = store.list_of(session, [visitor.person])
    redeemed = replacing.find_redeemed(session, visitor, now)
    return rules.may_bind(visitor, known, redeemed.redeemed_in if redeemed else None, now)


def begin_totp(session: Session, sealer: Sealer, visitor: Visitor, label: str, *, now: datetime) -> int:
    """Begin to add an authenticator app, with a seed of its own."""
    row = begin(session, visitor, Kind.TOTP, label, now=now)
    store.set_secret(session, row, sealer.seal(totp.new_seed(), store.place(row)), instead_of=None)
    return row


def begin_hotp(
    session: Session, sealer: Sealer, visitor: Visitor, serial: str, typed_seed: str, label: str, *, now: datetime
) -> int:
    """Begin to add a hardware token by its serial number and its typed secret."""
    seed = _checked(session, sealer, serial, typed_seed, actor=Actor(visitor.reference, "page"), now=now)
    row = begin(session, visitor, Kind.HOTP, label, now=now, values={"serial": serial})
    store.set_secret(session, row, sealer.seal(seed, store.place(row)), instead_of=None)
    return row


def assign_hotp(
    session: Session,
    sealer: Sealer,
    reference: str,
    serial: str,
    typed_seed: str,
    label: str,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Assign a hardware token to a person; it counts once they have given its first code."""
    rules.may_help(reference, actor.name).require()
    rules.may_name(label).require()
    person = get_person(session, reference).id
    seed = _checked(session, sealer, serial, typed_seed, actor=actor, now=now)
    row = {
        "person_id": person, "kind": Kind.HOTP.value, "label": label, "state": State.PENDING.value,
        "created_at": now, "ends_at": now + rules.ASSIGNED_FOR, "begun_in": None, "serial": serial,
    }  # fmt: skip
    entry = Entry("authenticator.assigned", actor, {"person": reference, "kind": Kind.HOTP.value})
    number = store.add_authenticator(session, row, entry)
    store.set_secret(session, number, sealer.seal(seed, store.place(number)), instead_of=None)
    notify(session, person, "authenticator-assigned", {"label": label}, now=now)
    return number


def show_beginning(
    session: Session, sealer: Sealer, visitor: Visitor, row: int, issuer: str, *, now: datetime
) -> Beginning:
    """What the enrolment's own page shows, until the first good code and in the session that began it; never after."""
    one = store.get_authenticator(session, visitor.person, row)
    if not rules.may_finish(one, visitor, now) or one.begun_in is None or one.kind is not Kind.TOTP:
        raise NotFound("there is no such enrolment; begin again")
    seed = open_secret(session, sealer, row)
    return Beginning(row, one.label, totp.as_typed(seed), totp.enrolment_uri(seed, visitor.reference, issuer))


def finish(
    session: Session,
    sealer: Sealer,
    visitor: Visitor,
    row: int,
    typed: tuple[str, ...],
    *,
    now: datetime,
    label: str = "",
) -> Proof:
    """Give the trial code of an app or a token (or two in a row): the first good one lets it count.

    Codes of an enrolment's own page are no guesses, for the page shows the key: they are counted by kind alone. Those
    of an assigned token are counted like any other.
    """
    if closed := why_closed(session, visitor, now=now):
        return closed
    one = store.find_authenticator(session, visitor.person, row)
    if one is None or not rules.may_finish(one, visitor, now) or one.kind not in (Kind.TOTP, Kind.HOTP):
        return answer(Finding.UNUSABLE)
    may_add(session, visitor, now=now).require()
    rules.may_have_another(visitor, one.kind, store.list_of(session, [visitor.person]), now).require()
    if one.kind is Kind.HOTP:
        _refuse_known(session, sealer, open_secret(session, sealer, row))
    codes = [totp.read_code(text, one.digits) for text in typed]
    if any(code is None for code in codes):
        return answer(Finding.MALFORMED, digits=one.digits)
    judged = _judge(session, sealer, one, [str(code) for code in codes], now)
    if judged.finding is Finding.GOOD:
        if len(codes) > 1 and one.kind is Kind.TOTP:
            store.set_drift(session, row, judged.off)
        if label and rules.may_name(label).allowed:
            store.set_first_label(session, row, label)
        return activate(session, visitor, one, judged.step, now=now)
    if one.begun_in is None:
        return refuse(session, visitor, one, judged, now=now)
    attempts.count_kind(session, visitor.person, one.kind.value, judged.finding, now)
    return answer(judged.finding, off=totp.off_in_words(judged.off))


def activate(session: Session, visitor: Visitor, one: AuthenticatorFacts, step: int, *, now: datetime) -> Proof:
    """Let an authenticator count from now on: temporary where a replacement was redeemed; temporary ones end else."""
    redeemed = replacing.find_redeemed(session, visitor, now)
    ends_at = now + rules.TEMPORARY_FOR if redeemed else None
    if not store.set_activated(session, one.id, step, now, ends_at):
        return answer(Finding.UNUSABLE)
    actor = Actor(visitor.reference, "page")
    if redeemed:
        replacing.use(session, redeemed, one.id, actor=actor)
    else:
        _retire_temporary(session, visitor, one, actor=actor, now=now)
    details = {"person": visitor.reference, "authenticator": one.id, "kind": one.kind.value}
    store.tell_of(session, Entry("authenticator.enrolled", actor, {**details, "temporary": redeemed is not None}))
    notify(session, visitor.person, "authenticator-added", {"kind": KIND_NAMES[one.kind]}, now=now)
    return accept(session, visitor, one)


def new_recovery_codes(
    session: Session, sealer: Sealer, visitor: Visitor, *, instead_of: int, now: datetime
) -> list[str]:
    """Make a set of recovery codes, which are in the answer and nowhere else; older sets are dead.

    `instead_of` is the set that stood when they were asked for (0: none): a page sent once more makes no others.
    """
    if not visitor.is_proved:
        Verdict((rules.NEEDS_REPLACEMENT,)).require()
    Verdict.unless((standing_codes(session, visitor.person) != instead_of, rules.CODES_MADE)).require()
    actor = Actor(visitor.reference, "page")
    retire_recovery(session, visitor.person, visitor.reference, actor=actor, now=now)
    row = begin(session, visitor, Kind.RECOVERY, KIND_NAMES[Kind.RECOVERY], now=now)
    key, codes = recovery.new_key(), recovery.new_codes()
    store.set_secret(session, row, sealer.seal(key, store.place(row)), instead_of=None)
    store.add_codes(session, row, [recovery.hash_code(key, code) for code in codes])
    store.set_activated(session, row, store.NO_STEP, now, None)
    details = {"person": visitor.reference, "authenticator": row, "kind": Kind.RECOVERY.value}
    store.tell_of(session, Entry("authenticator.enrolled", actor, {**details, "codes": len(codes)}))
    notify(session, visitor.person, "recovery-codes-made", {}, now=now)
    return codes


def standing_codes(session: Session, person: int) -> int:
    """The number of a person's newest set of recovery codes that is not at its end; 0 where there is none."""
    sets = [one for one in store.list_of(session, [person]) if one.kind is Kind.RECOVERY]
    return next((one.id for one in sets if State.RETIRED in rules.NEXT_STATES[one.state]), 0)


def retire_recovery(session: Session, person: int, reference: str, *, actor: Actor, now: datetime) -> None:
    """End the sets of recovery codes that a person has."""
    for one in store.list_of(session, [person]):
        if one.kind is Kind.RECOVERY and State.RETIRED in rules.NEXT_STATES[one.state]:
            entry = Entry("authenticator.removed", actor, {"person": reference, "authenticator": one.id})
            store.set_state(session, one, State.RETIRED, {"ended_at": now}, entry)


def _abandon(session: Session, visitor: Visitor, now: datetime) -> None:
    for one in store.list_of(session, [visitor.person]):
        if one.state is State.PENDING and one.begun_in is not None:
            details = {"person": visitor.reference, "authenticator": one.id, "kind": one.kind.value}
            entry = Entry("authenticator.abandoned", Actor(visitor.reference, "page"), details)
            store.set_state(session, one, State.EXPIRED, {"ended_at": now}, entry)


def _retire_temporary(
    session: Session, visitor: Visitor, new: AuthenticatorFacts, *, actor: Actor, now: datetime
) -> None:
    for one in store.list_of(session, [visitor.person]):
        if one.id != new.id and one.is_temporary and one.is_usable(now):
            entry = Entry("authenticator.removed", actor, {"person": visitor.reference, "authenticator": one.id})
            store.set_state(session, one, State.RETIRED, {"ended_at": now}, entry)


def _judge(session: Session, sealer: Sealer, one: AuthenticatorFacts, codes: list[str], now: datetime) -> Judged:
    seed = open_secret(session, sealer, one.id)
    if len(codes) > 1:
        return judge_pair(seed, one, (codes[0], codes[1]), now)
    return judge(seed, one, codes[0], now)


def _checked(
    session: Session, sealer: Sealer, serial: str, typed_seed: str, *, actor: Actor, now: datetime
) -> bytes:  # fmt: skip
    """A token's secret as it was typed, where it and its serial are good and stand on nobody's token yet.

    A serial on what somebody began and never finished stands on nobody's: anybody could begin with any serial.
    """
    seed = totp.read_seed(typed_seed)
    well = serial.isascii() and serial.isprintable() and 1 <= len(serial.strip()) <= 60
    if well:
        store.free_serial(session, serial, actor, now)
    Verdict.unless(
        (not well, rules.NO_SERIAL),
        (seed is None or len(set(seed)) < FEWEST_BYTES, rules.NO_SEED),
        (well and store.serial_taken(session, serial), rules.SERIAL_TAKEN),
    ).require()
    _refuse_known(session, sealer, seed or b"")
    return seed or b""


def _refuse_known(session: Session, sealer: Sealer, seed: bytes) -> None:
    """Raise `Refused` where a token that counts has this secret: each of its codes would be good at each."""
    known = any(_is_of(sealer, row, sealed, seed) for row, sealed in store.list_tokens(session))
    Verdict.unless((known, rules.SEED_TAKEN)).require()


def _is_of(sealer: Sealer, row: int, sealed: bytes, seed: bytes) -> bool:
    try:
        return hmac.compare_digest(sealer.open(sealed, store.place(row)), seed)
    except Unavailable:  # sealed under a key that is lost: no code of it is good any more
        return False
