"""Starts the demonstration with its two front ends, and stops all three together: what `make demo` runs."""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
POSTERN = (sys.executable, "-c", "import wsgi; wsgi.main()")
STARTED_WITHIN_SECONDS = 120
ENDED_WITHIN_SECONDS = 10
FRONT_ENDS = {
    "lookup": ("Demonstration look-up pages", ("lccis", "derbyshire-databook", "contactpoint")),
    "reports": ("Demonstration report runner", ("lccis",)),
}
"""Folder in examples/ → its name among the registered front ends, and the systems that it asks about."""


class NotStarted(Exception):
    """A part of the demonstration that ended before it answered."""


def main() -> None:
    """Start all three, say where they are, and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="Postern's; the front ends take the two above")
    port = parser.parse_args().port
    instance = Path(os.environ.get("POSTERN_INSTANCE") or ROOT / "instance")
    for told in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C too: who starts this in the background may have it ignored
        signal.signal(told, lambda *_: sys.exit(0))
    parts: list[subprocess.Popen[bytes]] = []
    try:
        serve_all(parts, port, instance)
        while all(part.poll() is None for part in parts):
            time.sleep(0.2)
        sys.exit("A part of the demonstration has ended.")
    except NotStarted as wrong:
        sys.exit(str(wrong))
    finally:
        stop(parts)


def serve_all(parts: list[subprocess.Popen[bytes]], port: int, instance: Path) -> None:
    """Start Postern, register the front ends where they are not yet, and start them."""
    addresses = {"postern": port} | {name: port + number for number, name in enumerate(FRONT_ENDS, 1)}
    parts.append(subprocess.Popen([*POSTERN, "demo", "run", "--port", str(port)], cwd=ROOT))
    wait_for(parts[-1], port, "/readyz")
    for name in FRONT_ENDS:
        key = key_of(name, instance)
        told = ("--postern", f"http://127.0.0.1:{port}", "--port", str(addresses[name]))
        kept = ("--key-file", str(key), "--folder", str(instance / name))
        parts.append(subprocess.Popen([sys.executable, "-m", f"examples.{name}", *told, *kept], cwd=ROOT))
        wait_for(parts[-1], addresses[name], "/sign-in")
    hosts = dict.fromkeys(FRONT_ENDS, "127.0.0.1") | {"postern": "localhost"}
    lines = [f"  {name:8} http://{hosts[name]}:{where}" for name, where in addresses.items()]
    sys.stdout.write("\nThe demonstration runs:\n" + "\n".join(lines) + "\nStop all three with Ctrl-C.\n")
    sys.stdout.flush()


def key_of(name: str, instance: Path) -> Path:
    """The file with a front end's key; registered, and readable by its owner only, when there is none yet."""
    file = instance / f"{name}-key"
    if not file.exists():
        called, systems = FRONT_ENDS[name]
        words = [word for system in systems for word in ("--system", system)]
        made = subprocess.run([*POSTERN, "keys", "add", called, *words], cwd=ROOT, check=True, capture_output=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(made.stdout)
    return file


def wait_for(part: subprocess.Popen[bytes], port: int, path: str) -> None:
    """Wait until a part answers."""
    until = time.monotonic() + STARTED_WITHIN_SECONDS
    while time.monotonic() < until and part.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with suppress(OSError):
            line.request("GET", path)
            if line.getresponse().status == 200:
                line.close()
                return
        line.close()
        time.sleep(0.1)
    raise NotStarted(f"Nothing answers on port {port}. Choose other ports with PORT=…")


def stop(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    """End every part that still runs; kill what has not ended in time."""
    until = time.monotonic() + ENDED_WITHIN_SECONDS
    for part in reversed(parts):
        part.terminate()
    for part in parts:
        try:
            part.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


if __name__ == "__main__":
    main()
