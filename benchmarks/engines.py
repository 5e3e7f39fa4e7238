"""The engines that are asked: what each must offer, and the list of them."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.shapes import Question, Workload


class Unavailable(Exception):
    """Something this row needs cannot be had here; the message says what, in words fit for the table."""


class Answer(NamedTuple):
    """What an engine said: permitted or not, and why not, as codes (empty for engines that do not tell)."""

    allowed: bool
    reasons: tuple[str, ...] = ()


def bare(answer: Any) -> Answer:
    """Read the answer of an engine that only says yes or no."""
    return Answer(bool(answer))


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded engine. `decide` is what is timed; `read` turns what it returned into an `Answer`, untimed.

    `unpeopled` is what the process held, in bytes, when all but the people was in memory (0 where nobody looks).
    """

    decide: Callable[[Question], Any]
    read: Callable[[Any], Answer] = bare
    unpeopled: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the comparison: where the engine's loader is, and how far it is worth asking."""

    title: str
    module: str
    loader: str = "load"
    most_people: int = 1_000_000
    tells_reasons: bool = False
    ours: bool = False

    def load(self, workload: Workload, folder: Path) -> Engine:
        """Load the engine; `folder` is its own to write in (ours finds its prepared database there)."""
        made = getattr(importlib.import_module(f"benchmarks.{self.module}"), self.loader)(workload, folder)
        assert isinstance(made, Engine)
        return made


ENGINES: dict[str, Entry] = {
    "plain": Entry("plain Python dictionaries, bool only", "reference"),
    "casbin-enforcer": Entry("pycasbin Enforcer, whole question", "peers_casbin", "load_enforcer", most_people=1_000),
    "casbin-fast": Entry("pycasbin FastEnforcer, whole question", "peers_casbin", "load_fast_enforcer"),
    "cedar": Entry("cedarpy, 96 policy sets, entities kept", "peers_cedar"),
    "postern": Entry("Postern, all reasons", "postern_engine", tells_reasons=True, ours=True),
}


def need(library: str) -> Any:
    """Import a library that only a comparison needs, or say that it is missing."""
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise Unavailable(f"{library} is not installed") from error
