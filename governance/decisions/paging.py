"""Pages of a search: how many results, after which one; the token is opaque, signed, and bound to its search."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from governance.decisions.questions import bad
from governance.kernel.settings import RecordKeys

USUAL, MOST = 100, 1_000
SIGNATURE = 16
PURPOSE = b"postern page token"


class Page(NamedTuple):
    """Which part of the results is wanted: so many, after this one ("" for the first)."""

    limit: int = USUAL
    after: str = ""


def read_page(body: Mapping[str, Any], search: str, keys: RecordKeys) -> Page:
    """The page that a search asks for; raise `BadInput` where a token is of another search, or no token at all."""
    asked = body.get("page", {})
    if not isinstance(asked, dict):
        raise bad("/page", "must be an object")
    limit = asked.get("limit")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise bad("/page/limit", "must be a whole number from 1")
    token = asked.get("token", "")
    if type(token) is not str:
        raise bad("/page/token", "must be text")
    if not token:
        return Page(min(limit or USUAL, MOST))
    page = opened(token, bound(body, search), keys)
    if page is None:
        cure = "Send the token of the page before with the same search, or none."
        raise bad("/page/token", "is not a token of this search", cure)
    if limit is not None and min(limit, MOST) != page.limit:
        raise bad("/page/limit", "is not the limit that the search began with", f"Leave it out, or write {page.limit}.")
    return page


def bound(body: Mapping[str, Any], search: str) -> bytes:
    """All that a token is bound to: the search and every member of the request but the page itself."""
    rest = {name: value for name, value in body.items() if name != "page"}
    return json.dumps([search, rest], sort_keys=True).encode()  # numbers of any size; orjson knows 64 bits


def next_token(page: Page, results: Sequence[str], body: Mapping[str, Any], search: str, keys: RecordKeys) -> str:
    """The token of the page after these results."""
    content = orjson.dumps([page.limit, results[-1]])
    return urlsafe_b64encode(signature(dict(keys.keys)[keys.current], bound(body, search), content) + content).decode()


def opened(token: str, what: bytes, keys: RecordKeys) -> Page | None:
    """The page that a token means, or None where no key of ours has signed it for this search."""
    try:
        raw = b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return None
    signed, content = raw[:SIGNATURE], raw[SIGNATURE:]
    if not any(hmac.compare_digest(signed, signature(key, what, content)) for _, key in keys.keys):
        return None
    limit, after = orjson.loads(content)
    return Page(limit, after)


def signature(key: bytes, what: bytes, content: bytes) -> bytes:
    """What proves that a token is ours and of this search."""
    parts = (PURPOSE, what, content)
    return hmac.digest(key, b"".join(len(part).to_bytes(8, "big") + part for part in parts), "sha256")[:SIGNATURE]
