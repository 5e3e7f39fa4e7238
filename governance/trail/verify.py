"""Verifies the trail from its stored bytes alone; it needs nothing of the service, and never re-serialises.

It names the first damaged, missing or cut place of each chain, and every one after it that can still be told.
What only an outside witness could find (a whole suffix cut together with its head, the newest chains removed
whole, everything rewritten with new hashes) is said in docs/trail.md.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

Row = tuple[Any, Mapping[str, object], Any, Any, Any, bool]


URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Damage(NamedTuple):
    """One place that is not as it was written."""

    place: str
    what: str


class Tally(NamedTuple):
    """What was verified."""

    chains: int = 0
    records: int = 0
    erased: int = 0


def as_text(digest: bytes) -> str:
    """A digest as leaves write it: base64url without padding."""
    return b2a_base64(digest, newline=False).translate(URL_SAFE)[:43].decode("ascii")


def hashed(leaf: bytes) -> str:
    """The hash by which the next leaf names this one: SHA-256(0x00 ‖ leaf), base64url."""
    return as_text(hashlib.sha256(b"\x00" + leaf).digest())


def committed(salt: bytes, body: bytes) -> str:
    """What a leaf must say of this body."""
    return as_text(hashlib.sha256(salt + body).digest())


def parsed(text: bytes) -> dict[str, Any] | None:
    """What a leaf or a body says, or None where it cannot be read."""
    try:
        said = orjson.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def of_kind(seq: object, leaf: object, salt: object, body: object) -> bool:
    """Whether a row holds numbers and bytes where they belong; SQLite keeps whatever it is given."""
    return type(seq) is int and type(leaf) is bytes and all(one is None or type(one) is bytes for one in (salt, body))


class Verifier:
    """Reads chains row by row and gathers every damage.

    `erased` tells, each time anew, whose bodies an entry says were erased; `stands` whether a body still stands now.
    """

    def __init__(
        self, erased: Callable[[], frozenset[str]] = frozenset, stands: Callable[[str], bool] = lambda _place: True
    ) -> None:
        self.damages: list[Damage] = []
        self.tally = Tally()
        self._look = erased
        self._erased = erased()
        self._stands = stands

    def chain(
        self, name: str, rows: Iterable[Row], *, first: int, head: tuple[Any, Any], genesis: Mapping[str, object]
    ) -> None:
        """Verify one chain: `rows` in order (seq, its query columns, leaf, salt, body, whether a body row stands)."""
        expected, prev, records = first, "", 0
        for seq, columns, leaf, salt, body, has_body in rows:
            place = f"{name}-{seq}"
            if not of_kind(seq, leaf, salt, body):
                self.damages.append(Damage(place, "holds a value of another kind"))
                continue
            if seq != expected:
                self._missing(name, expected, seq)
            self._leaf(place, leaf, columns, prev if seq == expected else None, name, seq)
            if seq == 0:
                self._columns(place, parsed(leaf) or {}, genesis)
            if seq or first:
                self._body(place, leaf, salt, body, has_body)
            elif has_body:
                self.stray([f"{place}: a body"])
            prev, expected, records = hashed(leaf), seq + 1, records + 1
        self._head(name, head, (expected - 1, prev), records)
        self.tally = self.tally._replace(chains=self.tally.chains + 1, records=self.tally.records + records)

    def _head(self, name: str, head: tuple[Any, Any], last: tuple[int, str], records: int) -> None:
        expected = last[0] + 1
        if type(head[0]) is int and last[0] < head[0]:
            self._missing(name, expected, head[0] + 1, cut=True)
        elif last != head and (records or head[0]):
            self.damages.append(
                Damage(f"{name}-{max(last[0], 0)}", "the last record is not the one that the chain's head names")
            )

    def _missing(self, name: str, start: int, end: int, *, cut: bool = False) -> None:
        span = f"{name}-{start}" if end - start == 1 else f"{name}-{start} to {name}-{end - 1}"
        self.damages.append(Damage(f"{name}-{start}", f"{span} missing" + (": the tail was cut" if cut else "")))

    def _leaf(
        self, place: str, leaf: bytes, columns: Mapping[str, object], prev: str | None, name: str, seq: int
    ) -> None:
        said = parsed(leaf)
        if said is None:
            self.damages.append(Damage(place, "the leaf cannot be read"))
            return
        if prev is not None and said.get("prev") != prev:
            before = f"{name}-{seq - 1}"
            self.damages.append(
                Damage(
                    before if seq else place, f"{before} is not what {place} was chained to: one of them was altered"
                )
            )
        self._columns(place, said, columns)
        if said.get("seq") != seq:
            self.damages.append(Damage(place, "differs from its leaf: seq"))

    def _columns(self, place: str, said: Mapping[str, object], columns: Mapping[str, object]) -> None:
        if columns.items() <= said.items():
            return
        wrong = [key for key, value in columns.items() if said.get(key) != value]
        if wrong:
            self.damages.append(Damage(place, f"differs from its leaf: {', '.join(sorted(wrong))}"))

    def _body(self, place: str, leaf: bytes, salt: bytes | None, body: bytes | None, has_body: bool) -> None:
        if not has_body:
            self.damages.append(Damage(place, "its body is missing"))
        elif body is None or salt is None:
            if body is salt and self._is_told(place):
                self.tally = self.tally._replace(erased=self.tally.erased + 1)
            else:
                self.damages.append(Damage(place, "its body was blanked, and no entry tells of it"))
        elif b'"commit":"' + committed(salt, body).encode() + b'"' not in leaf:
            self.damages.append(Damage(place, "its body is not the one that the leaf commits to"))
        elif place in self._erased and self._stands(place):
            self.damages.append(Damage(place, "its body stands, and an entry says that it was erased: erase it again"))

    def _is_told(self, place: str) -> bool:
        """Whether an entry tells of an erasure; it comes before the erasure, so whoever accuses looks again first."""
        if place not in self._erased:
            self._erased = self._look()
        return place in self._erased

    def numbers(self, numbers: Iterable[int]) -> None:
        """Chains are numbered from 1 without a gap: a gap is a chain removed whole."""
        for expected, number in enumerate(sorted(numbers), 1):
            if number != expected:
                self.damages.append(Damage(f"chain {expected}", "missing as a whole"))
                return

    def stray(self, places: Iterable[str]) -> None:
        """What stands without what it belongs to."""
        self.damages.extend(Damage(place, "stands without the record or chain that it belongs to") for place in places)
