"""The commands about packs, as a person at a terminal meets them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from governance.app import trial_service
from governance.kernel.db import Databases
from governance.kernel.recorded import Base, Ledger
from governance.ports.requirement import Requirement
from governance.ports.sheet import Sheet
from policies.cases import CaseAnswer
from policies.cli import packs
from policies.pack import SHIPPED, PackTexts
from tests import services
from tests.policies.conftest import put, write
from wsgi import AREAS


@dataclass
class Permitting:
    """A runner that permits whatever is asked."""

    sheets: Mapping[str, Sheet]

    def __call__(self, rules: Any, facts: Any, question: Any, now: Any) -> CaseAnswer:
        return CaseAnswer(True, (), ())


@dataclass
class Stand:
    """What stands in for the service."""

    databases: Databases
    requirements: Mapping[str, Requirement]
    run_case: Permitting
    account: str = "officer"


@pytest.fixture
def stand(sqlite_databases: services.Databases, requirements: Mapping[str, Requirement]) -> Iterator[Stand]:
    databases = Databases.open(sqlite_databases.facts_url, sqlite_databases.trail_url)
    Base.metadata.create_all(databases.facts)
    with databases.writing() as session:
        session.execute(insert(Ledger), [{"id": 1, "revision": 0, "entries": 0, "head": ""}])

    yield Stand(databases, requirements, Permitting(trial_service(AREAS).sheets))
    databases.close()


def run(stand: Stand, *words: str | Path) -> Result:
    return CliRunner().invoke(packs, [str(word) for word in words], obj=stand)


def test_the_shipped_packs_are_in_order(stand: Stand) -> None:
    result = run(stand, "check")
    assert result.exit_code == 0, result.output
    for folder in SHIPPED.iterdir():
        if folder.is_dir():
            assert re.search(
                rf"^{folder.name}: \d+ roles, \d+ rules, \d+ cases: in order$", result.output, re.MULTILINE
            )


def test_faults_of_every_file_are_told(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    folder = write(example, tmp_path / "trips")
    (folder / "policy.csv").write_text(example.policy_csv.replace(",allow,TRIP-1", ",Allow,TRIP-1"))
    (folder / "cases.toml").write_text(put(example.cases_toml, 'id = "T02"', 'id = "T01"'))
    result = run(stand, "check", folder)
    assert result.exit_code == 1
    assert f'{folder / "policy.csv"}:2: effect "Allow" is not known. Did you mean "allow"?' in result.output
    assert "cases.2.id" in result.output


@pytest.mark.parametrize(("old", "new", "place", "said"), [
    ("completed = 2025-02-10", "complted = 2025-02-10", "training = ",
     'facts.training.1.complted: is not known here. Did you mean "completed"?'),
    (", completed = 2025-02-10", "", "training = ", "facts.training.1.completed: is missing. Add it: "),
    ('capacity = "deputy_head"', 'capcity = "deputy_head"', '    { by = "piet.vos"',
     'facts.grants.1.approvals.2.capcity: is not known here. Did you mean "capacity"?'),
    ('name = "Piet Vos"', 'nmae = "Piet Vos"', '    { reference = "piet.vos"',
     "facts.people.3.nmae: is not known here."),
    ("from = 2020-09-01", "from = 2020-09-01, to = 2020-08-31", "employment = ",
     "facts.employment.1.to: This is before the first day. Write a last day that is not before it.\n"),
    ("from = 2020-09-01", 'from = "autumn"', "employment = ", "facts.employment.1.from: This is not a day. Write one"),
    ("training = [{", "traning = [{", "traning = ", 'facts.traning: is no sheet of facts. Did you mean "training"?'),
    ('role = "trip-leader"', 'role = "trip-leadr"', "role = ",
     'facts.grants.1.role: names role "trip-leadr", which the pack does not have. Did you mean "trip-leader"?'),
    ('id = "T02"', 'id = "T02"\nadd.training = [{ person = "ida.cole", course = "x", completed = 3 }]', "add.training",
     "cases.2.add.training.1.completed: This is not a day"),
])  # fmt: skip
@pytest.mark.parametrize("command", ["check", "test", "activate"])
def test_faults_of_the_facts_are_told_once_and_at_their_line(
    stand: Stand, example: PackTexts, tmp_path: Path, command: str, old: str, new: str, place: str, said: str
) -> None:
    changed = put(example.cases_toml, old, new)
    folder = write(replace(example, cases_toml=changed), tmp_path / "trips")
    result = run(stand, command, folder)
    assert result.exit_code == 1
    (told,) = (line for line in result.output.splitlines() if said.strip() in line)
    assert result.output.count(said) == 1
    number = told.removeprefix("Error: ").removeprefix(f"{folder / 'cases.toml'}:").partition(":")[0]
    assert changed.splitlines()[int(number) - 1].startswith(place)
    assert stand.databases.freshness.current() == 0


SHEET = 'resource = { type = "emergency-sheet", id = "TRIP-0042", properties = { school = "elm-road", age = 9 } }'
TERMS = '{ reference = "terms", kind = "sharing", version = 1, system = "trip-register", from = 2024-01-01 }'
PARTY = '{ agreement = "terms", version = 2, organisation = "oak-lane-primary" }'
ELSEWHERE = f"question.{SHEET}"
FIRST = (
    'resource = { type = "emergency-sheet", id = "TRIP-0042", properties = { school = "oak-lane-primary", age = 9 } }'
)


@pytest.mark.parametrize(("old", "new", "place", "said"), [
    (ELSEWHERE, ELSEWHERE.replace("school", "scool"), "question.resource",
     'cases.2.question.resource.properties.scool: is not declared. Did you mean "school"?'),
    (ELSEWHERE, ELSEWHERE.replace("age", "shoe_size"), "question.resource",
     "shoe_size: is not declared. Write one of: age, part, school."),
    ("question.context = {}", 'question.context = { tripp = "T-7" }', "question.context",
     'cases.2.question.context.tripp: is not declared. Did you mean "trip"?'),
    (ELSEWHERE, ELSEWHERE.replace("TRIP-0042", "TRIP-42"), "question.resource",
     "cases.2.question.resource.id: is not an id of emergency-sheet. Its form is TRIP-#### ("),
    (ELSEWHERE, ELSEWHERE.replace('"elm-road"', "7"), "question.resource",
     'properties.school: must be text of at most 200 characters without control characters. Write it in quotes: "7".'),
    (ELSEWHERE, ELSEWHERE.replace("9", '"nine"'), "question.resource", "properties.age: must be a whole number."),
    (ELSEWHERE, ELSEWHERE.replace("emergency-sheet", "emergency-shet"), "question.resource",
     'cases.2.question.resource.type: "emergency-shet" is not declared. Did you mean "emergency-sheet"?'),
    ('subject = { type = "user"', 'subject = { type = "staff"', "subject",
     'question.subject.type: "staff" is not declared. Write one of: user.'),
    ('question.action = { name = "print" }', 'question.action = { name = "prnt" }', "question.action",
     'cases.3.question.action.name: "prnt" is not declared. Did you mean "print"?'),
    ('question.action = { name = "print" }', 'question.action = { name = "print", properties = { copies = 2 } }',
     "question.action", "cases.3.question.action.properties.copies: is not declared. Leave it out."),
    (FIRST, FIRST.replace("age = 9", "ago = 9"), "resource",
     'toml:6: question.resource.properties.ago: is not declared. Did you mean "age"?'),
    ('by = "piet.vos"', 'by = "pete.vos"', '    { by = "pete.vos"',
     "facts.grants.1.approvals.2.by: there is no person with this reference: 'pete.vos'. Did you mean \"piet.vos\"?"),
    ('organisation = "oak-lane-primary"\n', 'organisation = "oak-lane"\n', "organisation",
     "there is no organisation with this reference: 'oak-lane'. Did you mean \"oak-lane-primary\"?"),
    ('id = "T02"', 'id = "T02"\nadd.training = [\n    { person = "zz", course = "x", completed = 2026-01-01 }]',
     '    { person = "zz"', "cases.2.add.training.1.person: there is no person with this reference: 'zz'. Add it, or"),
    ('id = "T02"', 'id = "T02"\nadd.people = [\n{ reference = "piet.vos", name = "Piet" }]', "{ reference",
     "cases.2.add.people.1: says something else of a fact that an earlier row states (line 14). Keep one"),
    ('id = "T02"', f'id = "T02"\nadd.agreements = [{TERMS}]\nadd.parties = [\n{PARTY}]', PARTY,
     "cases.2.add.parties.1.version: there is no such version of this agreement: 2. Add it to agreements, or"),
    ('id = "T02"', 'id = "T02"\nremove.people = [{ reference = "piet.vos" }]', "[[cases]]",
     "cases.2: makes wrong what stands in facts.grants.1.approvals.2.by: there is no person with this reference"),
])  # fmt: skip
def test_faults_of_questions_and_references_are_told_once_and_at_their_line(
    stand: Stand, example: PackTexts, tmp_path: Path, old: str, new: str, place: str, said: str
) -> None:
    changed = put(example.cases_toml, old, new)
    folder = write(replace(example, cases_toml=changed), tmp_path / "trips")
    (told,) = run(stand, "check", folder).output.splitlines()
    assert said in told
    number = told.removeprefix(f"{folder / 'cases.toml'}:").partition(":")[0]
    assert changed.splitlines()[int(number) - 1].startswith(place)


NEW = """
[[cases]]
id = "N"
says = "on purpose"
question.%s
expect = %s
"""


@pytest.mark.parametrize(("question", "expect", "in_order"), [
    ('resource = { type = "payroll", id = "1" }', '{ decision = false, reasons = ["no_such_resource"] }', True),
    ('resource = { type = "payroll", id = "1" }', '{ decision = false, reasons = ["cohort"] }', False),
    ('subject = { type = "robot", id = "ida.cole" }', '{ decision = false, reasons = ["unknown_subject"] }', True),
    ('subject = { type = "robot", id = "ida.cole" }', '{ decision = false, reasons = ["no_need"] }', False),
    ('action = { name = "delete" }', '{ decision = false, reasons = ["role_not_permitted"] }', True),
    ('action = { name = "delete" }', '{ decision = false, reasons = ["no_need"] }', False),
    ('action = { name = "prnt" }', '{ decision = false, reasons = ["role_not_permitted"] }', False),
    ('context = { device = "own", trip = "T-7" }', "{ decision = true }", True),
    ('context = { device = "own" }', '{ decision = false, reasons = ["no_need"] }', False),
    ('context = { acr = "mfa" }', '{ decision = false, reasons = ["no_need"] }', True),
])  # fmt: skip
def test_what_is_not_declared_may_stand_where_the_case_expects_what_it_leads_to(
    stand: Stand, example: PackTexts, tmp_path: Path, question: str, expect: str, in_order: bool
) -> None:
    more = example.cases_toml + NEW % (question, expect)
    result = run(stand, "check", write(replace(example, cases_toml=more), tmp_path / "trips"))
    assert (result.exit_code == 0) is in_order, result.output


def test_a_grant_in_another_system_may_name_its_roles(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    other = put(example.cases_toml, 'role = "trip-leader"', 'role = "reader"')
    folder = write(replace(example, cases_toml=put(other, 'system = "trip-register"', 'system = "x"')), tmp_path / "t")
    assert run(stand, "check", folder).exit_code == 0


def test_a_shipped_pack_is_checked_by_the_name_of_its_system(stand: Stand) -> None:
    result = run(stand, "check", "coventry-lcs")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("coventry-lcs: ")
    assert len(result.output.splitlines()) == 1


def test_two_packs_of_one_system(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    for command in ("check", "test", "activate"):
        result = run(stand, command, write(example, tmp_path / "one"), write(example, tmp_path / "two"))
        assert result.exit_code == 1
        assert 'has the id "trip-register", which' in result.output


def test_differences_are_shown(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    result = run(stand, "test", write(example, tmp_path / "trips"))
    assert result.exit_code == 1
    assert "✗ trip-register T02" in result.output
    assert "missing reason: cohort" in result.output
    assert "trip-register: 1 of 5 cases pass" in result.output


def test_activating_and_listing(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    folder = write(example, tmp_path / "trips")
    assert "trip-register: revision 1 is in force" in run(stand, "activate", "--unproven", folder).output
    again = run(stand, "activate", "--unproven", folder)
    assert (again.exit_code, "in force already, as revision 1" in again.output) == (0, True)
    changed = example.policy_csv + "\n"
    (folder / "policy.csv").write_text(changed)
    assert "revision 2 is in force" in run(stand, "activate", "--unproven", folder).output
    shown = run(stand, "list")
    assert shown.exit_code == 0
    first, second = (json.loads(run(stand, "list", "--json").output)[number] for number in (0, 1))
    assert (first["system"], first["revision"], second["revision"]) == ("trip-register", 1, 2)
    assert (first["to"], second["to"]) == (second["from"], None)
    lines = [line.split() for line in shown.output.splitlines()]
    assert lines[0] == ["system", "revision", "in", "force", "from", "to", "by", "digest"]
    assert lines[1] == ["trip-register", "1", first["from"], first["to"], "officer", first["digest"][:8]]
    assert lines[2] == ["trip-register", "2", second["from"], "now", "officer", second["digest"][:8]]
    assert "…" not in shown.output, "nothing is cut off"


def test_a_pack_whose_cases_fail_is_not_activated(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    result = run(stand, "activate", write(example, tmp_path / "trips"))
    assert result.exit_code == 1
    assert "✗ trip-register T02" in result.output
    assert "nothing was activated. Mend the rules or the cases, or say --unproven." in result.output
    assert stand.databases.freshness.current() == 0


def test_the_shipped_packs_are_activated_by_name(stand: Stand) -> None:
    assert "coventry-lcs: revision 1 is in force" in run(stand, "activate", "coventry-lcs").output
    everything = run(stand, "activate")
    assert everything.exit_code == 0
    found = re.findall(r"^(\S+): .* is in force", everything.output, re.MULTILINE)
    assert sorted(found) == sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir())


def test_a_faulty_pack_is_not_activated(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    folder = write(example, tmp_path / "trips")
    (folder / "policy.csv").write_text(example.policy_csv.replace(",deny,", ",Deny,"))
    result = run(stand, "activate", folder)
    assert result.exit_code == 1
    assert 'effect "Deny" is not known' in result.output
    assert stand.databases.freshness.current() == 0


def test_a_file_of_a_pack_is_told_to_be_no_folder(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    folder = write(example, tmp_path / "trips")
    result = run(stand, "check", folder / "system.toml")
    assert result.exit_code == 1
    assert f"Give its folder: {folder}." in result.output


def test_a_folder_of_packs_names_them(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    one, two = write(example, tmp_path / "one"), write(example, tmp_path / "two")
    result = run(stand, "check", tmp_path)
    assert result.exit_code == 1
    assert result.output == f"{tmp_path}: is no pack, but holds some. Give their folders: {one} {two}\n"


@pytest.mark.parametrize("command", ["check", "test", "activate"])
def test_a_name_that_means_nothing(stand: Stand, command: str) -> None:
    result = run(stand, command, "coventry-lcss")
    assert result.exit_code == 1
    assert 'there is no shipped pack and no folder "coventry-lcss". Did you mean "coventry-lcs"?' in result.output
