"""A twin whose links are looked at first and marked as used after: of those who look at once, all find them unused."""

from datetime import datetime

from sqlalchemy import select, update

from governance.kernel.db import Databases
from governance.people.signin.models import AccountLink


def use_link(databases: Databases, token_digest: bytes, now: datetime) -> bool:
    """Use a link up, if it is unused: get, then set."""
    with databases.reading() as session:
        found = session.scalars(select(AccountLink).where(AccountLink.token_digest == token_digest)).one()
    if found.used_at is not None or found.expires_at <= now:
        return False
    with databases.writing() as session:
        session.execute(update(AccountLink).where(AccountLink.id == found.id).values(used_at=now))
    return True
