"""What was measured: rows of figures under a slash-separated name, such as `inproc/postern/1000`."""

import statistics
from collections.abc import Iterable
from typing import Any

from benchmarks.children import Row

SUMMED = frozenset({"wrong", "untold", "failed"})


class Results(dict[str, Row]):
    """Every row of a run."""

    def figure(self, row: str, name: str) -> float | None:
        """One figure, or None where the row could not be measured."""
        value = self.get(row, {}).get(name)
        return float(value) if isinstance(value, int | float) else None

    def faults(self) -> int:
        """Wrong answers, denials without a reason and failed requests, over all rows."""
        return sum(int(row.get(name, 0)) for row in self.values() for name in SUMMED)

    def note(self, row: str) -> str:
        """Why a row has no figures."""
        return str(self.get(row, {}).get("note", "not measured"))


def merged(rounds: Iterable[Row]) -> Row:
    """One row from several rounds: medians, but faults are added up; a round that failed says so for all."""
    rows = list(rounds)
    failed = next((row for row in rows if "note" in row), None)
    if failed is not None or not rows:
        return failed or {"note": "not measured"}
    return {name: _merge(name, [row[name] for row in rows]) for name in rows[0]}


def _merge(name: str, values: list[Any]) -> float:
    return float(sum(values) if name in SUMMED else statistics.median(values))
