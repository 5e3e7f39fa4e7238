"""Flask behind an event loop: a request of the server becomes a WSGI call on a thread, and its answer goes back."""

from __future__ import annotations

import asyncio
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple
from typing import Protocol as Shape

import orjson

from governance.web.errors import PROBLEM

AT_ONCE = 128
GREATEST = 65_536
"""Bytes of a body at most: a form or a proof of a passkey has a few thousand."""
READ_AT_ONCE, OF_ONE_PEER = 1_024, 64
"""Bodies that are waited for, and those of one address: whoever sends slowly keeps nobody else out."""
BUSY = "too many requests are under way; ask again"
Environ = dict[str, Any]
Headers = list[tuple[str, str]]


class Scope(Shape):
    """What the server tells of a request (RSGI)."""

    method: str
    path: str
    query_string: str
    scheme: str
    server: str
    client: str
    http_version: str
    headers: Any


class Protocol(Shape):
    """By what a request's body is read and its answer sent (RSGI)."""

    def __call__(self) -> Any:
        """Read the whole body."""

    def __aiter__(self) -> Any:
        """Read the body part by part."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""

    def response_stream(self, status: int, headers: Headers) -> Any:
        """Begin an answer that is sent part by part."""


class Answer(NamedTuple):
    """What the application answered: its first part, and the rest where there is more."""

    status: int
    headers: Headers
    first: bytes
    rest: Iterator[bytes] | None
    close: Callable[[], object]


class Behind:
    """A WSGI application, called on threads. Bodies are bounded in size and in the time that they take."""

    def __init__(
        self, application: Callable[..., Iterable[bytes]], pool: Executor, max_body: int, body_seconds: float
    ) -> None:
        self._application = application
        self._pool = pool
        self._max_body = min(max_body, GREATEST)
        self._body_seconds = body_seconds
        self._at_once = 0
        self._reading: Counter[str] = Counter()
        self.leaving = False

    async def __call__(self, scope: Scope, protocol: Protocol) -> None:
        """Answer one request, or say that there are too many. It counts as one from when its body is there."""
        body = await self._read(scope, protocol)
        if body is None:
            return
        if self._at_once >= AT_ONCE:
            refuse(protocol, HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
            return
        self._at_once += 1
        try:
            await self._serve(scope, protocol, body)
        finally:
            self._at_once -= 1

    async def _read(self, scope: Scope, protocol: Protocol) -> bytes | None:
        """The body; None where the request is answered already, or nobody is there any more."""
        length, peer = scope.headers.get("content-length"), scope.client.rpartition(":")[0]
        if length is None and scope.headers.get("transfer-encoding") is None:
            return b""
        if self._reading[peer] >= OF_ONE_PEER or self._reading.total() >= READ_AT_ONCE:
            refuse(protocol, HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
            return None
        self._reading[peer] += 1
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await self._body(length, protocol)
        except TimeoutError:
            refuse(protocol, HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive in time")
            return None
        except RuntimeError:  # the server's word for a peer that has hung up
            return None
        finally:
            self._reading -= {peer: 1}
        if body is None:
            refuse(protocol, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {self._max_body} bytes")
        return body

    async def _serve(self, scope: Scope, protocol: Protocol, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._pool, self._call, make_environ(scope, body))
        if self.leaving:
            answer.headers.append(("Connection", "close"))
        if answer.rest is None:
            protocol.response_bytes(answer.status, answer.headers, answer.first)
            return
        stream = protocol.response_stream(answer.status, answer.headers)
        try:
            part: bytes | None = answer.first
            while part is not None:
                await stream.send_bytes(part)
                part = await loop.run_in_executor(self._pool, next, answer.rest, None)
        finally:
            await loop.run_in_executor(self._pool, answer.close)

    async def _body(self, length: str | None, protocol: Protocol) -> bytes | None:
        """The body, or None where it is too great."""
        if length is not None and (len(length) > 18 or not length.isdecimal() or int(length) > self._max_body):
            return None
        body = bytearray()
        async for part in protocol:
            body += part
            if len(body) > self._max_body:
                return None
        return bytes(body)

    def _call(self, environ: Environ) -> Answer:
        said: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, _wrong: object = None) -> Callable[[bytes], None]:
            said[:] = [(int(status[:3]), headers)]
            return refuse_writing

        result = self._application(environ, start_response)
        close = getattr(result, "close", lambda: None)
        parts = iter(result)
        head = list(islice(parts, 2))
        status, headers = said[0]
        if len(head) < 2:
            close()
            return Answer(status, headers, b"".join(head), None, close)

        def rest() -> Iterator[bytes]:
            yield head[1]
            yield from parts

        return Answer(status, headers, head[0], rest(), close)


def refuse_writing(_part: bytes) -> None:
    """WSGI's old way to send: nothing here uses it."""
    raise NotImplementedError("give the parts of an answer back; write() is not served")


def make_environ(scope: Scope, body: bytes) -> Environ:
    """A request as WSGI has it (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode("utf-8", "surrogateescape").decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),  # so IPv6 is written with its port
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name or name == "transfer-encoding":  # the first could pass for another name, the second is done
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[key] = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def refuse(protocol: Protocol, status: HTTPStatus, detail: str) -> None:
    """Tell why a request was not read, and hang up."""
    told = orjson.dumps({"title": status.phrase, "status": status.value, "detail": detail})
    headers = [("Content-Type", PROBLEM), ("Connection", "close"), ("Retry-After", "1")]
    protocol.response_bytes(status.value, headers if status == HTTPStatus.SERVICE_UNAVAILABLE else headers[:2], told)
