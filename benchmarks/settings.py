"""How large, how long and which part of the benchmark to run."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Section(StrEnum):
    """The parts of the benchmark that can be run alone."""

    INPROC = "inproc"
    HTTP = "http"
    TRAIL = "trail"


@dataclass(frozen=True, slots=True)
class Settings:
    """One run. Seconds bound each timed loop; rounds are repeated with the engines in turn, and their medians kept."""

    people: tuple[int, ...]
    sections: frozenset[Section]
    folder: Path
    seconds: float
    rounds: int
    load_seconds: float
    load_rounds: int
    records: int
    imported: int

    def prepared(self, people: int) -> Path:
        """The folder where the service's database of this many people stands."""
        folder = self.folder / f"people-{people}"
        folder.mkdir(exist_ok=True)
        return folder


def full(people: tuple[int, ...], sections: frozenset[Section], folder: Path) -> Settings:
    """The whole measurement, under eight minutes on two cores."""
    return Settings(
        people, sections, folder, seconds=0.5, rounds=7, load_seconds=4, load_rounds=3, records=50_000, imported=100_000
    )


def quick(people: tuple[int, ...], sections: frozenset[Section], folder: Path) -> Settings:
    """A first look, under a minute."""
    return Settings(
        people, sections, folder, seconds=0.3, rounds=3, load_seconds=2, load_rounds=1, records=5_000, imported=5_000
    )
