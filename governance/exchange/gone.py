"""What facts that stand still say of people who do not: their other facts, and that they managed or approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.columns import named_fields
from governance.exchange.names import identities, known_by
from governance.ports.sheet import Sheet

Row = dict[str, Any]


@dataclass(slots=True)
class LeftOut:
    """How much was left out: rows by sheet, and references within rows that stay."""

    rows: Counter[str] = field(default_factory=Counter)
    references: int = 0


def standing_references(session: Session, sheets: Mapping[str, Sheet]) -> dict[str, set[str]]:
    """The references of each kind behind which details stand: those that an import would know."""
    return {
        kind: set(session.scalars(select(identity.reference).where(known_by(session, sheets, kind))))
        for kind, identity in identities(sheets).items()
    }


def is_about_gone(sheet: Sheet, row: Row, stands: Mapping[str, Collection[str]]) -> bool:
    """Whether a row needs a reference behind which nothing stands: it means nothing without."""
    fields = named_fields(sheet)
    return any(fields[name].required and row.get(name) not in stands[kind] for name, kind in sheet.refers)


def without_gone(sheet: Sheet, row: Row, stands: Mapping[str, Collection[str]]) -> int:
    """Take out of a row what it may be without: a manager, approvals by somebody; give how many were taken."""
    taken = 0
    for name, kind in sheet.refers:
        if name in row and row[name] not in stands[kind]:
            del row[name]
            taken += 1
    for name, inner, kind in sheet.mentions:
        listed = row.get(name, ())
        kept = [table for table in listed if not table.get(inner) or table[inner] in stands[kind]]
        taken += len(listed) - len(kept)
        if listed:
            row[name] = kept
    return taken
