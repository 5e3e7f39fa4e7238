"""The engines in-process, in turn: fresh process, one core, one size after another."""

from collections.abc import Callable

from benchmarks.children import Row, measure_in_child
from benchmarks.engines import ENGINES
from benchmarks.results import Results, merged
from benchmarks.settings import Settings

LOADING_SECONDS = 300

Say = Callable[[str], None]


def run(settings: Settings, say: Say) -> Results:
    """Every engine at every size it is worth asking at, and our own rows at the largest and the smallest."""
    results = Results()
    for people in settings.people:
        rounds: dict[str, list[Row]] = {name: [] for name, entry in ENGINES.items() if people <= entry.most_people}
        for _ in range(settings.rounds_at(people)):
            for name, rows in rounds.items():
                say(f"in-process: {name}, {people:,} people")
                asked = (name, people, settings.seconds, settings.prepared(people))
                rows.append(measure_in_child("measure", *asked, seconds=LOADING_SECONDS))
        for name, rows in rounds.items():
            results[f"inproc/{name}/{people}"] = merged(rows)
    fewest = min(settings.people)
    for row in ("freshness", "denial"):
        say(f"in-process: {row}")
        results[f"inproc/{row}"] = measure_in_child(
            "own_rows", row, fewest, settings.seconds, settings.prepared(fewest)
        )
    return results
