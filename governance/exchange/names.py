"""References of people, organisations and agreements as the numbers that tables use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from governance.exchange.compact import values_of
from governance.kernel.bulk import among, insert_missing
from governance.kernel.errors import NotFound
from governance.kernel.recorded import BATCH, Ledger, seen
from governance.ports.sheet import Sheet


class KnownNames:
    """The numbers behind references, loaded once for all rows of an application."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def number(self, kind: str, reference: str) -> int:
        """The number of a reference; raise `NotFound` when there is none."""
        found = self.find(kind, reference)
        if found is None:
            raise NotFound(f"there is no {kind} {reference}")
        return found

    def find(self, kind: str, reference: str) -> int | None:
        """The number of a reference, or None."""
        return self._numbers.get(kind, {}).get(reference)

    def learn(
        self, session: Session, kind: str, identity: type[Any], references: Collection[str], *conditions: Any
    ) -> None:
        """Read the numbers of references that exist, and of which the conditions hold."""
        known = self._numbers.setdefault(kind, {})
        wanted = (
            sorted(references - known.keys())
            if isinstance(references, set)
            else [r for r in references if r not in known]
        )
        for at in range(0, len(wanted), BATCH):
            part = among(session, identity.reference, wanted[at : at + BATCH])
            question = select(identity.reference, identity.id).where(part, *conditions)
            known.update((row[0], row[1]) for row in session.execute(question))

    def missing(self, kind: str, references: Iterable[str]) -> list[str]:
        """Those references that have no number yet."""
        known = self._numbers.get(kind, {})
        return [reference for reference in references if reference not in known]

    def introduce(self, session: Session, kind: str, identity: type[Any], references: Collection[str]) -> None:
        """Bring identities into being; they mean nothing until their details are sealed."""
        self.learn(session, kind, identity, set(references))
        fresh = self.missing(kind, references)
        if fresh:
            table: Any = identity.__table__
            insert_missing(session, table, "reference", fresh)
            self.learn(session, kind, identity, set(fresh))


def introduced(sheets: Mapping[str, Sheet], rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, set[str]]:
    """The references that rows bring into being, by kind."""
    found: dict[str, set[str]] = {}
    for name, sheet in sheets.items():
        if sheet.introduces and rows.get(name):
            found.setdefault(sheet.introduces, set()).update(values_of(rows[name], "reference"))
    return found


def identities(sheets: Mapping[str, Sheet]) -> dict[str, type[Any]]:
    """The identity table of each kind of reference."""
    return {
        sheet.introduces: sheet.identity for sheet in sheets.values() if sheet.introduces and sheet.identity is not None
    }


def known_by(session: Session, sheets: Mapping[str, Sheet], kind: str) -> ColumnElement[bool]:
    """The condition that an identity is more than a name: its details stand (a refused file leaves only names)."""
    sheet = next(sheet for sheet in sheets.values() if sheet.introduces == kind)
    at = session.execute(select(Ledger.revision)).scalar_one()
    identity: Any = sheet.identity
    return exists().where(getattr(sheet.model, sheet.owner) == identity.id, seen(sheet.model, at))
