"""Rows of a sheet in little room: one tuple each, made into a row when it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, overload

from governance.exchange.reading import shifted
from governance.exchange.unsaid import ALL_SAID, Said, Unsaid

ABSENT: Any = object()


class CompactRows(Sequence[dict[str, Any]]):
    """A sheet's rows in the order of their file, each with its line; about a third of what dictionaries take.

    References, which many rows share, are kept once (`shared` is the pool of all sheets of one import).
    """

    def __init__(self, fields: Sequence[str], references: Sequence[str], shared: dict[str, str]) -> None:
        self._fields = tuple(fields)
        self._references = [self._fields.index(field) for field in references if field in self._fields]
        self._shared = shared
        self._rows: list[tuple[Any, ...]] = []
        self._unsaid: list[Unsaid] = []
        self.lines = array("L")

    def add(self, row: Mapping[str, Any], line: int, unsaid: Unsaid = ALL_SAID) -> None:
        """Keep a row that the schema has read."""
        self.add_values([row.get(field, ABSENT) for field in self._fields], line, unsaid)

    def add_values(self, values: list[Any], line: int, unsaid: Unsaid = ALL_SAID) -> None:
        """Keep a row's values, in the order of the fields."""
        for place in self._references:
            value = values[place]
            if type(value) is str:
                values[place] = self._shared.setdefault(value, value)
        self._rows.append(tuple(values))
        self._unsaid.append(unsaid)
        self.lines.append(line)

    def move(self, by: timedelta) -> None:
        """Move every day in every row."""
        self._rows = [tuple(shifted(value, by) for value in values) for values in self._rows]

    def values(self, field: str) -> Iterator[Any]:
        """One field of every row; ABSENT where a row has none."""
        place = self._fields.index(field)
        return (values[place] for values in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(at, slice):
            return list(map(self._row, self._rows[at], self._unsaid[at]))
        return self._row(self._rows[at], self._unsaid[at])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._row, self._rows, self._unsaid)

    def _row(self, values: tuple[Any, ...], unsaid: Unsaid) -> dict[str, Any]:
        row = {field: value for field, value in zip(self._fields, values, strict=True) if value is not ABSENT}
        return row if unsaid is ALL_SAID else Said(row, unsaid)


def values_of(rows: Sequence[Mapping[str, Any]], field: str) -> Iterator[Any]:
    """One field of every row, None or ABSENT where a row has none, without making the rows."""
    if isinstance(rows, CompactRows):
        return rows.values(field)
    return (row.get(field) for row in rows)
