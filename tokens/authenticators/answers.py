"""Passkeys without their library: where they are good, what is known of one, and a browser's answer as it came.

What checks them (passkeys.py) weighs much and is seldom asked: it is imported by the first ceremony of a process.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from governance.kernel.base64url import decoded
from governance.kernel.errors import BadInput
from governance.web.ijson import read_object

LONGEST = 16_384
"""Bytes of a browser's answer that are read."""

LONGEST_ID = 1_023


class Finding(StrEnum):
    """Why a ceremony proved nothing."""

    MALFORMED = "malformed"
    OTHER_CEREMONY = "other_ceremony"
    OTHER_CHALLENGE = "other_challenge"
    OTHER_ORIGIN = "other_origin"
    FRAMED = "framed"
    OTHER_CREDENTIAL = "other_credential"
    UNVERIFIED = "unverified"
    ATTESTED = "attested"
    BAD_KEY = "bad_key"
    REFUSED = "refused"


class CeremonyFailed(ValueError):
    """An answer that proves nothing; `finding` says why, and holds nothing of the answer."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.value)
        self.finding = finding


class Site(NamedTuple):
    """Where passkeys of this installation are good: the relying party's id, and the one origin."""

    rp_id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> Site | None:
        """The site of a public address; None for an address made of figures, for which browsers make no passkeys.

        This very machine's address stands for `localhost`, which is the same machine by a name.
        """
        parts = urlsplit(public_url)
        host = (parts.hostname or "").lower()
        if host == "127.0.0.1":
            host = "localhost"
        elif is_figures(host):
            return None
        port = f":{parts.port}" if parts.port and parts.port != {"http": 80, "https": 443}.get(parts.scheme) else ""
        return cls(host, f"{parts.scheme}://{host}{port}") if host else None


def is_figures(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Known(NamedTuple):
    """A credential by which a browser finds it: its id, and how it was reached when it was made."""

    credential_id: bytes
    transports: tuple[str, ...]


class Credential(NamedTuple):
    """A credential as it was made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backup_state: bool
    transports: tuple[str, ...]
    aaguid: str


class Proof(NamedTuple):
    """What a good answer says of its authenticator."""

    sign_count: int
    backup_eligible: bool
    backup_state: bool


class Answer(NamedTuple):
    """A browser's answer, read and not yet believed."""

    credential_id: bytes
    user_handle: bytes | None
    client_data: bytes
    members: dict[str, Any]


def read_answer(text: str) -> Answer:
    """A browser's answer (the JSON form of a PublicKeyCredential), by the strict rules for bodies."""
    try:
        members = read_object(text.encode()) if len(text) <= LONGEST else {}
        response = members["response"]
        credential_id, client_data = decoded(members["id"]), decoded(response["clientDataJSON"])
        handle = response.get("userHandle")
        user_handle = decoded(handle) if handle else None
    except (BadInput, KeyError, TypeError, ValueError, AttributeError):
        raise CeremonyFailed(Finding.MALFORMED) from None
    if members.get("rawId") != members["id"] or not 0 < len(credential_id) <= LONGEST_ID:
        raise CeremonyFailed(Finding.MALFORMED)
    return Answer(credential_id, user_handle, client_data, members)
