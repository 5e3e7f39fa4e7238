"""The seeded workload, drawn in one fixed order: the same seed gives every engine the same people and questions."""

from collections.abc import Mapping, Sequence
from random import Random

from benchmarks.shapes import (
    ACTIONS,
    AREAS,
    COURSES,
    EVERY_AREA,
    TODAY,
    Organisation,
    Person,
    Question,
    Rule,
    System,
    Workload,
    system_of,
)

SEED = 7
QUESTIONS = 20_000
SYSTEMS, APPLICATIONS, ROLES = 8, 12, 40
PEOPLE_PER_ORGANISATION = 20
KINDS = {"school": 50, "authority": 25, "agency": 10, "contractor": 15}


def make_workload(people: int, *, questions: int = QUESTIONS, seed: int = SEED) -> Workload:
    """Draw a workload; the rules do not depend on how many people there are."""
    rng = Random(seed)
    systems = {system.id: system for system in map(_system, range(SYSTEMS))}
    allows, denies = _draw_rules(rng, systems)
    organisations = _draw_organisations(rng, systems, max(1, people // PEOPLE_PER_ORGANISATION))
    staff = _draw_people(rng, systems, list(organisations.values()), people)
    asked = _draw_questions(rng, systems, allows, list(organisations), list(staff.values()), questions)
    return Workload(systems, allows, denies, organisations, staff, asked)


def one_question_each(workload: Workload) -> list[Question]:
    """A question about every person, in the system of their first role: it brings all their facts to mind."""
    return [
        Question(
            person.id, system, f"{system}.a0", "view", "rec", person.organisation.id, person.organisation.area, False
        )
        for person in workload.people.values()
        for system in (system_of(person.roles[0]),)
    ]


def _system(number: int) -> System:
    """The requirements go round: each four systems ask for levels 0 to 3, every other one for the own area."""
    name = f"s{number}"
    return System(
        id=name,
        vetting_level=number % 4,
        courses=COURSES[: number % 4],
        own_area_only=number % 2 == 1,
        applications=tuple(f"{name}.a{index}" for index in range(APPLICATIONS)),
        roles=tuple(f"{name}.r{index}" for index in range(ROLES)),
    )


def _draw_rules(rng: Random, systems: Mapping[str, System]) -> tuple[list[Rule], list[Rule]]:
    """Four to eight applications a role; about a third of the roles are also denied something."""
    allows: list[Rule] = []
    denies: set[Rule] = set()
    for system in systems.values():
        for role in system.roles:
            granted = {
                Rule(role, application, action)
                for application in rng.sample(system.applications, rng.randint(4, 8))
                for action in rng.sample(ACTIONS, rng.randint(1, 3))
            }
            allows.extend(sorted(granted))
            if rng.random() < 0.35:
                for _ in range(rng.randint(1, 3)):
                    denies.add(Rule(role, rng.choice(system.applications), rng.choice(ACTIONS)))
    return allows, sorted(denies)


def _draw_organisations(rng: Random, systems: Mapping[str, System], count: int) -> dict[str, Organisation]:
    """Nearly all in good standing: a few suspended, expired or without an agreement."""
    drawn: dict[str, Organisation] = {}
    for number in range(count):
        (kind,) = rng.choices(tuple(KINDS), tuple(KINDS.values()))
        area = EVERY_AREA if kind == "agency" else rng.choice(AREAS)
        active = rng.random() < 0.97
        accredited_until = _draw_last_day(rng, 0.96, 700, 60)
        agreements = {name: _draw_last_day(rng, 0.97, 700, 60) for name in systems if rng.random() < 0.92}
        name = f"o{number:05d}"
        drawn[name] = Organisation(name, kind, area, active, accredited_until, agreements)
    return drawn


def _draw_people(
    rng: Random, systems: Mapping[str, System], employers: Sequence[Organisation], count: int
) -> dict[str, Person]:
    """Each works in one or two systems, with the vetting that these ask for in nineteen cases of twenty."""
    drawn: dict[str, Person] = {}
    names = list(systems)
    for number in range(count):
        employer = rng.choice(employers)
        works_in = rng.sample(names, rng.choice((1, 1, 2)))
        picks = [rng.choice(systems[rng.choice(works_in)].roles) for _ in range(rng.randint(1, 3))]
        needed = max(systems[name].vetting_level for name in works_in)
        level = needed if rng.random() < 0.95 else max(0, needed - 1)
        vetted_until = _draw_last_day(rng, 0.95, 1000, 90)
        courses = frozenset(course for course in COURSES if rng.random() < 0.97)
        signed = rng.random() < 0.97
        name = f"u{number:06d}"
        drawn[name] = Person(name, employer, tuple(dict.fromkeys(picks)), level, vetted_until, courses, signed)
    return drawn


def _draw_questions(
    rng: Random,
    systems: Mapping[str, System],
    allows: Sequence[Rule],
    employers: Sequence[str],
    people: Sequence[Person],
    count: int,
) -> list[Question]:
    """Mostly what a role allows, about one's own school and area; now and then anything at all."""
    allowed: dict[str, list[Rule]] = {}
    for rule in allows:
        allowed.setdefault(rule.role, []).append(rule)
    names = list(systems)
    drawn: list[Question] = []
    for number in range(count):
        person = rng.choice(people)
        if rng.random() < 0.93:
            _, application, action = rng.choice(allowed[rng.choice(person.roles)])
        else:
            application = rng.choice(systems[rng.choice(names)].applications)
            action = rng.choice(ACTIONS)
        home = person.organisation
        school = home.id if rng.random() < 0.95 else rng.choice(employers)
        area = home.area if home.area != EVERY_AREA and rng.random() < 0.95 else rng.choice(AREAS)
        system = system_of(application)
        locked = application in systems[system].workspaces and rng.random() < 0.15
        drawn.append(Question(person.id, system, application, action, f"rec{number}", school, area, locked))
    return drawn


def _draw_last_day(rng: Random, current: float, ahead: int, ago: int) -> int:
    """A last good day: within `ahead` days with the chance `current`, else up to `ago` days gone."""
    return TODAY + (rng.randint(0, ahead) if rng.random() < current else -rng.randint(1, ago))
