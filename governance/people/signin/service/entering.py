"""Signs people in with a password, and out. Every try is counted first; whatever fails, the answer is the same."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.people.signin.rules import (
    FROM_ELSEWHERE,
    FROM_ONE_PLACE,
    LONGEST_WAIT,
    TOLD,
    AccountFacts,
    AccountState,
    Failure,
    device_in_words,
    place_of,
    same_site_path,
)
from governance.people.signin.service import places
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.refusing import refusal, refuse, why_not
from governance.people.signin.service.sessions import begin_session, end_sessions
from governance.people.signin.store import accounts, attempts
from governance.ports.actor import Actor
from governance.ports.authorise import MayEnter
from governance.ports.visitor import Visitor
from governance.trail.entries import tell


class Browser(NamedTuple):
    """What a request tells of where it comes from, and where its person wants to go on to."""

    address: str
    user_agent: str
    next_path: str = ""

    @property
    def device(self) -> str:
        """The device in words."""
        return device_in_words(self.user_agent)

    @property
    def on(self) -> str:
        """Where to go on: a path of this site or nothing."""
        return same_site_path(self.next_path)


class Problem(StrEnum):
    """Why somebody was not signed in, as far as they are told."""

    WRONG = "wrong"
    HELD = "held"
    STOPPED = "stopped"


class Entered(NamedTuple):
    """A session's secret, or the problem and for how many seconds it lasts.

    `is_proved` says that both factors are, and `on` where its person wanted to go, if anywhere.
    """

    secret: str = ""
    problem: Problem | None = None
    seconds: int = 0
    is_proved: bool = False
    on: str = ""


def sign_in(
    databases: Databases, ground: Ground, name: str, password: str, browser: Browser, *,
    may_enter: MayEnter, now: datetime,
) -> Entered:  # fmt: skip
    """Prove the first factor with a password. No lock is held while it is hashed, nor while the rules are asked.

    Raise `TooMany` where too much has failed at this place, `Unavailable` where no turn at hashing comes up in time:
    nothing is counted or told then.

    Whoever has to wait for what was tried under another name, or from another place, reads that it was wrong, after the
    same work: that there is a wait would tell them of an account, and when it ends what its owner has done.
    """
    with databases.reading() as session:
        places.require_room(session, ground, browser.address, now)
        found = accounts.find_by_name(session, name)
    with ground.passwords.turn():
        turned = try_once(databases, ground, found, name, browser, at_the_door=True, now=now)
        stored = found.password if found is not None and turned.away_until is None else None
        matches = not turned.is_told and ground.passwords.matches(stored, password)
        renewed = ground.passwords.renewed(stored or "", password) if matches else None
    if turned.away_until is not None:
        refuse(databases, found, Failure.HELD, now)
        return waiting(turned.away_until, now) if turned.is_told else Entered(problem=Problem.WRONG)
    if found is None or not matches or found.state is not AccountState.ACTIVE:
        refuse(databases, found, why_not(found, matches=matches), now)
        return Entered(problem=Problem.WRONG)
    if not may_enter(found.person, found.reference, now):
        refuse(databases, found, Failure.NOT_PERMITTED, now)
        return Entered(problem=Problem.WRONG)
    with databases.change(found.reference, now) as session:
        if not accounts.hold_as_checked(session, found, renewed):
            tell(session, refusal(found, Failure.CHANGED))
            return Entered(problem=Problem.WRONG)
        places.give_room_back(session, ground, browser.address, now)
        forgive(session, ground, found, name, browser, now)
        return Entered(
            begin_session(
                session, found.person, found.reference, ("pwd",), browser.device, now=now, next_path=browser.on
            )
        )


class Turned(NamedTuple):
    """Until when a try is held, or None where it may be looked at; whether that is of the name that was typed here."""

    away_until: datetime | None = None
    is_told: bool = False


def try_once(
    databases: Databases, ground: Ground, found: AccountFacts | None, name: str, browser: Browser, *, now: datetime,
    at_the_door: bool = False,
) -> Turned:  # fmt: skip
    """Count a try, by the name that was typed here and by the account that it means, and say whether it is held.

    At the door, where nobody is known yet, its place is counted first; raise `TooMany` where that has no try left.
    The rows are taken in one order, here and wherever they are forgiven, so that nobody waits for each other.
    """
    place = place_of(browser.address)
    typed, own = ground.by_name(name, place), ground.by_account(found, name, place)
    with databases.writing() as session:
        if at_the_door:
            places.take_room(session, ground, browser.address, now)
        told = attempts.take_turn(session, typed.anywhere, typed.here, TOLD, now)
        if told.held_until is not None:
            return Turned(told.held_until, is_told=True)
        turn = attempts.take_turn(session, own.anywhere, own.here, FROM_ONE_PLACE, now)
        if turn.held_until is None and not turn.is_familiar:
            turn = attempts.take_turn(session, own.anywhere, own.anywhere, FROM_ELSEWHERE, now)
    return Turned(turn.held_until)


def forgive(
    session: Session, ground: Ground, account: AccountFacts, name: str, browser: Browser, now: datetime
) -> None:
    """Begin to count anew, for the account and the name that it was given, and note that here it goes well."""
    place = place_of(browser.address)
    typed, own = ground.by_name(name, place), ground.by_account(account, name, place)
    attempts.forgive(session, typed.here, now)
    attempts.forgive(session, own.here, now)
    attempts.forgive(session, own.anywhere)


def forgive_everywhere(session: Session, ground: Ground, account: AccountFacts, browser: Browser | None = None) -> None:
    """Begin to count anew for an account, wherever from: its owner has shown who they are, or was set free.

    By its names only where its owner is: at the place of their browser, and where they have signed in by that name
    before. Whoever has tried elsewhere waits as long as they would for a name that nobody has.
    """
    for typed in ground.by_names(account, place_of(browser.address) if browser is not None else ""):
        attempts.forgive_familiar(session, typed.anywhere)
        if browser is not None:
            attempts.forgive(session, typed.here)
    attempts.forgive_all(session, ground.of_account(account.id))


def waiting(held_until: datetime, now: datetime) -> Entered:
    """What somebody is told who must wait."""
    wait = held_until - now
    if wait > LONGEST_WAIT:
        return Entered(problem=Problem.STOPPED)
    return Entered(problem=Problem.HELD, seconds=max(1, int(wait.total_seconds())))


def sign_out(session: Session, visitor: Visitor, *, now: datetime) -> None:
    """End the visitor's own session."""
    actor = Actor(visitor.reference, "page")
    end_sessions(
        session, visitor.person, "signed out", actor=actor, now=now, which=lambda one: one.row == visitor.session
    )
