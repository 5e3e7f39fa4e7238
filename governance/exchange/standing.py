"""Rows beside what stands: which are new, which differ, and what is kept because a row does not say it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.checking import Checked, Doubt, Provisional, Rows
from governance.exchange.reading import load_rows
from governance.exchange.shortcut import judges, spans
from governance.exchange.unfolding import column_behind, row_of
from governance.exchange.unsaid import Said, unsaid_of
from governance.kernel.bulk import among
from governance.kernel.recorded import BATCH, Ledger, seen
from governance.ports.sheet import Names, Sheet

PART = 2000
WITH_WHAT_STANDS = "does not go with what stands of this fact in columns that are not written here"


class Compared(NamedTuple):
    """Rows beside what stands: new ones, differing ones with the row that stands, and how many say the same."""

    new: list[dict[str, Any]]
    changed: list[tuple[dict[str, Any], dict[str, Any]]]
    same: int


def resolved(
    sheet: Sheet,
    rows: Sequence[dict[str, Any]],
    numbers: range,
    names: Names,
    repeats: Mapping[str, Collection[int]],
) -> list[dict[str, Any]]:
    """The columns of some rows, without those that only repeat another."""
    skipped = repeats.get(sheet.name, ())
    part = rows[numbers.start : numbers.stop]
    return [
        columns_of_row(sheet, row, names) for number, row in zip(numbers, part, strict=True) if number not in skipped
    ]


def columns_of_row(sheet: Sheet, row: dict[str, Any], names: Names) -> dict[str, Any]:
    """A row's columns, which say nothing of what the row says nothing of."""
    columns, unsaid = sheet.resolve(row, names), unsaid_of(row)
    return Said(columns, unsaid) if any(unsaid) else columns


def compare(session: Session, sheet: Sheet, rows: Sequence[dict[str, Any]], at: int) -> Compared:
    """Compare some rows with what stood at a revision."""
    columns, behind = tuple(rows[0]), columns_behind(sheet)
    owners = {row[sheet.owner] for row in rows}
    standing = {
        tuple(row[column] for column in sheet.natural): row
        for row in standing_rows(session, sheet, sheet.owner, owners, columns, at)
    }
    found = Compared([], [], 0)
    for stated in rows:
        old = standing.get(tuple(stated[column] for column in sheet.natural))
        row = stated if old is None else kept(sheet, old, stated, behind)
        if old is None:
            found.new.append(row)
        elif any(old[column] != row[column] for column in columns):
            found.changed.append((old, row))
    return found._replace(same=len(rows) - len(found.new) - len(found.changed))


def columns_behind(sheet: Sheet) -> dict[str, tuple[str, str]]:
    """The table's column behind each field, and the name in it where several fields share one."""
    shared = {field: (column, name) for field, column, name in sheet.shares}
    return {name: shared.get(name, (column_behind(sheet, name), "")) for name in sheet.schema().fields}


def kept(
    sheet: Sheet, old: Mapping[str, Any], stated: dict[str, Any], behind: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """A row that differs from what stands, but for what it says nothing of: that stays as it stands."""
    row, unsaid = stated, unsaid_of(stated)
    if any(unsaid):
        row = dict(stated)
        for field in unsaid.fields:
            keep(old, row, *behind[field])
        for field, names in unsaid.beside:
            keep(old, row, *behind[field], beside=names)
    stays = {column: says for column, says, nothing in sheet.silent if (old[column], row[column]) == (says, nothing)}
    return {**row, **stays} if stays else row


def keep(
    old: Mapping[str, Any], row: dict[str, Any], column: str, name: str, beside: Collection[str] | None = None
) -> None:
    """Keep in a row what stands in a column, or of a table there all names but some."""
    if column not in row:
        return  # it only makes up the fact's identity
    if name:
        was, becomes = dict(old[column] or {}), dict(row[column] or {})
        value = merged(was.get(name), becomes.get(name), beside)
        row[column] = {key: one for key, one in {**becomes, name: value}.items() if one}
    else:
        row[column] = merged(old[column], row[column], beside)


def merged(was: Any, becomes: Any, beside: Collection[str] | None) -> Any:
    """What stands; of a table, beside the names that a row speaks of, what it says of these."""
    if beside is None:
        return was
    return {name: value for name, value in (was or {}).items() if name not in beside} | (becomes or {})


def standing_rows(
    session: Session, sheet: Sheet, by: str, wanted: Collection[Any], columns: Sequence[str], at: int
) -> Iterator[dict[str, Any]]:
    """The rows that stood at a revision, of those that a column names."""
    model, ordered = sheet.model, sorted(wanted)
    picked = [model.id, *(getattr(model, column) for column in columns)]
    for start in range(0, len(ordered), BATCH):
        mine = among(session, getattr(model, by), ordered[start : start + BATCH])
        for found in session.execute(select(*picked).where(mine, seen(model, at))):
            yield dict(zip(("id", *columns), found, strict=True))


def check_kept(session: Session, sheets: Mapping[str, Sheet], rows: Rows, checked: Checked) -> Iterator[Doubt]:
    """Rows that would be wrong with what is kept beside them: a first day after the last day that stands."""
    at = session.execute(select(Ledger.revision)).scalar_one()
    names = Provisional(checked.names)
    wrong = {(doubt.sheet, doubt.number) for doubt in checked.doubts}
    for name, sheet in sheets.items():
        listed = rows.get(name, ())
        skipped = {*checked.repeats.get(name, ()), *(number for of, number in wrong if of == name)}
        for start in range(0, len(listed), PART) if is_judged(sheet) else ():
            part = enumerate(listed[start : start + PART], start)
            partly = {number: row for number, row in part if number not in skipped and any(unsaid_of(row))}
            yield from judged(session, sheet, partly, names, at)


def is_judged(sheet: Sheet) -> bool:
    """Whether something is asked of a sheet's rows as a whole that what is kept could break."""
    schema = sheet.schema()
    return bool(judges(schema)) or (sheet.spans and spans(list(schema.fields)) and "starts_on" not in sheet.natural)


def judged(
    session: Session, sheet: Sheet, rows: Mapping[int, dict[str, Any]], names: Names, at: int
) -> Iterator[Doubt]:
    """What a sheet's schema says of some rows as they would stand."""
    stated = {number: columns_of_row(sheet, row, names) for number, row in rows.items()}
    if not stated:
        return
    columns, behind = tuple(next(iter(stated.values()))), columns_behind(sheet)
    owners = {row[sheet.owner] for row in stated.values()}
    standing = {
        tuple(row[column] for column in sheet.natural): row
        for row in standing_rows(session, sheet, sheet.owner, owners, columns, at)
    }
    become: dict[int, dict[str, Any]] = {}
    for number, row in stated.items():
        old = standing.get(tuple(row[column] for column in sheet.natural))
        if old is not None and (whole := kept(sheet, old, row, behind)) != row:
            become[number] = row_of(sheet, whole, lambda _kind, reference: str(reference))
    numbers = list(become)
    _, wrong = load_rows(sheet, list(become.values())) if become else ([], [])
    for place, path, message in wrong:
        yield Doubt(sheet.name, numbers[place], path, WITH_WHAT_STANDS, f"{message}. Write all of these columns.")
