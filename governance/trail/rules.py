"""The shapes of the trail: a leaf that is hashed and chained, and an erasable body that the leaf commits to. Pure.

A leaf is canonical JSON (keys sorted, no spaces, ASCII); its hash is SHA-256(0x00 ‖ leaf), as RFC 6962 hashes leaves.
The body holds who, which record, purpose and evidence; the leaf holds SHA-256(salt ‖ body), one salt a record.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from typing import Any, NamedTuple

import orjson

from governance.kernel.ids import random_bytes

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


def decision_id(chain: str, seq: int) -> str:
    """A decision's number, as answers carry it and people read it out."""
    return f"{chain}-{seq}"
