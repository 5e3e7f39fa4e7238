"""References of people, organisations and agreements as the numbers that tables use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.orm import Session

from governance.exchange.reading import Rows
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.recorded import BATCH, Ledger, seen
from governance.kernel.toml import Document
from governance.ports.sheet import Sheet


class KnownNames:
    """The numbers behind references, loaded once for all rows of an application."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def number(self, kind: str, reference: str) -> int:
        """The number of a reference; raise `NotFound` when there is none."""
        found = self._numbers.get(kind, {}).get(reference)
        if found is None:
            raise NotFound(f"there is no {kind} {reference}")
        return found

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
            part = identity.reference.in_(wanted[at : at + BATCH])
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
            session.execute(insert(identity), [{"reference": reference} for reference in fresh])
            self.learn(session, kind, identity, set(fresh))


def introduced(sheets: Mapping[str, Sheet], rows: Rows) -> dict[str, set[str]]:
    """The references that rows bring into being, by kind."""
    found: dict[str, set[str]] = {}
    for name, sheet in sheets.items():
        if sheet.introduces and rows.get(name):
            found.setdefault(sheet.introduces, set()).update(row["reference"] for row in rows[name])
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


def refuse_unknown(
    session: Session, sheets: Mapping[str, Sheet], rows: Rows, names: KnownNames, document: Document
) -> None:
    """Raise `BadInput` for every reference that neither the rows nor the database know."""
    coming, tables = introduced(sheets, rows), identities(sheets)
    for kind, table in tables.items():
        wanted = {
            row[field]
            for name, sheet in sheets.items()
            for field, of in sheet.refers
            if of == kind
            for row in rows.get(name, ())
            if row.get(field)
        }
        names.learn(session, kind, table, wanted - coming.get(kind, set()), known_by(session, sheets, kind))
    faults = [
        document.fault((name, number, field), f"there is no {kind} {row[field]!r}", f"Add it, or correct the {field}.")
        for name, sheet in sheets.items()
        for field, kind in sheet.refers
        for number, row in enumerate(rows.get(name, ()))
        if row.get(field) and row[field] not in coming.get(kind, ()) and names.missing(kind, [row[field]])
    ]
    if faults:
        raise BadInput(faults[:1000])
