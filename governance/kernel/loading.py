"""Reads recorded facts as they stood at a revision: many keys in few statements, small values shared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Integer, Select, bindparam
from sqlalchemy.orm import InstrumentedAttribute, Session

from governance.kernel.clock import day_end, day_start
from governance.kernel.errors import Erased
from governance.kernel.keys import FactKey
from governance.kernel.recorded import BATCH, Recorded, seen

Fact = TypeVar("Fact")
REHEARSAL = "rehearsal"


def rehearsing(session: Session) -> None:
    """Have this session's questions asked even where nobody is wanted, so that every statement is made once."""
    session.info[REHEARSAL] = (0,)


def rows_at(
    session: Session,
    question: Select[*tuple[Any, ...]],
    model: type[Recorded],
    by: ColumnElement[Any] | InstrumentedAttribute[Any],
    wanted: Collection[Any],
    at: int,
    **more: Any,
) -> Iterator[tuple[Any, ...]]:
    """The rows of a question that stood at a revision, oldest first; its last column is the model's `erased_by`.

    `more` are values of the question's own parameters.
    Raise `Erased` where a row's values were erased since: an answer that would need them is not guessed.
    """
    values = list(wanted) or session.info.get(REHEARSAL, ())
    statement: Select[Any] = stood(question, cast("Any", model), by)
    connection = session.connection()  # in the session's own snapshot, without what it does for objects
    for start in range(0, len(values), BATCH):
        for row in connection.execute(
            statement, {**more, "wanted": values[start : start + BATCH], "at": at}
        ).fetchall():
            if row[-1] is not None:
                raise Erased(f"a fact of {model.__name__} was erased by law")
            yield row


@lru_cache(maxsize=256)
def stood(question: Select[Any], model: Any, by: Any) -> Select[Any]:
    """A question for the rows of some owners that stood at a revision, made once."""
    at = bindparam("at", type_=Integer())
    return question.where(by.in_(bindparam("wanted", expanding=True)), seen(model, at)).order_by(model.id)


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
