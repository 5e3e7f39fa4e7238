"""What goes on beside the decisions: `python -m benchmarks.disturbances facts|people FOLDER COUNT`."""

import sys
from pathlib import Path
from time import sleep

from benchmarks import postern_service
from benchmarks.engines import Unavailable

EACH_SECONDS = 1.0


def write_facts(folder: Path, _count: int) -> None:
    """A fact is written each second, without end."""
    for _ in postern_service.write_facts(folder):
        sleep(EACH_SECONDS)


def apply_people(folder: Path, count: int) -> None:
    """So many people are applied as one import."""
    postern_service.apply_people(folder, count)


KINDS = {"facts": write_facts, "people": apply_people}

if __name__ == "__main__":
    try:
        KINDS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    except Unavailable as reason:
        sys.exit(str(reason))
