"""The same doors through the server itself: raw bytes on a socket, as a front end or a stranger sends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.installation import Installation, launcher, shared_installation
from tests.servers import SYSTEM, Launcher, Server, free_port, listened_to
from tests.web.wire import BODY, asked, request, send

__all__ = ["launcher", "shared_installation"]

OURS = {"PYTHONPATH": str(ROOT)}
"""The code that stands here is run, wherever the command itself is."""


@pytest.fixture(scope="module")
def server(shared_installation: Installation, launcher: Launcher) -> Iterator[Server]:
    made = shared_installation.server(launcher)
    made.wait()
    yield made
    made.kill()


@pytest.mark.parametrize(("words", "policy"), [((), os.SCHED_OTHER), (("--own-cores",), os.SCHED_BATCH)])
def test_on_cores_of_their_own_threads_wait_for_each_other(
    shared_installation: Installation, words: tuple[str, ...], policy: int
) -> None:
    port = free_port()
    command = [Path(sys.executable).with_name("postern"), "serve", "--port", str(port), *words]
    with subprocess.Popen(command, env=shared_installation.environment, start_new_session=True) as process:
        try:
            while not listened_to(port):
                assert process.poll() is None, "it ended before it listened"
                time.sleep(0.05)
            tasks = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            threads = [int(thread.name) for task in tasks for thread in Path(f"/proc/{task}/task").iterdir()]
            assert len(threads) > 1
            assert {os.sched_getscheduler(thread) for thread in threads} == {policy}
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("POSTERN_DATABASE_URL", "", "POSTERN_DATABASE_URL: not set"),
        ("POSTERN_DATABASE_URL", "sqlite:///{empty}/facts.db", "postern db upgrade lays them out"),
        ("POSTERN_RECORD_KEYS", "k1", "POSTERN_RECORD_KEYS"),
    ],
)
def test_what_cannot_serve_says_so_in_one_line_before_a_worker_begins(
    shared_installation: Installation, tmp_path: Path, name: str, value: str, says: str
) -> None:
    command = [Path(sys.executable).with_name("postern"), "serve", "--port", str(free_port())]
    given = {
        **shared_installation.environment,
        "POSTERN_INSTANCE": str(tmp_path),
        name: value.format(empty=tmp_path),
        **OURS,
    }
    given = {key: one for key, one in given.items() if one}
    found = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("Error: ")
    assert found.stderr.count("\n") == 1, found.stderr
    assert says in found.stderr


def test_a_good_start_prints_one_line_with_the_address(shared_installation: Installation) -> None:
    port = free_port()
    command = [Path(sys.executable).with_name("postern"), "serve", "--port", str(port)]
    given = {**shared_installation.environment, **OURS}
    with subprocess.Popen(
        command, env=given, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            while not listened_to(port):
                assert process.poll() is None, "it ended before it listened"
                time.sleep(0.05)
            assert process.stdout is not None
            line = process.stdout.readline()
            assert (line.startswith("Serving "), f"http://127.0.0.1:{port}." in line) == (True, True)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            rest, _ = process.communicate(timeout=60)
    assert rest == ""


def test_a_question_is_answered(server: Server) -> None:
    status, headers, body = asked(server, "X-Request-ID: r-1")
    assert status == 200
    assert json.loads(body)["decision"] is True
    assert (headers["content-type"], headers["x-request-id"]) == ("application/json", "r-1")
    assert headers["decision-id"]
    assert int(headers["content-length"]) == len(body)


@pytest.mark.parametrize(
    ("written", "status"), [("0", 200), ("abc", 400), ("9\u00e9", 400), ("\u0661", 400), ("", 400)]
)
def test_a_least_revision_that_cannot_be_read_is_refused(server: Server, written: str, status: int) -> None:
    """Whoever asks for a fresh answer is not given one of any age."""
    assert asked(server, f"Min-Facts-Revision: {written}")[0] == status


@pytest.mark.parametrize(("headers", "body", "statuses"), [
    (["Content-Length: 2000000"], b"{" * 2_000_000, {413}),
    (["Content-Length: 2000000"], b"", {400, 413}),
    (["Transfer-Encoding: chunked"], b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), {411}),
    ([], b"", {400, 411}),
    (["Content-Length: 0"], b"", {400}),
    (["Content-Length: 20000"], b"[" * 20_000, {400}),
    (["Content-Length: 3"], b"\xff\xfe\xfd", {400}),
], ids=["long", "missing", "in chunks", "without length", "empty", "deep", "no text"])  # fmt: skip
def test_a_body_that_is_none(server: Server, headers: list[str], body: bytes, statuses: set[int]) -> None:
    try:
        status, found, told = send(server, request(server, "Content-Type: application/json", *headers, body=body))
    except (OSError, IndexError):  # the server may hang up on who sends what it will not read
        return
    assert status in statuses
    if told:
        assert found["content-type"] == "application/problem+json"
        assert json.loads(told)["status"] == status


@pytest.mark.parametrize("raw", [
    b"\x16\x03\x01\x00\xa5\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100, b"A" * 100_000,
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\n",
], ids=range(9))  # fmt: skip
def test_a_stranger_does_no_harm(server: Server, raw: bytes) -> None:
    try:
        status, _, _ = send(server, raw, 0.3)
        assert 400 <= status < 500
    except (OSError, IndexError):  # left without an answer, or still waited for
        pass
    assert asked(server)[0] == 200


def test_paths_arrive_decoded_once(server: Server) -> None:
    for path in (
        f"/systems/{SYSTEM}%2faccess/v1/evaluation",
        "/systems/%00/access/v1/evaluation",
        "/systems/%ff%fe/access/v1/evaluation",
    ):
        status, headers, body = send(
            server, request(server, "Content-Type: application/json", f"Content-Length: {len(BODY)}", path=path)
        )
        assert (status, headers["content-type"]) in {
            (404, "application/problem+json"),
            (200, "application/json"),  # where the server decodes the slash, it is the same door
        }, body


def test_many_questions_on_one_connection(server: Server) -> None:
    with server.client() as client:
        answers = [client.ask("ann" if number % 2 else "nobody") for number in range(50)]
    assert [answer.decision for answer in answers] == [number % 2 == 1 for number in range(50)]
    assert len({answer.id for answer in answers}) == 50


def test_the_pages_are_served(server: Server) -> None:
    found: dict[str, Any] = {}
    for path in ("/openapi.json", "/healthz", "/readyz", f"/.well-known/authzen-configuration/systems/{SYSTEM}"):
        status, headers, body = send(server, request(server, method="GET", path=path, body=b""))
        assert (status, headers["content-type"]) == (200, "application/json")
        found[path] = json.loads(body)
    assert found["/readyz"] == {"status": "ready"}
