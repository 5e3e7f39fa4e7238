"""Reads strict I-JSON (RFC 7493): no duplicate keys, NaN or lone surrogates; bounded depth."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

import orjson

from governance.kernel.errors import BadInput, Fault

DEPTH = 32
MOST_PARTS = 50_000  # ten times what a thousand questions need; a worker is not kept from others for a second
BODY = "body"


def read_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds; raise `BadInput` with what is wrong.

    A quick reader comes first: what it read counts where writing it again gives the very same bytes. Nothing can have
    been dropped or changed then, no name comes twice, no number was rounded. All else is read by the strict one.
    """
    parts = body.count(b"{") + body.count(b"[")
    if parts <= MOST_PARTS:
        try:
            found = orjson.loads(body)
            if type(found) is dict and orjson.dumps(found) == body and (parts <= DEPTH or depth(found, parts) <= DEPTH):
                return found
        except (orjson.JSONDecodeError, TypeError):
            pass
    return read_strictly(body)


def read_strictly(body: bytes) -> dict[str, Any]:
    """The same, by a reader that sees every name and number as it is written, and can say what is wrong."""
    try:
        text = body.decode("utf-8")
        parts = text.count("{") + text.count("[")
        if parts > MOST_PARTS:
            raise bad(f"holds more than {MOST_PARTS} lists and objects", "Send it in several requests.")
        value = DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        raise bad("is not UTF-8 text") from None
    except UnicodeEncodeError:
        raise bad("holds a lone surrogate", "Write characters beyond U+FFFF as a pair, or in UTF-8.") from None
    except RecursionError:
        raise bad(f"is nested deeper than {DEPTH} levels") from None
    except ValueError as wrong:
        raise bad(f"is not JSON: {wrong}") from None
    if not isinstance(value, dict):
        raise bad("is not a JSON object")
    if parts > DEPTH and depth(value, parts) > DEPTH:
        raise bad(f"is nested deeper than {DEPTH} levels")
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Members as a dictionary; a name that comes twice is refused."""
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"the name {twice[:80]!r} comes twice in one object")
    return members


def refuse_constant(constant: str) -> NoReturn:
    """NaN and the infinities are no JSON."""
    raise ValueError(f"{constant} is not a JSON number")


DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=refuse_constant)


def depth(value: Any, parts: int) -> int:
    """How deeply a value is nested that has so many lists and objects at most; stops counting beyond the limit."""
    level, nodes, left = 0, [value], parts
    while nodes and level <= DEPTH:
        level += 1
        left -= len(nodes)
        if left <= 0:  # these are the last: what they hold need not be looked through
            break
        nodes = [
            child
            for node in nodes
            for child in (node.values() if type(node) is dict else node if type(node) is list else ())
            if type(child) is dict or type(child) is list
        ]
    return level


def bad(problem: str, cure: str = "") -> BadInput:
    """A fault of the body as a whole."""
    return BadInput([Fault(BODY, problem, cure, pointer="")])
