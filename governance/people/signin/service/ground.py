"""What sign-in stands on in an installation: how passwords are hashed, what seals secrets, how long sessions last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from governance.kernel.sealing import Sealer
from governance.kernel.settings import Settings
from governance.people.signin.passwords import Cost, Passwords
from governance.people.signin.rules import AccountFacts, Limits, email_key


def account_of(number: int) -> str:
    """Whose failures those of an account are."""
    return f"account:{number}"


class Counters(NamedTuple):
    """By what a try is counted: for one subject from this place, and for it from anywhere."""

    here: bytes
    anywhere: bytes


@dataclass(frozen=True, slots=True)
class Ground:
    """Made once for each process; holds nothing that changes."""

    passwords: Passwords
    sealer: Sealer
    limits: Limits
    public_url: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Ground:
        """The ground that an installation's settings give."""
        limits = Limits.of(settings.session_idle_minutes, settings.session_hours)
        passwords = Passwords(Cost(settings.password_memory, settings.password_rounds))
        keys = dict(settings.secret_keys.keys)
        return cls(passwords, Sealer(settings.secret_keys), limits, settings.public_url,
                   keys.get(settings.secret_keys.current, b""))  # fmt: skip

    def counted(self, kind: str, subject: str, place: str = "") -> bytes:
        """By what failures are counted: a keyed digest, for a place is nobody's business afterwards."""
        text = "\0".join((kind, subject, place)).encode()
        return hashlib.blake2b(text, key=self.key[:64], digest_size=32, person=b"postern-attempts").digest()

    def by_name(self, name: str, place: str = "") -> Counters:
        """The counters of a name just as somebody calls an account, whether or not there is one.

        Whoever tries sees the one of their own place, so what others do with the account never changes it.
        An address in whatever letter case, as addresses are looked for, and a reference just as it was typed, as
        references are.
        """
        return self._counters(f"name:{email_key(name) if '@' in name else name.strip()}", place)

    def by_account(self, found: AccountFacts | None, name: str, place: str = "") -> Counters:
        """The counters of an account, whatever somebody calls it: nobody sees these. Nobody's has as many."""
        return self._counters(account_of(found.id) if found is not None else f"nobody:{name.strip()}", place)

    def by_names(self, account: AccountFacts, place: str = "") -> list[Counters]:
        """The counters of each name of an account: its reference, and its address."""
        return [self.by_name(name, place) for name in (account.reference, account.email) if name]

    def of_account(self, number: int) -> bytes:
        """Under what the failures of an account are found, whatever it was called, all places together."""
        return self._counters(account_of(number), "").anywhere

    def _counters(self, subject: str, place: str) -> Counters:
        return Counters(self.counted("password", subject, place), self.counted("password", subject))

    def link(self, kind: str, token: str) -> str:
        """The address that a mail names."""
        return f"{self.public_url}/{kind}/{token}"
