"""The door on an event loop (RSGI): many requests are decided one after another, and wait for their records together.

What decides runs on the loop itself: no thread waits for another. What may take long (searches, pages) runs on threads
of its own. See docs/decisions/0011-an-event-loop.md.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from governance.decisions.asked import Asked
from governance.decisions.door import Door, Pending, Reply, Told, View, answered, refused
from governance.decisions.openapi import NDJSON
from governance.decisions.patience import HungUp, Patience
from governance.decisions.streaming import Stream
from governance.kernel.errors import Unavailable
from governance.web.behind import Behind, Protocol, Scope
from governance.web.requests import request_id

STREAMED = "/access/v1/evaluations"
SWIFT = ("/access/v1/evaluation", "/access/v1/evaluations")
THREADS, SEARCHING = 16, 4
AT_ONCE = 1_024
STRANGERS = 64
"""So many bodies are waited for, whoever sends them. While there are as many, a key is looked at before a body is."""
BODY_SECONDS = 10.0
LEAVING_SECONDS = 2.0
Get = Callable[[str, str], str]


class Doorway:
    """An RSGI application: the door where it is meant, else the application behind it.

    When its worker is to end, each answer first says for a moment that the connection closes, so that front ends dial
    again and find another worker.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._pool = ThreadPoolExecutor(THREADS, "behind")
        self._searching = ThreadPoolExecutor(SEARCHING, "searching")  # so that pages never wait behind searches
        self._behind = Behind(door.behind, self._pool, door.settings.max_body, BODY_SECONDS)
        self._swift = {door.views[path] for path in SWIFT}
        self._patience = Patience(BODY_SECONDS)
        self._arrived = 0
        self._at_once = 0
        self._leaving = False

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the loop of this worker."""
        loop.add_signal_handler(signal.SIGTERM, self._leave, loop)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Let go of the threads, once every request is answered."""
        for pool in (self._pool, self._searching):
            pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say goodbye on each connection, then have the server end this worker by the other signal that it minds."""
        if not self._leaving:
            self._leaving = self._behind.leaving = True
            loop.call_later(LEAVING_SECONDS, os.kill, os.getpid(), signal.SIGINT)

    async def __rsgi__(self, scope: Scope, protocol: Protocol) -> None:
        """Answer a question, or hand the request to the application behind."""
        path = scope.path
        found = self._door.find(path)
        if found is None:
            await self._behind(scope, protocol)
            return
        view, system = found
        headers = scope.headers  # taken once: the server copies all headers each time they are asked for
        get: Get = headers.get
        name, kind, method = request_id(get("x-request-id", "")), get("content-type", ""), scope.method
        try:
            if kind.startswith(NDJSON) and method == "POST" and path.endswith(STREAMED):
                await Stream(self._door, self._asked(system, name, kind, headers), protocol).answer()
                return
            length = self._door.length(method, get("content-length", "0"), chunked=bool(get("transfer-encoding", "")))
            if length and self._patience.waiting >= STRANGERS:
                self._refuse_crowd(self._patience.waiting)
                self._door.expect(self._asked(system, name, kind, headers))
            body = await self._patience.read(protocol()) if length else b""
            self._at_once += 1
            try:
                asked = self._asked(system, name, kind, headers, body, self._moment())
                made = view(asked) if view in self._swift else await self._on_thread(view, asked)
                if isinstance(made, Pending):
                    held = made.held
                    made = made.tell(held.answered(await self._door.decisions.recorder.write(held.records)))
            finally:
                self._at_once -= 1
            reply = answered(made, name)
        except HungUp:
            return
        except Exception as wrong:  # noqa: BLE001 - the outermost place: whatever went wrong, no permit leaves
            reply = refused(wrong, name, path)
        self._send(protocol, reply)

    def _send(self, protocol: Protocol, reply: Reply) -> None:
        if self._leaving:
            reply.headers["Connection"] = "close"
        protocol.response_bytes(reply.status, list(reply.headers.items()), reply.body)

    @staticmethod
    def _refuse_crowd(under_way: int) -> None:
        if under_way > AT_ONCE:
            raise Unavailable(f"{AT_ONCE} requests are under way in this worker; ask again", "busy")

    def _asked(self, system: str, name: str, kind: str, headers: Any, body: bytes = b"", arrived: int = 0) -> Asked:
        self._refuse_crowd(self._at_once)
        get: Get = headers.get
        least = get("min-facts-revision", "") if "min-facts-revision" in headers else "0"  # "" where it is not ASCII
        return Asked(system, get("authorization", ""), kind, least, name, body, arrived)

    def _moment(self) -> int:
        """A moment by which every request had arrived that is read before the loop's queue comes round again.

        The mark is put behind all that stands in the queue before the moment is taken: what stands before the mark had
        arrived by then. So one look at the newest revision serves all of them, and is later than each of them.
        """
        if not self._arrived:
            asyncio.get_running_loop().call_soon(self._come_round)
            self._arrived = time.monotonic_ns()
        return self._arrived

    def _come_round(self) -> None:
        self._arrived = 0

    def _on_thread(self, view: View, asked: Asked) -> Awaitable[Told | Pending]:
        return asyncio.get_running_loop().run_in_executor(self._searching, view, asked)
