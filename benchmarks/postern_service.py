"""The service as a server: how it is started, asked, written to behind its back, and how its trail is weighed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from benchmarks import postern_facts, shapes
from benchmarks.installation import open_service, trail_bytes, variables
from benchmarks.postern_engine import typed
from benchmarks.servers import HOST, Command
from benchmarks.workload import make_workload
from governance.clients.service import register_key
from governance.decisions.records import Asker
from governance.decisions.service import Questions
from governance.kernel import clock
from governance.ports.actor import Actor
from governance.trail.service import verify_trail as verify

READY = "/readyz"
NEWCOMER = "n"
"""Begins the names of those who are applied beside the running server."""

TOGETHER = 100
"""So many decisions are recorded in one go."""


@dataclass(frozen=True, slots=True)
class Front:
    """The served service and the key by which its decisions are asked."""

    command: Command
    key: str


def front(folder: Path, port: int) -> Front:
    """How to serve the prepared database in this folder, with a key for all eight systems."""
    service, now, actor = open_service(folder), clock.now(), Actor("benchmark")
    service.decisions.catch_up()
    with service.databases.change(str(actor), now) as session:
        key = register_key(session, "Benchmark", service.decisions.systems(), [], None, actor=actor, now=now)
    argv = [str(Path(sys.executable).with_name("postern")), "serve", "--own-cores", "--host", HOST]
    argv += ["--port", str(port)]
    return Front(Command(argv, READY, variables(folder)), key.text)


def write_facts(folder: Path) -> Iterator[None]:
    """Each step records one fact of one person, committed by this process beside the running server."""
    service = open_service(folder)
    day = postern_facts.calendar()(shapes.TODAY - 1)
    for number, person in enumerate(cycle(make_workload(1_000, questions=0).people)):
        row = {"person": person, "course": f"course-{number}", "completed": day}
        postern_facts.apply(service, {"training": [row]})
        yield


def apply_people(folder: Path, people: int) -> None:
    """Apply so many new people to the database of the running server, as one import."""
    workload = make_workload(people, questions=0)
    organisations = {
        name: replace(employer, id=f"{NEWCOMER}-{name}") for name, employer in workload.organisations.items()
    }
    newcomers = [
        replace(person, id=f"{NEWCOMER}-{person.id}", organisation=organisations[person.organisation.id])
        for person in workload.people.values()
    ]
    postern_facts.apply(open_service(folder), postern_facts.rows(workload.systems, organisations.values(), newcomers))


def record_decisions(folder: Path, records: int) -> int:
    """Decide and record so many questions through the trail's own door; the bytes they take on disk."""
    service, before = open_service(folder), trail_bytes(folder)
    asked, asker = make_workload(1_000).questions, Asker("key:benchmark", "0123456789abcdef")
    service.decisions.catch_up()
    by_system: dict[str, list[shapes.Question]] = {}
    for question in islice(cycle(asked), records):
        by_system.setdefault(question.system, []).append(question)
    for system, questions in by_system.items():
        for at in range(0, len(questions), TOGETHER):
            read = Questions([typed(question) for question in questions[at : at + TOGETHER]])
            service.decisions.ask(system, lambda _rules, read=read: read, asker, clock.now())  # type: ignore[misc]
    with service.databases.trail.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return trail_bytes(folder) - before


def verify_trail(folder: Path) -> int:
    """Verify the whole trail; how many records were read, or an error where one is damaged."""
    verified = verify(open_service(folder).databases)
    if verified.damages:
        raise ValueError(f"the trail is damaged at {verified.damages[0].place}")
    return verified.tally.records
