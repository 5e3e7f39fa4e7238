"""A verifier that looks, judges, and then writes: two who look at the same moment are both let in."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from tokens.authenticators import recovery, service, store
from tokens.authenticators.models import Authenticator, RecoveryCode
from tokens.authenticators.rules import Finding, Kind


def verify(room: Any, one: Any, row: int, typed: str, now: datetime) -> bool:
    """Whether a code was found good; it is marked as used afterwards."""
    with room.databases.reading() as session:
        facts = store.get_authenticator(session, one.number, row)
        secret = service.open_secret(session, room.sealer, row)
        if facts.kind is Kind.RECOVERY:
            code = recovery.read_code(typed) or ""
            rows = store.list_candidates(session, row, recovery.marker_of(secret, code))
            found = [number for number, digest in rows if recovery.is_code(secret, code, digest)]
            good, mark = bool(found), update(RecoveryCode).where(RecoveryCode.id.in_(found)).values(used_at=now)
        else:
            judged = service.judge(secret, facts, typed, now)
            good = judged.finding is Finding.GOOD
            mark = update(Authenticator).where(Authenticator.id == row).values(last_step=judged.step)
    if good:
        with room.databases.writing() as session:
            session.execute(mark)
    return good
