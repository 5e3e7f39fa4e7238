"""Many rows at once, as the driver does it best: written by COPY on PostgreSQL, by one prepared statement on SQLite.

What is written is what an ordinary insert writes, types and constraints included; it only takes less time. An error
tells nothing of the rows: PostgreSQL would quote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Dialect, Table, any_, func, insert, literal, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert as insert_there
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

FEW = 50
PLANS_ANEW = "plans anew"

Convert = Callable[[Any], Any] | None


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, in the session's transaction; their ids are not told."""
    if len(rows) < FEW:
        if rows:
            session.execute(insert(table), list(rows))
        return
    connection = session.connection()
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        copy_rows(
            connection.connection.driver_connection, table, names, converted(table, names, rows, connection.dialect)
        )
    else:
        text, order = statement(table, names, connection.dialect)
        connection.exec_driver_sql(text, list(converted(table, order, rows, connection.dialect)))


def insert_missing(session: Session, table: Table, name: str, values: Sequence[Any]) -> None:
    """Insert a row for each value of a unique column, but for those that somebody else puts in meanwhile.

    On PostgreSQL this waits for them; on SQLite nobody else writes before this transaction has ended.
    """
    if session.get_bind().dialect.name == "postgresql":
        rows = select(func.unnest(literal(list(values), ARRAY(table.c[name].type))))
        session.execute(insert_there(table).from_select([name], rows).on_conflict_do_nothing())
    else:
        insert_rows(session, table, [{name: value} for value in values])


def among(session: Session, column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a column has one of many values: one parameter on PostgreSQL, whose driver reads each."""
    if session.get_bind().dialect.name == "postgresql":
        plan_anew(session)
        found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
        return found
    chosen: ColumnElement[bool] = column.in_(values)
    return chosen


def plan_anew(session: Session) -> None:
    """Have PostgreSQL plan each statement of this transaction for the values that it is given.

    A plan that is kept was made when the table was all but empty, and compares every row with every value.
    """
    if not session.info.get(PLANS_ANEW):
        session.info[PLANS_ANEW] = True
        session.execute(sql("SET LOCAL plan_cache_mode = force_custom_plan"))


def converted(
    table: Table, names: Sequence[str], rows: Iterable[Mapping[str, Any]], dialect: Dialect
) -> Iterator[tuple[Any, ...]]:
    """Rows as tuples of what the driver takes."""
    converts = converters(table, tuple(names), dialect)
    pairs = list(zip(names, converts, strict=True))
    for row in rows:
        if len(row) != len(pairs):
            raise ValueError("rows that are inserted together name the same columns")
        yield tuple([row[name] if convert is None else convert(row[name]) for name, convert in pairs])


@lru_cache(maxsize=256)
def converters(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[Convert, ...]:
    """How each column's values become what the driver takes; None where they are that already."""
    return tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)


@lru_cache(maxsize=256)
def statement(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """The statement that inserts one row, and the order of its parameters."""
    compiled: Any = insert(table).inline().compile(dialect=dialect, column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup)


def copy_rows(driver: Any, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Copy rows into a table; raise `DBAPIError` that names the table and the error's kind alone."""
    columns = ", ".join(f'"{name}"' for name in names)
    place = f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'
    text = f"COPY {place} ({columns}) FROM STDIN"
    wrong = ""
    try:
        with driver.cursor() as cursor, cursor.copy(text) as copying:
            for row in rows:
                copying.write_row(row)
    except driver.Error as error:
        wrong = f"{type(error).__name__} {error.sqlstate or ''}".strip()
    if wrong:
        raise DBAPIError(text, None, RuntimeError(wrong), hide_parameters=True)
