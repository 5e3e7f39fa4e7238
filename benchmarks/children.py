"""A fresh process for each measurement: started, pinned, bounded in time, and its one line of JSON read."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import machine, pinned
from benchmarks.engines import Unavailable

ROOT = Path(__file__).resolve().parent.parent

Row = dict[str, Any]
"""Figures by name; `note` says in words why there are none."""


def measure_in_child(module: str, *arguments: object, core: int | None = None, seconds: float = 120) -> Row:
    """Run one of this package's modules and return the figures it printed."""
    argv = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    line = pinned.command(machine.server_core() if core is None else core, argv)
    try:
        done = subprocess.run(
            line, capture_output=True, text=True, timeout=seconds, cwd=ROOT, env=environment(), check=False
        )
    except subprocess.TimeoutExpired:
        return {"note": f"not done within {seconds:.0f} s"}
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
        return {"note": "stopped with an error"}
    row = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(row, dict)
    return row


class Child:
    """A process that loads once and is then asked again and again, in turn with others, until it is closed."""

    def __init__(self, module: str, *arguments: object) -> None:
        argv = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
        line = pinned.command(machine.server_core(), argv)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment())

    def read(self, seconds: float) -> Row:
        """The next line of figures, or a note where none comes in time."""
        assert self._process.stdout is not None
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        line = self._process.stdout.readline()
        late.cancel()
        if not line:
            return {"note": f"stopped, or not done within {seconds:.0f} s"}
        row = json.loads(line)
        assert isinstance(row, dict)
        return row

    def again(self, seconds: float) -> Row:
        """Have it measure once more."""
        assert self._process.stdin is not None
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        return self.read(seconds)

    def close(self) -> None:
        """End it; freeing what it holds would take longer than all that was asked."""
        self._process.kill()
        self._process.communicate()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with the hash seed fixed, so that each run lays out its tables alike.

    Compiled code is kept, as wherever the service is installed: a start is not to compile it each time.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT), **(extra or {})}


def print_row(figures: Callable[[], Row]) -> None:
    """In the child: measure, and print the one line."""
    try:
        row = figures()
    except Unavailable as reason:
        row = {"note": str(reason)}
    print(json.dumps(row), flush=True)
    os._exit(0)  # freeing a hundred thousand people one by one would take longer than asking about them
