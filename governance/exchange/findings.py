"""What an import finds wrong or worth knowing: each finding with its place, and a report of all of them.

What a cell holds stands in the report that the officer asked for and nowhere else: not in a finding's text, not in its
`repr`, so that neither a log nor a traceback can show it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from governance.kernel.escaping import escaped
from governance.kernel.formulas import defused
from governance.kernel.private_files import opened_privately


class Severity(StrEnum):
    """What becomes of an import that has such a finding: refused, or done."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which file, line and column, what is wrong, what to write instead, and (for the report) the value.

    A line of a CSV file is the physical one on which the record starts; of a workbook it is the row. `letter` is the
    column's letter in a workbook. 0 and "" stand where a place does not go so far.
    """

    file: str
    problem: str
    cure: str = ""
    line: int = 0
    column: str = ""
    letter: str = ""
    value: str = field(default="", repr=False)
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        column = f"{self.letter} ({self.column})" if self.letter and self.column else self.letter or self.column
        where = f", column {column}" if column else ""
        kind = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        return escaped(f"{place}{where}: {kind}{self.problem}.{f' {self.cure}' if self.cure else ''}")


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings file by file, line by line."""
    return sorted(findings, key=lambda one: (one.file, one.line))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those for which an import is refused."""
    return [one for one in findings if one.severity is Severity.ERROR]


HEADER = ("severity", "file", "line", "column", "letter", "problem", "write instead", "value")


def write_report(file: Path, findings: Iterable[Finding]) -> None:
    """Write a report as CSV that only its owner may read: it shows what cells hold, and nothing in it is a formula."""
    with os.fdopen(opened_privately(file), "w", encoding="utf-8-sig", errors="backslashreplace", newline="") as handle:
        for line in report_lines(findings):
            handle.write(line)


def report_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """The lines of a report."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(HEADER)
    yield taken(written)
    for one in findings:
        cells = (one.severity, one.file, str(one.line or ""), one.column, one.letter, one.problem, one.cure, one.value)
        writer.writerow([defused(cell) for cell in cells])
        yield taken(written)


def taken(written: io.StringIO) -> str:
    """What was written so far, and an empty page."""
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text
