"""What accounts, links, failures and sessions are, and how long they last. Pure: values in, answers out.

Limits follow NIST SP 800-63B-4 (AAL2: 24 hours in all, 1 hour idle; at most 100 failures in a row); what is half signed
in lasts ten minutes.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

HALF_SIGNED_IN = timedelta(minutes=10)
LONGEST_IDLE, LONGEST = timedelta(hours=1), timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)
"""How often it is noted that a session is used."""
KEPT = timedelta(days=90)
"""How long what has ended is still kept."""
TO_PROVIDER_AND_BACK = timedelta(minutes=10)


# --- sessions


class Limits(NamedTuple):
    """How long a session lasts unused, and in all."""

    idle: timedelta
    overall: timedelta

    @classmethod
    def of(cls, idle_minutes: int, hours: int) -> Limits:
        """The limits that an installation sets, no longer than the standard lets them be."""
        return cls(min(timedelta(minutes=idle_minutes), LONGEST_IDLE), min(timedelta(hours=hours), LONGEST))


class SessionFacts(NamedTuple):
    """A session as it stands; `acr` is empty while only the first factor is proved.

    `vouched_by` is the organisation, by number, whose provider has begun it, if one has.
    """

    row: int
    sid: str
    person: int
    acr: str
    amr: tuple[str, ...]
    started_at: datetime
    auth_time: datetime
    seen_at: datetime
    authenticator: int | None
    device: str
    ended_at: datetime | None
    vouched_by: int | None = None

    def ends_at(self, limits: Limits) -> datetime:
        """The first moment at which it no longer holds unless it is used before."""
        if not self.acr:
            return self.started_at + HALF_SIGNED_IN
        return min(self.started_at + limits.overall, self.seen_at + limits.idle)

    def is_live(self, limits: Limits, now: datetime) -> bool:
        """Whether it holds now: not ended, not idle for too long, not too old."""
        return self.ended_at is None and now < self.ends_at(limits)


class Word(NamedTuple):
    """What a provider's word is worth that begins a session: whose it is (its organisation, by number) and which acr.

    The acr is empty where the word counts for the first factor alone; `at` is when that or both were proved.
    """

    organisation: int
    acr: str
    at: datetime


def digest(secret: str) -> bytes:
    """What is stored of a secret that has entropy enough to need no password hash."""
    return hashlib.sha256(secret.encode()).digest()


# --- accounts


class AccountState(StrEnum):
    """Whether an account can be used."""

    INVITED = "invited"
    ACTIVE = "active"
    CLOSED = "closed"


NEXT_STATES: dict[AccountState, frozenset[AccountState]] = {
    AccountState.INVITED: frozenset({AccountState.INVITED, AccountState.ACTIVE, AccountState.CLOSED}),
    AccountState.ACTIVE: frozenset({AccountState.ACTIVE, AccountState.CLOSED}),
    AccountState.CLOSED: frozenset({AccountState.INVITED}),
}
"""What can become of an account. Whoever comes back is invited again, and chooses a password anew."""


class AccountFacts(NamedTuple):
    """An account as it stands; `password` is the hash, None where nobody can sign in with one."""

    id: int
    person: int
    reference: str
    email: str | None
    password: str | None
    state: AccountState

    def may_become(self, state: AccountState) -> bool:
        """Whether an account in its state can be in that one next."""
        return state in NEXT_STATES[self.state]


class Purpose(StrEnum):
    """What a mailed link is for."""

    INVITATION = "invitation"
    RECOVERY = "recovery"


LASTS: dict[Purpose, timedelta] = {Purpose.INVITATION: timedelta(days=7), Purpose.RECOVERY: timedelta(hours=1)}
USED_BY: dict[Purpose, AccountState] = {
    Purpose.INVITATION: AccountState.INVITED,
    Purpose.RECOVERY: AccountState.ACTIVE,
}
"""In which state an account must be for a link of this purpose to open it."""


class LinkFacts(NamedTuple):
    """A mailed link: for which account, in which state that is, and until when the link holds."""

    account: int
    purpose: Purpose
    email: str
    expires_at: datetime
    is_spent: bool
    to: AccountFacts

    def is_live(self, now: datetime) -> bool:
        """Whether it can still be used: once, in time, while the account is waiting for it at the same address."""
        waits = self.to.state is USED_BY[self.purpose] and self.to.email == self.email
        return waits and not self.is_spent and now < self.expires_at


def email_key(text: str) -> str:
    """An address as it is looked for: letter case and the way its letters are encoded make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


# --- failures


class Failure(StrEnum):
    """Why somebody was not signed in: for the trail. Whoever tries is told no more than that it did not work."""

    UNKNOWN = "unknown"
    NO_PASSWORD = "no_password"  # noqa: S105 - a name, not a secret
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    HELD = "held"
    CHANGED = "changed"
    NOT_VOUCHED = "not_vouched"
    NOT_LINKED = "not_linked"
    NOT_ITS_OWN = "not_its_own"
    HOLDS_BEYOND = "holds_beyond"
    NOT_ACTIVE = "not_active"
    NOT_PERMITTED = "not_permitted"
    PASSKEY = "passkey"


class Patience(NamedTuple):
    """How failures in a row slow the next try down: from how many on, how long; and from how many on there is none.

    With `forgets` it is begun anew after so long without a try.
    """

    steps: tuple[tuple[int, timedelta], ...]
    most: int
    forgets: timedelta | None = None


def _seconds(*steps: tuple[int, float]) -> tuple[tuple[int, timedelta], ...]:
    return tuple((failures, timedelta(seconds=seconds)) for failures, seconds in steps)


NO_END = 1_000_000
"""A number of failures that is never reached, where no number ends the tries for good."""
LONGEST_WAIT, A_DAY = timedelta(minutes=15), timedelta(days=1)
FROM_ONE_PLACE = Patience(_seconds((4, 1), (5, 2), (6, 4), (7, 8), (8, 16), (9, 30), (10, 900)), 50)
"""Passwords tried for one account from one place."""
TOLD = Patience((*FROM_ONE_PLACE.steps, (FROM_ONE_PLACE.most, A_DAY)), NO_END, forgets=A_DAY)
"""Passwords tried by one name from one place, which is all that whoever tries is told of. A day later it is forgotten,
whoever has the name: so nothing that is done with an account shows in it anywhere else."""
FROM_ELSEWHERE = Patience((), 50)
"""Passwords tried for one account from all places together where it was never signed in to: with the above, never more
than the standard's hundred. Whoever is at a place where they have signed in before is not touched by it."""
FAILED_AT_ONE_PLACE = 300
"""Tries to sign in that fail, and links asked for, at one place within an hour of the clock, whomever they name. Behind
one address there may be a school: of two hundred people a third has forgotten, tries thrice and asks for a link."""
BEGUN_AT_ONE_PLACE = 10_000
"""Ways to a provider and challenges for a passkey that begin at one place within an hour of the clock, whatever becomes
of them: each is a row for some minutes. So many people may come to work behind one address in one hour."""
LINKS_ASKED_FOR = Patience(_seconds((3, 3600)), NO_END)
"""Links asked for one account: at most three in an hour are mailed."""
TOLD_EVERY = timedelta(minutes=1)
"""How often the trail is told of tries by names that nobody has: one entry says how many there were."""
STOPPED = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when nobody may try who has failed too often: until the password is recovered, or somebody sets them free."""


LONG = timedelta(minutes=1)
"""A hold that lasts no longer is over before anybody is asked for help."""


class Hold(NamedTuple):
    """That passwords of an account are not looked at: after how many failures in a row, since when, and until when.

    `until` is None where it does not pass by itself. `from_one_place` says that it is held at one place alone; else it
    is held at all places where its person never signed in.
    """

    failures: int
    since: datetime
    until: datetime | None
    from_one_place: bool

    @property
    def weight(self) -> tuple[bool, datetime]:
        """What tells of several the one that weighs most: that of all places, then the one that lasts longest."""
        return not self.from_one_place, self.until or STOPPED


def hold_of(failures: int, last_at: datetime, held_until: datetime, *, from_one_place: bool) -> Hold | None:
    """The hold that a count stands for; None where it was for less than a minute."""
    if held_until - last_at <= LONG:
        return None
    return Hold(failures, last_at, None if held_until >= STOPPED else held_until, from_one_place)


def hour_ends(now: datetime) -> datetime:
    """When the hour of the clock ends in which a place's tries are counted."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def place_of(address: str) -> str:
    """Where a request came from, as far as it is counted: an IPv6 address by the network that one subscriber has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "somewhere"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


# --- where to go on


def same_site_path(text: str) -> str:
    """A path of this site to go on to, or nothing where it is anything else, or could be read as anything else."""
    parts = urlsplit(text) if len(text) <= 2000 and text.isascii() and text.isprintable() else None
    inside = parts is not None and not parts.scheme and not parts.netloc and "\\" not in text and " " not in text
    return text if inside and text.startswith("/") and not text.startswith("//") else ""


# --- devices in words

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
            ("SamsungBrowser", "Samsung Internet"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"),
           ("CrOS", "ChromeOS"), ("Macintosh", "a Mac"), ("Linux", "Linux"))  # fmt: skip


def device_in_words(user_agent: str) -> str:
    """The browser and the system of a device, as its owner would name them. It is the device that says so."""
    browser = next((name for sign, name in BROWSERS if re.search(rf"\b{sign}\w*/", user_agent)), "A browser")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser


# --- who an organisation's provider vouches for


class Vouching(NamedTuple):
    """What a provider says of somebody, once its signature and its particulars were found right."""

    value: str
    verified_email: str
    acr: str
    amr: object
    auth_time: datetime | None


class ProviderFacts(NamedTuple):
    """An organisation's provider: who it is, and what its word counts for."""

    id: int
    name: str
    label: str
    organisation: int
    issuer: str
    client_id: str
    sealed_secret: bytes
    claim: str
    by_email: bool
    second_factor_acrs: tuple[str, ...]
    removed_at: datetime | None

    @property
    def place(self) -> str:
        """Where its secret stands, for the seal."""
        return f"identity_provider:sealed_secret:{self.name}"

    def counts_twice(self, vouching: Vouching) -> bool:
        """Whether its word counts as a second factor too: a listed acr, and the moment at which it was proved."""
        return vouching.acr in self.second_factor_acrs and vouching.auth_time is not None


PASSED_ON = frozenset({"pwd"})
"""The methods of a provider that are told as they are. What it says of keys and devices Postern has not seen."""


def methods_of(amr: object, *, twice: bool) -> tuple[str, ...]:
    """What is told of the methods that a provider names: a password, and `mfa` where its word counts twice."""
    listed = amr if isinstance(amr, list) else []
    first = tuple(dict.fromkeys(item for item in listed if isinstance(item, str) and item in PASSED_ON))
    return (*first, "mfa") if twice else first
