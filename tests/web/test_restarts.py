"""Workers are replaced under load: no wrong answer, no unrecorded one, no connection cut without a retryable error."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.installation import Installation, installation
from tests.servers import PERMITTED, UNKNOWN, Answer, Client, Server

__all__ = ["installation"]

FRONT_ENDS = 64
PAUSE = 0.4
"""Seconds that a front end rests: so many that questions are under way at every moment."""
BETWEEN = 5.5
"""Seconds from one restart to the next: a successor has begun, its predecessor has gone."""


@dataclass
class History:
    """What the front ends of one run were told: answers, and how often they were asked to come again."""

    wanted: int
    restarting: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    told: list[tuple[str, Answer]] = field(default_factory=list)
    again: int = 0
    cut: Counter[str] = field(default_factory=Counter)

    def enough(self) -> bool:
        """Whether all questions are asked and the last restart is over."""
        with self.lock:
            return len(self.told) >= self.wanted and not self.restarting.is_set()

    def ask(self, client: Client, person: str) -> None:
        """Ask once; note the answer, that a later one is promised, or how the connection was cut."""
        try:
            answer = client.ask(person)
        except (OSError, http.client.HTTPException) as wrong:
            with self.lock:
                self.cut[type(wrong).__name__] += 1
            client.close()
            return
        with self.lock:
            if answer.status == 503 and answer.again:
                self.again += 1
            else:
                self.told.append((person, answer))


def under_load(server: Server, questions: int, restarts: int) -> History:
    """Ask from many connections that are kept, while the workers are replaced again and again."""
    history = History(questions)
    history.restarting.set()

    def front_end(number: int) -> None:
        with server.client(30) as client:
            while not history.enough():
                history.ask(client, PERMITTED if number % 2 else UNKNOWN)
                time.sleep(PAUSE)

    threads = [threading.Thread(target=front_end, args=(number,)) for number in range(FRONT_ENDS)]
    for thread in threads:
        thread.start()
    for _ in range(restarts):
        os.kill(server.group, signal.SIGHUP)
        time.sleep(BETWEEN)
    history.restarting.clear()
    for thread in threads:
        thread.join()
    return history


def restarted(installation: Installation, questions: int, restarts: int) -> None:
    server = installation.server(workers=1)
    server.wait()
    history = under_load(server, questions, restarts)
    assert history.cut == Counter()
    assert {answer.status for _, answer in history.told} == {200}
    assert history.again < questions / 10, "a busy machine is not a wrong answer, but few may be asked to come again"
    assert [one for one in history.told if one[1].decision is not (one[0] == PERMITTED)] == []
    numbers = {answer.id for _, answer in history.told}
    assert len(numbers) == len(history.told)
    assert len({number.partition("-")[0] for number in numbers}) > restarts, "each worker has a chain of its own"
    server.kill(signal.SIGTERM)
    assert installation.assert_intact() >= len(numbers)
    for number in sorted(numbers)[:: max(1, len(numbers) // 50)]:
        assert installation.recorded(number)


def test_workers_are_replaced_under_load(installation: Installation) -> None:
    restarted(installation, 1_500, 3)


@pytest.mark.soak
def test_workers_are_replaced_ten_times(installation: Installation) -> None:
    restarted(installation, 10_000, 10)
