"""Cerbos in its quickest shape, over AuthZEN: what it is loaded with, what it is sent, how it is started.

Cerbos judges each role apart, so that one role's permit beats another's denial; here denials override. So every rule is
everybody's ("*") and asks for the roles in its condition: right, and the quickest of the shapes that were tried. The
facts of a person travel with each question, as Cerbos wants it.
"""

import json
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.bodies import BATCH, Body, batches, singles
from benchmarks.engines import Unavailable
from benchmarks.servers import HOST, Command, free_port
from benchmarks.shapes import EVERY_AREA, TODAY, Person, Question, Rule, System, Workload

READY = "/_cerbos/health"
TUNED = {"GOGC": "400", "GOMAXPROCS": "1", "CERBOS_NO_TELEMETRY": "1"}
"""Fewer collections, for more memory; one thread that runs, for one core."""


def installed() -> bool:
    """Whether its binary is there (`.ci/cerbos` brings it)."""
    return _binary() is not None


def command(workload: Workload, folder: Path) -> tuple[Command, int]:
    """How to serve the workload's rules, and the port."""
    binary = _binary()
    if binary is None:
        raise Unavailable("Cerbos is not installed (npm brings it)")
    policies = folder / "policies"
    policies.mkdir(parents=True, exist_ok=True)
    for policy in _policies(workload):
        name = policy["resourcePolicy"]["resource"]
        (policies / f"{name.replace(':', '_')}.json").write_text(json.dumps(policy), encoding="utf-8")
    port = free_port()
    settings = {
        "server": {"httpListenAddr": f"{HOST}:{port}", "grpcListenAddr": f"{HOST}:{free_port()}"},
        "storage": {"driver": "disk", "disk": {"directory": str(policies), "watchForChanges": False}},
        "audit": {"enabled": False},
        "telemetry": {"disabled": True},
    }
    config = folder / "cerbos.yaml"
    config.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    return Command([str(binary), "server", "--log-level=error", f"--config={config}"], READY, TUNED), port


def bodies(workload: Workload, decide: Callable[[Question], bool]) -> dict[str, tuple[list[Body], int]]:
    """The same questions as the service is sent, each with its person's facts; by kind, with the decisions in each."""
    made = {"single": (singles(workload, decide), 1), "batch": (batches(workload, decide), BATCH)}
    return {kind: ([_body(workload, body) for body in asked], decided) for kind, (asked, decided) in made.items()}


def _body(workload: Workload, body: Body) -> Body:
    asked = body.asked
    content: dict[str, Any] = {"subject": _subject(workload.people[asked[0].person])}
    if len(asked) == 1:
        content |= _ask(asked[0])
    else:
        content |= {
            "context": {"purpose": "list"},
            "evaluations": [_ask(question) for question in asked],
        }  # no context, no answer
    path = f"/access/v1/{body.path.rpartition('/')[2]}"
    return replace(body, path=path, text=json.dumps(content, separators=(",", ":")))


def _subject(person: Person) -> dict[str, Any]:
    employer = person.organisation
    facts = {
        "cerbos.roles": list(person.roles),
        "level": person.vetting_level,
        "vetted_until": person.vetted_until,
        "courses": sorted(person.courses),
        "signed": person.signed,
        "school_only": person.own_school_only,
        "employer": employer.id,
        "area": employer.area,
        "active": employer.active,
        "accredited_until": employer.accredited_until,
        "agreements": dict(employer.agreements),
    }
    return {"type": "user", "id": person.id, "properties": facts}


def _ask(question: Question) -> dict[str, Any]:
    properties = {"school": question.school, "area": question.area, "locked": question.locked}
    resource = {"type": _resource(question.application), "id": question.record, "properties": properties}
    return {"action": {"name": question.action}, "resource": resource}


def _resource(application: str) -> str:
    return application.replace(".", ":")


def _policies(workload: Workload) -> Iterator[dict[str, Any]]:
    """A policy for each application: a rule for each action that is allowed, and for each that is denied, to anyone."""
    for system in workload.systems.values():
        demanded = _demands(system)
        for application in system.applications:
            rules = [
                _rule("EFFECT_ALLOW", action, [_any_of(roles), *demanded, *([] if action == "view" else [UNLOCKED])])
                for action, roles in _by_action(workload.allows, application)
            ]
            rules += [
                _rule("EFFECT_DENY", action, [_any_of(roles)])
                for action, roles in _by_action(workload.denies, application)
            ]
            policy = {"version": "default", "resource": _resource(application), "rules": rules}
            yield {"apiVersion": "api.cerbos.dev/v1", "resourcePolicy": policy}


UNLOCKED = "!R.attr.locked"


def _demands(system: System) -> list[str]:
    """What the system asks of everybody, and a school of its own people."""
    demands = [
        f"P.attr.level >= {system.vetting_level}",
        f"P.attr.vetted_until >= {TODAY}",
        *(f'"{course}" in P.attr.courses' for course in system.courses),
        "P.attr.signed",
        "P.attr.active",
        f"P.attr.accredited_until >= {TODAY}",
        f'"{system.id}" in P.attr.agreements',
        f'P.attr.agreements["{system.id}"] >= {TODAY}',
        "(!P.attr.school_only || R.attr.school == P.attr.employer)",
    ]
    if system.own_area_only:
        demands.append(f'(P.attr.area == "{EVERY_AREA}" || P.attr.area == R.attr.area)')
    return demands


def _by_action(rules: Sequence[Rule], application: str) -> list[tuple[str, list[str]]]:
    roles: dict[str, list[str]] = {}
    for rule in rules:
        if rule.application == application:
            roles.setdefault(rule.action, []).append(rule.role)
    return sorted(roles.items())


def _any_of(roles: Sequence[str]) -> str:
    return f"hasIntersection(P.roles, [{', '.join(json.dumps(role) for role in roles)}])"


def _rule(effect: str, action: str, conditions: Sequence[str]) -> dict[str, Any]:
    match = {"expr": " && ".join(conditions)}
    return {"actions": [action], "effect": effect, "roles": ["*"], "condition": {"match": match}}


def _binary() -> Path | None:
    """The binary that the package of this platform brought."""
    packages = Path(sysconfig.get_path("data")) / "cerbos" / "node_modules" / "@cerbos"
    return next((found for found in packages.glob("cerbos-*/cerbos-*") if found.is_file()), None)
