"""What holds for every pack that comes with the service, whoever wrote it, and how long reading them may take."""

import time
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from governance.app import trial_service
from governance.decisions.rules import Decision
from governance.decisions.trial import answer_of
from governance.ports.role_rules import Rule, SystemRules
from policies import engine
from policies.cases import Case, CaseResult, differences, read_cases
from policies.cli import checked, shipped
from policies.pack import Pack
from wsgi import AREAS

FOLDERS = shipped()
FIRST, MORE = 5, 5
MANY, SECONDS = 16, 1.0
"""So many packs are read, checked and built within so many seconds of a processor's time."""


def in_one_process(folder: Path) -> Any:
    """All that is asked of a pack is asked in one process: there its cases are run once."""
    return pytest.param(folder, id=folder.name, marks=pytest.mark.xdist_group(f"pack {folder.name}"))


each_pack = pytest.mark.parametrize("folder", [*map(in_one_process, FOLDERS)])


class Asked(NamedTuple):
    """A case and what it came to."""

    case: Case
    decision: Decision


@cache
def service() -> Any:
    """The requirements and the trial of the real service."""
    return trial_service(AREAS)


@cache
def pack_of(folder: Path) -> Pack:
    return checked(folder, service())


@cache
def rules_of(folder: Path) -> SystemRules:
    return engine.build(pack_of(folder))


def decide(folder: Path, case: Case, facts: Mapping[str, Any]) -> Decision:
    decision: Decision = service().run_case.decide(rules_of(folder), facts, case.question, case.now)
    return decision


@cache
def asked(folder: Path) -> tuple[Asked, ...]:
    """Every case of a pack, asked once; those with the same facts one after another, for facts are costly to put in."""
    cases = sorted(read_cases(pack_of(folder).texts), key=lambda case: repr(case.facts))
    return tuple(Asked(case, decide(folder, case, case.facts)) for case in cases)


# --- its truth table


@each_pack
def test_truth_tables_hold(folder: Path) -> None:
    results = [CaseResult(one.case, answer_of(one.decision)) for one in asked(folder)]
    assert [f"{one.case.id}: {line}" for one in results for line in differences(one)] == []


# --- nobody who is barred


def who_ask(case: Case) -> Iterator[str]:
    """Whoever asks, and whoever stands behind."""
    yield case.question["subject"]["id"]
    behind = case.question.get("context", {}).get("mediated_for")
    if behind:
        yield behind


def barred(case: Case, people: Collection[str]) -> dict[str, Any]:
    """A case's facts, with checks by which people are barred: long ago, for other work, and otherwise clear."""
    known = {row["reference"] for row in case.facts["people"]}
    check = {"level": "basic", "workforce": "other", "issued": date(1990, 1, 2), "barred_list": "barred"}
    rows = [{"person": person, **check} for person in people if person in known]
    return {**case.facts, "checks": [*case.facts.get("checks", []), *rows]}


@each_pack
def test_a_barred_person_is_permitted_nothing(folder: Path) -> None:
    permits = [one.case for one in asked(folder) if one.decision.allowed]
    assert permits
    different = {
        (*who_ask(case), case.question["action"]["name"], case.question["resource"]["type"]): case for case in permits
    }
    everybody = sorted({person for case in different.values() for person in who_ask(case)})
    mediated = [(case, [one]) for case in different.values() for one in who_ask(case) if len(set(who_ask(case))) > 1]
    let_in = []
    for case, who in [*((case, everybody) for case in different.values()), *mediated]:
        decision = decide(folder, case, barred(case, who))
        if decision.allowed or not {"barred", "mediator_not_in_order"} & set(decision.codes):
            let_in.append(f"{case.id}: {who}")
    assert let_in == []


# --- what every pack has


@each_pack
def test_every_role_has_a_source(folder: Path) -> None:
    pack = pack_of(folder)
    assert [role.name for role in pack.roles.values() if not role.source.strip()] == []
    assert [role.name for role in pack.roles.values() if role.granted_by and not role.granted_by.get("source")] == []
    assert pack.source.strip()


@each_pack
def test_there_are_cases_beyond_the_first(folder: Path) -> None:
    cases = [one.case for one in asked(folder)]
    assert len(cases) >= FIRST + MORE
    assert {one.decision.allowed for one in asked(folder)} == {True, False}


def unexercised(pack: Pack, results: tuple[Asked, ...]) -> list[str]:
    """The rules that no case's permit or denial names, nor any denial for want of one of their conditions."""
    named = {rule for one in results for rule in one.decision.rules}
    return [rule.id for rule in pack.rules if rule.id not in named and not wanting(pack, rule, results)]


def wanting(pack: Pack, rule: Rule, results: tuple[Asked, ...]) -> bool:
    """Whether some case was denied what a rule allows, for want of one of the rule's conditions."""
    lacking = {(pack.conditions[name].code, pack.conditions[name].source) for name in rule.conditions}
    return rule.effect == "allow" and any(
        (one.case.question["resource"]["type"], one.case.question["action"]["name"])
        == (rule.resource_type, rule.action)
        and any(each.requirement == "role" and (each.code, each.source) in lacking for each in one.decision.objections)
        for one in results
    )


@each_pack
def test_every_rule_is_exercised_by_a_case(folder: Path) -> None:
    assert unexercised(pack_of(folder), asked(folder)) == []


def test_a_rule_that_no_case_names_is_caught() -> None:
    folder = FOLDERS[0]
    pack = pack_of(folder)
    first = next(one.decision.rules[0] for one in asked(folder) if one.decision.rules)
    without = tuple(one for one in asked(folder) if first not in one.decision.rules and one.decision.allowed)
    assert first in unexercised(pack, without)


def purpose_of(case: Case) -> str:
    return str(case.question.get("context", {}).get("purpose", ""))


def sharing() -> list[Path]:
    """The packs that show a route to those who are refused while a child's welfare may be at stake."""
    return [folder for folder in FOLDERS if any(route.id == "front-door" for route in pack_of(folder).routes)]


@pytest.mark.parametrize("folder", [*map(in_one_process, sharing())])
def test_every_safeguarding_denial_ends_in_a_lawful_route(folder: Path) -> None:
    denials = [one for one in asked(folder) if not one.decision.allowed]
    shown = {one.case.id: [route.id for route in one.decision.routes] for one in denials}
    at_stake = [one.case.id for one in denials if purpose_of(one.case) in ("safeguarding", "")]
    assert len(at_stake) >= FIRST
    assert [case for case in at_stake if shown[case][:2] != ["front-door", "decided-not-to-share"]] == []
    assert all(
        "section 16LA" in route.source for one in denials for route in one.decision.routes if route.id == "front-door"
    )


def test_two_packs_of_today_are_among_them() -> None:
    assert {"family-help", "school-portal"} <= {folder.name for folder in sharing()}


# --- how long it takes


def seconds_to_check() -> float:
    """A processor's seconds for reading, checking and building all of them, from their files."""
    began = time.process_time()
    for folder in FOLDERS:
        checked(folder, service())
    return time.process_time() - began


def test_many_packs_are_checked_in_a_second() -> None:
    seconds_to_check()
    fastest = min(seconds_to_check() for _ in range(5))  # a busy machine counts against nobody
    each = fastest / len(FOLDERS)
    assert each * max(MANY, len(FOLDERS)) < SECONDS, f"{each * 1000:.1f} ms a pack: {len(FOLDERS)} packs"
