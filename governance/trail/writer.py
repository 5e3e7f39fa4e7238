"""The recorder: one thread a process gathers what concurrent requests decided and commits it together.

An answer waits until its record is durable. What cannot be written in time is answered 503; a record that timed out
may exist unanswered, an answer without its record never does. A request on a thread waits on a latch. Those on an
event loop wait for futures: the loop itself gathers what goes into the next commit while one is under way, so that each
commit costs one hand-over there and one call back, and one timer watches over all who wait.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

import structlog

from governance.kernel import clock
from governance.kernel.db import Databases, TrailLink
from governance.kernel.errors import Unavailable
from governance.trail import store
from governance.trail.rules import Numbers, Record

GROUP = 512
LINGER = 0.002
log = structlog.get_logger("trail")


class Job:
    """Records that wait for their commit, and what their request waits on: a future of its loop, else a latch."""

    __slots__ = ("deadline", "failed", "future", "gathering", "ids", "latch", "records")

    def __init__(self, records: Sequence[Record], timeout: float, gathering: Gathering | None = None) -> None:
        self.records = records
        self.deadline = time.monotonic() + timeout
        self.ids: Sequence[str] = ()
        self.failed = False
        self.gathering = gathering
        self.future: asyncio.Future[None] | None = None
        self.latch: threading.Lock | None = None
        if gathering is None:
            self.latch = threading.Lock()
            self.latch.acquire()
        else:
            self.future = gathering.loop.create_future()

    def wake(self) -> None:
        """Let the request go; on its own loop, where it waits on one."""
        if self.latch is not None:
            self.latch.release()
        elif self.future is not None and not self.future.done():
            self.future.set_result(None)


class Gathering:
    """What one event loop has decided and not yet handed to the writer. All of it runs on that loop.

    While a commit is under way its successors gather. The next is handed over when half of those who are about have
    come, or two milliseconds after the first of them: half, so that the others are decided while these are committed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, hand_over: Callable[[list[Job]], None]) -> None:
        self.loop = loop
        self._hand_over = hand_over
        self._gathered: list[Job] = []
        self._waiting: deque[Job] = deque()
        self._watched = False
        self._under_way = False
        self._crowd = 1
        self._linger: asyncio.TimerHandle | None = None

    def add(self, job: Job) -> None:
        """Take a job in, and hand over when enough have come."""
        self._gathered.append(job)
        self._waiting.append(job)
        if not self._watched:
            self._watched = True
            self.loop.call_later(job.deadline - time.monotonic(), self._give_up)
        if not self._under_way:
            self._go()

    def done(self, jobs: Sequence[Job]) -> None:
        """Let go those whose commit has ended, well or badly, once their successors are on their way."""
        self._under_way = False
        self._crowd = len(jobs) + len(self._gathered)
        if self._gathered:
            self._go()
        for job in jobs:
            job.wake()
        waiting = self._waiting
        while waiting and (waiting[0].future is None or waiting[0].future.done()):
            waiting.popleft()

    def _go(self) -> None:
        if 2 * len(self._gathered) >= self._crowd:
            self._go_now()
        elif self._linger is None:
            self._linger = self.loop.call_later(LINGER, self._go_now)

    def _go_now(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        count = records = 0
        while count < len(self._gathered) and records < GROUP:
            records += len(self._gathered[count].records)
            count += 1
        jobs, self._gathered = self._gathered[:count], self._gathered[count:]
        self._under_way = True
        self._hand_over(jobs)

    def _give_up(self) -> None:
        """Let go those whose time is over, committed or not; come again when the next one's is."""
        now = time.monotonic()
        waiting = self._waiting
        while waiting:
            job = waiting[0]
            if job.future is not None and not job.future.done():
                if job.deadline > now:
                    break
                job.failed = True
                job.wake()
            waiting.popleft()
        self._watched = bool(waiting)
        if waiting:
            self.loop.call_later(waiting[0].deadline - now, self._give_up)


class Recorder:
    """Writes decision records for one process; starts its thread and opens its chain at the first record."""

    def __init__(self, databases: Databases, timeout: float = 0.5) -> None:
        self._databases = databases
        self._timeout = timeout
        self._lock = threading.Lock()
        self._pid = 0
        self._crowd = 1
        self._jobs: SimpleQueue[list[Job]] = SimpleQueue()
        self._gathering: Gathering | None = None
        self._gatherings: dict[asyncio.AbstractEventLoop, Gathering] = {}

    def put(self, records: Sequence[Record]) -> Sequence[str]:
        """Make records durable and return their numbers, in order; raise `Unavailable` when that takes too long."""
        job = Job(records, self._timeout)
        self._hand_over([job])
        return numbers(job, in_time=job.latch is not None and job.latch.acquire(timeout=self._timeout))

    async def write(self, records: Sequence[Record]) -> Sequence[str]:
        """The same for a request on an event loop, which goes on with others meanwhile."""
        gathering = self._gathering_of(asyncio.get_running_loop())
        job = Job(records, self._timeout, gathering)
        gathering.add(job)
        await job.future  # type: ignore[misc]
        return numbers(job, in_time=True)

    def _gathering_of(self, loop: asyncio.AbstractEventLoop) -> Gathering:
        found = self._gathering
        if found is None or found.loop is not loop:
            with self._lock:
                found = self._gatherings.get(loop) or Gathering(loop, self._hand_over)
                going = {one: each for one, each in self._gatherings.items() if not one.is_closed()}
                self._gatherings = {**going, loop: found}
            self._gathering = found
        return found

    def works(self) -> bool:
        """Whether a record could be written now."""
        try:
            self.put(())
        except Unavailable:
            return False
        return True

    def _hand_over(self, jobs: list[Job]) -> None:
        if self._pid != os.getpid():
            self._start()
        self._jobs.put(jobs)

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._jobs = SimpleQueue()
            thread = threading.Thread(target=self._run, args=(self._jobs,), name="trail-writer", daemon=True)
            thread.start()
            self._pid = os.getpid()

    def _run(self, jobs: SimpleQueue[list[Job]]) -> None:
        link: TrailLink | None = None
        chain: store.Chain | None = None
        while True:
            group = self._gather(jobs)
            try:
                if link is not None and link.has_died():
                    give_up(link)
                    link, chain = None, None
                link = link or self._databases.trail_link()
                chain = chain or store.open_chain(link, clock.iso(clock.now()))
                written = store.append(link, chain, [record for job in group for record in job.records])
                self._release(group, chain)
                chain, self._crowd = written, len(group) + jobs.qsize()
            except Exception as wrong:  # noqa: BLE001 - whatever failed, these records are not answered
                log.critical("trail.write_failed", kind=type(wrong).__name__, jobs=len(group))
                for job in group:
                    job.failed = True
                wake(group)
                if link is not None:
                    give_up(link)
                link, chain = None, None

    def _gather(self, jobs: SimpleQueue[list[Job]]) -> list[Job]:
        """Wait for one job, then for half of those that are about; those whose asker has given up are left out.

        A commit costs much more than a record, so a crowd of threads is waited for, though never for long; one alone is
        not. Half of it, so that the others are decided while these are committed. A loop has waited already.
        """
        group: list[Job] = []
        while not group:
            self._take(group, jobs.get())
        ends = time.monotonic() + LINGER
        with suppress(Empty):
            while sum([len(job.records) for job in group]) < GROUP:
                left = ends - time.monotonic()
                crowded = group[-1].gathering is None and 2 * len(group) < self._crowd and left > 0
                self._take(group, jobs.get(timeout=left) if crowded else jobs.get_nowait())
        return group

    @staticmethod
    def _take(group: list[Job], jobs: list[Job]) -> None:
        now = time.monotonic()
        late = [job for job in jobs if now >= job.deadline]
        for job in late:
            job.failed = True
        wake(late)
        group += [job for job in jobs if not job.failed]

    @staticmethod
    def _release(group: Sequence[Job], chain: store.Chain) -> None:
        seq = chain.seq + 1
        for job in group:
            after = seq + len(job.records)
            job.ids = Numbers(chain.name, range(seq, after))
            seq = after
        wake(group)


def give_up(link: TrailLink) -> None:
    """Close a connection that is of no more use."""
    with suppress(Exception):
        link.close()


def numbers(job: Job, *, in_time: bool) -> Sequence[str]:
    """The numbers of a job's records; raise `Unavailable` when they are not known to be durable."""
    if job.failed or not in_time:
        raise Unavailable("the decision could not be recorded, so it is not given; try again", "audit_unavailable")
    return job.ids


def wake(group: Sequence[Job]) -> None:
    """Let requests go from the writer's thread: each loop is called once for all of its own."""
    loops: dict[Gathering, list[Job]] = {}
    for job in group:
        if job.gathering is None:
            job.wake()
        else:
            loops.setdefault(job.gathering, []).append(job)
    for gathering, jobs in loops.items():
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            gathering.loop.call_soon_threadsafe(gathering.done, jobs)
