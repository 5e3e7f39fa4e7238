"""One engine at one size, in a process of its own: `python -m benchmarks.measure ENGINE PEOPLE SECONDS FOLDER`.

It loads, compares its answers and prints a line; for each line that it is sent it times itself once and prints another.
"""

import gc
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
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
Decide = Callable[[Question], Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """How the engine's answers compare with the reference's, and how long one took while they were compared."""

    asked: int
    wrong: int
    untold: int
    seconds_each: float


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
    checked = check(engine, workload.questions, expected, seconds, tells=entry.tells_reasons)
    row |= {"checked": checked.asked, "wrong": checked.wrong, "untold": checked.untold}

    def timed() -> Row:
        per_s = throughput(engine.decide, workload.questions, seconds, checked.seconds_each)
        p50, p99 = latency(engine.decide, workload.questions, seconds, checked.seconds_each)
        return {"per_s": per_s, "p50_us": p50, "p99_us": p99}

    return row, timed


def check(
    engine: Engine, questions: Sequence[Question], expected: Callable[[Question], bool], seconds: float, *, tells: bool
) -> Checked:
    """Ask until the questions or three times the seconds are used up; a denial without a reason is counted too."""
    asked = wrong = untold = 0
    started = perf_counter()
    for question in questions:
        answer = engine.read(engine.decide(question))
        asked += 1
        wrong += answer.allowed != expected(question)
        untold += tells and answer.allowed == bool(answer.reasons)
        if asked >= FEWEST_CHECKED and perf_counter() - started > 3 * seconds:
            break
    return Checked(asked, wrong, untold, (perf_counter() - started) / asked)


def throughput(decide: Decide, questions: Sequence[Question], seconds: float, each: float) -> float:
    """Decisions a second: the median of slices, each with questions of its own."""
    size = max(10, min(len(questions) // SLICES, int(seconds / SLICES / each)))
    repeats = max(1, round(seconds / SLICES / each / size))
    rates = []
    for number in range(SLICES):
        chunk = list(islice(questions, number * size, (number + 1) * size))
        started = perf_counter()
        for _ in range(repeats):
            for question in chunk:
                decide(question)
        rates.append(repeats * size / (perf_counter() - started))
    return statistics.median(rates)


def latency(decide: Decide, questions: Sequence[Question], seconds: float, each: float) -> tuple[float, float]:
    """The middle and the slowest hundredth of single calls, in microseconds."""
    taken = []
    for question in islice(questions, max(100, int(seconds / each))):
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
