"""Scheduler processes to be killed, and a mail server of their own that writes down what reaches it.

All are copies of the test's process, so nothing in it may have started a thread.
"""

import asyncio
import os
import random
import signal
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import select

from governance import scheduler
from governance.kernel import clock, jobs
from governance.kernel.db import Databases
from governance.kernel.jobs import Job, JobRun
from governance.outbox import service as mails
from governance.outbox.jobs import SEND
from governance.outbox.models import OutboxMail
from governance.outbox.service import queue_mail
from governance.ports.mail import Mail
from tests import services
from tests.facts import SETTINGS
from tests.servers import free_port

AT_ONCE = 4
LEASE = timedelta(seconds=3)
SEND_EVERY, TICK_EVERY = timedelta(seconds=0.25), timedelta(seconds=0.5)
DRAINED_WITHIN, ENDED_WITHIN = 60.0, 30.0


def copied(work: Callable[[], object]) -> int:
    """Do work in a copy of this process, and give its number. Told to end, the copy hears it once it listens."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        status = 1
        try:
            work()
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        except Exception:  # noqa: BLE001 - told here, since a copy must not go on with the test
            traceback.print_exc()
        finally:
            os._exit(status)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    return process


def listen_from_the_start() -> None:
    """Let the scheduler hear signals once it can."""
    start = BlockingScheduler.start

    def start_listening(own: BlockingScheduler) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        start(own)

    BlockingScheduler.start = start_listening


def append(file: Path, line: str) -> None:
    """Add a line to a file that others add to."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as handle:
        handle.write(line + "\n")


def serve_mail(port: int, file: Path, seed: int) -> None:
    """Take every mail, after a moment; write down its Message-ID and the process that sent it."""
    moments = random.Random(seed)

    class Taking:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            await asyncio.sleep(moments.uniform(0, 0.01))
            content = bytes(envelope.content or b"")
            name = content.partition(b"Message-ID: <")[2].partition(b"@")[0].decode()
            append(file, f"{name} {str(envelope.mail_from).partition('@')[0]}")
            await asyncio.sleep(moments.uniform(0, 0.01))
            return "250 OK"

    async def serve() -> None:
        listening = await asyncio.get_running_loop().create_server(
            lambda: SMTP(Taking(), hostname="127.0.0.1"), "127.0.0.1", port
        )
        await listening.serve_forever()

    asyncio.run(serve())


@dataclass
class Schedulers:
    """Some processes over one outbox: start, kill, and see what became of the mails and of the slots."""

    urls: services.Databases
    folder: Path
    twin: Callable[[], None] = lambda: None
    port: int = field(default_factory=free_port)
    alive: list[int] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)
    queued: list[str] = field(default_factory=list)
    post: int = 0

    @property
    def received(self) -> Path:
        return self.folder / "received"

    @property
    def ticks(self) -> Path:
        return self.folder / "ticks"

    def open(self, seed: int) -> None:
        """Start the mail server and the schedulers."""
        for file in (self.received, self.ticks):
            file.touch()
        self.post = copied(lambda: serve_mail(self.port, self.received, seed))
        for _ in range(AT_ONCE):
            self.start()

    def start(self) -> None:
        self.alive.append(copied(self.keep_time))

    def keep_time(self) -> None:
        """What a scheduler's process does: mail, and a job that leaves a mark for its slot."""
        listen_from_the_start()
        mails.LEASE, jobs.SLOTS_KEPT = LEASE, 100_000  # the count wants every row
        self.twin()
        settings = replace(
            SETTINGS, smtp_url=f"smtp://127.0.0.1:{self.port}", mail_from=f"{os.getpid()}@access.example.gov.uk"
        )
        made = SimpleNamespace(databases=Databases.open(*self.urls), settings=settings)
        send = replace(SEND, every=SEND_EVERY, lease=LEASE)
        tick = Job("tick", TICK_EVERY, self.mark, "Leaves a mark.", alongside=True, lease=LEASE)
        scheduler.keep_time(made, [send, tick])

    def mark(self, _service: Any, now: datetime) -> None:
        slot = jobs.slot_of(Job("tick", TICK_EVERY, self.mark, ""), now)
        append(self.ticks, clock.iso(slot))

    def queue(self, databases: Databases, count: int) -> None:
        with databases.change("test", clock.now()) as session:
            for _ in range(count):
                self.queued.append(queue_mail(session, Mail("mail-works", "ann@example.org"), now=clock.now()))

    def kill(self, process: int) -> None:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        self.alive.remove(process)
        self.killed.add(process)

    def wait_until_sent(self, databases: Databases) -> None:
        until = time.monotonic() + DRAINED_WITHIN
        while time.monotonic() < until:
            with databases.reading() as session:
                if set(session.scalars(select(OutboxMail.state).distinct())) == {"sent"}:
                    return
            time.sleep(0.05)

    def stop(self) -> list[int]:
        """Ask every scheduler to end, and give how they ended."""
        for process in self.alive:
            os.kill(process, signal.SIGTERM)
        ended = [self.ending(process) for process in self.alive]
        self.alive.clear()
        return ended

    def ending(self, process: int) -> int:
        until = time.monotonic() + ENDED_WITHIN
        while time.monotonic() < until:
            found, status = os.waitpid(process, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        self.kill(process)
        return -signal.SIGKILL

    def close(self) -> None:
        """End what is left."""
        for process in [*self.alive, self.post]:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)

    def complaints(self, databases: Databases) -> list[str]:
        """What did not happen exactly once.

        A process that was killed may leave one mail of which nobody knows whether it arrived: only that one may come
        twice, under the Message-ID that tells the receiver. A slot may be done again only where it was taken up again.
        """
        lines = [line.split() for line in self.received.read_text().splitlines()]
        found = [f"lost: {name}" for name in set(self.queued) - {name for name, _ in lines}]
        found += [f"of nobody: {name}" for name, _ in lines if name not in self.queued]
        for name in self.queued:
            senders = [int(process) for one, process in lines if one == name]
            found += [f"twice: {name} after {process}" for process in senders[:-1] if process not in self.killed]
        repeated = Counter(int(process) for name in set(self.queued) for process in repeats(lines, name))
        found += [f"more than one in doubt: {process}" for process, count in repeated.items() if count > 1]
        marks = Counter(self.ticks.read_text().split())
        with databases.reading() as session:
            states = set(session.scalars(select(OutboxMail.state)))
            runs = {clock.iso(run.slot): run for run in session.scalars(select(JobRun).where(JobRun.name == "tick"))}
        found += [f"not sent: {state}" for state in states - {"sent"}]
        found += [f"slot without a row: {slot}" for slot in marks.keys() - runs.keys()]
        for slot, run in runs.items():
            if marks[slot] > run.attempts or (run.state == jobs.DONE and not marks[slot]):
                found.append(f"slot {slot}: {marks[slot]} marks in {run.attempts} attempts")
        return found


def repeats(lines: list[list[str]], name: str) -> list[str]:
    """The processes that sent a mail which another sent again."""
    return [process for one, process in lines if one == name][:-1]
