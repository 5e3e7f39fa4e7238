"""cedarpy in its quickest arrangement: a policy set an application, and every entity parsed once and kept."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.engines import Engine, need
from benchmarks.shapes import TODAY, Organisation, Person, Question, Rule, System, Workload

ANYWHERE = """
forbid(principal, action, resource)
  when { principal.school_only && context.school != principal.employer.name };
forbid(principal, action, resource)
  when { context.locked && action != Action::"view" };
"""


def load(workload: Workload, _folder: Path) -> Engine:
    """Parse all policies and entities."""
    cedar = need("cedarpy")
    sets = {name: cedar.PolicySet.from_str(text) for name, text in _policies(workload)}
    entities = cedar.Entities.from_json_str(json.dumps(list(_entities(workload))))
    ask, dumps = cedar.is_authorized, json.dumps

    def decide(question: Question) -> bool:
        name, _, application, action, _, school, area, locked = question
        request = {
            "principal": {"type": "Person", "id": name},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Application", "id": application},
            "context": dumps({"today": TODAY, "school": school, "area": area, "locked": locked}),
        }
        return bool(ask(request, sets[application], entities).allowed)

    return Engine(decide=decide)


def _policies(workload: Workload) -> Iterator[tuple[str, str]]:
    """Each application with the text of its policies: its role rules and its system's requirements."""
    rules: dict[tuple[str, str], list[Rule]] = {}
    for effect, table in (("permit", workload.allows), ("forbid", workload.denies)):
        for rule in table:
            rules.setdefault((rule.application, effect), []).append(rule)
    for system in workload.systems.values():
        requirements = _requirements(system) + ANYWHERE
        for application in system.applications:
            permits = _role_rules("permit", rules.get((application, "permit"), ()))
            forbids = _role_rules("forbid", rules.get((application, "forbid"), ()))
            yield application, "\n".join((*permits, *forbids, requirements))


def _role_rules(effect: str, rules: Iterable[Rule]) -> Iterator[str]:
    """One policy for each action, its roles listed in the condition."""
    roles: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        roles.setdefault((rule.application, rule.action), []).append(f'Role::"{rule.role}"')
    for (application, action), names in sorted(roles.items()):
        scope = f'principal, action == Action::"{action}", resource == Application::"{application}"'
        yield f"{effect}({scope}) when {{ principal in [{', '.join(names)}] }};"


def _requirements(system: System) -> str:
    """What the system asks of everybody, as one policy that forbids unless all of it holds."""
    demands = [
        f"principal.level >= {system.vetting_level}",
        "principal.vetted_until >= context.today",
        *(f'principal.courses.contains("{course}")' for course in system.courses),
        "principal.signed",
        "principal.employer.active",
        "principal.employer.accredited_until >= context.today",
        f"principal.employer.agreements has {system.id}",
        f"principal.employer.agreements.{system.id} >= context.today",
    ]
    if system.own_area_only:
        demands.append('(principal.employer.area == "ALL" || principal.employer.area == context.area)')
    return f"forbid(principal, action, resource) unless {{ {' && '.join(demands)} }};"


def _entities(workload: Workload) -> Iterator[dict[str, Any]]:
    yield from map(_organisation, workload.organisations.values())
    yield from map(_person, workload.people.values())


def _organisation(organisation: Organisation) -> dict[str, Any]:
    attributes = {
        "name": organisation.id,
        "area": organisation.area,
        "active": organisation.active,
        "accredited_until": organisation.accredited_until,
        "agreements": organisation.agreements,
    }
    return {"uid": {"type": "Organisation", "id": organisation.id}, "parents": [], "attrs": attributes}


def _person(person: Person) -> dict[str, Any]:
    attributes = {
        "level": person.vetting_level,
        "vetted_until": person.vetted_until,
        "courses": sorted(person.courses),
        "signed": person.signed,
        "school_only": person.own_school_only,
        "employer": {"__entity": {"type": "Organisation", "id": person.organisation.id}},
    }
    roles = [{"type": "Role", "id": role} for role in person.roles]
    return {"uid": {"type": "Person", "id": person.id}, "parents": roles, "attrs": attributes}
