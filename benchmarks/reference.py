"""The plain reference: what the right answer is, from dictionaries and nothing else. The floor of every comparison."""

from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.engines import Engine
from benchmarks.shapes import EVERY_AREA, TODAY, Question, Rule, Workload


def load(workload: Workload, _folder: Path) -> Engine:
    """The reference as an engine, to be timed like any other; its answer is a bare bool."""
    return Engine(decide=reference(workload))


def reference(workload: Workload) -> Callable[[Question], bool]:
    """A function that answers any question of this workload."""
    allowing, denying = _roles_by_deed(workload.allows), _roles_by_deed(workload.denies)
    people, systems, nobody = workload.people, workload.systems, frozenset[str]()

    def decide(question: Question) -> bool:
        name, system_id, application, action, _, school, area, locked = question
        person = people[name]
        deed = (application, action)
        if allowing.get(deed, nobody).isdisjoint(person.roles) or not denying.get(deed, nobody).isdisjoint(
            person.roles
        ):
            return False
        system, home = systems[system_id], person.organisation
        return (
            person.vetting_level >= system.vetting_level
            and person.vetted_until >= TODAY
            and person.courses.issuperset(system.courses)
            and person.signed
            and home.active
            and home.accredited_until >= TODAY
            and home.agreements.get(system_id, 0) >= TODAY
            and (not system.own_area_only or home.area in (EVERY_AREA, area))
            and (home.kind != "school" or school == home.id)
            and (not locked or action == "view")
        )

    return decide


def _roles_by_deed(rules: Iterable[Rule]) -> dict[tuple[str, str], frozenset[str]]:
    """For each application and action, the roles that have a rule about it."""
    roles: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        roles.setdefault((rule.application, rule.action), set()).add(rule.role)
    return {deed: frozenset(names) for deed, names in roles.items()}
