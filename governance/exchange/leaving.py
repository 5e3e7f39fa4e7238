"""Who has left: people whom an organisation's newer list no longer has, or no longer in a post, and what ends then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.exchange.applying import Ending
from governance.exchange.checking import Checked, Doubt, Provisional, Rows
from governance.exchange.standing import standing_rows
from governance.exchange.unfolding import References, fact_columns
from governance.kernel.recorded import BATCH
from governance.ports.sheet import Names, OnLeaving, Sheet

STILL_HELD = "is held by somebody who is a leaver by this very import"


class Leaver(NamedTuple):
    """A person who no longer belongs to an organisation."""

    person: str
    organisation: str


class Leaving(NamedTuple):
    """The leavers of an import, the facts that end with them, and rows of the import that say otherwise.

    `movers` are listed still, but no longer with all that stands of them there: that ends, and what they hold stays.
    """

    leavers: tuple[Leaver, ...] = ()
    movers: tuple[Leaver, ...] = ()
    endings: tuple[Ending, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def find_leaving(
    session: Session, sheets: Mapping[str, Sheet], rows: Rows, checked: Checked, today: date, at: int
) -> Leaving:
    """Who works for an organisation that the rows name, by what stood at a revision, and is not among its rows.

    Where no row says who belongs to an organisation, nobody has left. What began ends today, what has not is withdrawn.
    """
    says = next((sheet for sheet in sheets.values() if sheet.on_leaving is OnLeaving.SAY_WHO), None)
    if says is None or not rows.get(says.name):
        return Leaving()
    listed = {Leaver(row["person"], row["organisation"]) for row in rows[says.name]}
    numbers = {checked.names.find("organisation", name) for name in {name for _, name in listed}} - {None}
    reference_of = References(session, sheets)
    left: dict[tuple[int, int], Leaver] = {}
    moved: set[Leaver] = set()
    stated = naturals(says, rows[says.name], Provisional(checked.names))
    endings: list[Ending] = []
    for old in named(standing_rows(session, says, "organisation_id", numbers, fact_columns(says), at), reference_of):
        one = Leaver(reference_of("person", old["person_id"]), reference_of("organisation", old["organisation_id"]))
        if outlasts(old, today) and tuple(old[name] for name in says.natural) not in stated:
            if one not in listed:
                left[old["person_id"], old["organisation_id"]] = one
            else:
                moved.add(one)
            endings.append(Ending(says.name, old, ended(old, today)))
    doubts: list[Doubt] = []
    for sheet in sheets.values():
        if left and sheet.on_leaving is OnLeaving.END:
            mine = rows.get(sheet.name, ())
            doubts += still_held(sheet, mine, set(left.values()), today)
            endings += held_endings(session, sheet, mine, checked, left, today, at)
    return Leaving(tuple(sorted(left.values())), tuple(sorted(moved)), tuple(endings), tuple(doubts))


def named(facts: Iterator[dict[str, Any]], reference_of: References) -> Iterator[dict[str, Any]]:
    """The same facts; whose they are is asked for many at once."""
    while part := list(islice(facts, BATCH)):
        reference_of.want("person", {fact["person_id"] for fact in part})
        yield from part


def naturals(sheet: Sheet, rows: Sequence[dict[str, Any]], names: Names) -> set[tuple[Any, ...]]:
    """Which facts some rows are."""
    return {tuple(columns[name] for name in sheet.natural) for columns in (sheet.resolve(row, names) for row in rows)}


def outlasts(fact: Mapping[str, Any], today: date) -> bool:
    """Whether a fact holds beyond today, or has yet to begin."""
    return fact["ends_on"] is None or fact["ends_on"] > today


def ended(fact: Mapping[str, Any], today: date) -> dict[str, Any] | None:
    """A fact that ends today; one that has yet to begin is withdrawn."""
    if fact["starts_on"] is not None and fact["starts_on"] > today:
        return None
    return {name: value for name, value in fact.items() if name != "id"} | {"ends_on": today}


def still_held(sheet: Sheet, rows: Sequence[Mapping[str, Any]], left: set[Leaver], today: date) -> Iterator[Doubt]:
    """Rows of the import by which a leaver goes on holding something in the organisation's name."""
    for number, row in enumerate(rows):
        end = row.get("ends_on")
        if (row["person"], row["organisation"]) in left and (end is None or end > today):
            cure = "End it by today, leave the row out, or keep the person's employment."
            yield Doubt(sheet.name, number, ("person",), STILL_HELD, cure, row["person"])


def held_endings(
    session: Session,
    sheet: Sheet,
    rows: Sequence[dict[str, Any]],
    checked: Checked,
    left: Mapping[tuple[int, int], Leaver],
    today: date,
    at: int,
) -> Iterator[Ending]:
    """What leavers hold in the organisation's name, but for what the import itself states."""
    leavers = set(left.values())
    theirs = [row for row in rows if (row["person"], row["organisation"]) in leavers]
    stated = naturals(sheet, theirs, checked.names)
    for old in standing_rows(session, sheet, "person_id", {person for person, _ in left}, fact_columns(sheet), at):
        is_theirs = (old["person_id"], old["organisation_id"]) in left
        if is_theirs and outlasts(old, today) and tuple(old[name] for name in sheet.natural) not in stated:
            yield Ending(sheet.name, old, ended(old, today))
