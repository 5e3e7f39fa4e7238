"""Measure, print the table, write the results; end with 1 where a first target is missed."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import inprocess, machine, over_http, report, settings, targets
from benchmarks.children import measure_in_child
from benchmarks.results import Results
from benchmarks.settings import Section, Settings

SIZES = "1000,10000,100000"
QUICK_SIZES = "1000"
PREPARING_SECONDS = 240


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    sizes = asked.people or (QUICK_SIZES if asked.quick else SIZES)
    people = tuple(sorted({int(size) for size in sizes.split(",")}))
    sections = frozenset({Section(asked.only)} if asked.only else Section)
    about = machine.facts()
    with tempfile.TemporaryDirectory(prefix="postern-bench-") as name:
        chosen = (settings.quick if asked.quick else settings.full)(people, sections, Path(name))
        results = run(chosen, _say)
    judged = targets.judge(results, chosen)
    print(report.table(results, judged))
    report.write(results, judged, about)
    return 0 if targets.reached(results, judged) else 1


def run(chosen: Settings, say: Callable[[str], None]) -> Results:
    """Prepare the service's databases, then measure section by section."""
    results = Results()
    for people in chosen.people:
        say(f"applying {people:,} people")
        folder = chosen.prepared(people)
        results[f"prepared/{people}"] = measure_in_child(
            "own_rows", "prepare", people, 0, folder, seconds=PREPARING_SECONDS
        )
    if Section.INPROC in chosen.sections:
        results |= inprocess.run(chosen, say)
    if Section.TRAIL in chosen.sections:
        say("trail: records")
        folder = chosen.prepared(min(chosen.people))
        results["trail"] = measure_in_child("own_rows", "trail", chosen.records, 0, folder)
    if Section.HTTP in chosen.sections:
        results |= over_http.run(chosen, say)
    return results


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast decisions are, beside peers.")
    parser.add_argument("--people", help=f"sizes, by comma (default {SIZES}; with --quick {QUICK_SIZES})")
    parser.add_argument("--quick", action="store_true", help="a first look, under a minute")
    parser.add_argument("--only", choices=[section.value for section in Section], help="one part alone")
    return parser.parse_args()


def _say(line: str) -> None:
    print(f"… {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
