"""A provider that begins to answer and does not end: nobody is signed in, and it is told as one that is silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from governance.kernel.errors import Unavailable
from governance.people.signin import asking, federation
from governance.people.signin.asking import Reach, Turn

HEAD = b"HTTP/1.1 200 OK\r\n"
CUT: dict[str, bytes] = {
    "stops": b'Content-Length: 1000\r\n\r\n{"issuer"',
    "is cut off in a chunk": b'Transfer-Encoding: chunked\r\n\r\n90\r\n{"issuer"',
    "is no gzip": b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "is no JSON": b'Content-Length: 9\r\n\r\n{"issuer"',
    "is too long": b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000,
}
"""What stands after the first line of an answer that is none."""


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@contextmanager
def answering(door: socket.socket, told: bytes, *, hang_up: bool) -> Iterator[str]:
    """The address of one who answers the first who comes with some bytes, and hangs up at once or waits to the end."""
    read = threading.Event()

    def once() -> None:
        line, _ = door.accept()
        with line, suppress(ConnectionError):  # whoever has read enough may hang up first
            line.recv(10_000)
            line.sendall(told)
            if not hang_up:
                read.wait()

    thread = threading.Thread(target=once, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    read.set()
    thread.join()


@pytest.mark.parametrize("what", CUT)
@pytest.mark.parametrize("hang_up", [True, False], ids=["gone", "waits"])
def test_half_an_answer_is_none(door: socket.socket, monkeypatch: pytest.MonkeyPatch, what: str, hang_up: bool) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    with answering(door, HEAD + CUT[what], hang_up=hang_up) as address, pytest.raises(Unavailable):
        federation.fetch(f"{address}/jwks", Turn(address), Reach.MACHINE)


def test_a_whole_answer_in_small_chunks_is_one(door: socket.socket) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % letter for letter in b'{"issuer": "https://login.example.org"}')
    with answering(door, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", hang_up=True) as address:
        turn = Turn(address)
        found = federation.fetch(f"{address}/.well-known/openid-configuration", turn, Reach.MACHINE).found
    assert found == {"issuer": "https://login.example.org"}
