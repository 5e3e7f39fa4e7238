"""Pages through the server itself: headers, cookies, forms and errors as they leave on the wire."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.installation import Installation, launcher
from tests.servers import Launcher, Server
from tests.web.page_tree import read
from tests.web.planted import sqlite_installation

__all__ = ["launcher", "sqlite_installation"]

FORM = "Content-Type: application/x-www-form-urlencoded"


class Told(NamedTuple):
    """An answer: its status, every line of its head, its body."""

    status: int
    lines: list[str]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [line.partition(": ")[2] for line in self.lines if line.lower().startswith(f"{name}: ")]


@pytest.fixture(scope="module")
def server(sqlite_installation: Installation, launcher: Launcher) -> Iterator[Server]:
    made = sqlite_installation.server(launcher, twin="tests.twins.planted_pages:put_in")
    made.wait()
    yield made
    made.kill()


def ask(server: Server, path: str, *headers: str, body: bytes = b"", method: str = "GET", html: bool = True) -> Told:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: close", *headers]
    lines += [*(["Accept: text/html"] if html else []), *([f"Content-Length: {len(body)}"] if body else [])]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        link.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        told = b""
        while part := link.recv(65536):
            told += part
    head, _, rest = told.partition(b"\r\n\r\n")
    first, *found = head.decode("latin-1").split("\r\n")
    return Told(int(first.split()[1]), found, rest)


def test_several_cookies_leave_each_for_itself(server: Server) -> None:
    cookies = ask(server, "/planted/cookies").header("set-cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["__Host-one", "__Host-postern-form", "__Host-two"]


def test_a_form_goes_the_whole_way(server: Server) -> None:
    page = ask(server, "/planted/try")
    (cookie,) = page.header("set-cookie")
    token = re.search(r'name="form_token" value="(\w+)"', page.body.decode())
    assert token is not None
    sent = urlencode({"form_token": token[1], "name": "Ann"}).encode()
    jar = f"Cookie: {cookie.partition(';')[0]}"
    done = ask(server, "/planted/try", FORM, jar, body=sent, method="POST")
    assert (done.status, done.header("location")) == (303, ["/planted/open"])
    without = ask(server, "/planted/try", FORM, body=sent, method="POST")
    assert (without.status, read(without.body.decode()).one("h1").text) == (403, "This page is out of date")
    split = ask(server, "/planted/try", FORM, "Cookie: a=b", jar, body=sent, method="POST")
    assert split.status == 303, "cookies that come in two lines are one list"


@pytest.mark.parametrize(("path", "status", "heading"), [
    ("/nowhere", 404, "Page not found"), ("/planted/wrong/mistake", 500, "Sorry, there is a problem with the service"),
    ("/planted/wrong/away", 503, "Sorry, the service is unavailable"), ("/planted/wrong/many", 429, "Wait a little"),
])  # fmt: skip
def test_a_problem_is_a_page_for_a_browser_and_json_for_a_program(
    server: Server, path: str, status: int, heading: str
) -> None:
    page = ask(server, path)
    assert (page.status, read(page.body.decode()).one("h1").text) == (status, heading)
    assert page.header("cache-control") == ["no-store"]
    problem = ask(server, path, "Accept: application/json", html=False)
    assert (problem.status, problem.header("content-type")) == (status, ["application/problem+json"])
    assert json.loads(problem.body)["status"] == status


def test_the_look_is_kept_by_browsers(server: Server) -> None:
    page = read(ask(server, "/statements/cookies").body.decode())
    (sheet,) = page.all("link", rel="stylesheet")
    look = ask(server, sheet["href"])
    assert look.header("cache-control") == ["public, max-age=31536000, immutable"]
    assert int(look.header("content-length")[0]) == len(look.body) > 50_000


def test_a_body_that_is_too_great_is_refused_before_the_pages(server: Server) -> None:
    big = ask(server, "/planted/try", FORM, body=b"a=" + b"x" * 1_100_000, method="POST")
    assert big.status == 413


def test_the_log_holds_nothing_of_what_was_asked(server: Server) -> None:
    ask(server, "/planted/wrong/mistake?code=planted-secret-1", "Cookie: a=planted-secret-2")
    sent = urlencode({"password": "planted-secret-3", "form_token": "planted-secret-4"}).encode()
    ask(server, "/planted/try", FORM, body=sent, method="POST")
    log = server.log.read_text(errors="replace")
    assert "web.unexpected" in log
    assert "planted-secret" not in log
    assert "the secret of ann" not in log
