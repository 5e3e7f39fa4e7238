"""What becomes of a mail: no app, no database, no clock."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from governance.outbox.rules import (
    BLANKED,
    ENDED,
    GIVEN_UP_AFTER,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    NEXT_STATES,
    NO_ADDRESS,
    NOT_FAILED,
    NOT_WAITING,
    MailFacts,
    MailState,
    after_fault,
    came_from,
    may_cancel,
    may_queue,
    may_retry,
)
from tests.facts import NOON

WAITING, FAILED = MailState.WAITING, MailState.FAILED


def mail(state: MailState, *, blanked: bool = False) -> MailFacts:
    return MailFacts(1, "M", "mail-works", state, 1, 0, NOON, NOON, None, "", blanked)


@pytest.mark.parametrize(
    ("says", "attempts", "age", "lasting", "state", "seconds"),
    [
        ("the first pause is short", 1, 0, False, WAITING, 30),
        ("it doubles", 2, 30, False, WAITING, 60),
        ("and doubles again", 5, 600, False, WAITING, 480),
        ("up to half an hour", 7, 3_600, False, WAITING, 1_800),
        ("and no longer", 90, 86_400, False, WAITING, 1_800),
        ("to the last moment of two days", 99, GIVEN_UP_AFTER.total_seconds() - 1, False, WAITING, 1_800),
        ("then it is given up", 99, GIVEN_UP_AFTER.total_seconds(), False, FAILED, 0),
        ("what cannot be helped fails at once", 1, 0, True, FAILED, 0),
        ("a mail at which its senders die is given up too", MOST_ATTEMPTS, 0, False, FAILED, 0),
    ],
)
def test_pauses(says: str, attempts: int, age: float, lasting: bool, state: MailState, seconds: int) -> None:
    now = NOON + timedelta(seconds=age)
    pause = after_fault(attempts, NOON, lasting=lasting, now=now)
    assert (pause.state, pause.next_at - now) == (state, timedelta(seconds=seconds)), says


def test_a_mail_is_tried_until_two_days_are_over() -> None:
    moment, attempts = NOON, 0
    moments: list[datetime] = []
    state = WAITING
    while state is WAITING:
        attempts += 1
        moments.append(moment)
        pause = after_fault(attempts, NOON, lasting=False, now=moment)
        state, moment = pause.state, pause.next_at
    assert moments[-1] - NOON >= GIVEN_UP_AFTER
    assert max(later - earlier for earlier, later in pairwise(moments)) == LONGEST_PAUSE
    assert 50 < attempts < MOST_ATTEMPTS


def test_states_lead_on() -> None:
    assert NEXT_STATES[MailState.SENT] == frozenset(), "what was sent is never sent again"
    assert came_from(MailState.CLAIMED) == {WAITING, MailState.CLAIMED, MailState.HANDED_OVER}
    assert came_from(MailState.SENT) == {MailState.CLAIMED, MailState.HANDED_OVER}
    assert {MailState.SENT, FAILED, MailState.CANCELLED} == ENDED


@pytest.mark.parametrize("state", MailState)
def test_what_may_be_done_with_a_mail(state: MailState) -> None:
    assert may_retry(mail(state)).reasons == (() if state is FAILED else (NOT_FAILED,))
    assert may_cancel(mail(state)).reasons == (() if state is WAITING else (NOT_WAITING,))


def test_what_was_blanked_is_not_tried_again() -> None:
    assert may_retry(mail(FAILED, blanked=True)).reasons == (BLANKED,)


@pytest.mark.parametrize(
    "to",
    ["", "ann", "ann@", "@example.org", "a@b@c", "a@b.c\nBcc: x@y.z", "a b@c.d", "a@b.c,d@e.f", "<a@b.c>", "ä@b.c",
     "a" * 251 + "@b.c", "=?utf-8?q?a=0aBcc:b?=@b.c", "a@-b", "a@b.c\n"],
)  # fmt: skip
def test_what_is_no_address_is_refused(to: str) -> None:
    assert may_queue(to, {}, frozenset()).reasons == (NO_ADDRESS,)


@pytest.mark.parametrize("to", ["ann@example.org", "o'hara+x@sub.example.gov.uk", "a@localhost"])
def test_what_is_an_address_is_not(to: str) -> None:
    assert may_queue(to, {}, frozenset()).allowed
