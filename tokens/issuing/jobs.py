"""What the provider does by the clock: it forgets what is long over. Nothing waits for it: an end holds by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.kernel.jobs import Job
from tokens.issuing import store
from tokens.issuing.rules import KEPT

SAYS = "Forgets authorization codes, and front ends' sessions, that were over a week ago."


def forget_codes(_service: Any) -> Job:
    """Every day: codes and front ends' sessions that can have been of no use for a week."""
    return Job("forget-codes", timedelta(days=1), forget, SAYS, timedelta(hours=3, minutes=30))


def forget(service: Any, now: datetime) -> None:
    """Remove what is older than is kept."""
    with service.databases.writing() as session:
        store.remove_old_codes(session, now - KEPT)
        store.remove_old_sessions(session, now - KEPT)
