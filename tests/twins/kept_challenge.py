"""A shelf of challenges that looks, and then takes away: two who look at the same moment both have the challenge."""

from datetime import datetime

from sqlalchemy import delete, select

from tokens.authenticators.ceremonies.models import WebauthnChallenge
from tokens.authenticators.ceremonies.rules import Ceremony, Challenge
from tokens.authenticators.ceremonies.service import Place


def take(place: Place, bound: str, ceremony: Ceremony, person: int | None, now: datetime) -> Challenge | None:
    """The challenge that waits, if it still holds; it is taken away afterwards."""
    row = WebauthnChallenge
    here = (row.bound_to == bound, row.ceremony == ceremony.value)
    with place.databases.reading() as session:
        found = session.execute(select(row.challenge, row.user_handle, row.expires_at).where(*here)).one_or_none()
    if found is None or found.expires_at <= now:
        return None
    with place.databases.writing() as session:
        session.execute(delete(row).where(*here))
    return Challenge(*found)
