"""What cells say: text, numbers, yes or no, lists; and what is written comes back as it was."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.exchange.cells import READERS, WRITERS, BadCell, Kind, kind_of, read_text, trimmed
from governance.kernel.formulas import defused


@pytest.mark.parametrize(("kind", "cell", "value"), [
    (Kind.TEXT, 123, "123"), (Kind.TEXT, 123.0, "123"), (Kind.TEXT, 1.5, "1.5"), (Kind.TEXT, "007", "007"),
    (Kind.TEXT, "'=x", "=x"), (Kind.TEXT, "'t Hooft", "'t Hooft"), (Kind.TEXT, "''-1", "'-1"),
    (Kind.NUMBER, 3, 3), (Kind.NUMBER, 3.0, 3), (Kind.NUMBER, "3", 3), (Kind.NUMBER, "-3", -3),
    (Kind.NUMBER, "'-3", -3),
    (Kind.YES_NO, "yes", True), (Kind.YES_NO, "Y", True), (Kind.YES_NO, "TRUE", True), (Kind.YES_NO, True, True),
    (Kind.YES_NO, "No", False), (Kind.YES_NO, "n", False), (Kind.YES_NO, "false", False), (Kind.YES_NO, False, False),
    (Kind.LIST, "care; health", ["care", "health"]), (Kind.LIST, "care;", ["care"]), (Kind.LIST, 5, ["5"]),
    (Kind.LIST, '["a;b", "c"]', ["a;b", "c"]), (Kind.JSON, '{"a": [1, true]}', {"a": [1, True]}),
    (Kind.DAY, "31/03/2026", date(2026, 3, 31)),
])  # fmt: skip
def test_a_cell_is_read(kind: Kind, cell: object, value: object) -> None:
    found = READERS[kind](cell)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("kind", "cell", "why"), [
    (Kind.TEXT, True, "TRUE or FALSE"), (Kind.TEXT, date(2026, 3, 1), "date"), (Kind.TEXT, time(9), "date or a time"),
    (Kind.TEXT, "#REF!", "error"), (Kind.TEXT, "#N/A", "error"), (Kind.NUMBER, "3.5", "whole"),
    (Kind.NUMBER, 3.5, "whole"), (Kind.NUMBER, "three", "whole"), (Kind.NUMBER, True, "whole"),
    (Kind.NUMBER, "1,000", "whole"), (Kind.NUMBER, "9" * 30, "whole"), (Kind.YES_NO, "ja", "neither"),
    (Kind.YES_NO, 1, "neither"), (Kind.YES_NO, "1", "neither"), (Kind.DAY, "31/03/26", "two digits"),
    (Kind.LIST, "[1, 2]", "list"), (Kind.LIST, "[oops", "JSON"), (Kind.JSON, "{", "JSON"),
])  # fmt: skip
def test_a_bad_cell_says_why_and_what_to_write(kind: Kind, cell: object, why: str) -> None:
    with pytest.raises(BadCell, match=why) as wrong:
        READERS[kind](cell)
    assert wrong.value.cure
    assert str(cell) not in wrong.value.problem + wrong.value.cure or cell is True


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-5", "@home", "\tx", "\rx", "'=x", "''=x"])
def test_what_a_spreadsheet_would_run_is_defused_and_comes_back(text: str) -> None:
    assert defused(text) == f"'{text}"
    assert read_text(defused(text)) == text


@pytest.mark.parametrize("text", ["plain", "a=b", "'t Hooft", "5", "1-2"])
def test_other_text_is_left_alone(text: str) -> None:
    assert defused(text) == text
    assert read_text(text) == text


plain_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)
tables = st.one_of(
    plain_text, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans(), st.lists(plain_text, max_size=4),
)  # fmt: skip


@given(tables)
def test_every_value_of_a_table_comes_back_as_it_was(value: object) -> None:
    """Through its kind's cell, trimmed as every cell is."""
    kind = kind_of(value)
    found = READERS[kind](trimmed(WRITERS[kind](value)))
    assert (found, type(found)) == (value, type(value))


def test_every_kind_reads_and_writes() -> None:
    assert set(READERS) == set(WRITERS) == set(Kind)
