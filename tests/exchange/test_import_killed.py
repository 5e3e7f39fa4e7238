"""Kill -9 in the midst of an import: the facts are those before it or those after it, and it can be repeated."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.import_folder import write_folder
from governance.exchange.importing import apply_import, look_at_import
from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.recorded import Change, ChangeKey
from governance.people.models import Employment, PersonDetails
from governance.ports.actor import Actor
from tests.commands import Desk
from tests.installation import Installation, installed

SEED, PEOPLE = 20260302, 300
Facts = dict[str, bytes]


def facts_of(desk: Desk, folder: Path) -> Facts:
    """All facts that stand, as an export has them."""
    told = desk.run("export", str(folder))
    assert told.exit_code == 0, told.output
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def start(installation: Installation, folder: Path) -> int:
    """An import in a process of its own, which has read everything and begins to write when this returns."""
    ready, say = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            run(installation, folder, lambda: os.write(say, b"!"))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(say)
    assert os.read(ready, 1) == b"!"
    os.close(ready)
    return process


def run(installation: Installation, folder: Path, ready: Callable[[], object]) -> None:
    """What the command does, on connections of this process."""
    databases = Databases.open(*installation.urls)
    sheets, now = installation.service.sheets, clock.now()
    looked = look_at_import(
        databases,
        sheets,
        folder,
        now=now,
        leavers=False,
        roles_at=lambda _session, _at: {},
        reading=lambda _name, _count: None,
    )
    ready()
    apply_import(databases, sheets, looked, actor=Actor("test"), now=now, leavers=False)


def duration(installation: Installation, folder: Path) -> float:
    """How long an import writes when nobody disturbs it."""
    process = start(installation, folder)
    began = time.monotonic()
    assert os.waitpid(process, 0)[1] == 0
    return time.monotonic() - began


def kill_at_moments(tmp_path: Path, dialect: str, kills: int) -> None:
    folder, other = tmp_path / "in", tmp_path / "other"
    write_folder(folder, PEOPLE)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with installed(tmp_path / "one", dialect) as undisturbed:
        takes = duration(undisturbed, folder)
        after = facts_of(Desk(undisturbed), other)
    moments = random.Random(SEED)
    with installed(tmp_path / "two", dialect) as installation:
        desk = Desk(installation)
        before = facts_of(desk, tmp_path / "before")
        outcomes = []
        for number in range(kills):
            process = start(installation, folder)
            time.sleep(moments.uniform(0, takes))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            found = facts_of(desk, tmp_path / f"found-{number}")
            assert found in (before, after), "some of it is there"
            outcomes.append(found == before)
            if found == after:
                break
        assert outcomes[0], "the first kill came in its midst"
        sweep(desk, before if outcomes[-1] else after, tmp_path / "swept")
        assert desk.run("import", str(folder)).exit_code == 0
        assert facts_of(desk, tmp_path / "repeated") == after
        installation.assert_intact()


def sweep(desk: Desk, facts: Facts, folder: Path) -> None:
    """Sweep what is left behind: nothing of it stays, and the facts are the same."""
    databases = desk.installation.databases
    for change in databases.unsealed(clock.now() + timedelta(hours=1)):
        databases.sweep(change)
    with databases.reading() as session:
        sealed = select(Change.id).where(Change.revision.is_not(None))
        for column in (PersonDetails.recorded_by, Employment.recorded_by, ChangeKey.change_id):
            assert list(session.scalars(select(column).where(column.not_in(sealed)))) == []
    assert facts_of(desk, folder) == facts


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_killed_import_leaves_all_or_nothing(tmp_path: Path, dialect: str) -> None:
    kill_at_moments(tmp_path, dialect, 5)


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_an_import_that_is_killed_again_and_again(tmp_path: Path, dialect: str) -> None:
    for number in range(8):
        (tmp_path / str(number)).mkdir()
        kill_at_moments(tmp_path / str(number), dialect, 5)
