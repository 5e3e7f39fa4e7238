"""The engines in-process: a process each on one core, timed in turn, one size after another."""

from collections.abc import Callable

from benchmarks.children import Child, Row, measure_in_child
from benchmarks.engines import ENGINES
from benchmarks.results import Results, merged
from benchmarks.settings import Settings

LOADING_SECONDS, TIMING_SECONDS = 300, 60

Say = Callable[[str], None]


def run(settings: Settings, say: Say) -> Results:
    """Every engine at every size it is worth asking at, and our own rows at the largest and the smallest."""
    results = Results()
    for people in settings.people:
        results |= one_size(settings, people, say)
    fewest = min(settings.people)
    for row in ("freshness", "denial"):
        say(f"in-process: {row}")
        results[f"inproc/{row}"] = measure_in_child(
            "own_rows", row, fewest, settings.seconds, settings.prepared(fewest)
        )
    most = max(settings.people)
    say(f"in-process: search over {most:,} people")
    results[f"inproc/search/{most}"] = measure_in_child(
        "own_rows", "search", most, settings.seconds, settings.prepared(most), seconds=LOADING_SECONDS
    )
    return results


def one_size(settings: Settings, people: int, say: Say) -> dict[str, Row]:
    """All engines at one size: each loads once, then they are timed in turn, so that all have the machine's moods."""
    loaded: dict[str, Row] = {}
    children: dict[str, Child] = {}
    for name, entry in ENGINES.items():
        if people <= entry.most_people:
            say(f"in-process: {name} loads {people:,} people")
            child = Child("measure", name, people, settings.seconds, settings.prepared(people))
            loaded[name] = child.read(LOADING_SECONDS)
            children[name] = child
    rounds: dict[str, list[Row]] = {name: [] for name, row in loaded.items() if "note" not in row}
    for number in range(settings.rounds):
        say(f"in-process: round {number + 1} of {settings.rounds}, {people:,} people")
        for name, rows in rounds.items():
            rows.append(children[name].again(TIMING_SECONDS))
    for child in children.values():
        child.close()
    timed = {name: merged(rows) for name, rows in rounds.items()}
    return {f"inproc/{name}/{people}": {**row, **timed.get(name, {})} for name, row in loaded.items()}
