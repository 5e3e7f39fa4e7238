"""Lines to providers: what is asked over one stays within the bounds of its turn. The keeper of requests.

Imported where somebody is asked, and not before: it weighs much.
"""

from __future__ import annotations

import io
import socket
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from governance.people.signin.asking import READING, Reach, Turn, reach_of

GREATEST, PIECE = 1_000_000, 65_536
"""Bytes of an answer that are read, and at once."""


def session(turn: Turn, allowed: Reach) -> requests.Session:
    """A session that asks within the bounds of a turn, and nobody who is nearer than allowed."""
    made = requests.Session()
    bound(made, turn, allowed)
    return made


def bound(made: requests.Session, turn: Turn, allowed: Reach) -> None:
    """Keep a session within those bounds, whoever made it."""
    for scheme in ("https://", "http://"):
        made.mount(scheme, Line(turn, allowed))


class Line(HTTPAdapter):
    """Asks within the bounds of a turn; an answer is there whole, as it was sent, before anybody looks at it."""

    def __init__(self, turn: Turn, allowed: Reach) -> None:
        self._turn, self._allowed, self._kept = turn, allowed, ExitStack()
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Connections are made at addresses that were looked at."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools(self._allowed)

    def proxy_manager_for(self, proxy: Any, **proxy_kwargs: Any) -> Any:
        """An operator's own proxy may be anywhere; whom it asks then is its own concern."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._pools(None)
        return manager

    def send(self, request: Any, *_: Any, **kwargs: Any) -> Any:
        """Ask; raise `OSError` where there is no whole answer in time, `Unavailable` where nobody may ask now."""
        self._turn.answered_from = near(request.url, self._allowed)
        request.headers["Accept-Encoding"] = "identity"
        with self._turn.asking(), ExitStack() as self._kept:
            kwargs |= {"stream": True, "timeout": min(READING, self._turn.left())}
            try:
                response = super().send(request, **kwargs)
                self._kept.callback(response.raw.close)
                response.raw = io.BytesIO(whole(response.raw))
            except HTTPError as wrong:
                raise ConnectionError("the answer broke off") from wrong
        return response

    def _pools(self, allowed: Reach | None) -> dict[str, type[HTTPConnectionPool]]:
        """Pools of connections that this line dials itself."""

        def dial(one: Any) -> socket.socket:
            return self._turn.dial(one._dns_host, one.port, allowed, self._kept)  # noqa: SLF001 - it is one of ours

        plain = type("Plain", (HTTPConnection,), {"_new_conn": dial})
        sealed = type("Sealed", (HTTPSConnection,), {"_new_conn": dial})
        return {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SealedPool", (HTTPSConnectionPool,), {"ConnectionCls": sealed}),
        }


def whole(raw: Any) -> bytes:
    """All of an answer, byte by byte as it was sent: nothing is unpacked, for what is small could become great."""
    if raw.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise ConnectionError("the answer is packed although nobody asked for that")
    text = bytearray()
    while piece := raw.read(PIECE, decode_content=False):
        text += piece
        if len(text) > GREATEST:
            raise ConnectionError("the answer is too long")
    return bytes(text)


def near(url: str, allowed: Reach) -> Reach:
    """How near an address is by its own words; raise where it names an IP address nearer than allowed.

    A name says nothing of it: where it leads is looked at when it is connected to.
    """
    try:
        reach = reach_of(urlsplit(url).hostname or "")
    except ValueError:
        return Reach.WORLD
    if reach is None or reach > allowed:
        raise ConnectionError("the address is nearer than allowed")
    return reach
