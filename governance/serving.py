"""The one keeper of the HTTP server: the same for a laptop, the benchmark and production."""

from __future__ import annotations

import socket

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from governance.kernel.errors import Conflict

THREADS = 32
HEADER_SECONDS = 10_000


def refuse_taken(host: str, port: int) -> None:
    """Raise `Conflict` where something else listens there, before anything is set up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise Conflict(f"cannot serve {host}:{port}: {wrong.strerror}. Choose another port.") from None


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until told to stop. Each worker is a process of its own with its own facts and its own chain."""
    refuse_taken(host, port)
    Granian(
        "wsgi:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=threads,
        backpressure=4 * threads,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS),
    ).serve()
