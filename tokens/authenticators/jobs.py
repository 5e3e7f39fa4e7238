"""What authenticators have done by the clock. Nothing waits for it: an end holds by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.kernel.clock import london_day
from governance.kernel.jobs import Job
from tokens.authenticators import store
from tokens.authenticators.attempts import forget_failures
from tokens.authenticators.notices import notify
from tokens.authenticators.rules import KIND_NAMES

EVERY, BEFORE, KEPT = timedelta(days=1), timedelta(days=2), timedelta(days=90)


def remind(_service: Any) -> Job:
    """Every day: whoever has a temporary authenticator that ends in two days is told; old counts are forgotten."""
    says = "Reminds of temporary authenticators that end, and forgets counts of failures after 90 days."
    return Job("remind", EVERY, remind_people, says, timedelta(hours=7))


def remind_people(service: Any, now: datetime) -> None:
    """Tell of temporary authenticators that end in one to two days: each is told of by one daily run."""
    with service.databases.change("jobs", now) as session:
        for one in store.list_ending(session, now + BEFORE - EVERY, now + BEFORE):
            notify(session, one.person, "authenticator-ends", {"kind": KIND_NAMES[one.kind]}, now=now)
        forget_failures(session, london_day(now - KEPT))
