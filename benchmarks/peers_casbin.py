"""pycasbin asked the whole question: role rules, grants and every requirement in one matcher."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engines import Engine, need
from benchmarks.shapes import TODAY, Organisation, Question, System, Workload

MATCHER = " && ".join(
    (
        "r.app == p.app",
        "r.act == p.act",
        "g(r.person.id, p.role)",
        "r.person.vetting_level >= r.ask.system.vetting_level",
        "r.person.vetted_until >= r.ask.today",
        "trained(r.person.courses, r.ask.system.courses)",
        "r.person.signed",
        "r.person.organisation.active",
        "r.person.organisation.accredited_until >= r.ask.today",
        "agreed_until(r.person.organisation, r.ask.system) >= r.ask.today",
        "(r.ask.anywhere || r.person.organisation.area == 'ALL' || r.person.organisation.area == r.ask.area)",
        "(r.person.organisation.kind != 'school' || r.person.organisation.id == r.ask.school)",
        "(r.ask.open || r.act == 'view')",
    )
)
MODEL = f"""
[request_definition]
r = person, app, act, ask
[policy_definition]
p = role, app, act, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = {MATCHER}
"""
APPLICATION_AND_ACTION = [1, 2]
"""Where FastEnforcer's index looks in a rule."""


@dataclass(slots=True)
class Asked:
    """What the matcher needs to know of one question beyond person, application and action."""

    system: System
    anywhere: bool
    school: str
    area: str
    open: bool
    today: int = TODAY


def load_enforcer(workload: Workload, folder: Path) -> Engine:
    """The ordinary Enforcer, which tries every rule in turn."""
    casbin = need("casbin")
    model, rules = _write(workload, folder)
    return _engine(workload, casbin.Enforcer(model, rules))


def load_fast_enforcer(workload: Workload, folder: Path) -> Engine:
    """FastEnforcer with its rules indexed by application and action."""
    casbin = need("casbin")
    model, rules = _write(workload, folder)
    return _engine(workload, casbin.FastEnforcer(model, rules, cache_key_order=APPLICATION_AND_ACTION))


def _write(workload: Workload, folder: Path) -> tuple[str, str]:
    """The model and the policy as files, the way pycasbin reads them."""
    logging.disable(logging.CRITICAL)  # its log of every request would be timed too
    model, rules = folder / "model.conf", folder / "policy.csv"
    model.write_text(MODEL, encoding="utf-8")
    with rules.open("w", encoding="utf-8") as out:
        for effect, table in (("allow", workload.allows), ("deny", workload.denies)):
            out.writelines(f"p, {rule.role}, {rule.application}, {rule.action}, {effect}\n" for rule in table)
        for person in workload.people.values():
            out.writelines(f"g, {person.id}, {role}\n" for role in person.roles)
    return str(model), str(rules)


def _engine(workload: Workload, enforcer: Any) -> Engine:
    people, systems, enforce = workload.people, workload.systems, enforcer.enforce
    enforcer.add_function("trained", frozenset.issuperset)
    enforcer.add_function("agreed_until", _agreed_until)

    def decide(question: Question) -> bool:
        name, system_id, application, action, _, school, area, locked = question
        system = systems[system_id]
        asked = Asked(system, not system.own_area_only, school, area, not locked)
        return bool(enforce(people[name], application, action, asked))

    return Engine(decide=decide)


def _agreed_until(organisation: Organisation, system: System) -> int:
    return organisation.agreements.get(system.id, 0)
