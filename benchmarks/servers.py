"""Servers, each on a core of its own: started, waited for, stopped. The empty route is Flask on the same server."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter, sleep

from benchmarks import machine, pinned
from benchmarks.children import ROOT, environment
from benchmarks.engines import Unavailable, need
from governance.serving import HEADER_MILLISECONDS

HOST = "127.0.0.1"
THREADS = 32
"""A Flask view occupies a thread while it runs; this many served it best."""
SETTINGS = (
    *("--host", HOST),
    *("--interface", "wsgi"),
    *("--factory",),
    *("--workers", "1"),
    *("--blocking-threads", str(THREADS)),
    *("--backpressure", str(4 * THREADS)),
    *("--http1-header-read-timeout", str(HEADER_MILLISECONDS)),
    *("--log-level", "warning"),
    *("--respawn-failed-workers", "--no-ws"),
)
"""How the same server software is set up for a plain Flask application."""

STOPPING_SECONDS = 8


@dataclass(frozen=True, slots=True)
class Command:
    """A server's command line, what it needs in its environment, and the path that answers 200 once it is ready."""

    argv: list[str]
    ready: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and how long it took to become ready."""

    port: int
    ready_seconds: float


def granian(target: str, port: int, *, ready: str, variables: Mapping[str, str] | None = None) -> Command:
    """Serve what a factory (`module:name`) makes with granian, one worker."""
    need("granian")
    argv = [sys.executable, "-m", "granian", *SETTINGS, "--port", str(port), target]
    return Command(argv, ready, variables or {})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


@contextmanager
def running(command: Command, port: int, folder: Path, *, patience: float = 60) -> Iterator[Server]:
    """The server, ready, for as long as the block lasts."""
    line, log_file = pinned.command(machine.server_core(), command.argv, own=True), folder / f"server-{port}.log"
    with log_file.open("wb") as log:
        started = perf_counter()
        process = subprocess.Popen(
            line, cwd=ROOT, env=environment(command.variables), stdout=log, stderr=log, start_new_session=True
        )
        try:
            while not _ready(port, command.ready):
                if process.poll() is not None or perf_counter() - started > patience:
                    print(log_file.read_text(errors="replace")[-2000:], file=sys.stderr)
                    raise Unavailable("the server did not become ready")
                sleep(0.02)
            yield Server(port, perf_counter() - started)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process which was started in a session of its own, and the workers that it started."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ending)
            process.wait(STOPPING_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _ready(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
