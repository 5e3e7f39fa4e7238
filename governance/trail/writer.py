"""The recorder: one thread a process gathers what concurrent requests decided and commits it together.

An answer waits until its record is durable. What cannot be written in time is answered 503; a record that timed out
may exist unanswered, an answer without its record never does.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

import structlog

from governance.kernel import clock
from governance.kernel.db import Databases, TrailLink
from governance.kernel.errors import Unavailable
from governance.trail import store
from governance.trail.rules import Record, decision_id

GROUP = 512
LINGER = 0.002
log = structlog.get_logger("trail")


class Job:
    """Records that wait for their commit, and the latch that their request waits on."""

    __slots__ = ("deadline", "failed", "ids", "latch", "records")

    def __init__(self, records: Sequence[Record], timeout: float) -> None:
        self.records = records
        self.deadline = time.monotonic() + timeout
        self.ids: list[str] = []
        self.failed = False
        self.latch = threading.Lock()
        self.latch.acquire()


class Recorder:
    """Writes decision records for one process; starts its thread and opens its chain at the first record."""

    def __init__(self, databases: Databases, timeout: float = 0.5) -> None:
        self._databases = databases
        self._timeout = timeout
        self._lock = threading.Lock()
        self._pid = 0
        self._crowd = 1
        self._jobs: SimpleQueue[Job] = SimpleQueue()

    def put(self, records: Sequence[Record]) -> list[str]:
        """Make records durable and return their numbers, in order; raise `Unavailable` when that takes too long."""
        if self._pid != os.getpid():
            self._start()
        job = Job(records, self._timeout)
        self._jobs.put(job)
        if not job.latch.acquire(timeout=self._timeout) or job.failed:
            raise Unavailable("the decision could not be recorded, so it is not given; try again", "audit_unavailable")
        return job.ids

    def works(self) -> bool:
        """Whether a record could be written now."""
        try:
            self.put(())
        except Unavailable:
            return False
        return True

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._jobs = SimpleQueue()
            thread = threading.Thread(target=self._run, args=(self._jobs,), name="trail-writer", daemon=True)
            thread.start()
            self._pid = os.getpid()

    def _run(self, jobs: SimpleQueue[Job]) -> None:
        link: TrailLink | None = None
        chain: store.Chain | None = None
        while True:
            group = self._gather(jobs)
            try:
                link = link or self._databases.trail_link()
                chain = chain or store.open_chain(link, clock.iso(clock.now()))
                written = store.append(link, chain, [record for job in group for record in job.records])
                self._release(group, chain)
                chain, self._crowd = written, len(group) + jobs.qsize()
            except Exception as wrong:  # noqa: BLE001 - whatever failed, these records are not answered
                log.critical("trail.write_failed", kind=type(wrong).__name__, jobs=len(group))
                for job in group:
                    job.failed = True
                    job.latch.release()
                if link is not None:
                    with suppress(Exception):
                        link.close()
                link, chain = None, None

    def _gather(self, jobs: SimpleQueue[Job]) -> list[Job]:
        """Wait for one job, then for about as many as came together last; those whose asker has given up are left out.

        A commit costs much more than a record, so a crowd is waited for, though never for long; one alone is not.
        """
        group: list[Job] = []
        while not group:
            self._take(group, jobs.get())
        ends = time.monotonic() + LINGER
        while jobs.qsize() + 1 < self._crowd and time.monotonic() < ends:
            time.sleep(LINGER / 8)
        with suppress(Empty):
            while sum([len(job.records) for job in group]) < GROUP:
                self._take(group, jobs.get_nowait())
        return group

    @staticmethod
    def _take(group: list[Job], job: Job) -> None:
        if time.monotonic() < job.deadline:
            group.append(job)
        else:
            job.failed = True
            job.latch.release()

    @staticmethod
    def _release(group: Sequence[Job], chain: store.Chain) -> None:
        seq = chain.seq
        for job in group:
            for _ in job.records:
                seq += 1
                job.ids.append(decision_id(chain.name, seq))
            job.latch.release()
