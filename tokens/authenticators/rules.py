"""What an authenticator is, what may become of it, and who may do what with it. Pure: values in, answers out.

States and their order follow privacyIDEA's roll-out states and NIST SP 800-63B; docs/authenticators.md draws them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import NamedTuple

from governance.kernel.verdict import Reason, Verdict
from governance.ports.visitor import Acr, Visitor

SEED_BYTES = 20
"""160 bits: what RFC 4226 recommends and more than NIST asks for."""

PENDING_FOR, ASSIGNED_FOR = timedelta(minutes=30), timedelta(days=14)
FRESH_FOR = timedelta(minutes=10)
TEMPORARY_FOR = timedelta(days=7)
LINK_FOR = timedelta(hours=24)
MISSED_FOR = timedelta(hours=72)
"""For so long a passkey that was taken away is still asked for: longer than any session, and longer than a weekend."""
RECOVERY_CODES, FEW_LEFT = 10, 3
LONGEST_LABEL = 60
MOST_APPS = 5
"""So many apps somebody has at most: a guess at a code is looked at by each of them."""


class Kind(StrEnum):
    """What kind of authenticator it is; a set of recovery codes is one too."""

    TOTP = "totp"
    HOTP = "hotp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


KIND_NAMES: dict[Kind, str] = {
    Kind.TOTP: "Authenticator app",
    Kind.HOTP: "Hardware token",
    Kind.PASSKEY: "Passkey or security key",
    Kind.RECOVERY: "Recovery codes",
}

ACR_OF: dict[Kind, Acr] = {
    Kind.TOTP: Acr.MFA,
    Kind.HOTP: Acr.MFA,
    Kind.PASSKEY: Acr.PASSKEY,
    Kind.RECOVERY: Acr.MFA,
}

AMR_OF: dict[Kind, tuple[str, ...]] = {
    Kind.TOTP: ("otp",),
    Kind.HOTP: ("otp", "hwk"),
    Kind.PASSKEY: ("swk", "user"),
    Kind.RECOVERY: ("rec",),
}
"""What a session's methods gain, after RFC 8176; a recovery code has no name there."""
SECOND_METHODS = frozenset(method for methods in AMR_OF.values() for method in methods)


def methods_after(before: Iterable[str], kind: Kind) -> tuple[str, ...]:
    """A session's methods once a second factor of a kind is proved: its first factor's, and this one's."""
    return (*(method for method in before if method not in SECOND_METHODS), *AMR_OF[kind])


class State(StrEnum):
    """How an authenticator stands. Only an active one proves anything."""

    PENDING = "pending"
    ACTIVE = "active"
    LOCKED = "locked"
    LOST = "lost"
    REVOKED = "revoked"
    RETIRED = "retired"
    EXPIRED = "expired"


NEXT_STATES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.ACTIVE, State.REVOKED, State.EXPIRED}),
    State.ACTIVE: frozenset({State.LOCKED, State.LOST, State.REVOKED, State.RETIRED, State.EXPIRED}),
    State.LOCKED: frozenset({State.ACTIVE, State.LOST, State.REVOKED, State.RETIRED, State.EXPIRED}),
    State.LOST: frozenset(),
    State.REVOKED: frozenset(),
    State.RETIRED: frozenset(),
    State.EXPIRED: frozenset(),
}
"""What may follow on what. What is lost, revoked, retired or expired never comes back: a new one is enrolled."""

STATE_WORDS: dict[State, str] = {
    State.PENDING: "waits for its first code",
    State.ACTIVE: "in use",
    State.LOCKED: "on hold",
    State.LOST: "reported lost",
    State.REVOKED: "revoked",
    State.RETIRED: "removed",
    State.EXPIRED: "expired",
}


class Finding(StrEnum):
    """What was found of a code, or why it was not looked at."""

    GOOD = "good"
    WRONG = "wrong"
    USED = "used"
    CLOCK = "clock"
    AHEAD = "ahead"
    MALFORMED = "malformed"
    UNUSABLE = "unusable"
    WAIT = "wait"
    LOCKED = "locked"
    STOPPED = "stopped"
    HELD = "held"


SENTENCES: dict[Finding, str] = {
    Finding.GOOD: "The code is right.",
    Finding.WRONG: "That code is not right. Check that you chose the right account in your app, and type the code that "
    "it shows now.",
    Finding.USED: "That code was used already. Wait for the next one and type that.",
    Finding.CLOCK: "Your phone’s clock is about {off}. Set its date and time to automatic, then type the next code.",
    Finding.AHEAD: "Your token is ahead of us: its button was pressed many times. Type two codes in a row instead.",
    Finding.MALFORMED: "Type the {digits} digits that are shown, without anything else.",
    Finding.UNUSABLE: "This cannot be used to sign in any more. Choose another way.",
    Finding.WAIT: "Wait {time} and try again.",
    Finding.LOCKED: "There were too many wrong codes. Wait {time} and try again, or ask the people who look after "
    "access to unlock you.",
    Finding.STOPPED: "There were too many wrong codes. Ask the people who look after access for a temporary "
    "replacement.",
    Finding.HELD: "You cannot sign in now. Speak with your line manager.",
}
"""What a person reads. A code of another account's app is only wrong: nobody learns whose it is."""

WRONG_OF: dict[Kind, str] = {
    Kind.TOTP: SENTENCES[Finding.WRONG],
    Kind.PASSKEY: SENTENCES[Finding.WRONG],
    Kind.HOTP: "That code is not right. Press the button of your token, and type the code that it shows now.",
    Kind.RECOVERY: "That recovery code is not right: it was used already, or belongs to an older set, or a letter is "
    "wrong. Type another one of your newest set.",
}
"""The same by kind: not every code is one that an app shows."""

COUNTED = frozenset({Finding.WRONG, Finding.USED, Finding.CLOCK, Finding.AHEAD})
"""Findings that count as a failure: a code was looked at, and was not accepted."""

ENDED = frozenset(state for state, following in NEXT_STATES.items() if not following)


class AuthenticatorFacts(NamedTuple):
    """An authenticator as it stands, without its secret. `ends_at` is the first moment at which it no longer counts."""

    id: int
    person: int
    kind: Kind
    label: str
    state: State
    serial: str | None
    digits: int
    drift: int
    last_step: int
    told_step: int | None
    failures: int
    created_at: datetime
    activated_at: datetime | None
    first_used_at: datetime | None
    last_used_at: datetime | None
    ended_at: datetime | None
    ends_at: datetime | None
    replaces: int | None
    begun_in: int | None

    def standing(self, now: datetime) -> State:
        """Its state at a moment: what has passed its end is expired, whether or not anybody has written it down."""
        over = self.ends_at is not None and now >= self.ends_at
        return State.EXPIRED if over and self.state not in ENDED else self.state

    def is_usable(self, now: datetime) -> bool:
        """Whether it can prove anything now."""
        return self.standing(now) is State.ACTIVE

    @property
    def is_temporary(self) -> bool:
        """Whether it was given for a few days only, in place of a lost one."""
        return self.activated_at is not None and self.ends_at is not None


NOT_POSSIBLE = Reason("not_possible", "This authenticator is not in a state in which that can be done.")
NOT_YOURS = Reason("not_yours", "There is no such authenticator.")
PROVE_AGAIN = Reason("prove_again", "Prove again who you are: the last time is more than 10 minutes ago.")
STRONGER_NEEDED = Reason(
    "stronger_needed",
    "Sign in with your passkey first. If you no longer have it, report it lost: three days later you can do this "
    "without it. If you cannot wait, ask the people who look after access for a temporary replacement.",
)
NEEDS_REPLACEMENT = Reason(
    "needs_replacement",
    "You cannot add an authenticator with your password alone. Ask the people who look after access for a temporary "
    "replacement.",
)
SELF_APPROVAL = Reason("self_approval", "Nobody can approve this for themselves, or approve what they started.")
ABOUT_ONESELF = Reason("about_oneself", "Somebody else has to do this for you.")
DECIDED = Reason("decided", "This was decided already.")
NO_WHY = Reason("no_why", "Say why; it goes on the record.")
NO_LABEL = Reason("no_label", f"Give it a name of 1 to {LONGEST_LABEL} characters.")
TOO_MANY_APPS = Reason(
    "too_many_apps",
    f"You have {MOST_APPS} authenticator apps already, which is the most there can be. Remove one that you do not use.",
)
LAST_ONE = Reason("last_one", "This is your only way to prove who you are. Add another one first, or report it lost.")
CODES_MADE = Reason(
    "codes_made",
    "Your recovery codes were made already, and they are shown only once. If you did not keep them, make new ones from "
    "“My authenticators”.",
)
SEED_TAKEN = Reason("seed_taken", "This token is registered already, under another serial number.")
SERIAL_TAKEN = Reason("serial_taken", "A token with this serial number is registered already.")
NO_SERIAL = Reason("no_serial", "Type the serial number that is printed on the token.")
NO_SEED = Reason("no_seed", "Type the token’s secret in hexadecimal or base 32; it has at least 128 bits.")
NO_ADDRESS = Reason("no_address", "Their account has no address to which the link could be mailed. Invite them again.")
HELD = Reason("held", "You cannot do this now. Speak with your line manager.")
LINK_SPENT = Reason("link_spent", "This link was used already, or it is too old. Ask for another one.")
STOPPED = Reason(
    "stopped",
    "Too many wrong codes were given. Only a temporary replacement, approved by a second person, helps now.",
)


def may_become(one: State, other: State) -> Verdict:
    """Whether an authenticator in one state may go over into another."""
    return Verdict.unless((other not in NEXT_STATES[one], NOT_POSSIBLE))


def strongest(authenticators: Iterable[AuthenticatorFacts], now: datetime) -> Acr:
    """The most that a person's account can prove, or could before something was taken away lately or put on hold.

    Or else whoever has phished a code would report the passkey lost, and put one of their own in its place.
    """
    return (
        Acr.PASSKEY if any(one.kind is Kind.PASSKEY and counts_still(one, now) for one in authenticators) else Acr.MFA
    )


def counts_still(one: AuthenticatorFacts, now: datetime) -> bool:
    """Whether an authenticator stands, on hold or not, or was lost or revoked less than three days ago."""
    if one.standing(now) in (State.ACTIVE, State.LOCKED):
        return one.activated_at is not None
    taken = one.state in (State.LOST, State.REVOKED) and one.activated_at is not None
    return taken and one.ended_at is not None and now < one.ended_at + MISSED_FOR


def may_bind(
    visitor: Visitor, authenticators: Iterable[AuthenticatorFacts], redeemed_in: int | None, now: datetime
) -> Verdict:
    """Whether a visitor may add an authenticator to their account now (NIST SP 800-63B §4.1.2.1).

    With the most that the account can prove, lately; or the very first one, with the password alone; or in the session
    in which a link for a temporary replacement was redeemed.
    """
    known, redeemed = list(authenticators), redeemed_in == visitor.session
    if not visitor.is_proved:
        first = all(one.activated_at is None for one in known)
        return Verdict.unless((not first and not redeemed, NEEDS_REPLACEMENT))
    weaker = visitor.acr != Acr.PASSKEY and strongest(known, now) is Acr.PASSKEY
    return Verdict.unless((weaker and not redeemed, STRONGER_NEEDED), (not is_fresh(visitor, now), PROVE_AGAIN))


def may_remove(
    visitor: Visitor, one: AuthenticatorFacts, authenticators: Iterable[AuthenticatorFacts], now: datetime
) -> Verdict:
    """Whether a visitor may remove one of their authenticators: not the last that signs them in.

    A passkey is removed by who has signed in with one: whoever has none left reports it lost.
    """
    others = [other for other in authenticators if other.id != one.id and other.is_usable(now)]
    last = one.kind is not Kind.RECOVERY and all(other.kind is Kind.RECOVERY for other in others)
    weaker = one.kind is Kind.PASSKEY and counts_still(one, now) and visitor.acr != Acr.PASSKEY
    return Verdict.unless(
        (State.RETIRED not in NEXT_STATES[one.state], NOT_POSSIBLE),
        (one.is_usable(now) and last, LAST_ONE),
        (State.RETIRED in NEXT_STATES[one.state] and weaker, STRONGER_NEEDED),
    )


def may_have_another(
    visitor: Visitor, kind: Kind, authenticators: Iterable[AuthenticatorFacts], now: datetime
) -> Verdict:
    """Whether a visitor may have one more authenticator of a kind. Who has lost all theirs can remove none of them."""
    apps = [
        one for one in authenticators if one.kind is Kind.TOTP and one.standing(now) in (State.ACTIVE, State.LOCKED)
    ]
    return Verdict.unless((visitor.is_proved and kind is Kind.TOTP and len(apps) >= MOST_APPS, TOO_MANY_APPS))


def may_name(label: str) -> Verdict:
    """Whether an authenticator may be called so."""
    return Verdict.unless((not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable(), NO_LABEL))


def next_label(authenticators: Iterable[AuthenticatorFacts], label: str, now: datetime) -> str:
    """A name for one more authenticator that none of those has which stand: “My phone”, “My phone 2”."""
    taken = {one.label for one in authenticators if one.activated_at is not None and one.standing(now) not in ENDED}
    names = (f"{label} {number}" if number > 1 else label for number in count(1))
    return next(name for name in names if name not in taken)


def may_finish(one: AuthenticatorFacts, visitor: Visitor, now: datetime) -> bool:
    """Whether a visitor may give the trial code of an enrolment: the one who began it, in the session that began it.

    A token that an officer has assigned waits for its holder in whichever session.
    """
    mine = one.person == visitor.person and one.begun_in in (None, visitor.session)
    return mine and one.standing(now) is State.PENDING


def may_help(beneficiary: str, officer: str) -> Verdict:
    """Whether an officer may do something about a person's authenticators: never about their own by that door."""
    return Verdict.unless((beneficiary == officer, ABOUT_ONESELF))


def is_fresh(visitor: Visitor, now: datetime) -> bool:
    """Whether a visitor has proved a second factor in the last ten minutes."""
    return visitor.is_proved and now - visitor.auth_time < FRESH_FOR


class Replacement(StrEnum):
    """How a temporary replacement stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    REDEEMED = "redeemed"
    USED = "used"


NEXT_REPLACEMENT: dict[Replacement, frozenset[Replacement]] = {
    Replacement.ASKED: frozenset({Replacement.APPROVED, Replacement.REFUSED}),
    Replacement.APPROVED: frozenset({Replacement.REDEEMED}),
    Replacement.REDEEMED: frozenset({Replacement.USED}),
    Replacement.REFUSED: frozenset(),
    Replacement.USED: frozenset(),
}


class ReplacementFacts(NamedTuple):
    """A temporary replacement: for whom, who started it, who decided, and until when its link is good."""

    id: int
    person: int
    reference: str
    state: Replacement
    why: str
    asked_by: str
    asked_through: str
    asked_at: datetime
    decided_by: str | None
    link_ends_at: datetime | None
    redeemed_in: int | None
    redeemed_at: datetime | None


def may_ask_replacement(beneficiary: str, asker: str, why: str) -> Verdict:
    """Whether an officer may start a temporary replacement for a person."""
    return Verdict.unless((asker == beneficiary, ABOUT_ONESELF), (not why.strip(), NO_WHY))


def may_decide_replacement(one: ReplacementFacts, decider: str, through: str) -> Verdict:
    """Whether somebody may approve or refuse a replacement: neither who needs it nor who started it, by any door."""
    involved = decider in (one.reference, one.asked_by) or through == one.asked_through
    return Verdict.unless((involved, SELF_APPROVAL), (one.state is not Replacement.ASKED, DECIDED))
