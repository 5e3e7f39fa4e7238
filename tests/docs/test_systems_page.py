"""docs/systems.md says what the packs say."""

import re

import pytest

from docs.make_systems import CONDITIONS, PAGE, System, condition, granted, page, requirement, systems

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
    assert said == ["- **Granted by**: mi manager.", "  - Where it was approved before 2008-09-01: supplier."]


def test_what_has_no_words_of_its_own_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(SYSTEMS[0].folder)
    system.said["conditions"]["planted"] = {"function": "at_most", "property": "rows", "maximum": 3}
    assert condition(system, "planted") == "the record's rows is at most 3"
    monkeypatch.delitem(CONDITIONS, "at_most")
    assert condition(system, "planted") == (
        "the number is at most the maximum, the maximum included (property: rows, maximum: 3)"
    )
    assert (
        requirement("colour-of-hat", {"hats": ["red", "blue"], "source": "x"}) == "colour of hat (hats: red and blue)"
    )
