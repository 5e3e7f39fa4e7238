"""Rows that name a version which nobody has recorded: the reference leads somewhere, the version nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.checking import Checked, Doubt, Rows
from governance.exchange.compact import values_of
from governance.kernel.bulk import among
from governance.kernel.recorded import BATCH, Ledger, seen
from governance.ports.sheet import Sheet

VERSION = "version"
Named = tuple[str, int]  # a reference and a version


def unknown_versions(
    session: Session | None, sheets: Mapping[str, Sheet], rows: Rows, checked: Checked, unsure: Collection[str] = ()
) -> Iterator[Doubt]:
    """Every version that neither the rows nor the database know, of references that they do know.

    Nothing is said of `unsure` kinds: of those not every row could be read.
    """
    names = checked.names
    for name, sheet in sheets.items():
        kind = dict(sheet.refers).get(sheet.versions, "")
        listed = rows.get(name, ())
        if not listed or not kind or kind in unsure:
            continue
        named: list[Named] = list(zip(values_of(listed, sheet.versions), values_of(listed, VERSION), strict=True))
        of = next(other for other in sheets.values() if other.introduces == kind)
        brought = rows.get(of.name, ())
        there = set(zip(values_of(brought, "reference"), values_of(brought, VERSION), strict=True))
        missing = {one for one in named if one not in there}
        missing -= recorded(session, of, {one: names.find(kind, one[0]) for one in missing})
        known = {reference for reference, _ in there}
        for number, one in enumerate(named):
            if one in missing and (one[0] in known or names.find(kind, one[0]) is not None):
                cure = f"Add it to {of.name}, or correct the {VERSION}."
                yield Doubt(name, number, (VERSION,), f"there is no such version of this {kind}", cure, one[1])


def recorded(session: Session | None, of: Sheet, wanted: Mapping[Named, int | None]) -> set[Named]:
    """Those of some versions that stand, told by the number behind each reference."""
    numbers = sorted({number for number in wanted.values() if number is not None})
    if session is None or not numbers:
        return set()
    at = session.execute(select(Ledger.revision)).scalar_one()
    owner: Any = getattr(of.model, of.owner)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(numbers), BATCH):
        mine = among(session, owner, numbers[start : start + BATCH])
        question = select(owner, getattr(of.model, VERSION)).where(mine, seen(of.model, at))
        found.update((row[0], row[1]) for row in session.execute(question))
    return {one for one, number in wanted.items() if (number, one[1]) in found}
