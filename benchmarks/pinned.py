"""Run a command on one core: `python -m benchmarks.pinned CORE COMMAND…`."""

import os
import sys

from benchmarks import machine


def command(core: int, argv: list[str]) -> list[str]:
    """The command line that runs `argv` on this core."""
    return [sys.executable, "-m", "benchmarks.pinned", str(core), *argv]


if __name__ == "__main__":
    machine.pin(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the command is the benchmark's own
