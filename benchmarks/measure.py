"""One engine at one size, in a process of its own: `python -m benchmarks.measure ENGINE PEOPLE SECONDS FOLDER`.

It loads, compares its answers and prints a line; for each line that it is sent it times itself once and prints another.
"""

import gc
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

from benchmarks import machine
from benchmarks.children import Row
from benchmarks.engines import ENGINES, Engine, Unavailable
from benchmarks.reference import reference
from benchmarks.shapes import Question
from benchmarks.workload import make_workload, one_question_each

SLICES = 5
FEWEST_CHECKED = 50
CHECKING_SECONDS = 60
Decide = Callable[[Question], Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """How the engine's answers compare with the reference's."""

    asked: int
    wrong: int
    untold: int


def prepare(name: str, people: int, seconds: float, folder: Path) -> tuple[Row, Callable[[], Row]]:
    """Load and check; what was found, and how to time it once. `seconds` bounds each part of a timing."""
    entry, workload = ENGINES[name], make_workload(people)
    expected, everybody = reference(workload), one_question_each(workload)
    gc.collect()
    before, started = machine.resident_bytes(), perf_counter()
    engine = entry.load(workload, folder)
    load_seconds = perf_counter() - started
    gc.collect()
    row: Row = {"load_s": load_seconds, "memory_bytes": machine.resident_bytes() - before}
    if entry.ours:
        for question in everybody:
            engine.decide(question)
        gc.collect()
        row["bytes_a_person"] = (machine.resident_bytes() - engine.unpeopled) / people
    patience = CHECKING_SECONDS if entry.ours else 3 * seconds
    checked = check(engine, workload.questions, expected, patience, tells=entry.tells_reasons)
    row |= {"checked": checked.asked, "wrong": checked.wrong, "untold": checked.untold}
    asked, passes = extent(engine.decide, workload.questions, seconds)

    def timed() -> Row:
        per_s = throughput(engine.decide, asked, passes)
        p50, p99 = latency(engine.decide, asked)
        return {"per_s": per_s, "p50_us": p50, "p99_us": p99}

    return row, timed


def check(
    engine: Engine, questions: Sequence[Question], expected: Callable[[Question], bool], patience: float, *, tells: bool
) -> Checked:
    """Ask until the questions or the seconds of patience are used up; a denial without a reason is counted too."""
    asked = wrong = untold = 0
    started = perf_counter()
    for question in questions:
        answer = engine.read(engine.decide(question))
        asked += 1
        wrong += answer.allowed != expected(question)
        untold += tells and answer.allowed == bool(answer.reasons)
        if asked >= FEWEST_CHECKED and perf_counter() - started > patience:
            break
    return Checked(asked, wrong, untold)


def extent(decide: Decide, questions: Sequence[Question], seconds: float) -> tuple[Sequence[Question], int]:
    """How many of the questions an engine is timed on, and how often it goes through them all, in some seconds.

    Whoever is quick is asked them all before any comes again: none has a working set of its own choosing.
    """
    tried = questions[:FEWEST_CHECKED]
    started = perf_counter()
    for question in tried:
        decide(question)
    possible = seconds * len(tried) / (perf_counter() - started)
    asked = questions[: max(FEWEST_CHECKED, int(possible))]
    return asked, max(1, round(possible / len(asked)))


def throughput(decide: Decide, questions: Sequence[Question], passes: int) -> float:
    """Decisions a second: the median of the slices of all passes, each with questions of its own."""
    size = -(-len(questions) // SLICES)
    chunks = [questions[start : start + size] for start in range(0, len(questions), size)]
    rates = []
    for chunk in chunks * passes:
        started = perf_counter()
        for question in chunk:
            decide(question)
        rates.append(len(chunk) / (perf_counter() - started))
    return statistics.median(rates)


def latency(decide: Decide, questions: Sequence[Question]) -> tuple[float, float]:
    """The middle and the slowest hundredth of single calls, in microseconds."""
    taken = []
    for question in questions:
        started = perf_counter_ns()
        decide(question)
        taken.append(perf_counter_ns() - started)
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49] / 1e3, cuts[98] / 1e3


def serve(name: str, people: int, seconds: float, folder: Path) -> None:
    """Print what loading gave, then one timing for each line that comes in."""
    try:
        row, timed = prepare(name, people, seconds, folder)
    except Unavailable as reason:
        print(json.dumps({"note": str(reason)}), flush=True)
        return
    print(json.dumps(row), flush=True)
    for _ in sys.stdin:
        print(json.dumps(timed()), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
