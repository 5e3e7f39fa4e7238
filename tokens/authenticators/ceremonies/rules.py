"""What a ceremony is, how long its challenge waits, what is said of one that failed. Pure: values in, answers out."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

LASTS = timedelta(minutes=5)
CHALLENGE_BYTES, HANDLE_BYTES = 32, 32


class Ceremony(StrEnum):
    """What a challenge is for; an answer to one does for no other."""

    CREATION = "creation"
    SECOND_STEP = "second_step"
    SIGN_IN = "sign_in"


class Challenge(NamedTuple):
    """A challenge that was taken off its shelf, and is on it no longer."""

    challenge: bytes
    user_handle: bytes | None
    expires_at: datetime

    def is_live(self, now: datetime) -> bool:
        """Whether it could still be answered."""
        return now < self.expires_at


class PasskeyFacts(NamedTuple):
    """A passkey as it stands, and whose it is."""

    authenticator: int
    person: int
    reference: str
    credential_id: bytes
    public_key: bytes
    user_handle: bytes
    backup_eligible: bool
    transports: tuple[str, ...]


def methods_of(*, backup_eligible: bool) -> tuple[str, ...]:
    """What a passkey proves, after RFC 8176: a key was there, and its person. One that can be copied is no hardware."""
    return ("pop", "swk" if backup_eligible else "hwk", "user")


class Failure(StrEnum):
    """Why a ceremony proved nothing, as far as its person is told."""

    EXPIRED = "expired"
    UNKNOWN = "unknown"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    SUSPECTED = "suspected"
    TAKEN = "taken"
    NO_ACCOUNT = "no_account"


SENTENCES: dict[Failure, str] = {
    Failure.EXPIRED: "That took longer than 5 minutes, or the page was used twice. Try again.",
    Failure.UNKNOWN: "This passkey is not one of those that sign you in here. Choose another one, or another way.",
    Failure.UNVERIFIED: "Your device did not check that it is you. Use its screen lock or its PIN; a security key "
    "without a PIN needs one first.",
    Failure.REFUSED: "Your passkey could not be checked. Try again; if that does not help, choose another way.",
    Failure.SUSPECTED: "This passkey looks as if it has been copied, so we have put it on hold. Ask the people who "
    "look after access.",
    Failure.TAKEN: "This passkey is registered already. Use another device or security key.",
    Failure.NO_ACCOUNT: "You cannot sign in with this passkey. Speak with your line manager.",
}


def unreachable(origin: str | None, host: str) -> str:
    """What stands in the way of passkeys at the address that a browser has open; nothing where they can be used."""
    if origin is None:
        return (
            f"This service is at an address made of figures ({host}), and browsers make no passkeys for such a one. "
            "Whoever runs this service can give it a name."
        )
    if origin.partition("://")[2] != host:
        return f"Passkeys cannot be used at {host}. Open {origin} instead, and sign in there."
    return ""
