"""Tells the trail who was not signed in. Names that nobody has are told as a number, so no stranger fills the trail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.people.signin.rules import AccountFacts, AccountState, Failure
from governance.people.signin.store import attempts
from governance.ports.actor import Actor, Entry
from governance.trail.entries import tell_alone

NOBODY = "nobody"
REFUSED, ASKED = "sign_in.refused", "recovery.asked"
REFUSED_SECONDS = 0.03
"""So long it takes to tell of anybody: an entry of somebody's takes longer to write than one more of nobody's."""
STRANGERS: Mapping[bytes, tuple[str, Mapping[str, str]]] = {
    **{f"nobody:{why.value}".encode(): (REFUSED, {"failure": why.value}) for why in Failure},
    b"nobody:asked": (ASKED, {}),
}
"""Under which count each kind of entry about nobody waits to be told."""


@contextmanager
def lasting(seconds: float) -> Iterator[None]:
    """Let what is done take so long for whomever it is done, where it takes less: so its time tells nobody anything."""
    ends = time.monotonic() + seconds
    yield
    time.sleep(max(0.0, ends - time.monotonic()))


def refuse(databases: Databases, found: AccountFacts | None, why: Failure, now: datetime) -> None:
    """Tell the trail that somebody was not signed in; never what was typed. No fact has changed, and no revision."""
    with lasting(REFUSED_SECONDS), databases.writing() as session:
        if found is None:
            count_stranger(session, f"nobody:{why.value}".encode(), now)
        else:
            tell_alone(session, refusal(found, why))


def ask(session: Session, now: datetime) -> None:
    """Tell the trail that a link was asked for by a name that nobody has."""
    count_stranger(session, b"nobody:asked", now)


def count_stranger(session: Session, counted: bytes, now: datetime) -> None:
    """Tell the trail of one of nobody's tries: at once, or where one was told within the minute, with the next."""
    times = attempts.count_untold(session, counted, now)
    if times:
        tell_alone(session, entry_of(counted, times))


def tell_strangers(databases: Databases, now: datetime) -> None:
    """Tell the trail of all of nobody's tries that have waited for a minute."""
    for counted in STRANGERS:
        with databases.writing() as session:
            times = attempts.take_untold(session, counted, now)
            if times:
                tell_alone(session, entry_of(counted, times))


def entry_of(counted: bytes, times: int) -> Entry:
    """The entry of so many tries by nobody."""
    action, details = STRANGERS[counted]
    return Entry(action, Actor(NOBODY, "page"), {**details, "times": times})


def refusal(found: AccountFacts, why: Failure) -> Entry:
    """The entry of a refusal of somebody's."""
    return Entry(REFUSED, Actor(found.reference, "page"), {"failure": why.value})


def why_not(found: AccountFacts | None, *, matches: bool) -> Failure:
    """Why a try failed, for the trail."""
    if found is None:
        return Failure.UNKNOWN
    if found.state is not AccountState.ACTIVE:
        return Failure.NOT_ACTIVE
    return Failure.NO_PASSWORD if found.password is None else Failure.CHANGED if matches else Failure.WRONG_PASSWORD
