"""The demonstration: the three curl lines that it prints, pasted, give what the README shows."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from governance.kernel.errors import Conflict
from governance.serving import refuse_taken
from tests.architecture.source import ROOT

STARTED_WITHIN_SECONDS = 60
README = (ROOT / "README.md").read_text("utf-8")


class Demo(NamedTuple):
    """A demonstration that runs: where its files are, what it has printed, its three lines."""

    instance: Path
    said: str
    lines: list[str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POSTERN_")}
    environment |= {"POSTERN_INSTANCE": str(folder / "instance"), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    said = folder / "said.txt"
    with said.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", "import wsgi; wsgi.main()", "demo", "run", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_served(server, port, said)
        text = said.read_text("utf-8")
        yield Demo(folder / "instance", text, [line for line in text.splitlines() if line.startswith("curl ")])
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def wait_until_served(server: "subprocess.Popen[bytes]", port: int, said: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the demonstration did not start:\n{said.read_text('utf-8')}")


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


def agrees(shown: Any, given: Any) -> bool:
    """Whether an answer is what is shown: "…" stands for what is left out, a day in the end for any day."""
    if isinstance(shown, dict):
        return all(name == "…" or (name in given and agrees(value, given[name])) for name, value in shown.items())
    if isinstance(shown, list):
        if shown and shown[-1] == "…":
            return agrees(shown[:-1], given[: len(shown) - 1])
        return len(shown) == len(given) and all(agrees(one, other) for one, other in zip(shown, given, strict=True))
    if isinstance(shown, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z", shown):
        return isinstance(given, str) and given.endswith("Z")
    return bool(shown == given)


@pytest.mark.parametrize(
    ("line", "heading"), [(0, "A permit"), (1, "A denial with several reasons"), (2, "A batch")], ids=str
)
def test_the_lines_give_what_the_readme_shows(demo: Demo, line: int, heading: str) -> None:
    given = paste(demo.lines[line])
    assert agrees(shown(heading), given), json.dumps(given, indent=1, ensure_ascii=False)


def test_they_show_what_they_promise(demo: Demo) -> None:
    permit, denial, batch = (paste(line) for line in demo.lines)
    assert permit["decision"] is True
    assert permit["context"]["obligations"]
    menders = {reason["remedy"]["who"] for reason in denial["context"]["reasons"]}
    assert (denial["decision"], len(menders) >= 3) == (False, True)
    assert {item["decision"] for item in batch["evaluations"]} == {True, False}
    assert any(item["context"]["obligations"] for item in batch["evaluations"])


def test_its_secrets_are_its_owners_alone(demo: Demo) -> None:
    modes = {name: (demo.instance / name).stat().st_mode & 0o777 for name in ("postern.env", "demo-key")}
    assert modes == {"postern.env": 0o600, "demo-key": 0o600}
    assert demo.instance.stat().st_mode & 0o077 == 0


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=rf"^cannot serve 127\.0\.0\.1:{port}: .+ Choose another port\.$"):
            refuse_taken("127.0.0.1", port)
    refuse_taken("127.0.0.1", port)
