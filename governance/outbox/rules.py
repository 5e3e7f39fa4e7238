"""A mail's states, when it is tried again, and what may be done with it. Pure: values in, answers out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from governance.kernel.verdict import Reason, Verdict


class MailState(StrEnum):
    """Where a mail is on its way."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    HANDED_OVER = "handed over"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


NEXT_STATES: dict[MailState, frozenset[MailState]] = {
    MailState.WAITING: frozenset({MailState.CLAIMED, MailState.CANCELLED}),
    MailState.CLAIMED: frozenset(
        {MailState.CLAIMED, MailState.HANDED_OVER, MailState.WAITING, MailState.SENT, MailState.FAILED}
    ),
    MailState.HANDED_OVER: frozenset({MailState.CLAIMED, MailState.SENT, MailState.WAITING, MailState.FAILED}),
    MailState.SENT: frozenset(),
    MailState.FAILED: frozenset({MailState.WAITING}),
    MailState.CANCELLED: frozenset(),
}
"""From each state those that may follow it. A claimed mail is claimed anew when its sender was killed."""

UNDER_WAY = frozenset({MailState.CLAIMED, MailState.HANDED_OVER})
ENDED = frozenset(state for state, following in NEXT_STATES.items() if MailState.CLAIMED not in following)

LEASE = timedelta(seconds=90)
"""How long a sender keeps a mail before another may take it up; longer than a server may take to answer."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=2)
MOST_ATTEMPTS = 200
"""Those of a mail that is never let down gently too: one at which its sender dies each time."""

LONGEST_ADDRESS = 254
PLAUSIBLE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]+@[A-Za-z0-9][A-Za-z0-9.-]*")

NO_ADDRESS = Reason("no_address", "This is no address to which mail can be sent.")
UNDECLARED = Reason("undeclared", "The mail's template does not name exactly the values that were given.")
NOT_FAILED = Reason("not_failed", "Only a mail that failed is tried again.")
BLANKED = Reason("blanked", "The address is no longer kept; cause the mail anew.")
NOT_WAITING = Reason("not_waiting", "Only a mail that waits can be cancelled.")


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What is known of a mail, apart from what it says and to whom."""

    id: int
    name: str
    template: str
    state: MailState
    attempts: int
    handovers: int
    queued_at: datetime
    next_at: datetime
    ended_at: datetime | None
    fault: str
    blanked: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """What becomes of a mail that was not sent: it waits until a moment, or has failed."""

    state: MailState
    next_at: datetime


def came_from(state: MailState) -> frozenset[MailState]:
    """The states out of which a mail may come into this one."""
    return frozenset(before for before, following in NEXT_STATES.items() if state in following)


def after_fault(attempts: int, queued_at: datetime, *, lasting: bool, now: datetime) -> Pause:
    """What becomes of a mail after an attempt that did not send it.

    `lasting` says that no attempt can help. Pauses double from half a minute to half an hour; after two days it failed.
    """
    if lasting or attempts >= MOST_ATTEMPTS or now - queued_at >= GIVEN_UP_AFTER:
        return Pause(MailState.FAILED, now)
    doubled = FIRST_PAUSE * 2 ** min(max(attempts, 1) - 1, 10)
    return Pause(MailState.WAITING, now + min(doubled, LONGEST_PAUSE))


def may_queue(to: str, given: Mapping[str, str], declared: frozenset[str]) -> Verdict:
    """Whether a mail can be sent at all: a plausible address, and the values that its template names."""
    return Verdict.unless(
        (len(to) > LONGEST_ADDRESS or PLAUSIBLE.fullmatch(to) is None, NO_ADDRESS),
        (given.keys() != declared, UNDECLARED),
    )


def may_retry(mail: MailFacts) -> Verdict:
    """Whether a mail may be put among those that wait again."""
    return Verdict.unless(
        (mail.state is not MailState.FAILED, NOT_FAILED), (mail.state is MailState.FAILED and mail.blanked, BLANKED)
    )


def may_cancel(mail: MailFacts) -> Verdict:
    """Whether a mail may be taken out before it is sent."""
    return Verdict.unless((mail.state is not MailState.WAITING, NOT_WAITING))
