"""Decisions over HTTP, each durably recorded before it is answered, beside an empty route of the same server."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

from benchmarks import empty_route, machine, peers_cerbos, pinned, postern_service, postgres, servers, wrk
from benchmarks.bodies import BATCH, Body, batches, decisions, singles
from benchmarks.children import ROOT, Row, environment, measure_in_child
from benchmarks.engines import Unavailable
from benchmarks.installation import ADDRESS
from benchmarks.reference import reference
from benchmarks.results import Results, merged
from benchmarks.settings import Settings
from benchmarks.workload import make_workload

Say = Callable[[str], None]
Load = Callable[[float], Row]
WARM_SECONDS = 1
HEAD_START = 2.0


def run(settings: Settings, say: Say) -> Results:
    """The loads in turn, then the disturbances, the same on PostgreSQL, then a start with the most people."""
    results = Results()
    for part in (_loads, _postgresql, _start):
        try:
            part(settings, say, results)
        except Unavailable as reason:
            results[f"http/{part.__name__.strip('_')}"] = {"note": str(reason)}
    return results


def _loads(settings: Settings, say: Say, results: Results) -> None:
    """Empty route, single and batch in turn, both servers standing; then the single load undisturbed and disturbed."""
    wrk.find()
    folder = settings.prepared(min(settings.people))
    try:
        with (
            _service("postern", settings, folder, results) as ours,
            _empty(folder) as empty,
            _cerbos(settings, say, results) as cerbos,
        ):
            _in_turn(empty | ours | cerbos, settings, say, results)
            _disturbed(ours["http/postern/single"], folder, settings, say, results)
    except Unavailable as reason:
        results |= {row: {"note": str(reason)} for row in ("http/postern/single", "http/postern/batch")}


def _postgresql(settings: Settings, say: Say, results: Results) -> None:
    """The service's own loads, with facts and trail in PostgreSQL."""
    folder = settings.folder / "postgresql"
    folder.mkdir()
    try:
        with postgres.database() as address:
            (folder / ADDRESS).write_text(address, encoding="utf-8")
            measure_in_child("own_rows", "prepare", min(settings.people), 0, folder)
            results["http/postgresql/freshness"] = measure_in_child("own_rows", "freshness", 0, 1, folder)
            with _service("postgresql", settings, folder, results) as ours:
                _in_turn(ours, settings, say, results)
    except Unavailable as reason:
        results["http/postgresql/single"] = {"note": str(reason)}


def _in_turn(loads: dict[str, Load], settings: Settings, say: Say, results: Results) -> None:
    rounds: dict[str, list[Row]] = {name: [] for name in loads}
    for load in loads.values():
        load(WARM_SECONDS)
    for _ in range(settings.load_rounds):
        for name, load in loads.items():
            say(f"over HTTP: {name.removeprefix('http/')}")
            rounds[name].append(load(settings.load_seconds))
    for name, rows in rounds.items():
        results[name] = results.get(name, {}) | merged(rows)


@contextmanager
def _empty(folder: Path) -> Iterator[dict[str, Load]]:
    """The empty routes; the one that is sent questions gets those that the service was just given."""
    port = servers.free_port()
    command = servers.granian("benchmarks.empty_route:create_app", port, ready=empty_route.PATH)
    with servers.running(command, port, folder):
        yield {
            "http/empty/bare": lambda seconds: wrk.load(port, seconds, path=empty_route.PATH),
            "http/empty/single": lambda seconds: wrk.load(port, seconds, lua=folder / "single.lua"),
        }


@contextmanager
def _cerbos(settings: Settings, say: Say, results: Results) -> Iterator[dict[str, Load]]:
    """Cerbos with the same rules, sent the same questions; each answer is compared first. Nothing where it is not."""
    rows = ("http/cerbos/single", "http/cerbos/batch")
    if not peers_cerbos.installed():
        say("over HTTP: the rows of Cerbos are left out: it is not installed, and npm, which brings it, may not be")
        results |= {row: {"note": "not installed", "absent": True} for row in rows}
        yield {}
        return
    workload = make_workload(min(settings.people))
    folder = settings.folder / "cerbos"
    command, port = peers_cerbos.command(workload, folder)
    loads: dict[str, Load] = {}
    with servers.running(command, port, folder):
        for kind, (bodies, decided) in peers_cerbos.bodies(workload, reference(workload)).items():
            row = f"http/cerbos/{kind}"
            results[row] = {"wrong": wrong_answers(port, "none", bodies)}
            loads[row] = _load(port, wrk.script(bodies, "none", folder, kind), decided)
        yield loads


@contextmanager
def _service(name: str, settings: Settings, folder: Path, results: Results) -> Iterator[dict[str, Load]]:
    """The served service; each answer is compared with the reference once, which brings all facts into memory."""
    workload = make_workload(min(settings.people))
    decide = reference(workload)
    port = servers.free_port()
    front = postern_service.front(folder, port)
    kinds = {
        f"http/{name}/single": (singles(workload, decide), 1),
        f"http/{name}/batch": (batches(workload, decide), BATCH),
    }
    loads: dict[str, Load] = {}
    with servers.running(front.command, port, folder):
        for row, (bodies, decided) in kinds.items():
            results[row] = {"wrong": wrong_answers(port, front.key, bodies)}
            lua = wrk.script(bodies, front.key, folder, row.rpartition("/")[2])
            loads[row] = _load(port, lua, decided)
        yield loads


def _load(port: int, lua: Path, decided: int) -> Load:
    def load(seconds: float) -> Row:
        row = wrk.load(port, seconds, lua=lua)
        return row | {"decisions_per_s": row["per_s"] * decided}

    return load


def wrong_answers(port: int, key: str, bodies: Sequence[Body]) -> int:
    """How many decisions on the wire differ from the reference's."""
    wrong = 0
    for body, (status, answer) in zip(bodies, _answers(port, key, bodies), strict=True):
        given = decisions(answer) if status == 200 else ()
        wrong += len(body.expected) if len(given) != len(body.expected) else _differing(given, body.expected)
    return wrong


def _differing(given: Sequence[bool], expected: Sequence[bool]) -> int:
    return sum(one is not other for one, other in zip(given, expected, strict=True))


def _answers(port: int, key: str, bodies: Sequence[Body]) -> Iterator[tuple[int, dict[str, object]]]:
    connection = HTTPConnection(servers.HOST, port, timeout=20)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    for body in bodies:
        connection.request("POST", body.path, body.text, headers)
        response = connection.getresponse()
        yield response.status, json.loads(response.read())
    connection.close()


def _disturbed(load: Load, folder: Path, settings: Settings, say: Say, results: Results) -> None:
    """The same load in quiet, while a fact is written each second, and while many people are applied."""
    seconds = 2 * settings.load_seconds
    say("over HTTP: undisturbed")
    results["http/quiet"] = load(seconds)
    for row, kind in (("http/written", "facts"), ("http/applied", "people")):
        say(f"over HTTP: while {kind} are {row.removeprefix('http/')}")
        line = [sys.executable, "-m", "benchmarks.disturbances", kind, str(folder), str(settings.imported)]
        process = subprocess.Popen(
            pinned.command(machine.client_core(), line), cwd=ROOT, env=environment(), start_new_session=True
        )
        try:
            sleep(HEAD_START)
            results[row] = load(seconds) if process.poll() in (None, 0) else {"note": f"{kind} could not be written"}
        finally:
            servers.stop(process)


def _start(settings: Settings, say: Say, results: Results) -> None:
    """From the command to ready, and then the first decision, with everybody in the database."""
    people = max(settings.people)
    say(f"over HTTP: start with {people:,} people")
    folder = settings.prepared(people)
    workload = make_workload(people, questions=1)
    (first,) = singles(workload, reference(workload))
    port = servers.free_port()
    front = postern_service.front(folder, port)
    with servers.running(front.command, port, folder) as server:
        started = perf_counter()
        wrong = wrong_answers(port, front.key, [first])
        taken = perf_counter() - started
    results[f"http/start/{people}"] = {"ready_s": server.ready_seconds, "first_ms": taken * 1e3, "wrong": wrong}
