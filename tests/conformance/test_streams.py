"""Batches without end: a line in, a line out, group by group, in bounded memory, each recorded before it leaves."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from governance.decisions import streaming
from governance.decisions.streaming import groups
from governance.trail.service import verify_trail
from governance.web.errors import TooSlow
from tests.commands import Desk
from tests.conformance.conftest import FrontEnd

HEAD = {"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}}
ITEM = {"resource": {"type": "record", "id": "record-1"}}
DENIED = {**ITEM, "subject": {"type": "user", "id": "bob"}, "action": {"name": "write"}}
MANY = 100_000
BOUND = 40_000_000
"""Bytes by which a worker may grow while it answers many items; the items alone are six million bytes each way."""


def lines(*told: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in told)


def stream(front_end: FrontEnd, body: bytes, **headers: str | None) -> Any:
    return front_end.ask("certification", body, "evaluations", **{"Content_Type": "application/x-ndjson", **headers})


def told(answer: Any) -> list[dict[str, Any]]:
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.body
    return [json.loads(line) for line in answer.body.splitlines()]


def test_a_line_in_is_a_line_out(front_end: FrontEnd, desk: Desk) -> None:
    *answers, end = told(stream(front_end, lines(HEAD, ITEM, DENIED, {}, 5) + b'{"a":1,"a":2}\n\n' + lines(ITEM)[:-1]))
    assert end == {"end": {"items": 6}}
    assert [one["decision"] for one in answers] == [True, False, False, False, False, True]
    assert ["error" in one.get("context", {}) for one in answers] == [False, False, True, True, True, False]
    assert "/evaluations/2/resource" in answers[2]["context"]["error"]["message"]
    for one in answers:
        assert desk.installation.recorded(one["decision_id"])["leaf"]["decision"] is one["decision"]


def test_explained_where_it_is_asked_for(front_end: FrontEnd) -> None:
    answer, _ = told(stream(front_end, lines({**HEAD, "options": {"explain": True}}, DENIED)))
    assert [reason["code"] for reason in answer["context"]["reasons"]] == ["condition_unmet"]


@pytest.mark.parametrize(("semantic", "items", "decisions"), [
    ("deny_on_first_deny", [ITEM, DENIED, ITEM], [True, False]),
    ("permit_on_first_permit", [DENIED, ITEM, DENIED], [False, True]),
])  # fmt: skip
def test_it_stops_where_a_batch_does(front_end: FrontEnd, semantic: str, items: Any, decisions: Any) -> None:
    *answers, end = told(stream(front_end, lines({**HEAD, "options": {"evaluations_semantic": semantic}}, *items)))
    assert [one["decision"] for one in answers] == decisions
    assert end == {"end": {"items": 2}}


@pytest.mark.parametrize(("body", "headers", "status"), [
    (b"", {}, 400),
    (lines(HEAD), {}, 400),
    (b"nonsense\n" + lines(ITEM), {}, 400),
    (lines({**HEAD, "options": {"evaluations_semantic": "x"}}, ITEM), {}, 400),
    (lines({**HEAD, "evaluations": []}, ITEM), {}, 400),
    (lines(HEAD, ITEM), {"Authorization": None}, 401),
    (b"nonsense\n", {"Authorization": "Bearer x"}, 401),
    (lines(HEAD, ITEM), {"Min_Facts_Revision": "999999"}, 503),
    (lines(HEAD) + b'"' + b"x" * 1_100_000, {}, 413),
])  # fmt: skip
def test_what_is_wrong_from_the_start_is_a_problem(front_end: FrontEnd, body: bytes, headers: Any, status: int) -> None:
    answer = stream(front_end, body, **headers)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


def test_nobody_keeps_a_place_without_a_key(front_end: FrontEnd) -> None:
    head = "POST /systems/certification/access/v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
    with socket.create_connection(("127.0.0.1", front_end.port), timeout=5) as link:
        link.sendall(f"{head}Content-Type: application/x-ndjson\r\n\r\n ".encode())  # and nothing more
        assert link.recv(1 << 16).startswith(b"HTTP/1.1 401 ")


def test_single_bytes_keep_nobodys_place(monkeypatch: pytest.MonkeyPatch) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for part in (b"{}\n", b" ", *[b"\n"] * 50):
            yield part
            await asyncio.sleep(0.05)

    async def read() -> list[list[bytes]]:
        return [lines async for lines in groups(trickle(), 100)]  # type: ignore[arg-type]

    monkeypatch.setattr(streaming, "PART_SECONDS", 0.3)
    with pytest.raises(TooSlow, match="no whole line"):
        asyncio.run(read())


def test_what_goes_wrong_later_is_told_in_the_last_line(front_end: FrontEnd) -> None:
    *answers, end = told(stream(front_end, lines(HEAD, *[ITEM] * 2_000) + b'"' + b"x" * 1_100_000))
    assert end["error"]["status"] == 413
    assert end["end"] == {"items": len(answers)}


def asked_in_pieces(front_end: FrontEnd, items: int) -> Iterator[bytes]:
    """The bytes of a chunked request."""
    head = [
        "POST /systems/certification/access/v1/evaluations HTTP/1.1", "Host: x", "Connection: close",
        f"Authorization: Bearer {front_end.key}", "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked",
    ]  # fmt: skip
    yield ("\r\n".join(head) + "\r\n\r\n").encode()
    first, piece = lines(HEAD), lines(*[ITEM] * 500)
    yield b"%x\r\n%s\r\n" % (len(first), first)
    for _ in range(items // 500):
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def test_many_items_in_bounded_memory(front_end: FrontEnd, desk: Desk) -> None:
    stream(front_end, lines(HEAD, *[ITEM] * 500))
    before = peak = front_end.resident()
    with socket.create_connection(("127.0.0.1", front_end.port), timeout=120) as link:
        sending = threading.Thread(target=lambda: [link.sendall(part) for part in asked_in_pieces(front_end, MANY)])
        sending.start()
        permits, end, looked = 0, b"", 0
        while part := link.recv(1 << 16):
            permits += part.count(b'{"decision":true')
            end = (end + part)[-200:]
            looked += 1
            if looked % 20 == 0:
                peak = max(peak, front_end.resident())
        sending.join()
    assert b'{"end":{"items":%d}}' % MANY in end
    assert MANY - 200 <= permits <= MANY, "one may be cut by the edge of a piece"
    assert peak - before < BOUND
    assert verify_trail(desk.installation.databases).damages == []


def test_a_stream_has_an_end(front_end: FrontEnd) -> None:
    """What nobody reads is kept by the server: so much for each stream, and no more."""
    nobody = {**ITEM, "subject": {"type": "user", "id": "nobody"}}
    told = stream(front_end, lines({**HEAD, "options": {"explain": True}}, *[nobody] * 30_000))
    *answers, last = [json.loads(line) for line in told.body.splitlines()]
    assert last["error"]["status"] == 413
    assert last["end"]["items"] == len(answers) < 30_000


def test_a_stream_that_is_cut_has_a_record_for_each_answer(front_end: FrontEnd, desk: Desk) -> None:
    heard = b""
    with socket.create_connection(("127.0.0.1", front_end.port), timeout=30) as link:
        for place, part in enumerate(asked_in_pieces(front_end, 5_000)):
            if place == 4:
                break
            link.sendall(part)
        while heard.count(b"decision_id") < 600:
            heard += link.recv(1 << 16)
    numbers = [
        line.split(b'"decision_id":"')[1].split(b'"')[0].decode() for line in heard.split(b"\n") if line[-1:] == b"}"
    ]
    assert len(numbers) >= 500
    for number in numbers[::50]:
        assert desk.installation.recorded(number)["leaf"]["decision"] is True
    assert front_end.ask("certification", {**HEAD, **ITEM}).json["decision"] is True
