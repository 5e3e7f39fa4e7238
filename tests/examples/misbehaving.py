"""A server on a real socket that answers as a test tells it to: slowly, never, with nonsense, or well."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Behaviour = Callable[[socket.socket, bytes], None]


class Crooked:
    """Serves one behaviour at a time, and keeps what it was asked."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.behaviour: Behaviour = answering({"decision": False})
        self.asked: list[dict[str, Any]] = []
        self.heads: list[bytes] = []
        self.lines = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                self.lines += 1
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError, ValueError), line:
            while True:
                head, body = received(line)
                if not head:
                    return
                self.heads.append(head)
                self.asked.append(json.loads(body))
                self.behaviour(line, body)

    def close(self) -> None:
        self._listening.close()


def received(line: socket.socket) -> tuple[bytes, bytes]:
    got = b""
    while b"\r\n\r\n" not in got:
        more = line.recv(65536)
        if not more:
            return b"", b""
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += line.recv(65536)
    return head, body


@contextmanager
def crooked() -> Iterator[Crooked]:
    server = Crooked()
    try:
        yield server
    finally:
        server.close()


def written(answer: Any, *, status: str = "200 OK", kind: str = "application/json", more: str = "") -> bytes:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def answering(answer: Any, **how: str) -> Behaviour:
    return lambda line, _: line.sendall(written(answer, **how))


def permitting_each(line: socket.socket, body: bytes) -> None:
    """Permits whatever is asked, one by one or in a batch."""
    items = json.loads(body).get("evaluations")
    line.sendall(written({"evaluations": [{"decision": True}] * len(items)} if items else {"decision": True}))


def late(seconds: float) -> Behaviour:
    def behave(line: socket.socket, _: bytes) -> None:
        time.sleep(seconds)
        line.sendall(written({"decision": True}))

    return behave


def trickling(at: str) -> Behaviour:
    """A permit, a byte at a time: in its head, or in its body."""

    def behave(line: socket.socket, _: bytes) -> None:
        whole = written({"decision": True, "context": {"padding": "x" * 100}})
        start = 0 if at == "head" else whole.index(b"{")
        line.sendall(whole[:start])
        for byte in whole[start:]:
            line.sendall(bytes([byte]))
            time.sleep(0.05)

    return behave


def silent(line: socket.socket, _: bytes) -> None:
    line.recv(1)


def hanging_up(line: socket.socket, _: bytes) -> None:
    line.shutdown(socket.SHUT_RDWR)


def endless(line: socket.socket, _: bytes) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{")
    for _ in range(1000):
        line.sendall(b" " * 65536)
