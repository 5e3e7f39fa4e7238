"""How much one place may try and begin in an hour, whomever it names: asked before anything is hashed or written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.errors import TooMany
from governance.people.signin.rules import BEGUN_AT_ONE_PLACE, FAILED_AT_ONE_PLACE, hour_ends, place_of
from governance.people.signin.service.ground import Ground
from governance.people.signin.store import attempts

PASSWORDS, PASSKEYS, BEGUN = "place", "passkeys", "begun"
"""What is counted of a place."""
FULL = "Too many tries to sign in have failed from your network within this hour. Nothing was looked at"
CROWDED = "Signing in was begun too often from your network within this hour"


def require_room(session: Session, ground: Ground, address: str, now: datetime, what: str = PASSWORDS) -> None:
    """Raise `TooMany` where the place of an address has no try left in this hour. Nothing is written.

    Whatever others do with passwords there, passkeys have tries of their own: nobody guesses one.
    """
    if attempts.count_of(session, at(ground, address, now, what)) >= FAILED_AT_ONE_PLACE:
        raise full(now)


def take_room(session: Session, ground: Ground, address: str, now: datetime, what: str = PASSWORDS) -> None:
    """Count a try at its place as one that failed, by one statement; raise `TooMany` where none is left."""
    if not attempts.take_one(session, at(ground, address, now, what), FAILED_AT_ONE_PLACE, now):
        raise full(now)


def give_room_back(session: Session, ground: Ground, address: str, now: datetime) -> None:
    """Do not count a try after all, for it went well. What failed there stays counted."""
    attempts.give_one_back(session, at(ground, address, now))


def count_begun(session: Session, ground: Ground, address: str, now: datetime) -> None:
    """Count what begins at a place and waits to be finished there; raise `TooMany` where that was too often."""
    if not attempts.take_one(session, at(ground, address, now, BEGUN), BEGUN_AT_ONE_PLACE, now):
        raise full(now, CROWDED)


def at(ground: Ground, address: str, now: datetime, what: str = PASSWORDS) -> bytes:
    """By what the tries of a place in an hour are counted, or what it has begun."""
    return ground.counted(what, place_of(address), hour_ends(now).isoformat())


def full(now: datetime, why: str = FULL) -> TooMany:
    """What a place is told that has had enough: when the next hour begins."""
    return TooMany(why, (hour_ends(now) - now).total_seconds())
