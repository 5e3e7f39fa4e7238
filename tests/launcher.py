"""Starts servers quickly: imports the service once, then forks a child for each line that it reads.

What it forks is `postern serve` as it stands after its imports: no database was opened here. A line is JSON: the
environment, the port, the log, and the twin to put in, if any (`module:function`). The answer is the child's group.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any

import wsgi
from governance import serving

END_WITH_PARENT = 1
"""The system's number for it: a server does not outlive a launcher that was killed."""


def main() -> None:
    """Fork until the input ends; then end every child that is left."""
    assert wsgi.AREAS
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what was killed
    started = []
    for line in sys.stdin:
        wanted = json.loads(line)
        if pid := os.fork():
            started.append(pid)
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
        else:
            become(wanted)
    for pid in started:
        end(pid)


def become(wanted: dict[str, Any]) -> None:
    """Be a server, in a process group of its own."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGTERM)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(wanted["environment"])
    status = 1
    try:
        if wanted["twin"]:
            module, _, name = wanted["twin"].partition(":")
            getattr(importlib.import_module(module), name)()
        serving.serve("127.0.0.1", wanted["port"], wanted["workers"])
        status = 0
    except BaseException:  # noqa: BLE001 - told in its log; the launcher's own loop must not go on in the child
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(status)


def end(group: int) -> None:
    """Kill a server with its workers, if it is still there."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
