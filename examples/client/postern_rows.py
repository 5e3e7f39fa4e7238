"""Turns a plan's condition into a WHERE clause of SQLAlchemy, so that a database gives only rows that may be seen.

Copy this file beside postern_client.py where lists are too long to be read row by row.

    plan = postern.plan("helen.ward", "view", "databook-record", properties={"fields": ["name"]})
    found = session.scalars(select(Pupil).where(where(plan, {"school": Pupil.school, "sources": None})))
    may, shown = postern.permitted_by(plan, "helen.ward", "view", [resource(pupil) for pupil in found])
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import ColumnElement, String, and_, false, func, not_, or_, true

Column = Any


class PlanLike(Protocol):
    """A plan as postern_client.py reads it."""

    @property
    def kind(self) -> str:
        """always, never or conditional."""

    @property
    def condition(self) -> Mapping[str, Any] | None:
        """Of a conditional plan: which rows pass."""


class NotUnderstood(ValueError):
    """A condition that this file does not know, and which part of it: show no row."""


def where(plan: PlanLike, columns: Mapping[str, Column | None]) -> ColumnElement[bool]:
    """The rows that a plan lets through.

    `columns`: property → the column that holds it, one value a row; None for a property that no row says anything of.
    Raises `NotUnderstood` at what is not known here, and at a property that `columns` does not place: show no row.
    Pass the rows that come back through `Postern.permitted_by`: it leaves out what no question may say, tells which
    fields may leave, and asks about each row where the plan wants that (`plan.confirm`).
    """
    if plan.kind == "always":
        return true()
    if plan.kind == "conditional" and plan.condition is not None:
        return clause(plan.condition, columns)
    return false()


def clause(condition: Any, columns: Mapping[str, Column | None]) -> ColumnElement[bool]:
    """One condition as a clause. It is never NULL: what is unknown is false."""
    match condition:
        case {"all": list(parts)}:
            return and_(true(), *(clause(part, columns) for part in parts))
        case {"any": list(parts)}:
            return or_(false(), *(clause(part, columns) for part in parts))
        case {"property": str(name), "is": str(test), **more}:
            if name not in columns:
                raise NotUnderstood(f"Its condition looks at “{name}”: say which column holds it, or None.")
            return _tested(columns[name], test, more.get("values"), more.get("value"))
    raise NotUnderstood("A part of its condition is of no known form.")


def _tested(column: Column | None, test: str, values: Any, end: Any) -> ColumnElement[bool]:
    sound = test in ALONE or (test in OF_VALUES and isinstance(values, list)) or (test in OF_END and _number(end))
    if not sound:
        raise NotUnderstood(f"Its condition asks whether something is “{test}”, which is not known here.")
    if column is None:
        return true() if test == "unknown" else false()
    if test == "unknown":
        return and_(column.is_(None))
    asked = ALONE[test](column) if test in ALONE else (OF_VALUES | OF_END)[test](column, values or end)
    return and_(column.is_not(None), asked)


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _says_something(column: Column) -> ColumnElement[bool]:
    """A text with a visible sign; anything else says something once it is there."""
    return and_(func.ltrim(column, INVISIBLE) != "") if isinstance(column.type, String) else true()


BLANKS = "\u115f\u1160\u2800\u3164\uffa0\U00013441\U00013442\U0001d159"  # letters and symbols that look like nothing
INVISIBLE = BLANKS + "".join(
    sign
    for sign in map(chr, range(1, 0x110000))
    if unicodedata.category(sign) in ("Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Mc", "Me")
)
ALONE: dict[str, Callable[[Column], ColumnElement[bool]]] = {
    "known": lambda _: true(),
    "unknown": lambda column: column.is_(None),
    "stated": _says_something,
    "blank": lambda column: not_(_says_something(column)),
}
OF_VALUES: dict[str, Callable[[Column, Any], ColumnElement[bool]]] = {
    "in": lambda column, values: column.in_(values or []),
    "not_in": lambda column, values: column.not_in(values or []),
    "within": lambda column, values: column.in_(values or []),
    "beyond": lambda column, values: column.not_in(values or []),
}
OF_END: dict[str, Callable[[Column, Any], ColumnElement[bool]]] = {
    "at_least": lambda column, end: column >= end,
    "at_most": lambda column, end: column <= end,
}
