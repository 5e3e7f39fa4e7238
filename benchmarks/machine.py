"""The machine underneath: which core measures what, and the facts that a reader of the figures needs."""

import os
import platform
import re
from importlib import metadata
from pathlib import Path

LIBRARIES = ("pycasbin", "cedarpy", "flask", "granian", "sqlalchemy")


def cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def client_core() -> int:
    """Where wrk and the disturbances run."""
    return cores()[0]


def server_core() -> int:
    """Where engines and servers run: the second core, where there is one."""
    return cores()[:2][-1]


def pin(core: int) -> None:
    """Keep this process, and what it starts, on one core (nothing happens where the system cannot)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def resident_bytes() -> int:
    """The memory that this process holds now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def facts() -> dict[str, object]:
    """What to print beside the figures: never the machine's name, an address or a path."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(cores()),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 1),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else "unknown"


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
