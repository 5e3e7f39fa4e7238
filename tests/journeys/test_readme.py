"""The demonstration: the three curl lines that it prints, pasted, give what the README shows."""

import json
import re
import shlex
import shutil
import socket
import subprocess
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from governance.console import run_demo
from governance.kernel.errors import Conflict
from governance.serving import refuse_taken
from tests.architecture.source import ROOT
from tests.journeys.demonstration import Demo, agrees

README = (ROOT / "README.md").read_text("utf-8")


def paste(line: str) -> Any:
    """What a shell gives for the line; without curl the same request is made here."""
    if shutil.which("curl"):
        done = subprocess.run(["sh", "-c", line], check=True, capture_output=True, text=True, timeout=20)
        return json.loads(done.stdout)
    words = shlex.split(line)
    url = urlsplit(next(word for word in words if word.startswith("http")))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    with closing(HTTPConnection(url.hostname or "", url.port, timeout=20)) as connection:
        connection.request("POST", url.path, words[words.index("-d") + 1], headers)
        return json.loads(connection.getresponse().read())


def shown(heading: str) -> Any:
    """The answer that the README shows under a heading."""
    section = README.partition(f"### {heading}\n")[2]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block, heading
    return json.loads(block[1])


@pytest.mark.parametrize(
    ("line", "heading"), [(0, "A permit"), (1, "A denial with several reasons"), (2, "A batch")], ids=str
)
def test_the_lines_give_what_the_readme_shows(demo: Demo, line: int, heading: str) -> None:
    given = paste(demo.lines[line])
    assert agrees(shown(heading), given), json.dumps(given, indent=1, ensure_ascii=False)


def test_no_part_of_the_denial_is_left_out_unsaid(demo: Demo) -> None:
    assert shown("A denial with several reasons")["context"].keys() == paste(demo.lines[1])["context"].keys()


def test_they_show_what_they_promise(demo: Demo) -> None:
    permit, denial, batch = (paste(line) for line in demo.lines)
    assert permit["decision"] is True
    assert permit["context"]["obligations"]
    menders = {reason["remedy"]["who"] for reason in denial["context"]["reasons"]}
    assert (denial["decision"], len(menders) >= 3) == (False, True)
    assert {item["decision"] for item in batch["evaluations"]} == {True, False}
    assert any(item["context"]["obligations"] for item in batch["evaluations"])


def test_it_is_where_it_says_that_it_is(demo: Demo) -> None:
    """A strict client compares its metadata letter by letter with the address that it was given."""
    (address,) = re.findall(r"^Postern serves (\S+)$", demo.said, re.MULTILINE)
    assert all(f" {address}/systems/" in line for line in demo.lines)
    with closing(HTTPConnection(address.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", "/.well-known/authzen-configuration/systems/lccis")
        told = json.loads(connection.getresponse().read())
    assert told["policy_decision_point"] == f"{address}/systems/lccis"
    assert told["access_evaluation_endpoint"].startswith(f"{address}/systems/lccis/")


def test_its_secrets_are_its_owners_alone(demo: Demo) -> None:
    modes = {name: (demo.instance / name).stat().st_mode & 0o777 for name in ("postern.env", "demo-key")}
    assert modes == {"postern.env": 0o600, "demo-key": 0o600}
    assert demo.instance.stat().st_mode & 0o077 == 0


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=rf"^cannot serve 127\.0\.0\.1:{port}: .+ Choose another with --port\.$"):
            refuse_taken("127.0.0.1", port)
    refuse_taken("127.0.0.1", port)


@pytest.mark.parametrize("port", [80_000, -1])
def test_a_port_that_is_none_is_told_with_how_to_choose_another(port: int) -> None:
    told = CliRunner().invoke(run_demo, ["--port", str(port)])
    said = f"cannot serve 127.0.0.1:{port}: ports go from 0 to 65535. Choose another: make run PORT=…, or --port."
    assert (type(told.exception), str(told.exception)) == (Conflict, said)
