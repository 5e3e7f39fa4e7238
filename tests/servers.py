"""Servers of an installation, and front ends that ask them.

Servers are processes of their own, to be stopped, killed and started again; a client keeps its connection alive.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).parents[1]
SYSTEM = "archive"
PERMITTED, UNKNOWN = "ann", "nobody"
SERVING_WITHIN = 5.0
IDLE = 5.0
"""Seconds after which a front end dials again: a server hangs up on those who say nothing for long."""


class Answer(NamedTuple):
    """What a server said: status, decision, the record's number, the revisions, and the codes of its reasons.

    `again` is whether the server asks to be asked again, with the time to wait.
    """

    status: int
    decision: bool | None = None
    id: str = ""
    policy: int = 0
    facts: int = 0
    codes: tuple[str, ...] = ()
    code: str = ""
    again: bool = False


class Client:
    """One front end on one connection that it keeps. Not for two threads."""

    def __init__(self, port: int, key: str, timeout: float = 10) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._used = 0.0
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, person: str = PERMITTED, case: str = "C-1") -> Answer:
        """Ask whether a person may view a file."""
        body = {
            "subject": {"type": "user", "id": person},
            "action": {"name": "view"},
            "resource": {"type": "file", "id": "F-1"},
            "context": {"case": case},
        }
        status, headers, told = self._send("POST", f"/systems/{SYSTEM}/access/v1/evaluation", json.dumps(body))
        if status != 200:
            return Answer(status, code=str(told.get("code", "")), again="Retry-After" in headers)
        codes = tuple(reason["code"] for reason in told.get("context", {}).get("reasons", ()))
        revisions = int(headers["Policy-Revision"]), int(headers["Facts-Revision"])
        return Answer(status, told["decision"], str(headers["Decision-Id"]), *revisions, codes)

    def ready(self) -> bool:
        """Whether the server says that it can decide and record."""
        return self._send("GET", "/readyz", None)[0] == 200

    def _send(self, method: str, path: str, body: str | None) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        if time.monotonic() > self._used + IDLE:
            self._link.close()
        if self._link.sock is None:
            self._link.connect()
            self._link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link.request(method, path, body, self._headers)
        response = self._link.getresponse()
        self._used = time.monotonic()
        return response.status, response.headers, json.loads(response.read())

    def close(self) -> None:
        """Hang up; the next question dials again."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Launcher:
    """A process that has imported the service and forks servers: a start takes a moment instead of seconds."""

    def __init__(self, log: Path, preload: str = "") -> None:
        self._lock = threading.Lock()
        environment = {**os.environ, "LD_PRELOAD": preload} if preload else dict(os.environ)
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.launcher"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env=environment,
                text=True,
            )

    def start(self, environment: Mapping[str, str], port: int, log: Path, workers: int, twin: str) -> int:
        """Fork a server and give its process group."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = {"environment": dict(environment), "port": port, "log": str(log), "workers": workers, "twin": twin}
        with self._lock:
            self._process.stdin.write(json.dumps(wanted) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the launcher and every server that is left."""
        self._process.communicate()


@dataclass
class Server:
    """One server of an installation: a process group on a port."""

    folder: Path
    environment: Mapping[str, str]
    key: str
    port: int
    twin: str = ""
    launcher: Launcher | None = None
    workers: int = 1
    group: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where it writes."""
        return self.folder / f"server-{self.port}.log"

    def start(self) -> None:
        """Start it; it is not yet serving."""
        environment = self.environment
        if self.launcher is not None:
            self.group = self.launcher.start(environment, self.port, self.log, self.workers, self.twin)
            return
        assert not self.twin, "only a launcher puts twins in"
        command = [str(Path(sys.executable).parent / "postern"), "serve"]
        command += ["--port", str(self.port), "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT,
                env={**os.environ, **environment}, start_new_session=True,
            )  # fmt: skip
        self.group = self.process.pid

    def wait(self, seconds: float = 30) -> float:
        """Wait until it is ready, and say how long that took."""
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            with (
                suppress(OSError, http.client.HTTPException, ValueError),
                Client(self.port, "", timeout=seconds) as client,
            ):
                if client.ready():
                    return time.monotonic() - began
            time.sleep(0.01)
        raise AssertionError(f"not serving after {seconds} s: {self.log.read_text(errors='replace')[-2000:]}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill it with all its workers, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.group, how)
        if self.process is not None:
            self.process.wait(30)
            self.process = None
        while listened_to(self.port):  # the system takes a moment to bury it
            time.sleep(0.005)

    def kill_worker(self) -> None:
        """Kill one worker only; whoever supervises it stays."""
        children = Path(f"/proc/{self.group}/task/{self.group}/children")
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)

    def client(self, timeout: float = 10) -> Client:
        """A front end of this server."""
        return Client(self.port, self.key, timeout)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listened_to(port: int) -> bool:
    """Whether somebody still holds a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
