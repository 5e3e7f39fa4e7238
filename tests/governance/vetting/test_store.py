"""Checks, training, conflicts and suspensions as they stood at a revision."""

from datetime import date

from governance.kernel.keys import FactKey
from governance.vetting.models import Conflict
from governance.vetting.rules import BarredList, Level, Outcome, Relation, Workforce, record_hash
from tests.facts import SETTINGS, Book

CHECK = {"person": "ann", "level": "enhanced", "issued": date(2025, 1, 2)}


def test_a_check_and_what_stands_in_where_nothing_is_said(book: Book) -> None:
    book.apply(checks=[CHECK])
    (check,) = book.facts(FactKey("checks", book.number("person", "ann")))
    assert check[1:] == (
        Level.ENHANCED, Workforce.CHILD, date(2025, 1, 2), Outcome.CLEAR, BarredList.NOT_CHECKED,
    )  # fmt: skip


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
    current = dict(SETTINGS.record_keys.keys)["new"]
    assert conflict[1:] == ("new", record_hash(current, "lcs", "child-record", "LCS-1"), Relation.CLOSE_RELATION)
    assert not {"system", "type", "resource_id"} & set(Conflict.__table__.columns.keys())


def test_a_suspension_until_it_is_lifted(book: Book) -> None:
    key = FactKey("suspension", book.number("person", "ann"))
    assert book.facts(key) is None
    book.apply(suspensions=[{"person": "ann", "why": "misuse", "from": "2026-03-01"}])
    found = book.facts(key)
    assert (found.why, found.starts_on) == ("misuse", date(2026, 3, 1))
