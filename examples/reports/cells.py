"""Hides cells that are so small that they would tell of a person, and enough others that they cannot be worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Cell = int | None
"""A count, or None where it is hidden."""


def hide_small(counts: Mapping[str, Sequence[int]], smallest: int) -> dict[str, list[Cell]]:
    """The table with every cell below `smallest` hidden, and beside it others until no line gives one away.

    Hide in the whole table first and choose rows afterwards: two selections that overlap then tell nothing more.
    """
    rows = [list(row) for row in counts.values()]
    hidden = {(i, j) for i, row in enumerate(rows) for j, count in enumerate(row) if count < smallest}
    while more := next(_given_away(rows, hidden, smallest), None):
        hidden.add(more)
    shown: list[list[Cell]] = [
        [None if (i, j) in hidden else count for j, count in enumerate(row)] for i, row in enumerate(rows)
    ]
    return dict(zip(counts, shown, strict=True))


def _given_away(rows: list[list[int]], hidden: set[tuple[int, int]], smallest: int) -> Iterator[tuple[int, int]]:
    """Cells to hide too: the smallest one left of each line whose hidden cells could be worked out from its total."""
    width = len(rows[0]) if rows else 0
    lines = [[(i, j) for j in range(width)] for i in range(len(rows))]
    lines += [[(i, j) for i in range(len(rows))] for j in range(width)]
    for line in lines:
        dark = [place for place in line if place in hidden]
        light = [place for place in line if place not in hidden]
        alone = len(dark) == 1 or (dark and sum(rows[i][j] for i, j in dark) < smallest)
        if alone and light:
            yield min(light, key=lambda place: (not _crossed(place, hidden), rows[place[0]][place[1]], place))


def _crossed(place: tuple[int, int], hidden: set[tuple[int, int]]) -> bool:
    """Whether both lines of a cell hold hidden ones already, so that hiding it leaves none of them alone."""
    return any(i == place[0] for i, _ in hidden) and any(j == place[1] for _, j in hidden)


def total(cells: Sequence[Cell]) -> Cell:
    """The sum of a line; hidden where any of it is."""
    return None if None in cells else sum(cell for cell in cells if cell is not None)
