"""Erases a fact's values where the law wants them gone; the row, its days and digest stay, and the trail is told."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.kernel.errors import Conflict, NotFound
from governance.kernel.recorded import change_of, close, erase_row, seen
from governance.kernel.verdict import Reason, Verdict, unexplained
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Sheet
from governance.trail.entries import tell

END_FIRST = "end it first (postern lift, or postern facts withdraw), then erase it"
NOTHING_PERSONAL = Reason("nothing_personal", "facts of this sheet hold nothing that could be erased")


def erase_fact(session: Session, sheet: Sheet, row_id: int, why: str, *, actor: Actor) -> None:
    """Erase one fact; one that still stands is closed in the same change. Raise `NotFound`, `Conflict` or `Refused`.

    A standing fact that may forbid access is refused (`Sheet.forbids`): erasing never opens what was shut.
    Whoever later asks what was answered on the grounds of this fact is told that it is erased (`Erased`).
    """
    Verdict.unless(unexplained(why), (not sheet.erases, NOTHING_PERSONAL)).require()
    model = sheet.model
    columns = {column.name: getattr(model, column.name) for column in model.__table__.columns}
    row = session.execute(select(*columns.values()).where(model.id == row_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"{sheet.name} has no row {row_id}")
    if row["erased_by"] is not None:
        raise Conflict(f"row {row_id} of {sheet.name} is erased already")
    stands = seen(model, change_of(session).base_revision)
    if session.execute(select(model.id).where(model.id == row_id, stands)).one_or_none() is not None:
        if sheet.forbids:
            raise Conflict(f"row {row_id} of {sheet.name} still stands and may forbid access: {END_FIRST}")
        close(session, model, [row_id], sheet.keys(dict(row)))
    erase_row(session, model, row_id, sheet.erases)
    tell(session, Entry("fact.erased", actor, {"sheet": sheet.name, "row": row_id, "why": why}))
