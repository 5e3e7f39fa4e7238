"""The shipped packs and the example of the docs: they load, they carry their sources; what the example says holds."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from governance.decisions.trial import Trial
from governance.ports.requirement import Requirement
from policies.cases import differences, read_cases, run_cases
from policies.conditions import FUNCTIONS
from policies.engine import build
from policies.pack import SHIPPED, PackTexts
from policies.reading import read_pack, read_packs
from policies.rules import ObligationType
from tests.architecture.source import ROOT
from tests.policies.conftest import AREAS, SETTINGS

ACCEPTED = {
    "lccis": {"L01", "L02", "L03", "L04", "L05", "L07", "L08", "L10", "L12", "L14"},
    "coventry-lcs": {"V01", "V02", "V04", "V05", "V06", "V07", "V09", "V10", "V11", "V13", "V14"},
    "contactpoint": {
        *("C01", "C02", "C04", "C05", "C07", "C08", "C09", "C11", "C12", "C14"),
        *("M01", "M02", "M03", "X06"),
    },
    "ecaf": {"M01"},
    "ics": {"M01", "M09", "M10", "M14"},
    "derbyshire-frameworki": {"D14"},
    "derbyshire-mosaic": {"D12"},
    "npd": {"M05", "M06"},
    "learner-portfolio": {"M12"},
    "derbyshire-databook": {"D01", "D02", "D04", "D05", "D06", "D07", "D09", "D10", "D11"},
}
PACKS = sorted(folder for folder in SHIPPED.iterdir() if folder.is_dir())


@pytest.fixture(scope="module")
def trial(requirements: Mapping[str, Requirement]) -> Trial:
    sheets = {sheet.name: sheet for sheet in (make(SETTINGS) for area in AREAS for make in area.sheets)}
    return Trial(tuple(source for area in AREAS for source in area.sources), requirements, sheets)


def failures(texts: PackTexts, requirements: Mapping[str, Requirement], trial: Trial) -> list[str]:
    results = run_cases(build(read_pack(texts, requirements)), read_cases(texts), trial)
    return [f"{result.case.id}: {line}" for result in results for line in differences(result)]


def test_the_truth_table_of_the_docs_holds(
    example: PackTexts, requirements: Mapping[str, Requirement], trial: Trial
) -> None:
    assert failures(example, requirements, trial) == []


@pytest.mark.parametrize("system", sorted(ACCEPTED))
def test_every_acceptance_decision_has_its_case(system: str) -> None:
    cases = {case.id.partition("-")[0] for case in read_cases(PackTexts.of_folder(SHIPPED / system))}
    assert cases >= ACCEPTED[system]


def test_each_pack_stands_in_the_folder_of_its_system(requirements: Mapping[str, Requirement]) -> None:
    assert sorted(read_packs(SHIPPED, requirements)) == [folder.name for folder in PACKS]


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_demand_names_its_source(folder: Path, requirements: Mapping[str, Requirement]) -> None:
    pack = read_pack(folder, requirements)
    silent = {"barred", "suspension", "conflict", "launch"}
    missing = [
        (role.name, demand.requirement)
        for role in pack.roles.values()
        for demand in role.demands
        if not demand.terms.source and demand.requirement not in silent
    ]
    assert missing == []
    assert all(rule.source for rule in pack.rules)


def test_what_a_grant_needs_elsewhere_is_a_shipped_system(requirements: Mapping[str, Requirement]) -> None:
    packs = read_packs(SHIPPED, requirements)
    granted = [one.terms for pack in packs.values() for role in pack.roles.values() for one in role.demands
               if one.requirement == "grant"]  # fmt: skip
    named = {rule.holding for terms in granted for rule in (terms, *terms.before) if rule.holding}
    assert "career-vision-core-plus" in named
    assert named <= packs.keys()


def test_the_databook_shows_seventeen_items(requirements: Mapping[str, Requirement]) -> None:
    pack = read_pack(SHIPPED / "derbyshire-databook", requirements)
    shown = next(each for each in pack.roles["school-user"].obligations if each.type == "fields").properties["fields"]
    default = pack.resource_types["databook-record"].properties["fields"].default
    assert len(set(shown)) == 17
    assert tuple(shown) == default


OPENED = 'waives = ["infrastructure", "second-factor", "grant", "vetting", "training"]'


@pytest.mark.parametrize(("behind", "facts", "reasons"), [
    ("dan.wood", {}, ()),
    ("beth.lacey", {}, ("no_need",)),
    ("rita.vale", {}, ("organisation_not_accredited", "organisation_kind")),
    ("dan.wood", {"checks": [{"person": "dan.wood", "level": "enhanced", "issued": date(2009, 12, 14),
                              "barred_list": "barred"}]}, ("barred",)),
    ("nobody.here", {}, ("unknown_subject",)),
])  # fmt: skip
def test_the_switch_of_contactpoint_lets_practitioners_ask_who_are_not_authorised(
    requirements: Mapping[str, Requirement], trial: Trial, behind: str, facts: Any, reasons: tuple[str, ...]
) -> None:
    texts = PackTexts.of_folder(SHIPPED / "contactpoint")
    texts_opened = replace(
        texts, system_toml=texts.system_toml.replace('waives = ["infrastructure", "second-factor"]', OPENED)
    )
    assert texts_opened != texts
    rules = build(read_pack(texts_opened, requirements))
    case = next(each for each in read_cases(texts) if each.id == "C09")
    given = {sheet: [*case.facts[sheet], *facts.get(sheet, [])] for sheet in case.facts}
    asked = trial(rules, given, mediated(case.question, "ines.gray", behind), case.now)
    assert (asked.reasons, asked.decision) == (reasons, not reasons)
    asking = trial(rules, given, mediated(case.question, behind, "paul.reed"), case.now)
    assert asking.reasons == ("mediator_not_in_order",)


def mediated(question: Mapping[str, Any], subject: str, behind: str) -> dict[str, Any]:
    """A question of one person on behalf of another."""
    context = {**question["context"], "mediated_for": behind}
    return {**question, "subject": {"type": "user", "id": subject}, "context": context}


def test_the_docs_name_every_function_obligation_and_requirement(requirements: Mapping[str, Requirement]) -> None:
    text = (ROOT / "docs" / "packs.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_-]+)`", text))
    assert FUNCTIONS.keys() <= named
    assert {str(kind) for kind in ObligationType} <= named
    assert {kind for kind, requirement in requirements.items() if not requirement.always} <= named
