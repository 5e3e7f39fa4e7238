"""Reads recorded facts as they stood at a revision: many keys in few statements, small values shared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from governance.kernel.clock import day_end, day_start
from governance.kernel.errors import Erased
from governance.kernel.keys import FactKey
from governance.kernel.recorded import BATCH, Recorded, seen

Fact = TypeVar("Fact")


def rows_at(
    session: Session,
    question: Select[*tuple[Any, ...]],
    model: type[Recorded],
    by: ColumnElement[Any] | InstrumentedAttribute[Any],
    wanted: Collection[Any],
    at: int,
) -> Iterator[tuple[Any, ...]]:
    """The rows of a question that stood at a revision, oldest first; its last column is the model's `erased_by`.

    Raise `Erased` where a row's values were erased since: an answer that would need them is not guessed.
    """
    values = list(wanted)
    for start in range(0, len(values), BATCH):
        part = question.where(by.in_(values[start : start + BATCH]), seen(model, at)).order_by(model.id)
        for row in session.execute(part):
            if row[-1] is not None:
                raise Erased(f"a fact of {model.__name__} was erased by law")
            yield row


def grouped(keys: Collection[FactKey], facts: Iterable[tuple[int, Fact]]) -> dict[FactKey, tuple[Fact, ...]]:
    """Facts gathered under the number of their key; a key without any has the shared empty tuple."""
    found: dict[int, list[Fact]] = {}
    for number, fact in facts:
        found.setdefault(number, []).append(fact)
    return {key: tuple(found.get(key.number, ())) for key in keys}


def end_of(day: date | None) -> datetime | None:
    """The first moment after a day, shared by all facts that end on it; an open end is None."""
    return None if day is None else day_end(day)


def start_of(day: date | None) -> datetime | None:
    """The first moment of a day, shared by all facts that start on it; an open start is None."""
    return None if day is None else day_start(day)


@lru_cache(maxsize=8192)
def shared(day: date | None) -> date | None:
    """The one copy of a day that all facts keep."""
    return day
