"""Long lists in pages: by number where all is counted, by the last key where it is not. Links keep the filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

Item = TypeVar("Item")
SIZE = 25
AROUND = 1
GAP = 0


@dataclass(frozen=True)
class Paged(Generic[Item]):
    """One page of a list: its items, its number of how many pages, how many items there are in all."""

    items: Sequence[Item]
    number: int
    pages: int
    total: int
    next_after: str = ""

    @property
    def previous(self) -> str:
        """The address of the page before; nothing on the first."""
        return address(page=self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """The address of the page after; nothing on the last."""
        if self.next_after:
            return address(after=self.next_after)
        return address(page=self.number + 1) if self.number < self.pages else ""

    @property
    def first(self) -> str:
        """The address of the first page, where pages have no numbers and this is not it."""
        return address() if self.number == GAP and request.args.get("after") else ""

    @property
    def numbers(self) -> list[int]:
        """The pages to link to: the first, the last, those around this one; 0 where some are left out."""
        near = range(self.number - AROUND, self.number + AROUND + 1)
        kept = [one for one in range(1, self.pages + 1) if one in (1, self.pages) or one in near]
        gaps = [[one] if one - before == 1 else [GAP, one] for before, one in zip([0, *kept], kept, strict=False)]
        return [one for pair in gaps for one in pair]

    def at(self, number: int) -> str:
        """The address of a page by its number."""
        return address(page=number)


def page_number() -> int:
    """The number of the page that is asked for; the first where it is not told, or nonsense."""
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) else 1


def paged(total: int, fetch: Callable[[int, int], Sequence[Item]], size: int = SIZE) -> Paged[Item]:
    """The page that is asked for, of a list whose length is known. `fetch` takes (offset, limit)."""
    pages = max(1, -(-total // size))
    number = min(page_number(), pages)
    return Paged(fetch((number - 1) * size, size), number, pages, total)


def after_key() -> str:
    """The key after which the page that is asked for starts; nothing for the first."""
    return request.args.get("after", "")[:200]


def keyset(fetched: Sequence[Item], key: Callable[[Item], str], size: int = SIZE) -> Paged[Item]:
    """The page that is asked for, of a list that is not counted: fetch one item more than a page has."""
    items = fetched[:size]
    return Paged(items, GAP, GAP, GAP, key(items[-1]) if len(fetched) > size else "")


def address(**changes: object) -> str:
    """This page's address with other values; the filters stay."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("page", "after")]
    query = urlencode([*kept, *((name, str(value)) for name, value in changes.items())])
    return f"{request.script_root}{request.path}{'?' if query else ''}{query}"
