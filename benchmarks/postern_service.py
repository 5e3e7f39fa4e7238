"""The service as a server: how it is started, asked, written to behind its back, and how its trail is weighed."""

# ruff: noqa: ARG001 - until the service is joined

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import Unavailable
from benchmarks.postern_engine import NOT_YET
from benchmarks.servers import Command


@dataclass(frozen=True, slots=True)
class Front:
    """The served service and the key by which its decisions are asked."""

    command: Command
    key: str


def front(folder: Path, port: int) -> Front:
    """How to serve the prepared database in this folder, with a key for all eight systems."""
    raise Unavailable(NOT_YET)


def write_facts(folder: Path) -> Iterator[None]:
    """Each step records one fact of one person, committed by this process beside the running server."""
    raise Unavailable(NOT_YET)


def apply_people(folder: Path, people: int) -> None:
    """Apply so many new people to the database of the running server, as one import."""
    raise Unavailable(NOT_YET)


def record_decisions(folder: Path, records: int) -> int:
    """Decide and record so many questions through the trail's own door; the bytes they take on disk."""
    raise Unavailable(NOT_YET)


def verify_trail(folder: Path) -> int:
    """Verify the whole trail; how many records were read, or an error where one is damaged."""
    raise Unavailable(NOT_YET)
