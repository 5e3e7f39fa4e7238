"""What no active pack has is told, at the row that says it, with the name that was perhaps meant."""

from __future__ import annotations

from pathlib import Path

from governance.app import make_service
from governance.exchange.strangers import Words, strangers
from governance.installation import DEMO
from governance.kernel.db import Databases
from governance.ports.role_rules import Property, ResourceType
from policies.pack import SHIPPED
from policies.reading import read_packs
from tests.commands import Desk
from tests.exchange.folders import read, sheets, written
from tests.facts import SETTINGS
from wsgi import AREAS

SCHOOL = ResourceType("report", ("view",), {"school": Property("school", "text")})
RESOURCE = {"system": "archive", "resource_type": "report", "resource_id": "r"}


def test_a_property_that_the_pack_does_not_declare_is_told_once() -> None:
    rows = [RESOURCE | {"properties": {"school": "a"}}, *[RESOURCE | {"properties": {"schol": "a"}}] * 2]
    told = list(strangers(sheets(), {"resources": rows}, {"archive": Words((), {"report": SCHOOL})}))
    assert [(one.number, one.path, one.value) for one in told] == [(1, ("properties", "schol"), "schol")]
    assert told[0].problem == "the active pack of archive declares no such property of report (2 rows say so)"
    assert told[0].cure == 'Until then it counts for nothing. Did you mean "school"?'


def test_nothing_is_said_of_properties_where_system_or_type_is_unknown() -> None:
    rows = [RESOURCE | {"properties": {"schol": "a"}}, RESOURCE | {"resource_type": "other", "properties": {"x": "a"}}]
    known = {"archive": Words((), {"report": SCHOOL})}
    assert [one.path for one in strangers(sheets(), {"resources": rows[:1]}, {})] == [("system",)]
    assert [one.path for one in strangers(sheets(), {"resources": rows[1:]}, known)] == [("resource_type",)]


def test_a_limit_that_no_record_can_lie_within_is_told_once() -> None:
    active = {"archive": Words((), {"report": SCHOOL, "file": ResourceType("file", ("view",), {})})}
    grants = [{"system": "archive", "role": "r", "scope": scope} for scope in ({"school": "a"}, {"schol": "a"}, {})]
    rows = {
        "grants": [*grants, {**grants[1], "system": "other"}, grants[1]],
        "agreements": [{"system": "archive", "cohort": {"sch": ["a"], "school": ["b"]}}],
    }
    told = [one for one in strangers(sheets(), rows, active) if len(one.path) == 2]
    problem = "the active pack of archive declares no such property"
    assert [(one.sheet, one.number, one.path, one.problem, one.cure) for one in told] == [
        ("grants", 1, ("scope", "schol"), f"{problem} (2 rows say so)",
         'Until then it opens nothing. Did you mean "school"?'),
        ("agreements", 0, ("cohort", "sch"), problem, 'Until then it covers no question. Did you mean "school"?'),
    ]  # fmt: skip


def test_the_example_names_what_the_shipped_packs_have() -> None:
    service = make_service(SETTINGS, AREAS, Databases.open("sqlite://", "sqlite://"))
    packs = read_packs(SHIPPED, service.requirements).items()
    words = {name: Words(set(pack.roles), pack.resource_types) for name, pack in packs}
    gathered = read(DEMO.parents[1] / "import")
    assert [str(one) for one in strangers(sheets(), gathered.rows, words)] == []


def test_both_doors_tell_the_line_and_the_field(quick_desk: Desk, tmp_path: Path) -> None:
    text = "system,type,id,property.school\narchive,file,r,moon\n"
    told = quick_desk.run("import", str(written(tmp_path / "in", {"resources": text})))
    assert told.exit_code == 0, told.output
    assert (
        "resources.csv:2, column property.school: warning: the active pack of archive declares no such" in told.stderr
    )
    row = '[[resources]]\nsystem = "archive"\ntype = "file"\nid = "r"\nproperties = { school = "moon" }\n'
    assert (
        "properties.school: the active pack of archive declares no such property of file"
        in quick_desk.apply(row).stderr
    )
