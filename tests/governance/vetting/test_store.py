"""Checks, training, conflicts and suspensions as they stood at a revision."""

from datetime import date

import pytest
from sqlalchemy import select

from governance.exchange.erasing import erase_fact
from governance.kernel.errors import Answer
from governance.kernel.keys import FactKey
from governance.vetting.models import Check, Conflict
from governance.vetting.rules import (
    BarredList,
    Level,
    Outcome,
    Relation,
    StatusResult,
    UpdateService,
    Workforce,
    record_hash,
)
from tests.facts import NOON, OFFICER, SETTINGS, SHEETS, Book

CHECK = {"person": "ann", "level": "enhanced", "issued": date(2025, 1, 2)}


def test_a_check_and_what_stands_in_where_nothing_is_said(book: Book) -> None:
    book.apply(checks=[CHECK])
    (check,) = book.facts(FactKey("checks", book.number("person", "ann")))
    assert check[1:] == (
        Level.ENHANCED, Workforce.CHILD, date(2025, 1, 2), Outcome.CLEAR, BarredList.NOT_CHECKED, None,
    )  # fmt: skip


STATUS = {"subscribed": True, "consented_on": date(2025, 1, 9), "status_on": date(2026, 1, 12), "status": "current"}


def test_a_status_check_takes_the_place_of_the_one_before(book: Book) -> None:
    book.apply(checks=[{**CHECK, **STATUS}])
    key, before = FactKey("checks", book.number("person", "ann")), book.revision
    assert book.apply(checks=[{**CHECK, **STATUS}]).changed == 0
    book.apply(checks=[{**CHECK, **STATUS, "status_on": date(2026, 2, 12), "status": "no_longer_current"}])
    then, now = date(2025, 1, 9), date(2026, 2, 12)
    assert [check.update for check in book.facts(key)] == [
        UpdateService(True, then, now, StatusResult.NO_LONGER_CURRENT)
    ]
    assert [check.update for check in book.facts(key, before)] == [
        UpdateService(True, then, date(2026, 1, 12), StatusResult.CURRENT)
    ]


def test_consent_before_any_status_check(book: Book) -> None:
    book.apply(checks=[{**CHECK, "subscribed": True, "consented_on": date(2025, 1, 9)}])
    (check,) = book.facts(FactKey("checks", book.number("person", "ann")))
    assert check.update == UpdateService(True, date(2025, 1, 9), None, None)


def test_erasing_a_check_blanks_its_status_too(book: Book) -> None:
    book.apply(checks=[{**CHECK, **STATUS}])
    key = FactKey("checks", book.number("person", "ann"))
    row = book.facts(key)[0].row
    book.apply(checks=[{**CHECK, **STATUS, "outcome": "not_clear"}])
    with book.databases.change("officer", NOON) as session:
        erase_fact(session, SHEETS["checks"], row, "kept long enough", actor=OFFICER)
    with book.databases.reading() as session:
        found = session.execute(select(Check.status, Check.level, Check.outcome).where(Check.id == row)).all()
    assert found == [(None, "", "")]


FORBIDDING = {
    "checks": {**CHECK, "outcome": "not_clear", "barred_list": "barred"},
    "conflicts": {"person": "ann", "system": "lcs", "type": "child-record", "id": "1", "relation": "self"},
    "suspensions": {"person": "ann", "why": "misuse", "from": date(2026, 1, 5)},
    "grants": {
        "person": "ann", "system": "lcs", "role": "locked-out", "organisation": "council", "from": date(2026, 1, 5)
    },
}  # fmt: skip


@pytest.mark.parametrize("sheet", FORBIDDING)
def test_what_forbids_is_not_erased_while_it_stands(book: Book, sheet: str) -> None:
    book.apply(**{sheet: [FORBIDDING[sheet]]})
    model, revision = SHEETS[sheet].model, book.revision
    refused = pytest.raises(Answer, match="still stands and may forbid access: end it first")
    with refused, book.databases.change("officer", NOON) as session:
        erase_fact(session, SHEETS[sheet], session.scalars(select(model.id)).one(), "gone", actor=OFFICER)
    assert book.revision == revision


def test_a_corrected_check_leaves_the_old_one_readable(book: Book) -> None:
    book.apply(checks=[CHECK])
    key, before = FactKey("checks", book.number("person", "ann")), book.revision
    book.apply(checks=[{**CHECK, "outcome": "not_clear"}])
    assert [check.outcome for check in book.facts(key)] == [Outcome.NOT_CLEAR]
    assert [check.outcome for check in book.facts(key, before)] == [Outcome.CLEAR]


def test_training(book: Book) -> None:
    book.apply(
        training=[{"person": "ann", "course": "safeguarding", "completed": "2025-01-02", "expires": "2026-01-01"}]
    )
    (done,) = book.facts(FactKey("training", book.number("person", "ann")))
    assert (done.course, done.completed_on, done.ends_at.date()) == ("safeguarding", date(2025, 1, 2), date(2026, 1, 2))


def test_a_conflict_is_kept_by_its_hash_alone(book: Book) -> None:
    row = {"person": "ann", "system": "lcs", "type": "child-record", "id": "LCS-1", "relation": "close_relation"}
    book.apply(conflicts=[row])
    assert book.apply(conflicts=[row]).changed == 0
    (conflict,) = book.facts(FactKey("conflicts", book.number("person", "ann")))
    mark, current = SETTINGS.record_keys.keys[0]
    assert conflict[1:] == (mark, record_hash(current, "lcs", "child-record", "LCS-1"), Relation.CLOSE_RELATION)
    assert not {"system", "type", "resource_id"} & set(Conflict.__table__.columns.keys())


def test_a_suspension_until_it_is_lifted(book: Book) -> None:
    key = FactKey("suspension", book.number("person", "ann"))
    assert book.facts(key) is None
    book.apply(suspensions=[{"person": "ann", "why": "misuse", "from": "2026-03-01"}])
    found = book.facts(key)
    assert (found.why, found.starts_on) == ("misuse", date(2026, 3, 1))
