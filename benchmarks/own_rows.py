"""Rows that only our own engine has: `python -m benchmarks.own_rows ROW SIZE SECONDS FOLDER`."""

import statistics
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from time import perf_counter, perf_counter_ns

from benchmarks import postern_engine, postern_service
from benchmarks.children import Row, print_row
from benchmarks.reference import reference
from benchmarks.troubled import OBJECTIONS, troubled
from benchmarks.workload import make_workload

FEWEST_CALLS = 200
SEARCHES = 5


def prepare(people: int, _seconds: float, folder: Path) -> Row:
    """How long the service takes to apply everybody's facts, and what the database weighs."""
    workload = make_workload(people)
    started = perf_counter()
    postern_engine.prepare(workload, folder)
    taken = perf_counter() - started
    return {"apply_s": taken, "database_bytes": sum(file.stat().st_size for file in folder.glob("*.db*"))}


def freshness(_people: int, seconds: float, folder: Path) -> Row:
    """The check that comes before every request: has anything changed?"""
    return {"check_us": middle_us(postern_engine.freshness_check(folder), seconds)}


def denial(people: int, seconds: float, folder: Path) -> Row:
    """A denial with five reasons, worded, against a permit; both asked and read to the end."""
    workload = make_workload(people)
    engine, allowed = postern_engine.load(workload, folder), reference(workload)
    permitted = next(question for question in workload.questions if allowed(question))
    _, denied = troubled(workload)
    told = postern_engine.sentences(engine.decide(denied))
    if len(told) != OBJECTIONS or postern_engine.sentences(engine.decide(permitted)):
        return {"note": f"{len(told)} sentences told, {OBJECTIONS} expected"}
    permit_us = middle_us(lambda: postern_engine.sentences(engine.decide(permitted)), seconds)
    denial_us = middle_us(lambda: postern_engine.sentences(engine.decide(denied)), seconds)
    return {"permit_us": permit_us, "denial_us": denial_us}


def search(people: int, _seconds: float, folder: Path) -> Row:
    """Who may do something to a record, over everybody: the slowest of some searches, each from an empty memory."""
    workload, taken, found, wrong = make_workload(people), [], 0, 0
    allowed, who_may = reference(workload), postern_engine.who_may(folder)
    for question in islice(workload.questions, 0, None, len(workload.questions) // SEARCHES):
        started = perf_counter()
        names = who_may(question)
        taken.append(perf_counter() - started)
        wanted = [name for name in sorted(workload.people) if allowed(question._replace(person=name))]
        found += len(names)
        wrong += names != wanted
    return {"slowest_s": max(taken), "found": found, "wrong": wrong}


def trail(records: int, _seconds: float, folder: Path) -> Row:
    """What a record weighs, and how many a second are verified."""
    written = postern_service.record_decisions(folder, records)
    started = perf_counter()
    verified = postern_service.verify_trail(folder)
    taken = perf_counter() - started
    if verified < records:
        return {"note": f"{verified} of {records} records verified"}
    return {"verify_per_s": verified / taken, "bytes_a_record": written / records}


def middle_us(call: Callable[[], object], seconds: float) -> float:
    """The median time of one call, in microseconds."""
    taken: list[int] = []
    ends = perf_counter() + seconds
    while len(taken) < FEWEST_CALLS or perf_counter() < ends:
        started = perf_counter_ns()
        call()
        taken.append(perf_counter_ns() - started)
    return statistics.median(taken) / 1e3


ROWS = {row.__name__: row for row in (prepare, freshness, denial, search, trail)}

if __name__ == "__main__":
    print_row(lambda: ROWS[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])))
