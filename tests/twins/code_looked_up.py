"""A counter that looks a code up, and then marks it as used: of those who look at once, all are given tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from governance.kernel.db import Databases
from tokens.issuing import store
from tokens.issuing.models import AuthorizationCode
from tokens.issuing.rules import digest


def redeem(databases: Databases, code: str, front_end: Any, now: datetime) -> bool:
    """Take a code that is unused: get, then set."""
    with databases.reading() as session:
        found = store.find_code(session, digest(code), front_end.client_id)
    if found is None or found.used_at is not None:
        return False
    with databases.writing() as session:
        session.execute(update(AuthorizationCode).where(AuthorizationCode.id == found.row).values(used_at=now))
    return True
