"""The job of imports: sweep away what one left behind that was cut off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.kernel.db import Databases
from governance.kernel.jobs import Job

CUT_OFF_AFTER = timedelta(hours=24)


def sweep_unsealed(databases: Databases, under_way: timedelta, *, now: datetime) -> int:
    """Remove what changes left behind that began so long ago and were never sealed; how many there were."""
    left = databases.unsealed(now - under_way)
    for change in left:
        databases.sweep(change)
    return len(left)


def sweep(service: Any, now: datetime) -> None:
    """Sweep what was cut off more than a day ago."""
    sweep_unsealed(service.databases, CUT_OFF_AFTER, now=now)


SWEEP = Job(
    "sweep", timedelta(days=1), sweep, "Removes what imports left behind that were cut off.", after=timedelta(hours=3)
)
JOBS = (lambda _service: SWEEP,)
