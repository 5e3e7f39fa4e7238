"""One demonstration for all journeys of a run."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT
from tests.journeys.demonstration import Demo, curls, wait_until_served
from tests.journeys.seat import Seat, seated
from tests.servers import Launcher


@pytest.fixture(scope="session")
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
        yield Demo(f"http://localhost:{port}", environment, folder / "instance", text, curls(text))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@pytest.fixture(scope="session")
def seat(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Seat]:
    """Postern's own pages with the demonstration's people, for all files that sit at them."""
    with seated(tmp_path_factory.mktemp("seat"), launcher) as made:
        yield made
