"""Makes passkeys and takes their proofs. A challenge is gone before its answer is looked at, whatever becomes of it.

Each verb opens its own transactions: one that takes the challenge, and one for what the answer changes. Signatures are
checked between them, so that nobody waits for a lock meanwhile.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict
from governance.people.signin.rules import AccountState
from governance.people.signin.rules import Failure as SignInFailure
from governance.people.signin.service import begin_session, find_visitor, places, prove_factor, renew_session
from governance.people.signin.service.entering import Browser
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.refusing import refuse
from governance.people.signin.store import accounts
from governance.ports.actor import Actor, Entry
from governance.ports.authorise import MayEnter
from governance.ports.visitor import Visitor
from governance.trail.entries import tell_alone
from tokens.authenticators import enrolling, losing, rules
from tokens.authenticators import service as authenticators
from tokens.authenticators import store as authenticator_store
from tokens.authenticators.answers import Answer, CeremonyFailed, Finding, Known, Proof, Site, read_answer
from tokens.authenticators.ceremonies import store
from tokens.authenticators.ceremonies.rules import (
    CHALLENGE_BYTES,
    HANDLE_BYTES,
    LASTS,
    SENTENCES,
    Ceremony,
    Challenge,
    Failure,
    PasskeyFacts,
    methods_of,
)
from tokens.authenticators.enrolling import begin as begin_enrolment
from tokens.authenticators.proving import end_if_locked
from tokens.authenticators.rules import Kind
from tokens.authenticators.totp import WRONG

COPIED = "its use count went back, or it changed its kind"
TOLD: dict[Finding, Failure] = {
    Finding.MALFORMED: Failure.REFUSED,
    Finding.OTHER_CEREMONY: Failure.REFUSED,
    Finding.OTHER_CHALLENGE: Failure.REFUSED,
    Finding.OTHER_ORIGIN: Failure.REFUSED,
    Finding.FRAMED: Failure.REFUSED,
    Finding.OTHER_CREDENTIAL: Failure.UNKNOWN,
    Finding.UNVERIFIED: Failure.UNVERIFIED,
    Finding.ATTESTED: Failure.REFUSED,
    Finding.BAD_KEY: Failure.REFUSED,
    Finding.REFUSED: Failure.REFUSED,
}
"""What a person is told of a finding: no more than what they can mend themselves."""

COUNTED = frozenset({Finding.REFUSED})
"""What only a forger does counts as a failure of the second step; a wrong passkey or a second page does not."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where ceremonies take place: the databases, the site, and what sign-in stands on."""

    databases: Databases
    site: Site
    ground: Ground


class Outcome(NamedTuple):
    """What became of a ceremony: the secret of the session that it began or raised, or a sentence that says why not."""

    secret: str = ""
    says: str = ""
    authenticator: int | None = None


def bound_to(visitor: Visitor) -> str:
    """To what the challenges of somebody who has a session are bound."""
    return f"session:{visitor.sid}"


# --- making a passkey


def may_create(place: Place, visitor: Visitor, *, now: datetime) -> None:
    """Raise `Refused` with every reason where the visitor may not add a passkey now."""
    with place.databases.reading() as session:
        enrolling.may_add(session, visitor, now=now).require()


def begin_creation(place: Place, visitor: Visitor, *, now: datetime) -> dict[str, Any]:
    """What to give `navigator.credentials.create()`; raise `Refused` where the visitor may not add an authenticator."""
    from tokens.authenticators.passkeys import creation_options  # noqa: PLC0415 - its library weighs much

    with place.databases.writing() as session:
        enrolling.may_add(session, visitor, now=now).require()
        ever = store.list_passkeys(session, visitor.person, only_active=False)
        handle = ever[0].user_handle if ever else secrets.token_bytes(HANDLE_BYTES)
        challenge = put(session, bound_to(visitor), Ceremony.CREATION, visitor.person, handle, now)
    known = [Known(one.credential_id, one.transports) for one in ever]
    return creation_options(
        place.site, user_handle=handle, account=visitor.reference, name=visitor.name, challenge=challenge, known=known
    )


def finish_creation(place: Place, visitor: Visitor, label: str, text: str, *, now: datetime) -> Outcome:
    """Keep the passkey that an answer has made, under a name; it counts at once, for making it has tried it.

    The visitor's session goes on under a new secret; one with the first factor alone is raised by it.
    """
    from tokens.authenticators.passkeys import check_creation  # noqa: PLC0415 - its library weighs much

    taken = take(place, bound_to(visitor), Ceremony.CREATION, visitor.person, now)
    if taken is None or taken.user_handle is None:
        return Outcome(says=SENTENCES[Failure.EXPIRED])
    try:
        made = check_creation(read_answer(text), place.site, taken.challenge)
    except CeremonyFailed as failed:
        return Outcome(says=refused(place, visitor.reference, failed.finding))
    with place.databases.reading() as session:
        if store.find_passkey(session, made.credential_id) is not None:
            return Outcome(says=SENTENCES[Failure.TAKEN])
    with place.databases.change(visitor.reference, now) as session:
        if closed := authenticators.why_closed(session, visitor, now=now):
            return Outcome(says=closed.says)
        number = begin_enrolment(session, visitor, Kind.PASSKEY, label, now=now)
        if not store.add_passkey(session, number, made, taken.user_handle):
            raise Conflict(SENTENCES[Failure.TAKEN])
        one = authenticator_store.get_authenticator(session, visitor.person, number)
        proof = enrolling.activate(session, visitor, one, authenticator_store.NO_STEP, now=now)
        if visitor.is_proved:
            return Outcome(renew_session(session, visitor, now=now), authenticator=number)
        secret = raised(session, visitor, proof.acr, number, now, backup_eligible=made.backup_eligible)
        return Outcome(secret, authenticator=number)


# --- proving with one


def begin_second_step(place: Place, visitor: Visitor, *, now: datetime) -> dict[str, Any]:
    """What to give `navigator.credentials.get()`: the visitor's own passkeys and no others."""
    from tokens.authenticators.passkeys import request_options  # noqa: PLC0415 - its library weighs much

    with place.databases.writing() as session:
        challenge = put(session, bound_to(visitor), Ceremony.SECOND_STEP, visitor.person, None, now)
        known = [Known(one.credential_id, one.transports) for one in store.list_passkeys(session, visitor.person)]
    return request_options(place.site, challenge=challenge, known=known)


def finish_second_step(place: Place, visitor: Visitor, text: str, *, now: datetime) -> Outcome:
    """Raise the visitor's session by a passkey of theirs."""
    taken = take(place, bound_to(visitor), Ceremony.SECOND_STEP, visitor.person, now)
    if taken is None:
        return Outcome(says=SENTENCES[Failure.EXPIRED])
    try:
        one, proof = judge(place, text, taken, visitor)
    except CeremonyFailed as failed:
        return Outcome(says=counted(place, visitor, failed.finding, now))
    with place.databases.change(visitor.reference, now) as session:
        says, acr = accepted(session, visitor, one, proof, now)
        if says:
            return Outcome(says=says)
        secret = raised(session, visitor, acr, one.authenticator, now, backup_eligible=one.backup_eligible)
        return Outcome(secret, authenticator=one.authenticator)


# --- signing in with one alone


def begin_sign_in(place: Place, bound: str, address: str, *, now: datetime) -> dict[str, Any]:
    """What to give `navigator.credentials.get()` where nobody is known yet; `bound` is what binds it to one browser.

    Raise `TooMany` where too much has failed or begun at the place of that address.
    """
    from tokens.authenticators.passkeys import request_options  # noqa: PLC0415 - its library weighs much

    with place.databases.writing() as session:
        places.require_room(session, place.ground, address, now, places.PASSKEYS)
        places.count_begun(session, place.ground, address, now)
        store.sweep_challenges(session, now)
        challenge = put(session, bound, Ceremony.SIGN_IN, None, None, now)
    return request_options(place.site, challenge=challenge, known=())


def finish_sign_in(
    place: Place, bound: str, text: str, browser: Browser, *, may_enter: MayEnter, now: datetime
) -> Outcome:
    """Sign in whoever has proved with a passkey that they are there and themselves: both factors at once.

    What proves nothing counts as a try that failed, at its place, for nobody is known; raise `TooMany` as above.
    """
    with place.databases.reading() as session:
        places.require_room(session, place.ground, browser.address, now, places.PASSKEYS)
    taken = take(place, bound, Ceremony.SIGN_IN, None, now)
    if taken is None:
        return Outcome(says=SENTENCES[Failure.EXPIRED])
    try:
        one, proof = judge(place, text, taken, None)
    except CeremonyFailed as failed:
        with place.databases.writing() as session:
            places.take_room(session, place.ground, browser.address, now, places.PASSKEYS)
        refuse(place.databases, None, SignInFailure.PASSKEY, now)
        return Outcome(says=SENTENCES[TOLD[failed.finding]])
    if not may_enter(one.person, one.reference, now):
        return Outcome(says=refused_entry(place, one.reference))
    stranger = Visitor(0, "", one.person, one.reference, one.reference, "", (), now, "")
    with place.databases.change(one.reference, now) as session:
        account = accounts.find_account(session, one.person)
        if account is None or account.state is not AccountState.ACTIVE:
            return Outcome(says=SENTENCES[Failure.NO_ACCOUNT])
        says, acr = accepted(session, stranger, one, proof, now)
        if says:
            return Outcome(says=says)
        if not accounts.hold_as_checked(session, account, None):
            return Outcome(says=SENTENCES[Failure.REFUSED])
        secret = begin_session(session, one.person, one.reference, (), browser.device, now=now, next_path=browser.on)
        visitor = find_visitor(session, secret, place.ground.limits, 0, now)
        if visitor is None:
            return Outcome(says=SENTENCES[Failure.REFUSED])
        secret = raised(session, visitor, acr, one.authenticator, now, backup_eligible=one.backup_eligible)
        return Outcome(secret, authenticator=one.authenticator)


# --- what they share


def put(
    session: Session, bound: str, ceremony: Ceremony, person: int | None, user_handle: bytes | None, now: datetime
) -> bytes:
    """A fresh challenge, kept for its one answer."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    store.put_challenge(session, bound, ceremony, person, challenge, user_handle, now + LASTS)
    return challenge


def take(place: Place, bound: str, ceremony: Ceremony, person: int | None, now: datetime) -> Challenge | None:
    """The challenge that waits, if it still holds. It is gone from now on, and that is committed."""
    with place.databases.writing() as session:
        taken = store.take_challenge(session, bound, ceremony, person)
    return taken if taken is not None and taken.is_live(now) else None


def judge(place: Place, text: str, taken: Challenge, visitor: Visitor | None) -> tuple[PasskeyFacts, Proof]:
    """Whose passkey an answer is of, and what it proves; raise `CeremonyFailed` where it is nobody's or proves nothing.

    Where the person is known it must be theirs; where not, its authenticator must name the person whose it is.
    """
    from tokens.authenticators.passkeys import check_request  # noqa: PLC0415 - its library weighs much

    given = read_answer(text)
    with place.databases.reading() as session:
        one = store.find_passkey(session, given.credential_id)
    if one is None or not is_theirs(one, given, visitor):
        raise CeremonyFailed(Finding.OTHER_CREDENTIAL)
    return one, check_request(given, place.site, taken.challenge, one.public_key)


def is_theirs(one: PasskeyFacts, given: Answer, visitor: Visitor | None) -> bool:
    """Whether a passkey is of the person who answers."""
    if visitor is None:
        return given.user_handle == one.user_handle
    return one.person == visitor.person and given.user_handle in (None, one.user_handle)


def accepted(session: Session, visitor: Visitor, one: PasskeyFacts, proof: Proof, now: datetime) -> tuple[str, str]:
    """Use a proof up: nothing and the acr that it gives, or a sentence that says why it does not count."""
    if closed := authenticators.why_closed(session, visitor, now=now):
        return closed.says, ""
    facts = authenticator_store.get_authenticator(session, one.person, one.authenticator)
    if not facts.is_usable(now):
        return SENTENCES[Failure.UNKNOWN], ""
    if not (store.set_used(session, one, proof) and authenticator_store.set_used(session, facts.id, now)):
        losing.put_on_hold(session, facts, COPIED, actor=Actor(visitor.reference, "page"), now=now)
        return SENTENCES[Failure.SUSPECTED], ""
    return "", authenticators.accept(session, visitor, facts).acr


def raised(
    session: Session, visitor: Visitor, acr: str, authenticator: int, now: datetime, *, backup_eligible: bool
) -> str:
    """Raise a session by a passkey; the new secret."""
    methods = methods_of(backup_eligible=backup_eligible)
    first = [one for one in visitor.amr if one not in rules.SECOND_METHODS and one not in methods]
    return prove_factor(session, visitor, acr, (*first, *methods), authenticator, now=now)


def refused(place: Place, reference: str, finding: Finding) -> str:
    """Tell the trail of a ceremony that proved nothing, and say so; nothing of the answer is kept."""
    with place.databases.writing() as session:
        tell_alone(session, Entry("passkey.refused", Actor(reference, "page"), {"finding": finding.value}))
    return SENTENCES[TOLD[finding]]


def refused_entry(place: Place, reference: str) -> str:
    """Tell the trail of somebody who may not sign in now; they are told what anybody is told who has no account."""
    with place.databases.writing() as session:
        why = {"failure": SignInFailure.NOT_PERMITTED.value}
        tell_alone(session, Entry("sign_in.refused", Actor(reference, "page"), why))
    return SENTENCES[Failure.NO_ACCOUNT]


def counted(place: Place, visitor: Visitor, finding: Finding, now: datetime) -> str:
    """The same for somebody who is known by a first factor; what a forger does counts as a failure of theirs."""
    if finding in COUNTED:
        with place.databases.change(visitor.reference, now) as session:
            if closed := authenticators.why_closed(session, visitor, now=now):
                return closed.says
            proof = authenticators.refuse(session, visitor, None, WRONG, now=now)
        end_if_locked(place.databases, visitor, proof, now=now)
    return refused(place, visitor.reference, finding)
