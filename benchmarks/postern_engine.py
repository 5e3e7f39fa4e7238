"""The service's own engine, asked in-process: the workload as packs and facts, the questions with all their reasons."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import machine, postern_facts, shapes
from benchmarks.bodies import resource_type
from benchmarks.engines import Answer, Engine
from benchmarks.installation import open_service
from benchmarks.postern_packs import packs
from benchmarks.shapes import Workload
from benchmarks.troubled import troubled
from governance.decisions import engine, explanation
from governance.decisions.memory import Memory
from governance.decisions.paging import MOST, Page
from governance.decisions.rules import BY_KEY, Decision, Question, made
from governance.decisions.searching import Snapshot, searches_of
from governance.kernel import clock, collecting
from governance.kernel.db import migrate
from governance.ports.actor import Actor
from policies.pack import SHIPPED
from policies.reading import read_pack, read_packs
from policies.service import activate_pack

PORTION = 2_000
"""So many people are brought into memory at once."""


def prepare(workload: Workload, folder: Path) -> None:
    """Make the database in this folder: migrate, activate packs, apply the facts (and the troubled person's).

    All shipped packs are in force beside the workload's eight, as in an installation.
    """
    service, now, actor = open_service(folder), clock.now(), Actor("benchmark")
    migrate(service.databases)
    shipped = read_packs(SHIPPED, service.requirements).values()
    for pack in (*shipped, *(read_pack(texts, service.requirements) for texts in packs(workload))):
        with service.databases.change(str(actor), now) as session:
            activate_pack(session, pack, actor=actor, now=now)
    person, _ = troubled(workload)
    organisations = (*workload.organisations.values(), person.organisation)
    postern_facts.apply(service, postern_facts.common(workload))
    postern_facts.apply(
        service, postern_facts.rows(workload.systems, organisations, (*workload.people.values(), person))
    )


def load(workload: Workload, folder: Path) -> Engine:
    """Open the prepared database and bring every person's facts into memory; decisions are not recorded."""
    service = open_service(folder)
    databases, parts = service.databases, service.parts
    revision, now = databases.freshness.current(), clock.now()
    with databases.reading() as session:
        active = parts.role_rules.active(session, revision)
        systems = {system: parts.role_rules.load(session, number) for system, number in active.items()}
    memory = Memory(databases, parts.sources, revision)
    ours = engine.Engine(memory, parts.requirements, systems)
    memory.rehearse()
    unpeopled = machine.resident_bytes()
    for names in _portions(workload.people):
        memory.want_people(names)
        ours.chains.prefetch([memory.people[name] for name in names], systems, now)
    collecting.settle()
    return Engine(lambda question: ours.decide(systems[question.system], typed(question), now), read, unpeopled)


def typed(question: shapes.Question) -> Question:
    """A question of the workload as the front door has read it."""
    name, _, application, action, record, school, area, locked = question
    properties = {"school": school, "area": area, "locked": locked}
    asked: tuple[Any, ...] = ("user", name, action, resource_type(application), record, properties, {})
    return made(Question, (*asked, (), (), "", BY_KEY, ""))


def read(answer: Decision) -> Answer:
    """What was decided, with the codes of all reasons."""
    return Answer(answer.allowed, answer.codes)


def sentences(answer: Decision) -> list[str]:
    """The worded reasons of what `decide` returned, as a person would read them."""
    told: dict[str, Any] = explanation.answer(answer)
    return [f"{reason['user']} {reason['remedy']['what']}" for reason in told["context"]["reasons"]]


def who_may(folder: Path) -> Callable[[shapes.Question], list[str]]:
    """Everybody whom a started service finds for a question, page after page, each time from an empty memory."""
    decisions, now = open_service(folder).decisions, clock.now()
    revision = decisions.catch_up()

    def ask(question: shapes.Question) -> list[str]:
        rules = decisions.system(question.system)
        seen = Snapshot(rules, revision, now)
        searches, asked, found, more = searches_of(decisions), typed(question), list[str](), True
        while more:
            names, more = searches.page("subject", seen, asked, Page(MOST, found[-1] if found else ""))
            found += names
        return found

    return ask


def freshness_check(folder: Path) -> Callable[[], object]:
    """What a worker does on each request: ask for the current revision, on its kept autocommit connection."""
    return open_service(folder).databases.freshness.current


def _portions(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while portion := list(islice(rest, PORTION)):
        yield portion
