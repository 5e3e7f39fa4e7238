"""Whether a person is held back from everything, whatever they can prove."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.clock import london_day
from governance.kernel.recorded import change_of
from governance.vetting.store import list_suspensions


def is_held(session: Session, person: int, now: datetime) -> bool:
    """Whether a person is suspended, as this change sees it."""
    return bool(list_suspensions(session, person, change_of(session).base_revision, begun_by=london_day(now)))
