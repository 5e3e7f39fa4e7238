"""Who is there: a person who has signed in to the pages, how well proved, and in which session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Acr(StrEnum):
    """How well a person has proved who they are, from the least to the most (an authentication context)."""

    PASSWORD = "pwd"  # noqa: S105 - a name, not a secret
    MFA = "mfa"
    PASSKEY = "passkey"


class Visitor(NamedTuple):
    """A person with a session of the pages; `acr` is empty while only the first factor is proved.

    `auth_time` is the moment of the newest factor; `form_token` goes into every form that the visitor is given;
    `vouched_by` is the organisation, by number, whose provider has begun the session, if one has.
    """

    session: int
    sid: str
    person: int
    reference: str
    name: str
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime
    form_token: str
    vouched_by: int | None = None

    @property
    def is_proved(self) -> bool:
        """Whether a second factor was proved too."""
        return self.acr in (Acr.MFA, Acr.PASSKEY)


class Told(Protocol):
    """Keeps what a visitor's next page is to tell: a kind (`success` or `note`) and a sentence."""

    def keep(self, visitor: Visitor, kind: str, sentence: str) -> None:
        """Keep one more line."""

    def take(self, visitor: Visitor) -> Sequence[tuple[str, str]]:
        """What was kept, once."""
