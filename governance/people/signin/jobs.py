"""What sign-in does by the clock: it forgets what ended long ago. Nothing waits for it: an end holds by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.kernel.db import Databases
from governance.kernel.jobs import Job
from governance.people.signin.rules import A_DAY, KEPT, TO_PROVIDER_AND_BACK, TOLD_EVERY
from governance.people.signin.service import refusing
from governance.people.signin.service.ground import Ground
from governance.people.signin.store import accounts, attempts, providers, sessions

TELLS = "Tells the trail how often strangers tried names that nobody has."
SAYS = "Forgets sessions, failures and unfinished sign-ins that ended long ago."


def tell_strangers(_service: Any) -> Job:
    """Every minute: how many tries there were by names that nobody has."""
    return Job("tell-strangers", TOLD_EVERY, tell, TELLS)


def tell(service: Any, now: datetime) -> None:
    """Tell the trail of what has waited."""
    refusing.tell_strangers(service.databases, now)


def forget_sessions(_service: Any) -> Job:
    """Every day: sessions that ended ninety days ago, counts of that age, and ways that nobody came back on.

    Counts that are no account's, and never went well, after a day.
    """
    return Job("forget-sessions", timedelta(days=1), forget, SAYS, timedelta(hours=3))


def forget(service: Any, now: datetime) -> None:
    """Remove what is older than is kept."""
    with service.databases.writing() as session:
        sessions.remove_old(session, now - KEPT)
        attempts.remove_old(session, now - KEPT)
        providers.remove_old_flows(session, now - TO_PROVIDER_AND_BACK)
    forget_strangers(service.databases, Ground.of(service.settings), now)


def forget_strangers(databases: Databases, ground: Ground, now: datetime) -> None:
    """Remove what was counted by names and places alone; some at a time, so that nobody waits for all of it."""
    with databases.reading() as session:
        known = {ground.of_account(number) for number in accounts.list_numbers(session)}
    after: bytes | None = b""
    while after is not None:
        with databases.writing() as session:
            after = attempts.remove_strangers(session, now - A_DAY, known, after)
