"""What rows may say and hardly mean is noted once a kind, and refused by nothing."""

from __future__ import annotations

from pathlib import Path

from policies.pack import PackTexts
from tests.commands import Desk
from tests.exchange.folders import written
from tests.installation import POLICY, SYSTEM_TOML

TAUGHT = SYSTEM_TOML.replace(
    "[rules.A-1]", '[roles.reader.requires.training]\ncourses = ["safety"]\nsource = "Tests"\n[rules.A-1]'
)
GRANTS = (
    "person,system,role,organisation,from,approval_1_by,approval_1_capacity,approval_1_organisation,approval_1_on\n"
    "ann,archive,reader,council,2024-01-01,mo,line_manger,council,2023-12-01\n"
    "ann,archive,reader,council,2024-02-01,mo,line_manager,council,2023-12-01\n"
    "ann,archive,reader,council,2024-03-01,mo,line_manger,council,2023-12-01\n"
    "ann,nowhere,reader,council,2024-03-01,mo,anybody,council,2023-12-01\n"
)
TRAINING = "person,course,completed\nann,safty,2024-01-01\nann,safety,2024-01-01\nmo,safety,2099-01-01\n"
PEOPLE = "reference,name,manager\nmo,Mo Manager,mo\nzoe,Zoë,mo\n"


def test_each_kind_is_noted_once(quick_desk: Desk, tmp_path: Path) -> None:
    quick_desk.installation.activate(PackTexts(TAUGHT, POLICY, "", ""))
    folder = written(tmp_path / "in", {"grants": GRANTS, "training": TRAINING, "people": PEOPLE})
    told = quick_desk.run("import", str(folder))
    assert told.exit_code == 0, told.output
    assert [line for line in told.stderr.splitlines() if "note: " in line] == [
        "grants.csv:2, column approval_1_capacity: note: no role of any active pack takes an approval in this capacity "
        '(2 rows say so). Did you mean "line_manager"?',
        "people.csv:2, column manager: note: names the person as their own manager.",
        'training.csv:2, column course: note: no active pack names this course. Did you mean "safety"?',
        "training.csv:4, column completed: note: has yet to come: until then the course counts as not completed.",
    ]
    again = quick_desk.apply('[[training]]\nperson = "ann"\ncourse = "safty"\ncompleted = 2024-01-01\n')
    assert "Note: " in again.stderr
    assert "training.1.course: no active pack names this course: 'safty'. Did you mean" in again.stderr


def test_nothing_is_noted_where_no_active_pack_names_any(quick_desk: Desk, tmp_path: Path) -> None:
    training = "person,course,completed\nann,safty,2024-01-01\n"
    told = quick_desk.run("import", str(written(tmp_path / "in", {"training": training})))
    assert (told.exit_code, "note: " in told.stderr) == (0, False)
