"""The demonstration as it runs, and how an answer is compared with the one that a page shows."""

import re
import subprocess
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

STARTED_WITHIN_SECONDS = 60


class Demo(NamedTuple):
    """A demonstration that runs: where it is, where its files are, what it has printed, its three lines."""

    address: str
    environment: dict[str, str]
    instance: Path
    said: str
    lines: list[str]


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


def curls(text: str) -> list[str]:
    """The lines to paste."""
    return [line for line in text.splitlines() if line.startswith("curl ")]


def agrees(shown: Any, given: Any) -> bool:
    """Whether an answer is what is shown: "…" stands for what is left out, a day in the end for any day.

    At the end of a text it stands for the rest of that text.
    """
    if isinstance(shown, dict):
        return all(name == "…" or (name in given and agrees(value, given[name])) for name, value in shown.items())
    if isinstance(shown, list):
        if shown and shown[-1] == "…":
            return agrees(shown[:-1], given[: len(shown) - 1])
        return len(shown) == len(given) and all(agrees(one, other) for one, other in zip(shown, given, strict=True))
    if isinstance(shown, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z", shown):
        return isinstance(given, str) and given.endswith("Z")
    if isinstance(shown, str) and shown.endswith("…"):
        return isinstance(given, str) and given.startswith(shown[:-1])
    return bool(shown == given)
