"""The line of every table, key and list item of a TOML text that is known to parse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Path_ = tuple[str | int, ...]
KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
PIECE = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{},]|[^\s"\'#\[\]{},]+')


class Lines(dict[Path_, int]):
    """The lines of a text, found when somebody first asks: most texts have no fault."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def get(self, path: Path_, default: Any = None) -> Any:
        """The line of a path, where it has one."""
        if self._text:
            text, self._text = self._text, ""
            self.update(find_lines(text))
        return super().get(path, default)


def find_lines(text: str) -> dict[Path_, int]:
    """The line of each table, key and list item of a text that is known to parse."""
    walk = Walk()
    for number, line in enumerate(text.splitlines(), 1):
        walk.line(line, number)
    return walk.lines


@dataclass(slots=True)
class Bracket:
    """An open list or inline table: where it stands, and the item or key in it that is being read."""

    path: Path_
    is_list: bool
    here: Path_ = ()
    items: int = 0
    waits: bool = True

    def starts(self, text: str) -> Path_:
        """The path of the item or key that begins here."""
        self.here = (*self.path, self.items) if self.is_list else self.path + read_keys(text)
        self.items += 1
        self.waits = False
        return self.here


@dataclass(slots=True)
class Walk:
    """One way through a text, line by line: the table it is in, what is open, and the lines found so far."""

    lines: dict[Path_, int] = field(default_factory=dict)
    counts: dict[Path_, int] = field(default_factory=dict)
    table: Path_ = ()
    here: Path_ = ()
    open: list[Bracket] = field(default_factory=list)
    quote: str = ""

    def line(self, line: str, number: int) -> None:
        """Take one line."""
        if not self.open and not self.quote:
            stripped = line.strip()
            if stripped.startswith("["):
                self.table = enter(stripped, self.counts)
                self.lines.setdefault(self.table, number)
                self.lines.setdefault(tuple(part for part in self.table if not isinstance(part, int)), number)
                return
            keys = read_keys(line)
            self.here = self.table + keys
            for length in range(1, len(keys) + 1):
                self.lines.setdefault(self.table + keys[:length], number)
        self.pieces(line, number)

    def pieces(self, line: str, number: int) -> None:
        """Take what stands on a line, piece by piece."""
        at = 0
        while at < len(line):
            if self.quote:
                end = line.find(self.quote, at)
                if end < 0:
                    return
                at, self.quote = end + 3, ""
                continue
            found = PIECE.search(line, at)
            if found is None or found[0].startswith("#"):
                return
            at = found.end()
            inner = self.open[-1] if self.open else None
            if inner is not None and inner.waits and found[0] not in "]},":
                self.lines.setdefault(inner.starts(line[found.start() :]), number)
            self.piece(found[0], inner)

    def piece(self, piece: str, inner: Bracket | None) -> None:
        """Take one piece: it may open or close something, or end an item."""
        if piece in ('"""', "'''"):
            self.quote = piece
        elif piece in "[{":
            self.open.append(Bracket(self.here if inner is None else inner.here, piece == "["))
        elif inner is not None and piece in "]}":
            self.open.pop()
        elif inner is not None and piece == ",":
            inner.waits = True


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
    """The dotted keys that a text starts with."""
    keys: list[str] = []
    at = 0
    while found := KEY.match(text, at):
        keys.append(next(part for part in found.groups() if part is not None))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(keys)
