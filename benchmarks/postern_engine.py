"""The service's own engine, asked in-process: the workload as packs and facts, the questions with all their reasons."""

# ruff: noqa: ARG001 - until the service is joined

from collections.abc import Callable
from pathlib import Path

from benchmarks.engines import Engine, Unavailable
from benchmarks.shapes import Workload

NOT_YET = "the service's own engine is not joined to the benchmark yet"


def prepare(workload: Workload, folder: Path) -> None:
    """Make the database in this folder: migrate, activate eight packs, apply the facts (and the troubled person's)."""
    raise Unavailable(NOT_YET)


def load(workload: Workload, folder: Path) -> Engine:
    """Open the prepared database and bring every person's facts into memory; decisions are not recorded."""
    raise Unavailable(NOT_YET)


def sentences(answer: object) -> list[str]:
    """The worded reasons of what `decide` returned, as a person would read them."""
    raise Unavailable(NOT_YET)


def freshness_check(folder: Path) -> Callable[[], object]:
    """What a worker does on each request: ask for the current revision, on its kept autocommit connection."""
    raise Unavailable(NOT_YET)
