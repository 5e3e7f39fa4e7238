"""wrk, the client that loads a server: found or installed, given its requests, its figures read."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, pinned
from benchmarks.bodies import Body
from benchmarks.children import Row
from benchmarks.engines import Unavailable
from benchmarks.servers import HOST

CONNECTIONS = 16
MICROSECONDS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}
SCRIPT = """\
local sent, number = {{}}, 0
function init()
  local headers = {{["Content-Type"] = "application/json", ["Authorization"] = "Bearer {key}"}}
  for line in io.lines("{requests}") do
    local path, body = line:match("^(%S+) (.*)$")
    sent[#sent + 1] = wrk.format("POST", path, headers, body)
  end
end
function request()
  number = number % #sent + 1
  return sent[number]
end
"""


def find() -> str:
    """The wrk that is installed; on Debian, as root, it is installed first."""
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "wrk"]):
            subprocess.run(["apt-get", *arguments], capture_output=True, check=False)
        found = shutil.which("wrk")
    if found is None:
        raise Unavailable("wrk is not installed (apt-get install wrk)")
    return found


def script(bodies: Sequence[Body], key: str, folder: Path, name: str) -> Path:
    """Write the requests, and the Lua that sends them in turn."""
    requests, lua = folder / f"{name}.requests", folder / f"{name}.lua"
    requests.write_text("".join(f"{body.path} {body.text}\n" for body in bodies), encoding="utf-8")
    lua.write_text(SCRIPT.format(key=key, requests=requests), encoding="utf-8")
    return lua


def load(port: int, seconds: float, *, path: str = "/", lua: Path | None = None) -> Row:
    """Load the server from the client's core over kept connections; requests a second and latencies."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", "--timeout", "10s"]
    source = [] if lua is None else ["-s", str(lua)]
    line = pinned.command(machine.client_core(), [find(), *options, *source, f"http://{HOST}:{port}{path}"])
    done = subprocess.run(line, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return read(done.stdout)


def read(printed: str) -> Row:
    """The figures in what wrk printed; every answer that is no 2xx or 3xx, and every broken connection, has failed."""
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", printed)
    return {
        "per_s": float(_only(r"Requests/sec:\s+([\d.]+)", printed)[0]),
        "p50_us": _percentile(50, printed),
        "p99_us": _percentile(99, printed),
        "failed": int(refused[1] if refused else 0) + sum(map(int, broken.groups() if broken else ())),
    }


def _percentile(percent: int, printed: str) -> float:
    number, unit = _only(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", printed)
    return float(number) * MICROSECONDS[unit]


def _only(pattern: str, printed: str) -> tuple[str, ...]:
    found = re.search(pattern, printed, re.MULTILINE)
    if found is None:
        raise Unavailable("wrk printed no figures")
    return found.groups()
