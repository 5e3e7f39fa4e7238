"""Small cells stay hidden, however the boroughs are chosen, and a sheet runs nothing."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest

from examples.reports.cells import Cell, hide_small, total
from examples.reports.counts import BOROUGHS, REPORTS, young_people
from examples.reports.sheets import as_csv


def given_away(counts: Mapping[str, Sequence[int]], shown: Mapping[str, Sequence[Cell]]) -> list[object]:
    """Hidden cells that a line's other cells and its true total would give, alone or as too small a sum."""
    lines = [list(zip(counts[name], shown[name], strict=True)) for name in counts]
    lines += [list(column) for column in zip(*lines, strict=True)]
    hidden = [[count for count, cell in line if cell is None] for line in lines]
    full = [len(line) for line in lines]
    return [dark for dark, width in zip(hidden, full, strict=True)
            if 0 < len(dark) < width and (len(dark) == 1 or sum(dark) < 5)]  # fmt: skip


@pytest.mark.parametrize(("counts", "shown"), [
    ({"a": [9, 8, 7], "b": [6, 5, 9]}, {"a": [9, 8, 7], "b": [6, 5, 9]}),
    ({"a": [9, 8, 4], "b": [6, 5, 9]}, {"a": [9, None, None], "b": [6, None, None]}),
    ({"a": [9, 1, 1], "b": [6, 50, 9]}, {"a": [None, None, None], "b": [None, None, None]}),
    ({"a": [0, 9]}, {"a": [None, None]}),
    ({}, {}),
])  # fmt: skip
def test_small_cells_take_others_with_them(counts: dict[str, list[int]], shown: dict[str, list[Cell]]) -> None:
    assert hide_small(counts, 5) == shown


@pytest.mark.parametrize("report", REPORTS.values(), ids=lambda report: report.id)
def test_nothing_small_is_shown_or_can_be_worked_out(report: object) -> None:
    counts = report.counts(young_people())  # type: ignore[attr-defined]
    shown = hide_small(counts, 5)
    assert min(cell for row in shown.values() for cell in row if cell is not None) >= 5
    assert given_away(counts, shown) == []
    for some in combinations(BOROUGHS, 3):
        for column in zip(*(shown[borough] for borough in some), strict=True):
            assert (total(column) is None) is (None in column)


def test_the_demonstration_hides_something() -> None:
    assert any(
        None in row for report in REPORTS.values() for row in hide_small(report.counts(young_people()), 5).values()
    )


def test_a_cell_that_would_be_a_formula_is_harmless() -> None:
    rows = [['=HYPERLINK("x")', 5], ["+1", -3], ["@SUM(A1)", 0], ["-x", 1], ["\tx", 1], ["Hackney, E8", 7]]
    assert as_csv(["=Borough", "Count"], rows).decode("utf-8-sig").splitlines() == [
        "'=Borough,Count", '"\'=HYPERLINK(""x"")",5', "'+1,-3", "'@SUM(A1),0", "'-x,1", "'\tx,1", '"Hackney, E8",7',
    ]  # fmt: skip
