"""Seals every secret anew under the newest key, a few at a time: killed at any moment, it goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from governance.kernel.db import Databases
from governance.kernel.sealing import Sealer
from governance.ports.actor import Actor, Entry
from tokens.authenticators import store

AT_ONCE = 200


def rekey(databases: Databases, sealer: Sealer, *, actor: Actor, now: datetime) -> Iterator[tuple[int, int]]:
    """Seal anew what an older key has sealed; gives after each part how many were looked at and how many sealed anew.

    A secret that is changed meanwhile is left as it is: whoever changed it sealed it under the newest key.
    """
    after = looked_at = sealed_anew = 0
    while True:
        with databases.change(str(actor), now) as session:
            found = store.list_sealed(session, after, AT_ONCE)
            old = [(row, sealed) for row, sealed in found if not sealer.is_current(sealed)]
            for row, sealed in old:
                anew = sealer.seal(sealer.open(sealed, store.place(row)), store.place(row))
                store.set_secret(session, row, anew, instead_of=sealed)
            if old:
                store.tell_of(session, Entry("authenticators.rekeyed", actor, {"secrets": len(old)}))
        if not found:
            return
        after, looked_at, sealed_anew = found[-1][0], looked_at + len(found), sealed_anew + len(old)
        yield looked_at, sealed_anew
