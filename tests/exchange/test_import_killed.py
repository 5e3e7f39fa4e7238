"""Kill -9 in the midst of an import: the facts are those before it or those after it, and it can be repeated."""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.import_folder import write_folder
from governance.exchange import applying
from governance.exchange.importing import apply_import, look_at_import
from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.recorded import Change, ChangeKey
from governance.people.models import Employment, PersonDetails
from governance.ports.actor import Actor
from tests.commands import Desk
from tests.installation import Installation, installed

SEED, PEOPLE, PART = 20260302, 150, 25
Facts = dict[str, bytes]


def facts_of(desk: Desk, folder: Path) -> Facts:
    """All facts that stand, as an export has them."""
    told = desk.run("export", str(folder))
    assert told.exit_code == 0, told.output
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def start(installation: Installation, folder: Path) -> tuple[int, int]:
    """An import in a process of its own, and a pipe to which it writes a mark before it begins and after each part."""
    marks, mark = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # threads of other tests do not matter to a copy that writes
        process = os.fork()
    if process == 0:
        try:
            run(installation, folder, lambda: os.write(mark, b"!"))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(mark)
    return process, marks


def run(installation: Installation, folder: Path, mark: Callable[[], object]) -> None:
    """What the command does, on connections of this process, in parts so small that there are many."""
    applying.PART = PART
    databases = Databases.open(*installation.urls)
    sheets, now = installation.service.sheets, clock.now()
    looked = look_at_import(
        databases,
        sheets,
        folder,
        now=now,
        leavers=False,
        words_at=lambda _session, _at: {},
        reading=lambda _name, _count: None,
    )
    mark()
    apply_import(
        databases, sheets, looked, actor=Actor("test"), now=now, leavers=False, progress=lambda _done: mark()
    )  # fmt: skip


def kill_at_moments(tmp_path: Path, dialect: str, kills: int, seed: int = SEED) -> None:
    """Kill imports after so many parts and a moment more; what is there then is as it was before, or all of it."""
    folder, moments = tmp_path / "in", random.Random(seed)
    parts = sum(-(-rows // PART) for rows in write_folder(folder, PEOPLE).values())
    with installed(tmp_path, dialect) as installation:
        desk = Desk(installation)
        before = facts_of(desk, tmp_path / "before")
        found = []
        for number in range(kills):
            process, marks = start(installation, folder)
            assert all(os.read(marks, 1) for _ in range(moments.randrange(parts) + 1)), "it ended by itself"
            time.sleep(moments.uniform(0, 0.02))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(marks)
            found.append(facts_of(desk, tmp_path / f"found-{number}"))
            if found[-1] != before:
                break  # the last kill came too late: all of it is there
        sweep(desk, found[-1], tmp_path / "swept")
        assert desk.run("import", str(folder)).exit_code == 0
        after = facts_of(desk, tmp_path / "after")
        assert all(one in (before, after) for one in found), "some of it was there"
        assert found[0] == before != after
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
        kill_at_moments(tmp_path / str(number), dialect, 5, SEED + number)
