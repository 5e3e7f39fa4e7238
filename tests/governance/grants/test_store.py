"""Grants as they stood at a revision."""

from datetime import UTC, date, datetime

import pytest

from governance.grants.models import Grant
from governance.grants.rules import Approval
from governance.kernel.errors import Erased
from governance.kernel.keys import FactKey
from governance.kernel.recorded import close, erase_row
from tests.facts import NOON, Book

GRANT = {
    "person": "ann",
    "system": "lcs",
    "role": "practitioner",
    "organisation": "school-a",
    "from": date(2026, 1, 1),
    "to": "2026-06-30",
    "approvals": [{"by": "mo", "capacity": "line_manager", "organisation": "school-a", "on": "2025-12-20"}],
    "scope": {"workspace": "early-help"},
}


def test_a_grant_with_its_approvals(book: Book) -> None:
    book.apply(grants=[GRANT])
    (grant,) = book.facts(FactKey("grants", book.number("person", "ann")))
    assert grant[1:] == (
        "lcs",
        "practitioner",
        book.number("organisation", "school-a"),
        date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 6, 30, 23, tzinfo=UTC),
        (Approval("mo", "line_manager", "school-a", date(2025, 12, 20)),),
        {"workspace": "early-help"},
    )


def test_a_withdrawn_grant_is_gone_and_still_replayed(book: Book) -> None:
    book.apply(grants=[GRANT])
    key, before = FactKey("grants", book.number("person", "ann")), book.revision
    (grant,) = book.facts(key)
    with book.databases.change("test", NOON) as session:
        close(session, Grant, [grant.row], [key])
    assert book.facts(key) == ()
    assert book.facts(key, before) == (grant,)


def test_an_erased_grant_is_never_guessed(book: Book) -> None:
    book.apply(grants=[GRANT])
    key, before = FactKey("grants", book.number("person", "ann")), book.revision
    (grant,) = book.facts(key)
    with book.databases.change("test", NOON) as session:
        close(session, Grant, [grant.row], [key])
        erase_row(session, Grant, grant.row, ("approvals", "scope"))
    assert book.facts(key) == ()
    with pytest.raises(Erased):
        book.facts(key, before)


def test_a_renewed_grant_stands_beside_the_old(book: Book) -> None:
    book.apply(grants=[GRANT])
    book.apply(grants=[{**GRANT, "from": "2026-07-01", "to": "2026-12-31"}])
    book.apply(grants=[{**GRANT, "to": "2026-05-31"}])
    grants = book.facts(FactKey("grants", book.number("person", "ann")))
    assert sorted(grant.ends_at.date() for grant in grants) == [date(2026, 5, 31), date(2027, 1, 1)]
