"""What may become of an authenticator, and who may do what with it: no database, no clock."""

import random
from datetime import timedelta

import pytest

from governance.ports.visitor import Visitor
from tests.facts import NOON
from tokens.authenticators import rules
from tokens.authenticators.rules import (
    ABOUT_ONESELF,
    COUNTED,
    DECIDED,
    ENDED,
    LAST_ONE,
    MISSED_FOR,
    NEEDS_REPLACEMENT,
    NEXT_STATES,
    NO_WHY,
    NOT_POSSIBLE,
    PROVE_AGAIN,
    SELF_APPROVAL,
    SENTENCES,
    STRONGER_NEEDED,
    AuthenticatorFacts,
    Finding,
    Kind,
    Replacement,
    ReplacementFacts,
    State,
)
from tokens.authenticators.throttling import THROTTLE, Attempts, duration

MINUTE = timedelta(minutes=1)


def authenticator(number=1, **given_):
    values = {
        "id": number, "person": 1, "kind": Kind.TOTP, "label": "Phone", "state": State.ACTIVE, "serial": None,
        "digits": 6,
        "drift": 0, "last_step": -1, "told_step": None, "failures": 0, "created_at": NOON, "activated_at": NOON,
        "first_used_at": None, "last_used_at": None, "ended_at": None, "ends_at": None, "replaces": None, "begun_in": 7,
    }  # fmt: skip
    return AuthenticatorFacts(**{**values, **given_})


def visitor(acr="mfa", ago=timedelta(0), session=7):
    return Visitor(session, "sid", 1, "ann", "Ann", acr, ("pwd",), NOON - ago, "token")


# --- life


def test_every_state_has_its_row():
    assert NEXT_STATES.keys() == set(State)
    assert {State.LOST, State.REVOKED, State.RETIRED, State.EXPIRED} == ENDED


def test_no_order_of_events_revives_what_is_over_or_skips_the_trial():
    """10,000 sequences of wishes: those that the table refuses leave the state as it is."""
    chance, states = random.Random(20261130), list(State)
    for _ in range(10_000):
        trail = [State.PENDING]
        for wish in chance.choices(states, k=chance.randrange(12)):
            if rules.may_become(trail[-1], wish).allowed:
                trail.append(wish)
            usable = authenticator(state=trail[-1]).is_usable(NOON)
            assert usable == (trail[-1] is State.ACTIVE)
            assert not usable or trail[1] is State.ACTIVE
        over = [at for at, one in enumerate(trail) if one in ENDED]
        assert over in ([], [len(trail) - 1])
        assert State.LOCKED not in trail or trail.index(State.ACTIVE) < trail.index(State.LOCKED)


@pytest.mark.parametrize(("says", "facts", "usable"), [
    ("active", {}, True),
    ("waits for its first code", {"state": State.PENDING}, False),
    ("on hold", {"state": State.LOCKED}, False),
    ("to its last moment", {"ends_at": NOON + timedelta(microseconds=1)}, True),
    ("over at its end, though nobody wrote it down", {"ends_at": NOON}, False),
])  # fmt: skip
def test_what_can_prove_anything(says, facts, usable):
    assert authenticator(**facts).is_usable(NOON) is usable


def test_what_is_lost_stays_lost_after_its_end():
    assert authenticator(state=State.LOST, ends_at=NOON).standing(NOON) is State.LOST


# --- adding and removing

PASSKEY = authenticator(2, kind=Kind.PASSKEY)
DEAD = authenticator(3, state=State.LOST)
PENDING = authenticator(4, state=State.PENDING, activated_at=None)
CODES = authenticator(5, kind=Kind.RECOVERY)
GONE = PASSKEY._replace(state=State.LOST, ended_at=NOON - MISSED_FOR)
MISSED = GONE._replace(ended_at=GONE.ended_at + timedelta(microseconds=1))


@pytest.mark.parametrize(("says", "who", "has", "redeemed", "reasons"), [
    ("the first one, with the password alone", visitor(""), [], None, ()),
    ("the first one, once another was begun", visitor(""), [PENDING], None, ()),
    ("a second one with the password alone", visitor(""), [authenticator()], None, (NEEDS_REPLACEMENT,)),
    ("one after a loss with the password alone", visitor(""), [DEAD], None, (NEEDS_REPLACEMENT,)),
    ("by a link redeemed in this session", visitor(""), [DEAD], 7, ()),
    ("by a link redeemed in another session", visitor(""), [DEAD], 8, (NEEDS_REPLACEMENT,)),
    ("a second one, proved just now", visitor(), [authenticator()], None, ()),
    ("proved almost ten minutes ago", visitor(ago=10 * MINUTE - timedelta(seconds=1)), [authenticator()], None, ()),
    ("proved ten minutes ago", visitor(ago=10 * MINUTE), [authenticator()], None, (PROVE_AGAIN,)),
    ("by a code where there is a passkey", visitor(), [authenticator(), PASSKEY], None, (STRONGER_NEEDED,)),
    ("by the passkey", visitor("passkey"), [authenticator(), PASSKEY], None, ()),
    ("by a code where the passkey was lost just now", visitor(), [PASSKEY._replace(state=State.LOST, ended_at=NOON)],
     None, (STRONGER_NEEDED,)),
    ("by a code in the last moment of three days", visitor(), [authenticator(), MISSED], None, (STRONGER_NEEDED,)),
    ("by a code three days after the loss", visitor(), [authenticator(), GONE], None, ()),
    ("by a code where the passkey was revoked", visitor(), [MISSED._replace(state=State.REVOKED)], None,
     (STRONGER_NEEDED,)),
    ("by a code where the passkey is on hold", visitor(), [PASSKEY._replace(state=State.LOCKED)], None,
     (STRONGER_NEEDED,)),
    ("by a code where its owner has removed the passkey", visitor(), [MISSED._replace(state=State.RETIRED)], None, ()),
    ("by a code where a passkey never counted", visitor(), [MISSED._replace(activated_at=None)], None, ()),
    ("by a code where an app was lost just now", visitor(), [DEAD._replace(ended_at=NOON)], None, ()),
    ("by another passkey where one was lost just now", visitor("passkey"), [MISSED, PASSKEY], None, ()),
    ("by a code and a link redeemed in this session", visitor(), [MISSED], 7, ()),
    ("by a code and a link redeemed in another session", visitor(), [MISSED], 8, (STRONGER_NEEDED,)),
    ("by a code and long ago", visitor(ago=10 * MINUTE), [PASSKEY], None, (STRONGER_NEEDED, PROVE_AGAIN)),
])  # fmt: skip
def test_who_may_add_an_authenticator(says, who, has, redeemed, reasons):
    assert rules.may_bind(who, has, redeemed, NOON).reasons == reasons


@pytest.mark.parametrize(("says", "who", "one", "others", "reasons"), [
    ("one of two", visitor(), authenticator(), [PASSKEY], ()),
    ("the last one", visitor(), authenticator(), [], (LAST_ONE,)),
    ("the last one beside recovery codes", visitor(), authenticator(), [CODES, DEAD, PENDING], (LAST_ONE,)),
    ("recovery codes", visitor(), CODES, [authenticator()], ()),
    ("one that is on hold", visitor(), authenticator(state=State.LOCKED), [], ()),
    ("one that is lost", visitor(), DEAD, [authenticator()], (NOT_POSSIBLE,)),
    ("a passkey by a passkey", visitor("passkey"), PASSKEY, [authenticator()], ()),
    ("a passkey by a code", visitor(), PASSKEY, [authenticator()], (STRONGER_NEEDED,)),
    ("a passkey that is on hold by a code", visitor(), PASSKEY._replace(state=State.LOCKED), [authenticator()],
     (STRONGER_NEEDED,)),
    ("a passkey that is lost by a code", visitor(), MISSED, [authenticator()], (NOT_POSSIBLE,)),
])  # fmt: skip
def test_what_may_be_removed(says, who, one, others, reasons):
    assert rules.may_remove(who, one, [one, *others], NOON).reasons == reasons


@pytest.mark.parametrize(
    ("label", "good"), [("Phone", True), ("x" * 60, True), ("", False), ("x" * 61, False), ("a\nb", False)]
)
def test_what_an_authenticator_may_be_called(label, good):
    assert rules.may_name(label).allowed is good


# --- officers


def replacement(**given_):
    values = {
        "id": 1, "person": 1, "reference": "ann", "state": Replacement.ASKED, "why": "lost", "asked_by": "mo",
        "asked_through": "page:mo", "asked_at": NOON, "decided_by": None, "link_ends_at": None, "redeemed_in": None,
        "redeemed_at": None,
    }  # fmt: skip
    return ReplacementFacts(**{**values, **given_})


@pytest.mark.parametrize(("asker", "why", "reasons"), [
    ("mo", "lost", ()), ("ann", "lost", (ABOUT_ONESELF,)), ("mo", " ", (NO_WHY,)),
])  # fmt: skip
def test_who_may_start_a_replacement(asker, why, reasons):
    assert rules.may_ask_replacement("ann", asker, why).reasons == reasons


@pytest.mark.parametrize(("says", "facts", "decider", "through", "reasons"), [
    ("a second person", {}, "jo", "page:jo", ()),
    ("who started it", {}, "mo", "page:mo", (SELF_APPROVAL,)),
    ("who started it, by another door", {}, "mo", "cli:root", (SELF_APPROVAL,)),
    ("whose it is", {}, "ann", "page:ann", (SELF_APPROVAL,)),
    ("one account of a server under another name", {"asked_through": "cli:root"}, "jo", "cli:root", (SELF_APPROVAL,)),
    ("once it is approved", {"state": Replacement.APPROVED}, "jo", "page:jo", (DECIDED,)),
    ("once it is refused", {"state": Replacement.REFUSED}, "jo", "page:jo", (DECIDED,)),
])  # fmt: skip
def test_who_may_approve_a_replacement(says, facts, decider, through, reasons):
    assert rules.may_decide_replacement(replacement(**facts), decider, through).reasons == reasons


# --- words


def test_every_finding_is_worded_and_plain():
    assert SENTENCES.keys() == set(Finding)
    for sentence in SENTENCES.values():
        assert sentence.endswith(".")
    assert Finding.MALFORMED not in COUNTED
    assert Finding.GOOD not in COUNTED


@pytest.mark.parametrize(("seconds", "words"), [
    (0.2, "1 second"), (30, "30 seconds"), (60, "60 seconds"), (61, "2 minutes"), (900, "15 minutes"),
])  # fmt: skip
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("tried", "finding"), [
    (Attempts(), None),
    (Attempts(3, NOON), None),
    (Attempts(3, NOON + MINUTE), Finding.WAIT),
    (Attempts(10, NOON + MINUTE, NOON + MINUTE), Finding.LOCKED),
    (Attempts(10, None, NOON), None),
    (Attempts(99), None),
    (Attempts(100), Finding.STOPPED),
])  # fmt: skip
def test_when_no_code_is_looked_at(tried, finding):
    assert tried.closed(THROTTLE, NOON) is finding
