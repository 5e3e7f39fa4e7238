"""The tour: every command of the page, run against the demonstration, gives the answer that the page shows."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.architecture.source import ROOT
from tests.journeys.demonstration import Demo, agrees

TOUR = (ROOT / "docs" / "tour.md").read_text("utf-8")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


class Stop(NamedTuple):
    """A question of the tour: both commands, and the answers shown."""

    title: str
    curl: str
    shown: Any
    decide: str
    words: str


def stops() -> list[Stop]:
    """The questions in the order of the page."""
    found = []
    for section in re.split(r"^## \d+\. ", TOUR, flags=re.MULTILINE)[1:]:
        blocks = BLOCK.findall(section)
        assert [kind for kind, _ in blocks] == ["sh", "json", "sh", "text"], section.splitlines()[0]
        curl, shown, decide, words = (text for _, text in blocks)
        found.append(Stop(section.splitlines()[0], curl, json.loads(shown), decide, words))
    return found


STOPS = stops()


@pytest.fixture(scope="module")
def terminal(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The variables that the page sets first, here for a demonstration elsewhere."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "postern"
    command.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'import wsgi; wsgi.main()' \"$@\"\n")
    command.chmod(0o700)
    key = (demo.instance / "demo-key").read_text().strip()
    return demo.environment | {
        "POSTERN": f"{demo.address}/systems",
        "KEY": f"Authorization: Bearer {key}",
        "JSON": "Content-Type: application/json",
        "PATH": f"{folder}:{demo.environment['PATH']}",
    }


def run(command: str, environment: Mapping[str, str]) -> str:
    """What a terminal shows for a command."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def decided(terminal: Mapping[str, str]) -> Mapping[str, str]:
    """What each `postern decide` of the tour prints, all in one process: starting it takes longer than the answer."""
    lines = json.dumps([stop.decide.replace("\\\n", " ") for stop in STOPS])
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.one_terminal"], input=lines, cwd=ROOT, env=terminal,
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["stderr"] for one in told] == [""] * len(STOPS)
    return {stop.title: one["stdout"] for stop, one in zip(STOPS, told, strict=True)}


def matches(shown: str, given: str) -> bool:
    """Whether words are as shown: "…" stands for anything in a line, and on a line of its own for any lines."""
    lines = ("(?:.*\n)*" if line.strip() == "…" else f"{open_line(line)}\n" for line in shown.splitlines())
    return re.fullmatch("".join(lines), given) is not None


def open_line(line: str) -> str:
    """A line as a pattern; an ellipsis that a source has itself is as good as one of the page."""
    return ".*".join(map(re.escape, line.split("…")))


def post(environment: Mapping[str, str], body: Mapping[str, Any], system: str) -> Any:
    """What the demonstration answers to a body."""
    url = urlsplit(environment["POSTERN"])
    name, _, value = environment["KEY"].partition(": ")
    headers = {name: value, "Content-Type": "application/json"}
    with closing(HTTPConnection(url.netloc, timeout=20)) as connection:
        connection.request("POST", f"{url.path}/{system}/access/v1/evaluation", json.dumps(body), headers)
        return json.loads(connection.getresponse().read())


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.title[:40])
def test_curl_gives_what_the_tour_shows(terminal: Mapping[str, str], stop: Stop) -> None:
    given = json.loads(run(stop.curl, terminal)) if shutil.which("curl") else post(terminal, *body_of(stop))
    assert agrees(stop.shown, given), json.dumps(given, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.title[:40])
def test_decide_gives_what_the_tour_shows(decided: Mapping[str, str], stop: Stop) -> None:
    given = decided[stop.title]
    assert matches(stop.words, given), given


def test_both_commands_ask_the_same() -> None:
    for stop in STOPS:
        body, system = body_of(stop)
        assert (
            f"postern decide {system} --subject {body['subject']['id']} --action {body['action']['name']}"
            in stop.decide
        )
        told = {**body["resource"].get("properties", {}), **body.get("context", {})}
        assert sorted(told) == sorted(re.findall(r"-[pc] '?(\w+)=", stop.decide)), stop.title


def body_of(stop: Stop) -> tuple[dict[str, Any], str]:
    """What a curl command asks, and of which system."""
    system = re.search(r"\$POSTERN/([\w-]+)/", stop.curl)
    body = re.search(r"-d \\\n +'(.*)'", stop.curl, re.DOTALL)
    assert system
    assert body
    return json.loads(body[1]), system[1]


def test_the_tour_is_of_six_systems() -> None:
    assert len({body_of(stop)[1] for stop in STOPS}) >= 6


@pytest.mark.parametrize(("number", "change", "decision"), [
    (1, {"context": {}}, False),
    (2, {"resource": {"type": "report", "id": "neet-comparison"}}, True),
    (3, {"subject": {"type": "user", "id": "judith.amos"}}, True),
    (6, {"context": {"acr": "mfa", "reason": "rang", "mediated_for": "dan.wood"}}, False),
    (6, {"subject": {"type": "user", "id": "ines.gray"}, "context": {"acr": "mfa", "reason": "asks"}}, False),
    (8, {"subject": {"type": "user", "id": "nora.blake"}}, True),
])  # fmt: skip
def test_what_the_tour_says_beside(
    terminal: Mapping[str, str], number: int, change: dict[str, Any], decision: bool
) -> None:
    body, system = body_of(STOPS[number - 1])
    answer = post(terminal, body | change, system)
    assert answer["decision"] is decision, answer
