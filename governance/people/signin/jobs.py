"""What sign-in does by the clock: it forgets what ended long ago. Nothing waits for it: an end holds by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.kernel.jobs import Job
from governance.people.signin.rules import KEPT, TO_PROVIDER_AND_BACK
from governance.people.signin.store import attempts, providers, sessions

SAYS = "Forgets sessions, failures and unfinished sign-ins that ended long ago."


def forget_sessions(_service: Any) -> Job:
    """Every day: sessions that ended ninety days ago, counts of that age, and ways that nobody came back on."""
    return Job("forget-sessions", timedelta(days=1), forget, SAYS, timedelta(hours=3))


def forget(service: Any, now: datetime) -> None:
    """Remove what is older than is kept."""
    with service.databases.writing() as session:
        sessions.remove_old(session, now - KEPT)
        attempts.remove_old(session, now - KEPT)
        providers.remove_old_flows(session, now - TO_PROVIDER_AND_BACK)
