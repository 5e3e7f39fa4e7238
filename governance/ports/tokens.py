"""What decisions may ask of whoever issued an access token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

FRONT_END_SESSION = "front_end_session"
"""The kind of the facts of a front end's session: key FactKey(FRONT_END_SESSION, 0, sid)."""


class TokenFacts(NamedTuple):
    """What a good access token says: who is there, how well proved and when, for whom, until when.

    `sid` names the front end's session: whether it still stands is a fact, asked at each decision.
    """

    subject: str
    sid: str
    client: str
    audience: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    expires_at: datetime


class FrontEndSessionFacts(NamedTuple):
    """A person's session with a front end; `sign_in` names the session of the pages that it hangs on."""

    sid: str
    client: str
    sign_in: str
    ended_at: datetime | None


class TokenReader(Protocol):
    """Reads access tokens that this service has issued."""

    def read(self, text: str, now: datetime) -> TokenFacts | None:
        """What a token says, or None where it is not ours, not whole or past its end. Its session is not looked at."""

    def published(self) -> Sequence[Mapping[str, Any]]:
        """The public keys by which others check our tokens (JWK), the newest first."""
