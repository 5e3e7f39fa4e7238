"""The clock of the jobs, in a process of its own: the one keeper of APScheduler, which is used as a clock only.

However many of these processes run, each slot of a job is done once: see governance/kernel/jobs.py.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from governance.kernel import clock, jobs
from governance.kernel.db import Databases
from governance.kernel.jobs import Job, Taken

LOOK_EVERY = timedelta(seconds=10)
"""How often it is looked at most whether a slot is due or was left half done."""

log = structlog.get_logger()


def keep_time(service: Any, to_do: Sequence[Job], parent: int | None = None) -> None:
    """Do jobs by the clock until told to stop by SIGTERM or SIGINT; what is under way is ended first.

    With a `parent` it also stops when that process has ended.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415 - no other command needs it
    from apscheduler.schedulers.blocking import BlockingScheduler  # noqa: PLC0415

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    scheduler = BlockingScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(len(to_do) + 1)})

    told = threading.Event()

    def stop(*_: object) -> None:
        if told.is_set():
            return
        told.set()
        if not scheduler.running:  # told before it began
            raise SystemExit(0)
        threading.Thread(target=scheduler.shutdown).start()

    def look_for_parent() -> None:
        if os.getppid() != parent:
            stop()

    settings = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    for job in to_do:
        seconds = min(job.every, LOOK_EVERY).total_seconds()
        first = {"next_run_time": clock.now()}
        scheduler.add_job(fire_safely, "interval", (service, job), seconds=seconds, **first, **settings)
    if parent is not None:
        scheduler.add_job(look_for_parent, "interval", seconds=1, **settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("jobs_started", jobs=[job.name for job in to_do])
    scheduler.start()
    log.info("jobs_stopped")


def fire_safely(service: Any, job: Job) -> None:
    """Do a job's newest slot where it is to be done; a database that does not answer is asked again later."""
    now = clock.now()
    try:
        fire(service, job, jobs.slot_of(job, now), now)
    except DBAPIError as wrong:
        log.warning("job_not_looked_at", job=job.name, fault=type(wrong).__name__)


def fire(service: Any, job: Job, slot: datetime, now: datetime) -> jobs.JobRun | None:
    """Do a slot of a job unless it is or was done by somebody; give the run with its end, or None."""
    databases: Databases = service.databases
    with databases.writing() as session:
        taken = jobs.take(session, job, slot, now)
    if taken is None:
        return None
    fault = ""
    with held(databases, job, taken):
        try:
            job.run(service, now)
        except Exception as wrong:  # noqa: BLE001 - whatever a job does wrong ends its run and no other
            fault = type(wrong).__name__
            log.error("job_failed", job=job.name, fault=fault)  # noqa: TRY400 - a trace would hold values
    with databases.writing() as session:
        if not jobs.end(session, taken, fault, clock.now()):
            log.warning("job_taken_up_by_another", job=job.name)
        return jobs.find_run(session, taken)


@contextmanager
def held(databases: Databases, job: Job, taken: Taken) -> Iterator[None]:
    """Hold a run while the work goes on."""
    over = threading.Event()

    def hold() -> None:
        while not over.wait(job.lease.total_seconds() / 3):
            if not attempt(lambda: renew(databases, job, taken)):
                return

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    try:
        yield
    finally:
        over.set()
        holder.join()


def renew(databases: Databases, job: Job, taken: Taken) -> bool:
    """Hold a run for another lease; False when somebody else has taken it up."""
    with databases.writing() as session:
        return jobs.hold(session, taken, clock.now() + job.lease)


def attempt(renewing: Callable[[], bool]) -> bool:
    """Renew; a database that does not answer is asked again."""
    try:
        return renewing()
    except DBAPIError:
        return True
