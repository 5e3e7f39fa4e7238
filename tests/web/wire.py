"""Requests as bytes on a socket, and answers read from one: what a client library would smooth over."""

from __future__ import annotations

import json
import socket

from tests.servers import SYSTEM, Server

BODY = json.dumps({
    "subject": {"type": "user", "id": "ann"}, "action": {"name": "view"}, "resource": {"type": "file", "id": "F-1"},
    "context": {"case": "C-1"},
}).encode()  # fmt: skip
DOOR = f"/systems/{SYSTEM}/access/v1/evaluation"


def send(server: Server, raw: bytes, seconds: float = 10) -> tuple[int, dict[str, str], bytes]:
    """Send bytes, and read one answer: status, headers in lower case, body."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as link:
        link.sendall(raw)
        told = b""
        while part := link.recv(65536):
            told += part
    return parsed(told)


def parsed(told: bytes) -> tuple[int, dict[str, str], bytes]:
    """An answer's status, its headers in lower case, and what is there of its body."""
    head, _, body = told.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


def request(
    server: Server, *headers: str, body: bytes = BODY, path: str = DOOR, method: str = "POST", keep: bool = False
) -> bytes:
    """A request as bytes, with a good key."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        f"Connection: {'keep-alive' if keep else 'close'}",
        f"Authorization: Bearer {server.key}",
    ]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def asked(server: Server, *more: str, body: bytes = BODY) -> tuple[int, dict[str, str], bytes]:
    """Ask with a body of its own length."""
    kind = "Content-Type: application/json"
    return send(server, request(server, kind, f"Content-Length: {len(body)}", *more, body=body))


def read_answer(link: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One whole answer of a kept connection."""
    told = b""
    while b"\r\n\r\n" not in told:
        part = link.recv(65536)
        assert part, told
        told += part
    status, headers, body = parsed(told)
    while len(body) < int(headers["content-length"]):
        body += link.recv(65536)
    return status, headers, body
