"""What is sent over HTTP: each question as an AuthZEN request, singly and fifty at a time, with its right answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from benchmarks.shapes import ACTIONS, EVERY_AREA, Question, Workload, system_of
from benchmarks.workload import SEED

SINGLES, BATCHES, BATCH = 2_000, 300, 50


@dataclass(frozen=True, slots=True)
class Body:
    """One request: where it goes, what it says, the decisions that the reference gives, and what was asked."""

    path: str
    text: str
    expected: tuple[bool, ...]
    asked: tuple[Question, ...] = ()


def singles(workload: Workload, decide: Callable[[Question], bool]) -> list[Body]:
    """The first questions of the workload, each as an evaluation of its own."""
    return [
        _body(question.system, "evaluation", _subject(question) | _ask(question), (question,), decide)
        for question in workload.questions[:SINGLES]
    ]


def batches(workload: Workload, decide: Callable[[Question], bool]) -> list[Body]:
    """Fifty different records for one person in one system: what a list page asks."""
    rng = Random(SEED)
    made = []
    for number in range(BATCHES):
        asked = _page(rng, workload, number)
        content = _subject(asked[0]) | {"evaluations": [_ask(question) for question in asked]}
        made.append(_body(asked[0].system, "evaluations", content, tuple(asked), decide))
    return made


def decisions(answer: Mapping[str, Any]) -> tuple[bool, ...]:
    """Read the decisions of a single or a batch answer."""
    items = answer.get("evaluations", [answer])
    return tuple(item["decision"] for item in items)


def _page(rng: Random, workload: Workload, number: int) -> list[Question]:
    person = workload.people[rng.choice(workload.questions).person]
    system = workload.systems[system_of(rng.choice(person.roles))]
    home = person.organisation
    asked = []
    for index in range(BATCH):
        other = rng.choice(workload.questions)
        application = rng.choice(system.applications)
        school = home.id if rng.random() < 0.9 else other.school
        area = other.area if home.area == EVERY_AREA else home.area
        locked = application in system.workspaces and rng.random() < 0.15
        record = f"b{number}-{index}"
        asked.append(Question(person.id, system.id, application, rng.choice(ACTIONS), record, school, area, locked))
    return asked


def _body(
    system: str, endpoint: str, content: object, asked: tuple[Question, ...], decide: Callable[[Question], bool]
) -> Body:
    path, text = f"/systems/{system}/access/v1/{endpoint}", json.dumps(content, separators=(",", ":"))
    return Body(path, text, tuple(map(decide, asked)), asked)


def _subject(question: Question) -> dict[str, Any]:
    return {"subject": {"type": "user", "id": question.person}}


def _ask(question: Question) -> dict[str, Any]:
    return {
        "action": {"name": question.action},
        "resource": {
            "type": resource_type(question.application),
            "id": question.record,
            "properties": {"school": question.school, "area": question.area, "locked": question.locked},
        },
    }


@cache
def resource_type(application: str) -> str:
    """What an application is called inside its own system's pack: `s3.a5` is `a5`."""
    return application.partition(".")[2]
