"""Withdraws facts that should never have been recorded: they are closed now, and nothing follows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.applying import Applied, Ending, apply_checked, told
from governance.exchange.checking import Checked, Doubt, Provisional, Rows, check_rows
from governance.exchange.reading import MOST_FAULTS
from governance.exchange.standing import standing_rows
from governance.exchange.unfolding import fact_columns
from governance.kernel.db import Databases
from governance.kernel.errors import BadInput
from governance.kernel.recorded import BATCH, Ledger, seen
from governance.kernel.toml import Document
from governance.kernel.verdict import Verdict, unexplained
from governance.ports.actor import Actor, Entry
from governance.ports.sheet import Sheet

NOT_THERE = "no such fact stands"
NOT_THERE_CURE = "Its identity has to be as it was recorded; postern export shows what stands."
LEANT_ON = "other facts still name it"
LEANT_ON_CURE = "Withdraw those too, in the same file, or correct this one."


def withdraw_rows(
    databases: Databases,
    sheets: Mapping[str, Sheet],
    rows: Rows,
    why: str,
    *,
    actor: Actor,
    now: datetime,
    where: Document,
) -> Applied:
    """Close the facts that rows name by their identities, all or nothing; raise `BadInput`, `Conflict` or `Refused`.

    Whoever asks as of an earlier moment is still answered by them: that is what was known then.
    """
    Verdict.unless(unexplained(why)).require()
    with databases.reading() as session:
        at = session.execute(select(Ledger.revision)).scalar_one()
        checked = check_rows(session, sheets, rows)
        endings, doubts = find_named(session, sheets, rows, checked, at)
        doubts += leant_on(session, sheets, rows, endings, at)
    if checked.doubts or doubts:
        raise BadInput([told(where, doubt) for doubt in [*checked.doubts, *doubts][:MOST_FAULTS]])
    named = {name: [one.old["id"] for _, one in endings if one.sheet == name] for name in rows}
    entry = Entry("facts.withdrawn", actor, {"from": where.name, "why": why, "rows": named})
    return apply_checked(
        databases, sheets, {}, checked, entry=entry, now=now, endings=[ending for _, ending in endings]
    )


Named = list[tuple[int, Ending]]


def find_named(
    session: Session, sheets: Mapping[str, Sheet], rows: Rows, checked: Checked, at: int
) -> tuple[Named, list[Doubt]]:
    """The facts that rows name, each with its row's number, and the rows that name none."""
    names, found, doubts = Provisional(checked.names), Named(), list[Doubt]()
    wrong = {(doubt.sheet, doubt.number) for doubt in checked.doubts}
    for name, listed in rows.items():
        sheet, skipped = sheets[name], checked.repeats.get(name, {})
        wanted = {
            number: sheet.resolve(row, names)
            for number, row in enumerate(listed)
            if number not in skipped and (name, number) not in wrong
        }
        owners = {columns[sheet.owner] for columns in wanted.values()}
        standing = {
            natural(sheet, old): old
            for old in standing_rows(session, sheet, sheet.owner, owners, fact_columns(sheet), at)
        }
        for number, columns in wanted.items():
            old = standing.get(natural(sheet, columns))
            if old is None:
                doubts.append(Doubt(name, number, (), NOT_THERE, NOT_THERE_CURE))
            else:
                found.append((number, Ending(name, old, None)))
    return found, doubts


def natural(sheet: Sheet, columns: Mapping[str, Any]) -> tuple[Any, ...]:
    """Which fact a row is."""
    return tuple(columns[name] for name in sheet.natural)


def leant_on(session: Session, sheets: Mapping[str, Sheet], rows: Rows, endings: Named, at: int) -> Iterator[Doubt]:
    """Each person, organisation or agreement that would be gone while facts that stay still name it."""
    gone: dict[str, set[int]] = {}
    for _, ending in endings:
        gone.setdefault(ending.sheet, set()).add(ending.old["id"])
    mentioned: dict[str, Mapping[str, set[str]]] = {}
    for number, ending in endings:
        kind, owner = sheets[ending.sheet].introduces, sheets[ending.sheet].owner
        if kind and not stay(session, sheets[ending.sheet], owner, ending.old[owner], gone, at):
            users = [
                name
                for name, sheet in sheets.items()
                for field, of in sheet.refers
                if of == kind and stay(session, sheet, f"{field}_id", ending.old[owner], gone, at)
            ]
            if kind not in mentioned:
                mentioned[kind] = still_mentioned(session, sheets, kind, gone, at)
            reference = rows[ending.sheet][number]["reference"]
            users += [name for name, references in mentioned[kind].items() if reference in references]
            if users:
                what = f"{LEANT_ON}: {', '.join(dict.fromkeys(users))}"
                yield Doubt(ending.sheet, number, (), what, LEANT_ON_CURE)


def still_mentioned(
    session: Session, sheets: Mapping[str, Sheet], kind: str, gone: Mapping[str, set[int]], at: int
) -> Mapping[str, set[str]]:
    """The references of a kind that stand within lists of rows that would still stand, by sheet."""
    found: dict[str, set[str]] = {}
    for name, sheet in sheets.items():
        for listed, inner, of in sheet.mentions:
            if of == kind:
                question = select(sheet.model.id, getattr(sheet.model, listed)).where(seen(sheet.model, at))
                for row, tables in session.execute(question.execution_options(yield_per=BATCH)):
                    if row not in gone.get(name, ()):
                        found.setdefault(name, set()).update(table[inner] for table in tables or () if inner in table)
    return found


def stay(
    session: Session, sheet: Sheet, column: str, number: int, gone: Mapping[str, set[int]], at: int
) -> Sequence[int]:
    """Some rows of a sheet that name a number and would still stand."""
    model = sheet.model
    question = select(model.id).where(getattr(model, column) == number, seen(model, at))
    leaving = gone.get(sheet.name, set())
    if len(leaving) < BATCH:
        question = question.where(model.id.not_in(leaving)).limit(1)
    return [row for row in session.scalars(question) if row not in leaving][:1]
