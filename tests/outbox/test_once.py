"""Four schedulers, killed and started again at random moments under a stream of mail: each mail comes once.

F7 of the fault table, #46 of the list of mistakes: a scheduler that fires in each worker.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.jobs import JobRun
from tests.installation import Installation
from tests.laid import laid_out
from tests.outbox.schedulers import AT_ONCE, Schedulers
from tests.outbox.test_service import queue
from tests.servers import PERMITTED
from tests.twins import uncoordinated

SEED, BACKLOG = 20260302, 20


def stream(
    folder: Path, dialect: str, kills: int, twin: Callable[[], None] = lambda: None, seed: int = SEED
) -> tuple[list[str], list[int]]:
    """Queue mail while schedulers are killed and started again; what there is to complain of, and how they ended."""
    moments = random.Random(seed)
    with laid_out(folder, dialect) as urls:
        schedulers = Schedulers(urls, folder, twin)
        databases = Databases.open(*urls)
        try:
            schedulers.queue(databases, BACKLOG)
            schedulers.open(seed)
            for _ in range(kills):
                schedulers.queue(databases, moments.randrange(1, 6))
                time.sleep(moments.uniform(0.02, 0.2))
                schedulers.kill(moments.choice(schedulers.alive))
                schedulers.start()
            schedulers.wait_until_sent(databases)
            ended = schedulers.stop()
            return schedulers.complaints(databases), ended
        finally:
            schedulers.close()
            databases.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_each_mail_comes_once_however_schedulers_are_killed(tmp_path: Path, dialect: str) -> None:
    complaints, ended = stream(tmp_path, dialect, 20)
    assert complaints == []
    assert ended == [0] * AT_ONCE, "told to stop, they end what is under way and go"


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_each_mail_comes_once_two_hundred_times(tmp_path: Path, dialect: str) -> None:
    complaints, ended = stream(tmp_path, dialect, 200)
    assert (complaints, ended) == ([], [0] * AT_ONCE)


@pytest.mark.parametrize(
    ("twin", "said"), [(uncoordinated.unclaimed, "twice"), (uncoordinated.every_slot, "marks in 1 attempts")]
)
def test_twins_that_do_not_agree_are_caught(tmp_path: Path, twin: Callable[[], None], said: str) -> None:
    complaints, _ = stream(tmp_path, "sqlite", 3, twin)
    assert [one for one in complaints if said in one], complaints


def test_decisions_need_no_scheduler(tmp_path: Path, installation: Installation) -> None:
    """Nothing has been running for ages, mail waits, and a run was left half done: people are answered all the same."""
    from tests.decisions.test_service import ask

    queue(installation.databases, 3)
    long_ago = clock.now().replace(year=2020)
    with installation.databases.writing() as session:
        session.add(
            JobRun(
                name="sweep", slot=long_ago, state="running", claim="gone", held_until=long_ago, attempts=1,
                started_at=long_ago, ended_at=None, fault="",
            )
        )  # fmt: skip
    assert ask(installation.service.decisions).allowed
    installation.suspend(PERMITTED)
    assert not ask(installation.service.decisions).allowed
