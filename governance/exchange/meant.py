"""What references that lead nowhere were perhaps meant to be, at a cost that does not grow with what is known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.checking import Doubt, Rows
from governance.exchange.names import identities, introduced, known_by
from governance.kernel.errors import nearest
from governance.ports.sheet import Sheet

MOST = 50
"""Of so many different references it is asked."""
NEIGHBOURS = 100
"""So many are looked at on either side, in the order of the alphabet, of those that begin alike and that end alike."""


def with_nearest(
    session: Session | None, sheets: Mapping[str, Sheet], rows: Rows, doubts: Iterable[Doubt]
) -> Iterator[Doubt]:
    """The same doubts; of references that lead nowhere, those that come near one that leads somewhere say which."""
    known = cache(lambda kind: Known(references(session, sheets, rows, kind)))
    found: dict[tuple[str, str], str] = {}
    for doubt in doubts:
        asked = doubt.kind, str(doubt.value)
        if doubt.kind and asked not in found and len(found) < MOST:
            found[asked] = known(doubt.kind).nearest(asked[1])
        near = found.get(asked)
        yield doubt._replace(cure=near) if near else doubt


class Known:
    """References, ordered by how they begin and by how they end."""

    def __init__(self, references: set[str]) -> None:
        self._forwards = sorted(references)
        self._backwards = sorted(reference[::-1] for reference in references)

    def nearest(self, wrong: str) -> str:
        """The reference that was perhaps meant, as a question; blank where none comes near."""
        alike = {*around(wrong, self._forwards), *around(wrong.lower(), self._forwards)}
        alike.update(reference[::-1] for reference in around(wrong.lower()[::-1], self._backwards))
        return nearest(wrong, alike)


def around(text: str, ordered: list[str]) -> list[str]:
    """The neighbours of a text in an ordered list."""
    at = bisect_left(ordered, text)
    return ordered[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS]


def references(session: Session | None, sheets: Mapping[str, Sheet], rows: Rows, kind: str) -> set[str]:
    """All references of a kind: those that the rows bring, and those that stand."""
    found = set(introduced(sheets, rows).get(kind, ()))
    identity = identities(sheets).get(kind)
    if session is not None and identity is not None:
        found.update(session.scalars(select(identity.reference).where(known_by(session, sheets, kind))))
    return found
