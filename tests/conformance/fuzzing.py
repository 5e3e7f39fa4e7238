"""Schemathesis against a running server: requests made from /openapi.json, right and wrong, each answer checked.

`python -m tests.conformance.fuzzing 100000` sends so many; `make fuzz` does. Many are made in portions, on every core:
the longer one run goes on, the longer it looks for a request that it has not made yet.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tests.conformance.callers import Caller, Callers
from tests.installation import installed
from tests.servers import Server

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "unsupported_method",
    "allow_header_conformance", "ignored_auth",
)  # fmt: skip
OPERATIONS = 13
"""So many of the operations take something that can be varied without end."""
PORTION, MADE = 100, 1_300
"""So many of each operation are asked for at a time, and so many requests come of it."""
EDGES = 1_700
"""At least so many are made of the edges of the descriptions, however few are asked for."""


class Fuzzed(NamedTuple):
    """What came of it: how many requests, whether all checks passed, and what was printed."""

    requests: int
    passed: bool
    printed: str


def fuzz(
    server: Server, caller: Caller, folder: Path, examples: int, seed: int, phases: str = "coverage,fuzzing"
) -> Fuzzed:
    """Send so many requests to each operation that takes anything, and (coverage) the edges of each description."""
    config, report = folder / "schemathesis.toml", folder / "report.json"
    config.write_text(caller.config(), "utf-8")
    address = f"http://127.0.0.1:{server.port}"
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "--no-color"),
        *("run", f"{address}/openapi.json", "--url", address),
        *("--phases", phases, "--checks", ",".join(CHECKS), "--max-examples", str(examples)),
        *("--seed", str(seed), "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all"),
        *("--report-json-path", str(report), "--warnings", "off"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    found = re.search(r"([\d,]+) generated", done.stdout)
    requests = int(found[1].replace(",", "")) if found else 0
    return Fuzzed(requests, done.returncode == 0, done.stdout + done.stderr)


def each_of(requests: int) -> int:
    """How many requests each operation gets, so that there are so many in all."""
    return max(1, -(-(requests - EDGES) // OPERATIONS))


def portion(server: Server, callers: Callers, seed: int) -> Fuzzed:
    """Some hundreds of requests that no edge says, by a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        return fuzz(server, callers.next(), Path(name), PORTION, seed, "fuzzing")


def main() -> int:
    """Fuzz a server of our own, and say what came of it."""
    wanted, began = int(sys.argv[1]), time.monotonic()
    with tempfile.TemporaryDirectory() as name, installed(Path(name), "sqlite") as made, Callers(made) as callers:
        server = made.server()
        server.wait()
        came, sent = fuzz(server, callers.next(), Path(name), 1, seed=wanted), 0
        with ThreadPoolExecutor(os.cpu_count()) as at_once:
            seeds = range(-(-max(0, wanted - came.requests) // MADE))
            for part in chain([came], at_once.map(partial(portion, server, callers), seeds)):
                sent += part.requests
                if not part.passed:
                    sys.stdout.write(part.printed)
                    return 1
                print(f"{sent:,} requests as described, {time.monotonic() - began:,.0f} s", flush=True)  # noqa: T201
        made.assert_intact()
    return 0


if __name__ == "__main__":
    sys.exit(main())
