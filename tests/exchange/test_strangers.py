"""What no active pack has is told, at the row that says it, with the name that was perhaps meant."""

from __future__ import annotations

from pathlib import Path

from governance.exchange.strangers import Words, strangers
from governance.ports.role_rules import Property, ResourceType
from tests.commands import Desk
from tests.exchange.folders import sheets, written

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
