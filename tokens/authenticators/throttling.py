"""How many wrong codes are borne, and how long one waits. Pure: values in, answers out.

The shape is Kanidm's, the bound is NIST's (SP 800-63B §3.2.2: at most 100 failures in a row).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from tokens.authenticators.rules import Finding


class Throttle(NamedTuple):
    """Seconds to wait after each failure in a row, the last one ever after; every so many lock; so many stop."""

    waits: tuple[int, ...] = (1, 2, 4, 8, 15, 30)
    lock_every: int = 10
    lock_for: timedelta = timedelta(minutes=15)
    stop_at: int = 100


THROTTLE = Throttle()


class Attempts(NamedTuple):
    """Failures in a row of one person, over all their second factors."""

    failures: int = 0
    wait_until: datetime | None = None
    locked_until: datetime | None = None

    def closed(self, throttle: Throttle, now: datetime) -> Finding | None:
        """Why no code is looked at now; None where one is."""
        if self.failures >= throttle.stop_at:
            return Finding.STOPPED
        if self.locked_until is not None and now < self.locked_until:
            return Finding.LOCKED
        if self.wait_until is not None and now < self.wait_until:
            return Finding.WAIT
        return None

    def opens_at(self, throttle: Throttle, now: datetime) -> datetime | None:
        """From when on a code is looked at again; None where it is now, or never."""
        return {Finding.LOCKED: self.locked_until, Finding.WAIT: self.wait_until}.get(
            self.closed(throttle, now) or Finding.GOOD
        )


def duration(seconds: float) -> str:
    """A duration in words, rounded up: "1 second", "30 seconds", "15 minutes"."""
    whole = max(1, ceil(seconds))
    count, unit = (whole, "second") if whole <= 60 else (ceil(whole / 60), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
