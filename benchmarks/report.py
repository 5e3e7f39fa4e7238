"""One table for people, one file for machines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.children import Row
from benchmarks.engines import ENGINES
from benchmarks.results import Results
from benchmarks.targets import Judged, Verdict

FILE = Path(__file__).with_name("results.json")
WIDTHS = (48, 10, 12, 10, 10, 9, 11, 7)
HEADS = ("", "people", "a second", "p50 µs", "p99 µs", "load s", "memory MB", "wrong")
HTTP_ROWS = {
    "http/empty/bare": "an empty Flask route, a bare GET",
    "http/empty/single": "an empty Flask route, the same requests",
    "http/postern/single": "Postern, single, durable",
    "http/postern/batch": "Postern, batch of 50, durable (decisions)",
    "http/cerbos/single": "Cerbos, single, tuned, no audit",
    "http/cerbos/batch": "Cerbos, batch of 50, tuned, no audit (decisions)",
    "http/postgresql/single": "Postern, single, durable, on PostgreSQL",
    "http/postgresql/batch": "Postern, batch of 50, on PostgreSQL (decisions)",
    "http/quiet": "Postern, single, in quiet",
    "http/written": "Postern, single, a fact written each second",
    "http/applied": "Postern, single, people being applied",
}


def table(results: Results, judged: list[Judged]) -> str:
    """The whole table: the engines, the servers, the targets."""
    return "\n".join((*_engines(results), *_servers(results), *_targets(results, judged)))


def write(results: Results, judged: list[Judged], machine: dict[str, object]) -> None:
    """Write `benchmarks/results.json`, figures to four significant digits."""
    content = {
        "machine": machine,
        "faults": results.faults(),
        "targets": [_as_data(line) for line in judged],
        "rows": {name: {key: _rounded(value) for key, value in row.items()} for name, row in results.items()},
    }
    FILE.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _engines(results: Results) -> Iterator[str]:
    yield _line("In-process, one core", *HEADS[1:])
    for name, row in results.items():
        section, _, rest = name.partition("/")
        engine, _, people = rest.partition("/")
        if section == "inproc" and engine in ENGINES:
            yield _measured(ENGINES[engine].title, f"{int(people):,}", row)


def _servers(results: Results) -> Iterator[str]:
    shown = [(title, results[name]) for name, title in HTTP_ROWS.items() if name in results]
    if shown:
        yield ""
        yield _line("Over HTTP, one core, sixteen connections", *HEADS[1:])
    for title, row in shown:
        yield _measured(title, "", row)


def _targets(results: Results, judged: list[Judged]) -> Iterator[str]:
    yield ""
    yield f"{'First targets':<66}{'this run':>16}  {'bound':<23}"
    for line in judged:
        target = line.target
        figure = "–" if line.figure is None else f"{_number(line.figure)} {target.unit}"
        bound = f"{target.bound} {_number(target.limit)} {target.unit}"
        yield f"{target.what:<66}{figure:>16}  {bound:<23}{line.verdict}{line.note and f': {line.note}'}"
    faults = results.faults()
    verdict = Verdict.MISSED if faults else Verdict.MET
    yield f"{'wrong answers, denials without a reason, failed requests':<66}{faults:>16}  {'= 0':<23}{verdict}"


def _measured(title: str, people: str, row: Row) -> str:
    if "per_s" not in row:
        return f"{_cell(title, 0)}{_cell(people, 1)}  {row.get('note', 'not measured')}"
    rate = row.get("decisions_per_s", row["per_s"])
    memory = row.get("memory_bytes")
    faults = row.get("wrong", 0) + row.get("untold", 0) + row.get("failed", 0)
    cells = (rate, row["p50_us"], row["p99_us"], row.get("load_s"), memory and memory / 1e6)
    return _line(title, people, *map(_number, cells), f"{faults:.0f}")


def _line(*cells: str) -> str:
    return "".join(_cell(text, place) for place, text in enumerate(cells)).rstrip()


def _cell(text: str, place: int) -> str:
    align: Callable[..., str] = str.rjust if place else str.ljust
    return align(text, WIDTHS[place])


def _number(value: float | None) -> str:
    """Enough digits to compare, none to distract."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _as_data(line: Judged) -> dict[str, Any]:
    target = line.target
    figure = None if line.figure is None else _rounded(line.figure)
    bound = f"{target.bound} {target.limit:g}"
    return {"what": target.what, "figure": figure, "unit": target.unit, "bound": bound, "verdict": line.verdict.value}


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
