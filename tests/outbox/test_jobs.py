"""Runs of jobs: each slot once, a dead holder's run taken up, a late word refused."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from governance import scheduler
from governance.kernel import jobs
from governance.kernel.db import Databases
from governance.kernel.jobs import CUT_OFF, DONE, FAILED, LEASE, RUNNING, SLOTS_KEPT, Job, JobRun, Taken, slot_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def job(run: Any = lambda _service, _now: None, every: timedelta = HOUR, **more: Any) -> Job:
    return Job("sums", every, run, "Does sums.", **more)


def take(databases: Databases, now: datetime = NOON, slot: datetime = NOON, **more: Any) -> Taken | None:
    with databases.writing() as session:
        return jobs.take(session, job(**more), slot, now)


def end(databases: Databases, taken: Taken | None, fault: str = "") -> bool:
    assert taken is not None
    with databases.writing() as session:
        return jobs.end(session, taken, fault, NOON)


def runs(databases: Databases) -> list[tuple[datetime, str, int]]:
    with databases.reading() as session:
        return [(one.slot, one.state, one.attempts) for one in session.scalars(select(JobRun).order_by(JobRun.slot))]


@pytest.mark.parametrize(
    ("says", "every", "after", "now", "slot"),
    [
        ("the slot's own moment", HOUR, timedelta(0), NOON, NOON),
        ("until the next", HOUR, timedelta(0), NOON + HOUR - SECOND, NOON),
        ("after a long sleep the newest alone", HOUR, timedelta(0), NOON + 5 * HOUR + SECOND, NOON + 5 * HOUR),
        ("every five seconds", 5 * SECOND, timedelta(0), NOON + 9 * SECOND, NOON + 5 * SECOND),
        ("daily at three", DAY, 3 * HOUR, NOON, NOON - 9 * HOUR),
        ("before three it is yesterday's", DAY, 3 * HOUR, NOON - 10 * HOUR, NOON - 33 * HOUR),
    ],
)
def test_slots(says: str, every: timedelta, after: timedelta, now: datetime, slot: datetime) -> None:
    assert slot_of(job(every=every, after=after), now) == slot, says


def test_a_slot_is_taken_once(databases: Databases) -> None:
    taken = take(databases)
    assert taken is not None
    assert take(databases) is None
    assert end(databases, taken)
    assert take(databases) is None, "what is done is not done again"
    assert runs(databases) == [(NOON, DONE, 1)]


def test_many_who_reach_for_a_slot_at_once(databases: Databases) -> None:
    start, found = threading.Barrier(8), []

    def reach() -> None:
        start.wait()
        found.append(take(databases))

    threads = [threading.Thread(target=reach) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in found if one is not None]) == 1


def test_what_a_dead_holder_left_is_taken_up_and_its_late_word_refused(databases: Databases) -> None:
    dead = take(databases)
    assert take(databases, NOON + LEASE - SECOND) is None
    again = take(databases, NOON + LEASE)
    assert again is not None
    assert not end(databases, dead), "a word from the dead changes nothing"
    assert runs(databases) == [(NOON, RUNNING, 2)]
    assert dead is not None
    with databases.writing() as session:
        assert not jobs.hold(session, dead, NOON + DAY)
        assert jobs.hold(session, again, NOON + DAY)
    assert take(databases, NOON + 2 * LEASE) is None, "what is held on to is not taken up"
    assert end(databases, again, "Trouble")
    assert runs(databases) == [(NOON, FAILED, 2)]


def test_a_slot_waits_while_an_earlier_one_is_under_way(databases: Databases) -> None:
    first = take(databases)
    later, moment = NOON + SECOND, NOON + LEASE - SECOND
    assert take(databases, moment, later) is None
    assert take(databases, moment, later, alongside=True) is not None
    assert end(databases, first)


def test_a_newer_slot_closes_what_was_cut_off(databases: Databases) -> None:
    take(databases)
    assert take(databases, NOON + HOUR, NOON + HOUR) is not None
    assert runs(databases) == [(NOON, CUT_OFF, 1), (NOON + HOUR, RUNNING, 1)]


def test_old_runs_are_forgotten(databases: Databases) -> None:
    end(databases, take(databases))
    for slot in (NOON + SLOTS_KEPT * HOUR, NOON + (SLOTS_KEPT + 1) * HOUR):
        end(databases, take(databases, slot, slot))
    assert [slot for slot, _, _ in runs(databases)] == [NOON + SLOTS_KEPT * HOUR, NOON + (SLOTS_KEPT + 1) * HOUR]


# --- doing them


def fire(databases: Databases, done: Job, slot: datetime = NOON) -> JobRun | None:
    return scheduler.fire(SimpleNamespace(databases=databases), done, slot, slot)


def test_a_slot_is_done_once_however_often_it_is_looked_at(databases: Databases) -> None:
    done: list[datetime] = []
    summing = job(lambda _service, now: done.append(now))
    found = [fire(databases, summing), fire(databases, summing)]
    assert [one and one.state for one in found] == [DONE, None]
    assert done == [NOON]


def test_a_job_that_fails_says_so_and_no_more(databases: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_service: object, _now: datetime) -> None:
        raise LookupError("ann@example.org")

    failed = fire(databases, job(fail))
    assert failed is not None
    assert (failed.state, failed.fault) == (FAILED, "LookupError")
    said = "".join(capsys.readouterr())
    assert "job_failed" in said
    assert "ann@" not in said


def test_a_run_is_held_while_the_work_goes_on(databases: Databases) -> None:
    """The lease is far shorter than the work; nobody takes it up all the same."""
    others: list[JobRun | None] = []
    lease = timedelta(seconds=0.5)

    def work(_service: object, now: datetime) -> None:
        ended = threading.Event()
        ended.wait(1.2)
        others.append(
            scheduler.fire(SimpleNamespace(databases=databases), job(lease=lease), now, scheduler.clock.now())
        )

    now = scheduler.clock.now()
    run = scheduler.fire(SimpleNamespace(databases=databases), job(work, lease=lease), now, now)
    assert run is not None
    assert (run.state, run.attempts, others) == (DONE, 1, [None])


def test_a_database_that_does_not_answer_is_asked_again(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    absent = Databases.open(f"sqlite:///{tmp_path}/none/facts.db", "sqlite://")
    scheduler.fire_safely(SimpleNamespace(databases=absent), job())
    assert "job_not_looked_at" in "".join(capsys.readouterr())
