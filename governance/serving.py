"""The one keeper of the HTTP server: the same for a laptop, the benchmark and production."""

from __future__ import annotations

import os
import socket

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from governance.kernel import collecting
from governance.kernel.errors import Conflict

HEADER_MILLISECONDS = 10_000
CONNECTIONS = 2_048
STOPPING_SECONDS = 30
REPLACED_AFTER_SECONDS = 3.0


def refuse_taken(host: str, port: int, cure: str = "Choose another with --port.") -> None:
    """Raise `Conflict` where something else listens there, before anything is set up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise Conflict(f"cannot serve {host}:{port}: {wrong.strerror}. {cure}") from None
        except OverflowError:
            raise Conflict(f"cannot serve {host}:{port}: ports go from 0 to 65535. {cure}") from None


def take_turns() -> None:
    """Let the threads of this process, and of workers to come, wait for each other instead of interrupting each other.

    On a core of its own that saves a worker an eighth of its time; on one that is shared it has others go first, and
    decisions take twice as long. Raise `Conflict` where the system has no such scheduling.
    """
    if not hasattr(os, "SCHED_BATCH"):
        raise Conflict("--own-cores needs Linux. Leave it out.")
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def serve(host: str, port: int, workers: int) -> None:
    """Serve until told to stop. Each worker is a process of its own with its own facts and its own chain.

    SIGHUP replaces the workers one by one: each leaves when its successor has had time to begin.
    """
    collecting.leave_out()
    Granian(
        "wsgi:create_doorway",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        factory=True,
        workers=workers,
        backpressure=CONNECTIONS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=REPLACED_AFTER_SECONDS,
        workers_kill_timeout=STOPPING_SECONDS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
    ).serve()
