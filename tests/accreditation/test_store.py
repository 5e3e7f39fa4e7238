"""Checklist answers as they stood at a revision."""

import pytest

from governance.exchange.reading import load_rows
from governance.kernel.keys import FactKey
from tests.facts import SHEETS, Book

ANSWER = {"organisation": "school-a", "checklist": "pwis", "criterion": 1, "met": True}


def test_a_criterion_is_answered_and_then_signed(book: Book) -> None:
    key = FactKey("accreditation", book.number("organisation", "school-a"))
    assert book.facts(key) == ()
    book.apply(checklist_answers=[ANSWER])
    before = book.revision
    book.apply(checklist_answers=[{**ANSWER, "signed_by": "mo", "signed_on": "2026-01-05", "valid_to": "2026-12-31"}])
    (answer,) = book.facts(key)
    assert (answer.checklist, answer.criterion, answer.met, answer.signed) == ("pwis", 1, True, True)
    assert answer.signed_by == "mo"
    assert answer.ends_at.isoformat() == "2027-01-01T00:00:00+00:00"
    assert [item.signed for item in book.facts(key, before)] == [False]


@pytest.mark.parametrize(("changes", "field"), [
    ({"signed_by": "mo"}, "signed_on"),
    ({"signed_on": "2026-01-05"}, "signed_by"),
    ({"met": "yes"}, "met"),
    ({"criterion": "1"}, "criterion"),
    ({"criterion": 0}, "criterion"),
    ({"valid_to": "31.12.2026"}, "valid_to"),
    ({"organisation": " school-a"}, "organisation"),
    ({"remark": "fine"}, "remark"),
])  # fmt: skip
def test_mistyped_answers_are_refused(changes, field) -> None:
    _, wrong = load_rows(SHEETS["checklist_answers"], [{**ANSWER, **changes}])
    assert [path for _, path, _ in wrong] == [(field,)]
