"""Slow, greedy and impatient callers, and a server that is told to stop: an answer in time, never a hang."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from select import select

import pytest

from tests.installation import Installation, installed, launcher
from tests.servers import SYSTEM, Launcher, Server
from tests.web.wire import BODY, asked, read_answer, request, send

__all__ = ["launcher"]

PACE = 5
PATIENCE = 5.0
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("place"), "sqlite") as made:
        yield made


@pytest.fixture(scope="module")
def server(place: Installation, launcher: Launcher) -> Iterator[Server]:
    yield from served(place, launcher, POSTERN_MAX_BODY="5000")


def served(place: Installation, launcher: Launcher, twin: str = "", **settings: str) -> Iterator[Server]:
    """A server that is ready, for as long as it is wanted."""
    made = place.server(launcher, twin=twin, **settings)
    made.wait()
    yield made
    made.kill()


def head(server: Server, length: int, *more: str) -> bytes:
    """A question's head, with a length that may promise too much."""
    return request(server, "Content-Type: application/json", f"Content-Length: {length}", *more, body=b"", keep=True)


def test_a_body_that_does_not_come_is_refused_in_time(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as link:
        link.sendall(head(server, len(BODY)) + BODY[:-5])
        began = time.monotonic()
        assert asked(server)[0] == 200, "nobody else waits for it"
        status, headers, told = read_answer(link)
        assert (status, headers["content-type"]) == (408, "application/problem+json")
        assert json.loads(told)["status"] == 408
        assert 8 < time.monotonic() - began < 13


def test_a_head_that_does_not_end_is_hung_up_on(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as link:
        link.sendall(head(server, len(BODY))[:-4])
        assert asked(server)[0] == 200
        link.settimeout(14)
        assert link.recv(1000)[:12] in (b"", b"HTTP/1.1 408")


@pytest.mark.parametrize("path", [f"/systems/{SYSTEM}/access/v1/evaluation", "/healthz"])
def test_a_body_that_is_too_great_is_not_read(server: Server, path: str) -> None:
    status, headers, told = send(server, request(server, "Content-Length: 5001", body=b"", path=path))
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert "5000" in json.loads(told)["detail"]


def test_the_greatest_body_is_read(server: Server) -> None:
    status, _, told = asked(server, body=BODY + b" " * (5000 - len(BODY)))
    assert (status, json.loads(told)["decision"]) == (200, True)


def test_pieces_of_a_body_beyond_the_limit_are_refused_behind_too(server: Server) -> None:
    piece = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    raw = request(server, "Transfer-Encoding: chunked", body=piece * 3 + b"0\r\n\r\n", path="/healthz")
    assert send(server, raw)[0] == 413


def test_many_idle_callers_keep_nobody_out(server: Server) -> None:
    with callers(server, 300):
        began = time.monotonic()
        assert asked(server)[0] == 200
        assert time.monotonic() - began < 3


@contextmanager
def callers(server: Server, many: int, begun: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections, on each of which a request is begun and not gone on with; the server sees each end."""
    with ExitStack() as held:
        links = [
            held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=15)) for _ in range(many)
        ]
        for link in links:
            link.sendall(begun)
        yield links
        for link in links:
            link.shutdown(socket.SHUT_WR)
        for link in links:
            with suppress(ConnectionResetError):
                while link.recv(65_536):
                    pass
    assert send(server, get(server, "/healthz"))[0] == 200


@pytest.fixture(scope="module")
def small_server(place: Installation, launcher: Launcher) -> Iterator[Server]:
    """A server with room for few: eight requests at once, four bodies of strangers, four of one address."""
    yield from served(place, launcher, "tests.twins.small:room")


def test_strangers_who_send_slowly_keep_no_front_end_out(small_server: Server) -> None:
    """They need no key to begin a body; while there are many, only who has one is waited for."""
    raw = head(small_server, 100).replace(small_server.key.encode(), b"none")
    with callers(small_server, 20, raw + b"{") as slow:
        refused = answered(slow, 16)
        assert [asked(small_server)[0] for _ in range(5)] == [200] * 5
        assert len(refused) == 16, "four are waited for"
        assert {read_answer(link)[0] for link in refused} == {401}


def test_of_front_ends_that_send_slowly_so_many_are_waited_for(small_server: Server) -> None:
    """Who comes then is told to come again; who has sent all of it is answered."""
    with callers(small_server, 20, head(small_server, len(BODY)) + BODY[:-5]) as slow:
        refused = answered(slow, 11)
        assert len(refused) == 11, "nine are waited for: those who may be under way, and one"
        assert {read_answer(link)[0] for link in refused} == {503}
        waited_for = next(link for link in slow if link not in refused)
        waited_for.sendall(BODY[-5:])
        assert read_answer(waited_for)[0] == 200


def test_who_sends_forms_slowly_keeps_nobody_out_of_the_pages(small_server: Server) -> None:
    raw = request(small_server, f"Content-Type: {FORM}", "Content-Length: 100", body=b"", keep=True, path="/sign-in")
    with callers(small_server, 20, raw + b"a") as slow:
        refused = answered(slow, 16)
        assert send(small_server, get(small_server, "/healthz"))[0] == 200
        assert len(refused) == 16, "four of one address are waited for"
        assert {read_answer(link)[0] for link in refused} == {503}


def get(server: Server, path: str) -> bytes:
    return request(server, body=b"", path=path, method="GET")


def answered(links: list[socket.socket], many: int) -> list[socket.socket]:
    """The connections that were answered, once there are so many and no more have come for a moment."""
    ends = time.monotonic() + PATIENCE
    while len(select(links, [], [], 0)[0]) < many and time.monotonic() < ends:
        time.sleep(0.02)
    time.sleep(0.3)
    return select(links, [], [], 0)[0]


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/oauth/token"])
def test_a_form_that_takes_long_to_read_is_not_read(small_server: Server, path: str) -> None:
    for body in (b"a=b&" * 1_000, b"a" * 65_537):
        raw = request(small_server, f"Content-Type: {FORM}", f"Content-Length: {len(body)}", body=body, path=path)
        assert send(small_server, raw)[0] == 413
    assert send(small_server, get(small_server, path + "?" + "a&" * 1_000))[0] == 413


def test_an_address_beyond_latin_1_is_read(server: Server) -> None:
    status, headers, _ = send(server, get(server, "/healthz?next=\u0100"))
    assert (status, "x-request-id" in headers) == (200, True)


def test_whoever_hangs_up_is_no_fault_of_ours(small_server: Server) -> None:
    before = small_server.log.read_text().count("web.unexpected")
    for path in (f"/systems/{SYSTEM}/access/v1/evaluation", "/sign-in"):
        with socket.create_connection(("127.0.0.1", small_server.port), timeout=15) as link:
            link.sendall(request(small_server, "Content-Length: 100", body=b"", keep=True, path=path) + b"{")
            time.sleep(0.2)
    time.sleep(0.3)
    assert small_server.log.read_text().count("web.unexpected") == before


def test_a_key_that_asks_too_often_is_told_when_to_come_back(place: Installation, launcher: Launcher) -> None:
    server = place.server(launcher, POSTERN_RATE_LIMIT=str(PACE))
    server.wait()
    answers = [asked(server) for _ in range(3 * PACE)]
    refused = [one for one in answers if one[0] == 429]
    assert {one[0] for one in answers} == {200, 429}
    assert len(refused) <= PACE, "twice the rate at once"
    _, headers, told = refused[0]
    assert (headers["content-type"], headers["retry-after"]) == ("application/problem+json", "1")
    assert json.loads(told)["status"] == 429
    time.sleep(1.1)
    assert asked(server)[0] == 200
    server.kill()


def test_a_request_under_way_is_answered_when_the_server_stops(place: Installation, launcher: Launcher) -> None:
    server = place.server(launcher)
    server.wait()
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as link:
        link.sendall(head(server, len(BODY)) + BODY[:-5])
        time.sleep(0.2)
        stopping = threading.Thread(target=server.kill, args=(signal.SIGTERM,))
        stopping.start()
        time.sleep(0.3)
        link.sendall(BODY[-5:])
        status, headers, told = read_answer(link)
        assert (status, json.loads(told)["decision"]) == (200, True)
        assert headers["connection"] == "close"
        assert place.recorded(headers["decision-id"])["leaf"]["decision"] is True
    stopping.join()


def test_several_workers_share_the_work(place: Installation, launcher: Launcher, tmp_path: Path) -> None:
    server = place.server(launcher, workers=3)
    server.wait()
    chains = {asked(server)[1]["decision-id"].partition("-")[0] for _ in range(60)}
    assert 2 <= len(chains) <= 3
    server.kill()
    place.assert_intact()
