"""TOML with the line of every value, so that an error can say where it stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.kernel.errors import BadInput, Fault

Path_ = tuple[str | int, ...]
KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
SYNTAX = re.compile(r"\(at line (\d+), column \d+\)")
PIECE = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]')


class Lines(dict[Path_, int]):
    """The line of each table and key of a text, found when somebody first asks: most have no fault."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def get(self, path: Path_, default: Any = None) -> Any:
        """The line of a path, where it has one."""
        if self._text:
            text, self._text = self._text, ""
            self.update(find_lines(text))
        return super().get(path, default)


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file's values, and the line on which each table and key stands."""

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
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = SYNTAX.search(str(wrong))
        problem = SYNTAX.sub("", str(wrong)).strip()
        raise BadInput([Fault(name, problem, line=int(found[1]) if found else None)]) from None


def read_toml_file(path: Path) -> Document:
    """Read a TOML file in UTF-8 (with or without a byte order mark)."""
    try:
        return read_toml(path.read_text("utf-8-sig"), str(path))
    except OSError as wrong:
        raise BadInput([Fault(str(path), f"cannot be read: {wrong.strerror}")]) from None
    except UnicodeDecodeError:
        raise BadInput([Fault(str(path), "is not UTF-8 text", "Save it as UTF-8.")]) from None


def find_lines(text: str) -> dict[Path_, int]:
    """The line of each table and key of a text that is known to parse."""
    lines: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not depth and not quote:
            stripped = line.strip()
            if stripped.startswith("["):
                table = enter(stripped, counts)
                lines.setdefault(table, number)
                lines.setdefault(tuple(part for part in table if not isinstance(part, int)), number)
                continue
            keys = read_keys(line)
            for length in range(1, len(keys) + 1):
                lines.setdefault(table + keys[:length], number)
        depth, quote = balance(line, depth, quote)
    return lines


def enter(header: str, counts: dict[Path_, int]) -> Path_:
    """The path that a `[table]` or `[[array]]` header opens, arrays by index."""
    is_array = header.startswith("[[")
    keys = read_keys(header.lstrip("[ "))
    path: Path_ = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if is_array and position == len(keys) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def read_keys(text: str) -> tuple[str, ...]:
    """The dotted keys that a line starts with."""
    keys: list[str] = []
    at = 0
    while found := KEY.match(text, at):
        keys.append(next(part for part in found.groups() if part is not None))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(keys)


def balance(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets stay open after a line, and which multi-line quote."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote
            at, quote = end + 3, ""
            continue
        found = PIECE.search(line, at)
        if found is None:
            break
        at, piece = found.end(), found[0]
        if piece in ('"""', "'''"):
            quote = piece
        elif piece in "[{":
            depth += 1
        elif piece in "]}":
            depth -= 1
    return depth, quote
