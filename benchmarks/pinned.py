"""Run a command on one core: `python -m benchmarks.pinned CORE shared|own COMMAND…`.

Where it has the core for its own, its threads wait for each other, as with `postern serve --own-cores`.
"""

import os
import sys

from benchmarks import machine
from governance.serving import take_turns


def command(core: int, argv: list[str], *, own: bool = False) -> list[str]:
    """The command line that runs `argv` on this core."""
    return [sys.executable, "-m", "benchmarks.pinned", str(core), "own" if own else "shared", *argv]


if __name__ == "__main__":
    machine.pin(int(sys.argv[1]))
    if sys.argv[2] == "own":
        take_turns()
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606 - the command is the benchmark's own
