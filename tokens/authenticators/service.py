"""Verifies what people prove themselves with. Every path goes through the same row of attempts, open or closed.

`verify_code` and `verify_pair` are for codes. Whatever else proves (a passkey) asks `why_closed` first, then calls
`refuse` or `accept`, in the same transaction. A failure is an answer, not an exception: it has to be kept.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.errors import Unavailable
from governance.kernel.sealing import Sealer
from governance.people.signin.service import end_sessions
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor
from governance.trail.entries import tell
from tokens.authenticators import attempts, recovery, store, totp
from tokens.authenticators.holding import is_held
from tokens.authenticators.notices import notify
from tokens.authenticators.rules import (
    ACR_OF,
    COUNTED,
    FEW_LEFT,
    SENTENCES,
    WRONG_OF,
    AuthenticatorFacts,
    Finding,
    Kind,
    methods_after,
)
from tokens.authenticators.throttling import THROTTLE, Attempts, Throttle, duration
from tokens.authenticators.totp import Judged

FEWEST = "Only {left} recovery codes are left. Make a new set soon."


class Proof(NamedTuple):
    """The answer to what was proved: good, with what a session may say of it; or why not, in words for the person.

    `locks` says that this failure has locked the person out: `end_half_sessions` is next, in a change of its own.
    """

    finding: Finding
    says: str
    authenticator: int | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()
    locks: bool = False

    @property
    def good(self) -> bool:
        """Whether the second factor is proved."""
        return self.finding is Finding.GOOD


def verify_code(
    session: Session,
    sealer: Sealer,
    visitor: Visitor,
    authenticator: int,
    typed: str,
    *,
    now: datetime,
    throttle: Throttle = THROTTLE,
) -> Proof:
    """Verify a code that a visitor has typed for one of their authenticators; counted where it is not right."""
    if closed := why_closed(session, visitor, now=now, throttle=throttle):
        return closed
    one = store.find_authenticator(session, visitor.person, authenticator)
    if one is None or not one.is_usable(now) or one.kind is Kind.PASSKEY:
        return answer(Finding.UNUSABLE)
    if one.kind is Kind.RECOVERY:
        return _verify_recovery(session, sealer, visitor, one, typed, now, throttle)
    code = totp.read_code(typed, one.digits)
    if code is None:
        return answer(Finding.MALFORMED, digits=one.digits)
    one, judged = _judge_apps(session, sealer, one, code, now)
    if judged.finding is Finding.GOOD and not store.set_accepted(session, one.id, judged.step, now):
        judged = Judged(Finding.USED, judged.step)
    if judged.finding is Finding.GOOD:
        return accept(session, visitor, one)
    return refuse(session, visitor, one, judged, now=now, throttle=throttle)


def verify_pair(
    session: Session,
    sealer: Sealer,
    visitor: Visitor,
    authenticator: int,
    typed: tuple[str, str],
    *,
    now: datetime,
    throttle: Throttle = THROTTLE,
) -> Proof:
    """Verify two codes in a row, and learn from them how far a clock is off, or where a token's counter stands."""
    if closed := why_closed(session, visitor, now=now, throttle=throttle):
        return closed
    one = store.find_authenticator(session, visitor.person, authenticator)
    if one is None or not one.is_usable(now) or one.kind not in (Kind.TOTP, Kind.HOTP):
        return answer(Finding.UNUSABLE)
    before, after = (totp.read_code(text, one.digits) for text in typed)
    if before is None or after is None:
        return answer(Finding.MALFORMED, digits=one.digits)
    judged = judge_pair(open_secret(session, sealer, one.id), one, (before, after), now)
    learned = {"drift": judged.off} if one.kind is Kind.TOTP else {}
    if judged.finding is Finding.GOOD and not store.set_accepted(session, one.id, judged.step, now, **learned):
        judged = Judged(Finding.USED, judged.step)
    if judged.finding is Finding.GOOD:
        details = {"authenticator": one.id, "kind": one.kind.value, "person": visitor.reference}
        tell(session, Entry("authenticator.resynchronised", Actor(visitor.reference, "page"), details))
        return accept(session, visitor, one)
    return refuse(session, visitor, one, judged, now=now, throttle=throttle)


def choices(session: Session, visitor: Visitor, *, now: datetime) -> list[AuthenticatorFacts]:
    """What a visitor may prove themselves with now: what was used last comes first, recovery codes come last."""
    usable = [one for one in store.list_of(session, [visitor.person]) if one.is_usable(now)]
    return sorted(
        usable,
        key=lambda one: (one.kind is not Kind.RECOVERY, one.last_used_at or one.created_at, one.id),
        reverse=True,
    )


def why_closed(session: Session, visitor: Visitor, *, now: datetime, throttle: Throttle = THROTTLE) -> Proof | None:
    """Why nothing of this person is looked at now, or None; holds the person's row of attempts until the commit."""
    if is_held(session, visitor.person, now):
        return answer(Finding.HELD)
    finding, found = attempts.hold(session, visitor.person, throttle, now)
    return _closed(finding, found, throttle, now)


def peek(session: Session, visitor: Visitor, *, now: datetime, throttle: Throttle = THROTTLE) -> Proof | None:
    """Why nothing of this person is looked at now, without taking anything; where it says nothing, ask `why_closed`."""
    found = attempts.list_attempts(session, [visitor.person]).get(visitor.person, Attempts())
    return _closed(found.closed(throttle, now), found, throttle, now)


def _closed(finding: Finding | None, found: Attempts, throttle: Throttle, now: datetime) -> Proof | None:
    if finding is None:
        return None
    opens_at = found.opens_at(throttle, now)
    return answer(finding, time=duration((opens_at - now).total_seconds()) if opens_at else "")


def refuse(
    session: Session,
    visitor: Visitor,
    one: AuthenticatorFacts | None,
    judged: Judged,
    *,
    now: datetime,
    throttle: Throttle = THROTTLE,
) -> Proof:
    """Count a failure that `why_closed` has let through, and say what was wrong."""
    if judged.finding not in COUNTED:
        return answer(judged.finding)
    kind, number = (one.kind, one.id) if one else (Kind.PASSKEY, None)
    details = {"person": visitor.reference, "kind": kind.value, "finding": judged.finding.value}
    entry = Entry("second_factor.refused", Actor(visitor.reference, "page"), {**details, "authenticator": number})
    counted = attempts.add_failure(session, visitor.person, number, throttle, now, entry)
    if counted is None:
        return answer(Finding.WAIT, time=duration(throttle.waits[-1] if throttle.waits else 1))
    attempts.count_kind(session, visitor.person, kind.value, judged.finding, now)
    closed = counted.closed(throttle, now)
    locks = closed in (Finding.LOCKED, Finding.STOPPED)
    if locks:
        _lock(session, visitor, counted, stopped=counted.failures >= throttle.stop_at, now=now)
    told = answer(_tellable(session, one, judged, now), off=totp.off_in_words(judged.off))._replace(locks=locks)
    if locks:  # this was the last that is looked at: that it was wrong is the lesser news
        return told._replace(says=(_closed(closed, counted, throttle, now) or told).says)
    return told._replace(says=WRONG_OF[kind]) if told.finding is Finding.WRONG else told


def accept(session: Session, visitor: Visitor, one: AuthenticatorFacts) -> Proof:
    """Take a proof that was just used up: forget the failures of this authenticator, and tell the trail."""
    attempts.forgive(session, visitor.person, one.id)
    details = {"person": visitor.reference, "authenticator": one.id, "kind": one.kind.value}
    tell(session, Entry("second_factor.accepted", Actor(visitor.reference, "page"), details))
    amr = methods_after(visitor.amr, one.kind)
    return answer(Finding.GOOD)._replace(authenticator=one.id, acr=ACR_OF[one.kind], amr=amr)


def answer(finding: Finding, **words: object) -> Proof:
    """A finding in words."""
    return Proof(finding, SENTENCES[finding].format(**words))


def open_secret(session: Session, sealer: Sealer, row: int) -> bytes:
    """The secret of an authenticator, for a moment."""
    return sealer.open(store.find_secret(session, row) or b"", store.place(row))


def judge(seed: bytes, one: AuthenticatorFacts, code: str, now: datetime) -> Judged:
    """Judge a code of an app or a token."""
    if one.kind is Kind.TOTP:
        return totp.judge_totp(seed, code, one.drift, one.last_step, now)
    return totp.judge_hotp(seed, code, one.last_step)


def _judge_apps(
    session: Session, sealer: Sealer, one: AuthenticatorFacts, code: str, now: datetime
) -> tuple[AuthenticatorFacts, Judged]:
    """Judge a code; where it is wrong for the app that was chosen, by each other app of the same person too.

    Whoever has several apps does not always know which is which. It is one try all the same, and counted as one.
    An app that is sealed under a key that is lost is in no other's way; raise `Unavailable` where there is no other.
    """
    judged, lost = totp.WRONG, list[Unavailable]()
    try:
        judged = judge(open_secret(session, sealer, one.id), one, code, now)
    except Unavailable as why:
        lost.append(why)
    found = []
    for other in other_apps(session, one, now) if judged.finding is not Finding.GOOD else ():
        with suppress(Unavailable):
            found.append((other, judge(open_secret(session, sealer, other.id), other, code, now)))
    for wanted in (Finding.GOOD, Finding.USED):
        for other, told in found:
            if told.finding is wanted and (wanted is Finding.GOOD or judged.finding is Finding.WRONG):
                return other, told
    if lost and not found:
        raise lost[0]
    return one, judged


def other_apps(session: Session, one: AuthenticatorFacts, now: datetime) -> list[AuthenticatorFacts]:
    """The other apps of the same person that are in use, if it is an app itself, and show as many digits."""
    apps = store.list_of(session, [one.person]) if one.kind is Kind.TOTP else []
    return [
        other
        for other in apps
        if other.kind is Kind.TOTP and other.id != one.id and other.is_usable(now) and other.digits == one.digits
    ]


def judge_pair(seed: bytes, one: AuthenticatorFacts, codes: tuple[str, str], now: datetime) -> Judged:
    """Judge two codes in a row."""
    if one.kind is Kind.TOTP:
        return totp.judge_totp_pair(seed, codes, one.last_step, now)
    return totp.judge_hotp_pair(seed, codes, one.last_step)


def _verify_recovery(
    session: Session,
    sealer: Sealer,
    visitor: Visitor,
    one: AuthenticatorFacts,
    typed: str,
    now: datetime,
    throttle: Throttle,
) -> Proof:
    code, key = recovery.read_code(typed), open_secret(session, sealer, one.id)
    if code is None:
        return refuse(session, visitor, one, totp.WRONG, now=now, throttle=throttle)
    candidates = store.list_candidates(session, one.id, recovery.marker_of(key, code))
    if not candidates:
        recovery.waste_time(key, code)
    found = [number for number, digest in candidates if recovery.is_code(key, code, digest)]
    if not found or not (store.set_code_used(session, found[0], now) and store.set_used(session, one.id, now)):
        return refuse(session, visitor, one, totp.WRONG, now=now, throttle=throttle)
    left = store.count_codes(session, [one.id]).get(one.id, 0)
    notify(session, visitor.person, "recovery-code-used", {"left": str(left)}, now=now)
    proof = accept(session, visitor, one)
    return proof._replace(says=FEWEST.format(left=left)) if left <= FEW_LEFT else proof


def _tellable(session: Session, one: AuthenticatorFacts | None, judged: Judged, now: datetime) -> Finding:
    """What a person may be told: of a code to come only once, for whoever guesses one could wait for it."""
    if one is None or judged.finding not in (Finding.CLOCK, Finding.AHEAD):
        return judged.finding
    present = totp.step_of(now) + one.drift if one.kind is Kind.TOTP else one.last_step
    if judged.step > present and not store.set_told(session, one.id, judged.step, present):
        return Finding.WRONG
    return judged.finding


def end_half_sessions(session: Session, visitor: Visitor, *, now: datetime) -> None:
    """End the sessions of a locked-out person that have the first factor alone.

    In a change of its own: where it meets another change of the same sessions it is refused, and the count must not be.
    """
    actor = Actor(visitor.reference, "page")
    end_sessions(
        session, visitor.person, "too many wrong codes", actor=actor, now=now, which=lambda held: not held.acr
    )  # fmt: skip


def _lock(session: Session, visitor: Visitor, counted: Attempts, *, stopped: bool, now: datetime) -> None:
    """Tell the person and the trail of a lock-out."""
    details = {"person": visitor.reference, "failures": counted.failures}
    tell(session, Entry("second_factor.locked", Actor(visitor.reference, "page"), details))
    if stopped or counted.locked_until is None:
        notify(session, visitor.person, "authenticator-stopped", {}, now=now)
    else:
        time = duration((counted.locked_until - now).total_seconds())
        notify(session, visitor.person, "authenticator-locked", {"time": time}, now=now)
