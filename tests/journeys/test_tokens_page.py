"""The page on tokens: every command of its walk with curl, run against the demonstration, gives what the page shows."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from governance.people.signin.views import COOKIE
from tests.architecture.source import ROOT
from tests.journeys.demonstration import Demo, agrees
from tests.journeys.test_tour import BLOCK, matches
from tests.services import Unavailable, cannot_be_had, install_with_apt

pytestmark = pytest.mark.xdist_group("tokens-page")

HEADING = "## 6. All of it with curl\n"
PAGE = (ROOT / "docs" / "tokens.md").read_text("utf-8")
HERE, PASTED = "http://localhost:8000", "http://localhost:5050/signed-in?code=…"
WHO, DONE = "sandra.okafor", "--- done ---"
PROGRAMS = ("curl", "openssl")


class Step(NamedTuple):
    """A command of the page with what it shows for it: nothing, JSON or words."""

    heading: str
    command: str
    kind: str
    shown: str


def steps() -> list[Step]:
    """The commands in their order; the first says only where the demonstration is."""
    found: list[Step] = []
    for section in re.split(r"^### ", PAGE.partition(HEADING)[2], flags=re.MULTILINE):
        for kind, text in BLOCK.findall(section):
            if kind == "sh":
                found.append(Step(section.splitlines()[0], text, "", ""))
            elif not found[-1].kind:
                found[-1] = found[-1]._replace(kind=kind, shown=text)
    return found


class Terminal:
    """One shell for the whole walk, as whoever reads the page has it."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        command = folder / "postern"
        command.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'import wsgi; wsgi.main()' \"$@\"\n")
        command.chmod(0o700)
        where = {"POSTERN": demo.address, "PATH": f"{folder}:{demo.environment['PATH']}"}
        self._shell = subprocess.Popen(
            ["sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=demo.instance.parent, env=demo.environment | where,
        )  # fmt: skip

    def run(self, command: str) -> str:
        """What a command prints, errors among it."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\necho '{DONE}'\n")
        self._shell.stdin.flush()
        said = ""
        while not said.endswith(f"{DONE}\n"):
            line = self._shell.stdout.readline()
            assert line, f"the shell has ended: {said}"
            said += line
        return said.removesuffix(f"{DONE}\n")

    def close(self) -> None:
        self._shell.communicate(timeout=10)


class Walk(NamedTuple):
    """What was printed for each step, and the browser of the person, as it is at the end."""

    printed: list[str]
    cookie: str


def browse(address: str, cookie: str) -> HTTPResponse:
    """What a browser with this cookie gets at an address; it follows nothing."""
    url = urlsplit(address)
    with closing(HTTPConnection(url.netloc, timeout=20)) as connection:
        connection.request("GET", f"{url.path}?{url.query}", headers={"Cookie": f"{COOKIE}={cookie}"})
        response = connection.getresponse()
        response.read()
        return response


def proved(demo: Demo) -> str:
    """A browser in which the person has just proved a second factor: its cookie."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.signed_in", WHO], cwd=ROOT, env=demo.environment,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def sign_in(demo: Demo, address: str) -> tuple[str, str]:
    """The step that needs a person: where their browser ends, and its cookie."""
    sent = browse(address, "")
    assert sent.status == 303
    following = parse_qs(urlsplit(sent.headers["Location"]).query)["next"][0]
    time.sleep(1.1)  # what is fresh is newer than the second in which they were sent
    cookie = proved(demo)
    back = browse(f"{demo.address}{following}", cookie).headers["Location"]
    assert back.startswith("http://localhost:5050/signed-in?code="), back
    return back, cookie


@pytest.fixture(scope="module")
def programs() -> None:
    """What the page's commands need beside a shell; as root on Debian it is installed when missing."""
    for program in PROGRAMS:
        if shutil.which(program) is None:
            if os.geteuid() != 0 or shutil.which("apt-get") is None:
                cannot_be_had(f"no {program} here: install it")
            try:
                install_with_apt(program)
            except Unavailable as missing:
                cannot_be_had(str(missing))


@pytest.fixture(scope="module")
def walk(demo: Demo, programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The whole way, the browser's part played here."""
    terminal, printed, back, cookie = Terminal(demo, tmp_path_factory.mktemp("bin")), [], "", ""
    for step in steps()[1:]:
        printed.append(terminal.run(step.command.replace(PASTED, back)))
        if re.search(r"^send\b(?!\()", step.command, re.MULTILINE):
            back, cookie = sign_in(demo, printed[-1].strip())
    yield Walk(printed, cookie)
    terminal.close()


STEPS = steps()[1:]


@pytest.mark.parametrize("number", range(len(STEPS)), ids=lambda number: f"{number} {STEPS[number].heading}")
def test_each_command_gives_what_the_page_shows(walk: Walk, demo: Demo, number: int) -> None:
    step, given = STEPS[number], walk.printed[number]
    shown = step.shown.replace(HERE, demo.address).replace("localhost%3A8000", demo.address.removeprefix("http://"))
    if step.kind == "json":
        assert agrees(json.loads(shown), json.loads(given)), given
    else:
        assert matches(shown, given), given


def test_the_walk_goes_the_whole_way() -> None:
    """Every door of the provider, and a decision; each command but the definitions shows its answer."""
    said = "".join(step.command for step in STEPS)
    doors = ("authorize", "token", "introspect", "userinfo", "revoke", "logout")
    assert [door for door in doors if f"$POSTERN/oauth/{door}" not in said] == []
    assert "/access/v1/evaluation" in said
    assert [step.heading for step in STEPS if not step.kind] == []


def test_a_second_factor_that_was_proved_again_is_newer(walk: Walk) -> None:
    told = [json.loads(line) for printed in walk.printed for line in printed.splitlines() if '"active":true' in line]
    first, second = (one["auth_time"] for one in told)
    assert first < second


def test_the_last_address_signs_a_person_out_in_their_own_browser(walk: Walk, demo: Demo) -> None:
    assert browse(f"{demo.address}/account", walk.cookie).status == 200
    tokens = json.loads((demo.instance / "tokens").read_text())
    browse(f"{demo.address}/oauth/logout?id_token_hint={tokens['id_token']}", walk.cookie)
    assert urlsplit(browse(f"{demo.address}/account", walk.cookie).headers["Location"]).path == "/sign-in"
