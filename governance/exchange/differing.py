"""What an import would change, to be read: fact by fact, old beside new; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.exchange.applying import Ending
from governance.exchange.checking import Checked, Provisional, Rows
from governance.exchange.columns import Column
from governance.exchange.standing import PART, compare, resolved
from governance.exchange.unfolding import References, cells_of, columns_for, natural_headers, row_of
from governance.kernel.escaping import escaped
from governance.ports.sheet import Sheet

OPENED, CHANGED, WITHDRAWN, SAME = "+", "~", "-", "="


class Difference(NamedTuple):
    """One fact that would be opened (+), changed (~) or withdrawn (-): which one, and what it says."""

    sheet: str
    sign: str
    fact: str
    says: str

    def __str__(self) -> str:
        return escaped(f"{self.sign} {self.fact}{f': {self.says}' if self.says else ''}")


class Differing:
    """Compares an import's rows with what stood at a revision."""

    def __init__(self, session: Session, sheets: Mapping[str, Sheet], checked: Checked, at: int) -> None:
        self._session, self._sheets, self._checked, self._at = session, sheets, checked, at
        self._provisional = Provisional(checked.names)
        self._references = References(session, sheets)
        self.totals: dict[str, Counter[str]] = {}

    def differences(self, rows: Rows, endings: Sequence[Ending]) -> Iterator[Difference]:
        """Every difference, sheet by sheet; `totals` has the counts of a sheet once its differences were given."""
        for name, sheet in self._sheets.items():
            total = Counter[str]()
            found = rows.get(name, ())
            for start in range(0, len(found), PART):
                numbers = range(start, min(start + PART, len(found)))
                part = resolved(sheet, found, numbers, self._provisional, self._checked.repeats)
                self._know_fresh()
                compared = compare(self._session, sheet, part, self._at)
                total[SAME] += compared.same
                pairs = [*((None, new) for new in compared.new), *compared.changed]
                yield from self._counted(sheet, pairs, total)
            mine = [(ending.old, ending.new) for ending in endings if ending.sheet == name]
            yield from self._counted(sheet, mine, total)
            if found or mine:
                self.totals[name] = total

    def _counted(self, sheet: Sheet, pairs: Sequence[tuple[Any, Any]], total: Counter[str]) -> Iterator[Difference]:
        for old, new in pairs:
            found = self._difference(sheet, old, new)
            total[found.sign] += 1
            yield found

    def _know_fresh(self) -> None:
        for (kind, reference), number in self._provisional.given.items():
            self._references.add(kind, number, reference)

    def _difference(self, sheet: Sheet, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Difference:
        before = {} if old is None else row_of(sheet, old, self._references)
        after = {} if new is None else row_of(sheet, new, self._references)
        columns = columns_for(sheet, [before, after])
        was, becomes = (dict(zip(columns, cells_of(row, columns), strict=True)) for row in (before, after))
        names = natural_headers(sheet)
        shown = was if new is None else becomes
        fact = ", ".join(cell for column, cell in shown.items() if column.header in names and cell)
        others = [column for column in columns if column.header not in names]
        if old is not None and new is not None:
            return Difference(sheet.name, CHANGED, fact, "; ".join(changes(others, was, becomes)))
        says = "; ".join(f"{column.header}: {shown[column]}" for column in others if shown[column])
        return Difference(sheet.name, OPENED if old is None else WITHDRAWN, fact, says)


def changes(columns: Sequence[Column], was: Mapping[Column, str], becomes: Mapping[Column, str]) -> Iterator[str]:
    """The cells that differ, old before new."""
    for column in columns:
        if was[column] != becomes[column]:
            yield f"{column.header}: {was[column] or '(empty)'} → {becomes[column] or '(empty)'}"
