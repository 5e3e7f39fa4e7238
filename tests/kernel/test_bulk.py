"""Many rows at once are what an ordinary insert makes of them, on both databases; an error tells nothing of them."""

import traceback
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from governance.kernel.bulk import FEW, among, insert_rows
from governance.kernel.db import Databases
from governance.kernel.recorded import Change, change_of
from governance.people.models import Organisation, Person, PersonDetails
from tests.kernel.changes import NOON

ODD = ["plain", "tab\tand\nline", "back\\slash \\N", "Zoë 'Zed' \"x\" ✓", "", "%s %(name)s ?", "{}"]
SECRET = "Xq7-Hidden-Case-Note"
PERSON: Any = PersonDetails.__table__


def rows_of(number: int, change: int) -> list[dict[str, Any]]:
    """So many rows of people, with everything that a column may hold."""
    return [
        {
            "person_id": 1, "reference": f"p-{place}", "name": ODD[place % len(ODD)], "manager_id": None,
            "attributes": {"a": [ODD[place % len(ODD)]], "n": place, "b": True} if place % 3 else None,
            "starts_on": date(2026, 1, 1 + place % 28) if place % 2 else None, "ends_on": None,
            "recorded_by": change, "salt": bytes([place % 256]) * 16, "digest": b"\x00\\x" + bytes(29),
        }
        for place in range(number)
    ]  # fmt: skip


def test_many_rows_are_what_few_are(databases: Databases) -> None:
    with databases.change("test", NOON) as session:
        session.execute(insert(Person), [{"reference": "p"}])
        rows = rows_of(FEW * 3, change_of(session).id)
        insert_rows(session, PERSON, rows)
        for row in rows:
            session.execute(insert(PERSON), [row])
        kept = [column for column in PERSON.c if column.name != "id"]
        found = [tuple(row) for row in session.execute(select(*kept).order_by(PERSON.c.id))]
    assert len(found) == FEW * 6
    assert found[: FEW * 3] == found[FEW * 3 :]


def test_nothing_is_nothing(databases: Databases) -> None:
    with databases.change("test", NOON) as session:
        insert_rows(session, PERSON, [])
        assert session.scalars(select(PersonDetails.id)).all() == []


def test_rows_of_different_columns_are_refused(databases: Databases) -> None:
    def insert_them() -> None:
        with databases.change("test", NOON) as session:
            table: Any = Organisation.__table__
            insert_rows(session, table, [{"reference": str(n)} for n in range(FEW)] + [{"reference": "x", "id": 9999}])

    with pytest.raises(ValueError, match="same columns"):
        insert_them()


def test_an_error_tells_nothing_of_the_rows(databases: Databases) -> None:
    def insert_them() -> None:
        with databases.change("test", NOON) as session:
            rows = rows_of(FEW, change_of(session).id)
            insert_rows(session, PERSON, [*rows, {**rows[0], "name": None, "reference": SECRET}])

    with pytest.raises(DBAPIError) as wrong:
        insert_them()
    assert SECRET not in "".join(traceback.format_exception(wrong.value))
    with databases.reading() as session:
        assert session.scalars(select(Change.id)).all() == []


def test_what_breaks_off_leaves_the_transaction_as_it_was(databases: Databases) -> None:
    """A row that a constraint refuses takes the whole part with it, as an ordinary insert would."""

    def insert_them() -> None:
        with databases.change("test", NOON) as session:
            insert_rows(session, PERSON, [*rows_of(FEW, 999_999)])

    with pytest.raises(DBAPIError):
        insert_them()
    with databases.reading() as session:
        assert session.scalars(select(PersonDetails.id)).all() == []


def test_many_values_are_planned_for_what_they_are(databases: Databases) -> None:
    """On PostgreSQL a plan kept from an empty table would compare each of 100,000 rows with each of 1,000 values."""
    with databases.change("test", NOON) as session:
        session.execute(insert(Person), [{"reference": reference} for reference in "abc"])
        wanted = session.scalars(select(Person.reference).where(among(session, Person.reference, ["a", "c", "z"])))
        assert sorted(wanted) == ["a", "c"]
        if databases.facts.dialect.name == "postgresql":
            assert session.execute(text("SHOW plan_cache_mode")).scalar_one() == "force_custom_plan"
    if databases.facts.dialect.name == "postgresql":
        with databases.reading() as session:
            assert session.execute(text("SHOW plan_cache_mode")).scalar_one() == "auto"
