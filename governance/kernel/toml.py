"""TOML with the line of every value, so that an error can say where it stands."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.kernel.errors import BadInput, Fault
from governance.kernel.toml_lines import Lines, Path_

PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
NAMED = re.compile(r"\(('[^()]*)\)")
STRAIGHT = 'Use straight quotes: "…".'
TWICE = "The name stands twice. Keep one of them; each table of a list has double brackets, such as [[cases]]."
ONE_LINE = "One row stands on one line, with commas between its fields and none before the closing brace."
LOWER = "Write true or false, in lower case."
A_DAY = "Write a day such as 2025-01-10."
DAY_LIKE = re.compile(
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])(?:\d{1,2}|[A-Za-z]{3,9})\2\d{4}|\d{1,2}/\d{1,2}/\d{2}"
)
OPEN = "Close the text with the quote that opens it, on the same line."
CURES = {
    "Invalid value": 'Put text in straight quotes: name = "…". Numbers, days, true and false stand without.',
    "Invalid date or datetime": "Write a day of the calendar, such as 2026-03-31, or a moment: 2026-03-31T12:00:00Z.",
    "Cannot overwrite a value": TWICE,
    "Duplicate inline table key": TWICE,
    "Cannot declare": TWICE,
    "Unterminated string": OPEN,
    "Illegal character '\\n'": OPEN,
    "Unescaped": "Put text with a backslash in single quotes.",
    "Unclosed array": "Put a comma between the items of the list, and ] at its end.",
    "Unclosed inline table": ONE_LINE,
    "Expected '='": "Write name = value.",
    "Expected ']": "Close it as it was opened: [table] or [[table]].",
    "Expected newline": 'Write one value a line, text in straight quotes: name = "…".',
    "Invalid statement": "Begin the line with a name, with [ or with #.",
}
"""What to do about what the parser says, by how it begins."""

DEPTH = 32


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file's values, and the line on which each table, key and list item stands."""

    name: str
    values: dict[str, Any]
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int | None:
        """The line of a value, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return None

    def fault(self, path: Path_, problem: str, cure: str = "") -> Fault:
        """A fault at a path: `[roles.clerk] level: …`, with file and line."""
        shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        return Fault(self.name, f"{shown}: {problem}" if shown else problem, cure, line=self.line(path))


def read_toml(text: str, name: str) -> Document:
    """Parse TOML text; raise `BadInput` with the line where it cannot be read."""
    return Document(name, parse_toml(text, name), Lines(text))


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The values of TOML text alone, for whoever needs no lines; raise `BadInput` as `read_toml` does."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise BadInput([syntax_fault(str(wrong), text, name)]) from None
    except RecursionError:
        values = None
    except ValueError:
        raise BadInput([Fault(name, "has a number of thousands of digits", "Write it as text, in quotes.")]) from None
    if values is None or is_deep(values):
        raise BadInput([Fault(name, f"has lists and tables nested deeper than {DEPTH} levels", "Nest them less.")])
    return values


def is_deep(values: dict[str, Any]) -> bool:
    """Whether values are nested deeper than anything that is meant to be read here."""
    level: list[Any] = [values]
    for _ in range(DEPTH):
        within = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
        level = [item for item in within if isinstance(item, (dict, list))]
    return bool(level)


def syntax_fault(said: str, text: str, name: str) -> Fault:
    """What the parser says of a text, with the line and what to do."""
    problem = NAMED.sub(lambda names: ".".join(re.findall(r"'([^']*)'", names[1])), PLACE.sub("", said))
    cure = next((cure for begins, cure in CURES.items() if problem.startswith(begins)), "")
    found = PLACE.search(said)
    if found is None or found[1] is None:  # at its end
        return Fault(name, problem, cure, line=max(len(text.rstrip().splitlines()), 1))
    number, column = int(found[1]), int(found[2])
    written = text.split("\n")[number - 1]
    day = next((day[0] for day in DAY_LIKE.finditer(written) if day.start() + 1 < column <= day.end()), "")
    if day and problem.startswith(("Expected newline", "Unclosed")):  # the parser took its beginning for a number
        return Fault(name, f"{day} is not a day as it is written here", A_DAY, line=number)
    return Fault(name, problem, cure_at(written[column - 1 :], problem) or cure, line=number)


def cure_at(rest: str, problem: str) -> str:
    """What to do about what stands where the parser stopped; empty where nothing is to be said of just this."""
    sign = rest[:1]
    if sign and not sign.isascii() and "QUOTATION MARK" in unicodedata.name(sign, ""):
        return STRAIGHT
    if re.match(r"(true|false)\b", rest, re.IGNORECASE):
        return LOWER
    return ONE_LINE if problem.startswith("Invalid initial character") and sign in ("", "\r", "}", "#") else ""


def read_toml_file(path: Path) -> Document:
    """Read a TOML file in UTF-8 (with or without a byte order mark)."""
    try:
        return read_toml(path.read_text("utf-8-sig"), str(path))
    except OSError as wrong:
        raise BadInput([Fault(str(path), f"cannot be read: {wrong.strerror}")]) from None
    except UnicodeDecodeError:
        raise BadInput([Fault(str(path), "is not UTF-8 text", "Save it as UTF-8.")]) from None
