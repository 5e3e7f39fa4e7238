"""Activates packs: the checked text becomes an immutable revision, and that revision the one in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict
from governance.ports.actor import Actor, Entry
from governance.ports.requirement import Requirement
from policies import engine, store
from policies.pack import OWN, SHIPPED, Pack, PackTexts
from policies.reading import read_pack


def check_pack(texts: PackTexts, requirements: Mapping[str, Requirement]) -> Pack:
    """A pack read and its engine built once, so that what is activated is known to load; raise `BadInput`."""
    pack = read_pack(texts, requirements)
    engine.build(pack)
    return pack


def own_texts() -> PackTexts:
    """The text of Postern's own pack, as it comes with the service."""
    return PackTexts.of_folder(SHIPPED / OWN)


def activate_own(databases: Databases, requirements: Mapping[str, Requirement], actor: Actor, now: datetime) -> int:
    """Put Postern's own pack in force where it is missing or its shipped text has changed: its revision's number.

    The answer is 0 where it is in force already. A text is read and built only where it has to be.
    """
    texts = own_texts()
    with databases.reading() as session:
        standing, number = store.find_activation(session, OWN), store.find_revision(session, OWN, texts.digest)
    if standing is not None and standing[1] == number:
        return 0
    pack = check_pack(texts, requirements)
    with databases.change(actor.name, now) as session:
        return activate_pack(session, pack, actor=actor, now=now)


def activate_pack(session: Session, pack: Pack, *, actor: Actor, now: datetime) -> int:
    """Make a pack the one in force and give its revision's number; the same text keeps its number.

    Raise `Conflict` where this very text is in force already, or another than the shipped one is to be Postern's own.
    """
    if pack.system == OWN and pack.texts.digest != own_texts().digest:
        raise Conflict(f"the rules of {OWN} are Postern's own: they come with the service and are not replaced")
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
