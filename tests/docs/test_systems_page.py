"""docs/systems.md says what the packs say."""

import re

import pytest

from docs.make_systems import CONDITIONS, PAGE, System, condition, declared, granted, may, page, systems
from docs.plain_words import NOUNS, OBLIGED, REQUIREMENTS, YES_NO, requirement
from policies.rules import ObligationType

CURE = "docs/systems.md is stale: run .venv/bin/python docs/make_systems.py"
SYSTEMS = systems()


def part(system: System) -> str:
    """A system's part of the page."""
    return page().partition(f"\n## {system.id}\n")[2].partition("\n## ")[0]


def test_the_page_is_what_the_packs_say() -> None:
    assert PAGE.read_text("utf-8") == page(), CURE


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_every_rule_role_requirement_obligation_and_route_is_told_with_its_source(system: System) -> None:
    told = part(system)
    named = re.findall(r"^- \*\*(?:May|Never)\*\* .*? `([^`]+)`(?: \*|$)", told, re.MULTILINE)
    assert sorted(named) == sorted(line["rule"] for line in system.lines)
    assert re.findall(rf"^### {system.id}: (.+)$", told, re.MULTILINE) == list(system.table("roles"))
    tables = [
        *system.table("rules").values(),
        *system.table("routes").values(),
        *(
            system.table("obligations", name)
            for role in system.table("roles").values()
            for name in role.get("obligations", ())
        ),
        *(terms for role in system.table("roles").values() for terms in role.get("requires", {}).values()),
        *(role.get("granted_by", {}) for role in system.table("roles").values()),
        *system.table("roles").values(),
    ]
    assert [table["source"] for table in tables if "source" in table and table["source"] not in told] == []
    assert [route["what"] for route in system.table("routes").values() if route["what"] not in told] == []


def test_phases_are_told() -> None:
    """Who granted a role before which day: the LCCIS bulletin's two phases, written out here."""
    said = list(
        granted({"approvals": [["mi_manager"]], "before": [{"day": "2008-09-01", "approvals": [["supplier"]]}]})
    )
    assert said == ["- **Granted by**: MI manager.", "  - Where it was approved before 2008-09-01: supplier."]


def test_what_has_no_words_of_its_own_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(SYSTEMS[0].folder)
    system.said["conditions"]["planted"] = {"function": "at_most", "property": "rows", "maximum": 3}
    assert condition(system, "planted") == "the rows asked for is at most 3"
    monkeypatch.delitem(CONDITIONS, "at_most")
    assert condition(system, "planted") == (
        "the number is at most the maximum, the maximum included (property: rows, maximum: 3)"
    )
    assert (
        requirement("colour-of-hat", {"hats": ["red", "blue"], "source": "x"}) == "colour of hat (hats: red and blue)"
    )


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_every_name_that_a_condition_looks_at_and_every_requirement_has_words(system: System) -> None:
    looked = [table.get("property") for table in system.table("conditions").values()]
    types = {name: table["type"] for name, table in declared(system).items()}
    assert [name for name in looked if name and name not in (YES_NO if types[name] == "boolean" else NOUNS)] == []
    needs = {kind for role in system.table("roles").values() for kind in role.get("requires", {})}
    assert needs - REQUIREMENTS.keys() == set()


def test_every_obligation_has_words() -> None:
    assert set(OBLIGED) == set(ObligationType)


def test_the_page_reads_as_people_write() -> None:
    told = page()
    raw = ("the the", "the a ", "Needs**: barred", "'s answer to", "signed by:", "(fields:", "(rows:")
    assert [one for one in raw if one in told] == []
    assert re.findall(r"\w\.\.", told) == []
    assert "**Needs**: not to be barred from work with children or adults." in told
    assert "criterion 1 of the checklist pwis, met and signed by LA ContactPoint team" in told
    assert "to show totals only." in told
    assert "nothing is asked for but these 5 items: number, name, gender, date of birth and carer name" in told


@pytest.mark.parametrize(
    ("name", "role", "kind", "cell"),
    [
        ("lccis", "mi-staff", "tracking-query", "run"),
        ("ccis", "personal-adviser", "client-record", r"view \*, record \*"),
        ("ccis", "personal-adviser", "monitoring-report", "–"),
        ("school-portal", "portal-user", "pupil-record", "never print, never export"),
        ("coventry-lcs", "early-help-practitioner", "workspace", "–"),
        ("career-vision-core-plus", "index-updater", "caseload-record", r"view \*, update \*"),
    ],
)
def test_a_system_begins_with_what_each_role_may_do_with_which_record(
    name: str, role: str, kind: str, cell: str
) -> None:
    system = next(one for one in SYSTEMS if one.id == name)
    assert may(system, role, kind) == cell
    columns = [row.split(" | ") for row in part(system).splitlines() if row.startswith("| ")]
    place = columns[0].index(next(head for head in columns[0] if head.removesuffix(" |") == kind.replace("-", " ")))
    assert next(row for row in columns if row[0] == f"| `{role}`")[place].removesuffix(" |") == cell


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_every_reading_is_listed_for_its_owner(system: System) -> None:
    listed = part(system).partition(f"### Readings to confirm: {system.id}\n")[2]
    assert listed
    raw = (system.folder / "system.toml").read_text("utf-8")
    for said in re.findall(r'^source = "(?:[^"]*?)Reading: ([^"]*)"$', raw, re.MULTILINE):
        assert said in listed
