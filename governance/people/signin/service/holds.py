"""Whose passwords are not looked at now, after too many wrong ones: for those who look after people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from governance.people.signin.rules import Hold, hold_of
from governance.people.signin.service.ground import Ground
from governance.people.signin.store import accounts, attempts


def dict_of_holds(session: Session, ground: Ground, people: Collection[int], now: datetime) -> dict[int, Hold]:
    """How the passwords of some people are held, by person; whose is not held, or for seconds only, is not in it.

    Failures are kept by keyed digests, so it is the people's own digests that are looked for: nothing says which place
    it was. Of several holds of an account the one of all places is told, else the one that lasts longest. What is
    counted by a name alone holds back whoever typed it there, and not the account.
    """
    held = attempts.list_held(session, now)
    owners = {
        ground.of_account(account.id): account.person
        for account in (accounts.list_active(session, people) if held else ())
    }
    found: dict[int, Hold] = {}
    for one in held:
        person = owners.get(one.subject)
        hold = hold_of(one.failures, one.last_at, one.held_until, from_one_place=one.counted != one.subject)
        if person is not None and hold is not None:
            found[person] = max(hold, found.get(person, hold), key=lambda each: each.weight)
    return found
