"""Activates packs: the checked text becomes an immutable revision, and that revision the one in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.errors import Conflict
from governance.ports.actor import Actor, Entry
from governance.ports.requirement import Requirement
from policies import engine, store
from policies.pack import Pack, PackTexts
from policies.reading import read_pack


def check_pack(texts: PackTexts, requirements: Mapping[str, Requirement]) -> Pack:
    """A pack read and its engine built once, so that what is activated is known to load; raise `BadInput`."""
    pack = read_pack(texts, requirements)
    engine.build(pack)
    return pack


def activate_pack(session: Session, pack: Pack, *, actor: Actor, now: datetime) -> int:
    """Make a pack the one in force and give its revision's number; the same text keeps its number.

    Raise `Conflict` where this very text is in force already.
    """
    engine.build(pack)
    number = store.find_revision(session, pack.system, pack.texts.digest)
    standing = store.find_activation(session, pack.system)
    if standing is not None and standing[1] == number:
        raise Conflict(f"this text of {pack.system} is in force already, as revision {number}")
    if number is None:
        number = store.add_revision(session, pack, actor=actor, now=now)
    particulars = {"system": pack.system, "pack_revision": number, "digest": pack.texts.digest.hex()}
    old = None if standing is None else standing[0]
    store.set_activation(session, pack.system, number, old, Entry("pack.activated", actor, particulars))
    return number
