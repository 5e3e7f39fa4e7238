"""Rows of a sheet in little room: one tuple each, made into a row when it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

ABSENT: Any = object()


class CompactRows(Sequence[dict[str, Any]]):
    """A sheet's rows in the order of their file, each with its line; about a third of what dictionaries take.

    References, which many rows share, are kept once (`shared` is the pool of all sheets of one import).
    """

    def __init__(self, fields: Sequence[str], references: Sequence[str], shared: dict[str, str]) -> None:
        self._fields = tuple(fields)
        self._references = {field for field in references if field in self._fields}
        self._shared = shared
        self._rows: list[tuple[Any, ...]] = []
        self.lines = array("L")

    def add(self, row: Mapping[str, Any], line: int) -> None:
        """Keep a row that the schema has read."""
        get, pool = row.get, self._shared
        self._rows.append(
            tuple(
                pool.setdefault(value, value) if field in self._references and isinstance(value, str) else value
                for field, value in ((field, get(field, ABSENT)) for field in self._fields)
            )
        )
        self.lines.append(line)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(at, slice):
            return [self._row(values) for values in self._rows[at]]
        return self._row(self._rows[at])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._row, self._rows)

    def _row(self, values: tuple[Any, ...]) -> dict[str, Any]:
        return {field: value for field, value in zip(self._fields, values, strict=True) if value is not ABSENT}
