"""What sign-in stands on in an installation: how passwords are hashed, what seals secrets, how long sessions last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from governance.kernel.sealing import Sealer
from governance.kernel.settings import Settings
from governance.people.signin.passwords import Cost, Passwords
from governance.people.signin.rules import AccountFacts, Limits, email_key


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

    def counters(self, found: AccountFacts | None, name: str, place: str) -> tuple[bytes, bytes]:
        """The two counters of a try: for this account from this place, and for this account from anywhere.

        Whatever somebody calls an account, it is the same one; a name that nobody has is counted likewise: an address
        in whatever letter case, as addresses are looked for, and a reference just as it was typed, as references are.
        """
        unknown = email_key(name) if "@" in name else name.strip()
        subject = f"account:{found.id}" if found is not None else f"name:{unknown}"
        return self.counted("password", subject, place), self.counted("password", subject)

    def link(self, kind: str, token: str) -> str:
        """The address that a mail names."""
        return f"{self.public_url}/{kind}/{token}"
