"""The shapes of the trail: a leaf that is hashed and chained, and an erasable body that the leaf commits to. Pure.

A leaf is canonical JSON (keys sorted, no spaces, ASCII); its hash is SHA-256(0x00 ‖ leaf), as RFC 6962 hashes leaves.
The body holds who, which record, purpose and evidence; the leaf holds SHA-256(salt ‖ body), one salt a record.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import orjson

from governance.kernel.ids import ALPHABET, random_bytes

NO_LEAF = ""
SALT_BYTES = 16
URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Record(NamedTuple):
    """A decision on its way to the trail: what the leaf will say, and its body under its salt.

    A search or a plan is one too (`kind`): its decision says whether anything was found, or may be.
    """

    at: str
    system: str
    decision: bool
    codes: tuple[str, ...]
    rules: tuple[str, ...]
    facts: int
    policy: int
    salt: bytes
    body: bytes
    kind: str = "decision"


def text_hash(value: bytes) -> str:
    """A SHA-256 hash as leaves write it: base64url without padding."""
    return b2a_base64(value, newline=False).translate(URL_SAFE)[:43].decode("ascii")


def leaf_hash(leaf: bytes) -> str:
    """The hash by which the next leaf, and later a tree, names this one."""
    return text_hash(hashlib.sha256(b"\x00" + leaf).digest())


def commitment(salt: bytes, body: bytes) -> str:
    """What a leaf says of its body."""
    return text_hash(hashlib.sha256(salt + body).digest())


def new_salt() -> bytes:
    """Sixteen random bytes: one salt a record."""
    return random_bytes(SALT_BYTES)


def new_salts(records: int) -> list[bytes]:
    """The salts of so many records."""
    drawn = random_bytes(SALT_BYTES * records)
    return [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]


def encode_body(values: dict[str, Any]) -> bytes:
    """A body's bytes; moments must already be text."""
    return orjson.dumps(values)


def genesis_leaf(chain: str, number: int, at: str) -> bytes:
    """The first leaf of a chain: its name, and its number among all chains, so that a missing chain shows."""
    return orjson.dumps(
        {"at": at, "chain": chain, "kind": "genesis", "number": number, "prev": NO_LEAF, "seq": 0, "v": 1}
    )


def decision_leaf(chain: str, seq: int, prev: str, record: Record) -> bytes:
    """The leaf of a decision."""
    return orjson.dumps(
        {
            "at": record.at,
            "chain": chain,
            "codes": record.codes,
            "commit": commitment(record.salt, record.body),
            "decision": record.decision,
            "facts": record.facts,
            "kind": record.kind,
            "policy": record.policy,
            "prev": prev,
            "rules": record.rules,
            "seq": seq,
            "system": record.system,
        }
    )


def entry_leaf(seq: int, prev: str, at: str, action: str, revision: int, commit: str) -> bytes:
    """The leaf of an administrative entry; the facts database holds their one chain."""
    return orjson.dumps(
        {"action": action, "at": at, "commit": commit, "kind": "entry", "prev": prev, "revision": revision, "seq": seq}
    )


NUMBER = re.compile(f"([{ALPHABET}]{{8}})-(0|[1-9][0-9]{{0,14}})")


def read_number(text: str) -> tuple[str, int] | None:
    """The chain and the place that a number names; None where it has another form."""
    found = NUMBER.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def read_span(text: str) -> tuple[str, range] | None:
    """The chain and the places that a batch's number names, first..last; None where it has another form."""
    first, last = (read_number(end) for end in (text.partition("..")[0], text.partition("..")[2]))
    if first is None or last is None or first[0] != last[0]:
        return None
    return first[0], range(first[1], last[1] + 1)


def decision_id(chain: str, seq: int) -> str:
    """A decision's number, as answers carry it and people read it out."""
    return f"{chain}-{seq}"


class Numbers(Sequence[str]):
    """The numbers of decisions that stand in a row in one chain; each is spelt out when it is asked for."""

    def __init__(self, chain: str, places: range) -> None:
        self._chain = chain
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Numbers: ...
    def __getitem__(self, at: int | slice) -> str | Numbers:
        if isinstance(at, slice):
            return Numbers(self._chain, self._places[at])
        return decision_id(self._chain, self._places[at])
