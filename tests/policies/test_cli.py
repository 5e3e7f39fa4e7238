"""The commands about packs, as a person at a terminal meets them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from governance.kernel.db import Databases
from governance.kernel.recorded import Base, Ledger
from governance.ports.requirement import Requirement
from policies.cases import CaseAnswer, CaseRunner
from policies.cli import packs
from policies.pack import SHIPPED, PackTexts
from tests import services
from tests.policies.conftest import put, write


@dataclass
class Stand:
    """What stands in for the service."""

    databases: Databases
    requirements: Mapping[str, Requirement]
    run_case: CaseRunner
    account: str = "officer"


@pytest.fixture
def stand(sqlite_databases: services.Databases, requirements: Mapping[str, Requirement]) -> Iterator[Stand]:
    databases = Databases.open(sqlite_databases.facts_url, sqlite_databases.trail_url)
    Base.metadata.create_all(databases.facts)
    with databases.writing() as session:
        session.execute(insert(Ledger), [{"id": 1, "revision": 0, "entries": 0, "head": ""}])

    def expected(rules: Any, facts: Any, question: Any, now: Any) -> CaseAnswer:
        return CaseAnswer(True, (), ())

    yield Stand(databases, requirements, expected)
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


def test_two_packs_of_one_system(stand: Stand, example: PackTexts, tmp_path: Path) -> None:
    result = run(stand, "check", write(example, tmp_path / "one"), write(example, tmp_path / "two"))
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
    assert "trip-register: revision 1 is in force" in run(stand, "activate", folder).output
    again = run(stand, "activate", folder)
    assert (again.exit_code, "in force already, as revision 1" in again.output) == (0, True)
    changed = example.policy_csv + "\n"
    (folder / "policy.csv").write_text(changed)
    assert "revision 2 is in force" in run(stand, "activate", folder).output
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


def test_a_name_that_means_nothing(stand: Stand) -> None:
    result = run(stand, "test", "no-such-system")
    assert result.exit_code == 1
    assert "cannot be read" in result.output
