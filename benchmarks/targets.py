"""What must be reached, as a table: each figure, what it is held against, and the bound."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.results import Results
from benchmarks.settings import Section, Settings

EACH = "{people}"
"""Stands in a row's name for each size that was run; the worst of them counts."""

OURS = "inproc/postern/{people}"


class Bound(StrEnum):
    """Which side of the bound is good."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


class Verdict(StrEnum):
    """How a target came out."""

    MET = "met"
    MISSED = "MISSED"
    NOT_MEASURED = "NOT MEASURED"
    NOT_ASKED = "not asked for"
    PRINTED = "printed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Target:
    """One line. With `against` the figure is a ratio within this run, else it stands for itself.

    `sizes` are those that must have been run for the line to mean anything. A line that does not gate is only printed.
    """

    what: str
    section: Section
    of: tuple[str, str]
    bound: Bound
    limit: float
    unit: str = "×"
    against: tuple[str, str] | None = None
    sizes: tuple[int, ...] = ()
    gates: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """A target with what this run made of it."""

    target: Target
    figure: float | None
    verdict: Verdict
    note: str = ""


TARGETS: tuple[Target, ...] = (
    Target(
        "decisions a second, all reasons: against pycasbin FastEnforcer",
        Section.INPROC,
        (OURS, "per_s"),
        Bound.AT_LEAST,
        20,
        against=("inproc/casbin-fast/{people}", "per_s"),
    ),
    Target(
        "decisions a second, all reasons: against the best cedarpy",
        Section.INPROC,
        (OURS, "per_s"),
        Bound.AT_LEAST,
        6,
        against=("inproc/cedar/{people}", "per_s"),
    ),
    Target(
        "time of a decision: against the plain bool reference",
        Section.INPROC,
        ("inproc/plain/{people}", "per_s"),
        Bound.AT_MOST,
        15,
        against=(OURS, "per_s"),
    ),
    Target(
        "a denial with five worded reasons: against a permit",
        Section.INPROC,
        ("inproc/denial", "denial_us"),
        Bound.AT_MOST,
        2,
        against=("inproc/denial", "permit_us"),
    ),
    Target(
        "growth: p50 at 100,000 people against 1,000",
        Section.INPROC,
        ("inproc/postern/100000", "p50_us"),
        Bound.AT_MOST,
        2,
        against=("inproc/postern/1000", "p50_us"),
        sizes=(1_000, 100_000),
    ),
    Target(
        "memory a person, at 100,000",
        Section.INPROC,
        ("inproc/postern/100000", "bytes_a_person"),
        Bound.AT_MOST,
        2_000,
        unit="B",
        sizes=(100_000,),
    ),
    Target(
        "who may, over 100,000 people: the slowest of five searches",
        Section.INPROC,
        ("inproc/search/100000", "slowest_s"),
        Bound.AT_MOST,
        3,
        unit="s",
        sizes=(100_000,),
    ),
    Target("the freshness check", Section.INPROC, ("inproc/freshness", "check_us"), Bound.AT_MOST, 50, unit="µs"),
    Target(
        "HTTP single, durable: against an empty Flask route",
        Section.HTTP,
        ("http/postern/single", "per_s"),
        Bound.AT_LEAST,
        0.6,
        against=("http/empty/single", "per_s"),
    ),
    Target(
        "HTTP single, durable: against tuned Cerbos, audit off",
        Section.HTTP,
        ("http/postern/single", "per_s"),
        Bound.AT_LEAST,
        1.2,
        against=("http/cerbos/single", "per_s"),
    ),
    Target(
        "HTTP batch of 50, durable: against tuned Cerbos, audit off",
        Section.HTTP,
        ("http/postern/batch", "decisions_per_s"),
        Bound.AT_LEAST,
        3,
        against=("http/cerbos/batch", "decisions_per_s"),
    ),
    Target(
        "HTTP single, durable, against an empty Flask route: a bare GET of nothing",
        Section.HTTP,
        ("http/postern/single", "per_s"),
        Bound.AT_LEAST,
        0.6,
        against=("http/empty/bare", "per_s"),
        gates=False,
    ),
    Target(
        "HTTP single, durable, on PostgreSQL: against an empty Flask route",
        Section.HTTP,
        ("http/postgresql/single", "per_s"),
        Bound.AT_LEAST,
        0.6,
        against=("http/empty/single", "per_s"),
        gates=False,
    ),
    Target(
        "the freshness check on PostgreSQL",
        Section.HTTP,
        ("http/postgresql/freshness", "check_us"),
        Bound.AT_MOST,
        50,
        unit="µs",
        gates=False,
    ),
    Target(
        "p99 while a fact is written each second: against quiet",
        Section.HTTP,
        ("http/written", "p99_us"),
        Bound.AT_MOST,
        2,
        against=("http/quiet", "p99_us"),
    ),
    Target(
        "p99 while 100,000 people are applied: against quiet",
        Section.HTTP,
        ("http/applied", "p99_us"),
        Bound.AT_MOST,
        3,
        against=("http/quiet", "p99_us"),
        sizes=(100_000,),
    ),
    Target(
        "start with 100,000 people: to ready",
        Section.HTTP,
        ("http/start/100000", "ready_s"),
        Bound.AT_MOST,
        5,
        unit="s",
        sizes=(100_000,),
    ),
    Target(
        "start with 100,000 people: first decision",
        Section.HTTP,
        ("http/start/100000", "first_ms"),
        Bound.AT_MOST,
        50,
        unit="ms",
        sizes=(100_000,),
    ),
    Target("trail: verify", Section.TRAIL, ("trail", "verify_per_s"), Bound.AT_LEAST, 50_000, unit="records/s"),
    Target(
        "trail: a record, leaf and body", Section.TRAIL, ("trail", "bytes_a_record"), Bound.AT_MOST, 1_000, unit="B"
    ),
)


def judge(results: Results, settings: Settings) -> list[Judged]:
    """Every target with its verdict."""
    return [_judge(target, results, settings) for target in TARGETS]


def reached(results: Results, judged: list[Judged]) -> bool:
    """Whether the run passes: no wrong answer, and no target that was asked for missed or left unmeasured."""
    failing = {Verdict.MISSED, Verdict.NOT_MEASURED}
    return not results.faults() and not any(line.verdict in failing for line in judged)


def _judge(target: Target, results: Results, settings: Settings) -> Judged:
    if target.section not in settings.sections or not set(target.sizes) <= set(settings.people):
        return Judged(target, None, Verdict.NOT_ASKED)
    figures = []
    for row, found in _figures(target, results, settings):
        if found is None:
            verdict = Verdict.NOT_MEASURED if target.gates else Verdict.PRINTED
            if results.get(row, {}).get("absent"):
                verdict = Verdict.LEFT_OUT
            return Judged(target, None, verdict, results.note(row))
        figures.append(found)
    holds, worst = (operator.ge, min) if target.bound is Bound.AT_LEAST else (operator.le, max)
    figure = worst(figures)
    if not target.gates:
        return Judged(target, figure, Verdict.PRINTED)
    return Judged(target, figure, Verdict.MET if holds(figure, target.limit) else Verdict.MISSED)


def _figures(target: Target, results: Results, settings: Settings) -> Iterator[tuple[str, float | None]]:
    """The figure at each size (once, where the row's name has none), with the row that is missing if it is None."""
    (row, name), base = target.of, target.against
    for people in settings.people if EACH in row else settings.people[:1]:
        place = row.replace(EACH, str(people))
        above = results.figure(place, name)
        if base is None or above is None:
            yield place, above
            continue
        other = base[0].replace(EACH, str(people))
        below = results.figure(other, base[1])
        yield other, above / below if below else None
