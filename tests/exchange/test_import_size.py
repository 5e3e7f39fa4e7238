"""A whole county's people come in within their time and their memory, while questions are answered."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple, Self

import pytest
from sqlalchemy import func, select

from benchmarks.import_folder import write_folder
from governance.people.models import Employment
from tests.installation import Installation, installed
from tests.servers import PERMITTED, ROOT, Answer, Launcher, Server

PATIENCE = 2.0
"""Seconds within which each question is answered while an import writes, on a machine that has other work too."""


class Taken(NamedTuple):
    """What an import took: seconds, and the most memory that it held, in MiB."""

    seconds: float
    mebibytes: float


class Asking:
    """A front end that goes on asking, and keeps every answer with how long it took."""

    def __init__(self, server: Server) -> None:
        self.answers: list[tuple[float, Answer]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(server,))

    def _ask(self, server: Server) -> None:
        with server.client() as client:
            while not self._stop.is_set():
                began = time.monotonic()
                answer = client.ask(PERMITTED)
                self.answers.append((time.monotonic() - began, answer))
                time.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


MEASURED = """
import atexit, pathlib, sys, wsgi
peak = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: peak.write_text(pathlib.Path("/proc/self/status").read_text()))
wsgi.main()
"""
"""The command, which says at its end how large it was: what is told of a child counts what its parent was."""


def run_import(installation: Installation, folder: Path) -> Taken:
    """Run the command in a process of its own and take its measure."""
    began, peak = time.monotonic(), folder.with_suffix(".peak")
    subprocess.run(
        [sys.executable, "-c", MEASURED, str(peak), "import", str(folder)],
        cwd=ROOT,
        env={**os.environ, **installation.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    told = dict(line.split(":", 1) for line in peak.read_text().splitlines())
    return Taken(time.monotonic() - began, int(told["VmHWM"].split()[0]) / 1024)


def comes_in(installation: Installation, folder: Path, people: int) -> Taken:
    """Import so many people, see that they are there, and give what it took."""
    rows = write_folder(folder, people)
    taken = run_import(installation, folder)
    with installation.databases.reading() as session:
        stand = session.scalar(select(func.count()).select_from(Employment).where(Employment.closed_by.is_(None)))
    assert stand == rows["employment"] + 1
    return taken


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_five_thousand_people_come_in(tmp_path: Path, dialect: str) -> None:
    with installed(tmp_path, dialect) as installation:
        taken = comes_in(installation, tmp_path / "in", 5_000)
    assert taken.seconds < 60  # the machine may have other work; the soak holds the real limit
    assert taken.mebibytes < 300


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_hundred_thousand_people_come_in(tmp_path: Path, launcher: Launcher, dialect: str) -> None:
    with installed(tmp_path, dialect) as installation:
        server = installation.server(launcher)
        server.wait()
        with Asking(server) as asking:
            taken = comes_in(installation, tmp_path / "in", 100_000)
    sys.stdout.write(f"{dialect}: {taken}\n")
    assert {(answer.status, answer.decision) for _, answer in asking.answers} == {(200, True)}
    assert max(seconds for seconds, _ in asking.answers) < PATIENCE
    assert taken.seconds <= 90
    assert taken.mebibytes <= 1024
