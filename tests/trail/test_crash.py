"""Kill -9 under load: what was answered is in the trail with the same answer, and the trail is whole."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from governance.trail import store
from tests.installation import Installation, installed
from tests.servers import PERMITTED, SERVING_WITHIN, UNKNOWN, Answer, Launcher, Server

CLIENTS = 8
BETWEEN_KILLS = 10
SEED = 20260302


class Load:
    """Clients that ask without a pause, reconnect when a server is gone, and keep every answer."""

    def __init__(self, servers: list[Server]) -> None:
        self.answers: list[Answer] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(servers[number % len(servers)], number))
            for number in range(CLIENTS)
        ]

    def _ask(self, server: Server, number: int) -> None:
        client, person = server.client(), (PERMITTED, UNKNOWN)[number % 2]
        while not self._stop.is_set():
            try:
                self.answers.append(client.ask(person))
            except (OSError, http.client.HTTPException):
                client.close()
                time.sleep(0.01)
        client.close()

    def wait_for(self, more: int) -> None:
        """Wait until so many more answers have come."""
        wanted, until = len(self.answers) + more, time.monotonic() + 30
        while len(self.answers) < wanted:
            assert time.monotonic() < until, "nothing is answered any more"
            time.sleep(0.005)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """The load while it is on."""
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()


def kill_under_load(servers: list[Server], load: Load, kills: int) -> None:
    """Kill the servers in turn at moments of no meaning; each is serving again in time."""
    moments = random.Random(SEED)
    for number in range(kills):
        load.wait_for(BETWEEN_KILLS)
        time.sleep(moments.uniform(0, 0.1))
        server = servers[number % len(servers)]
        server.kill()
        server.start()
        assert server.wait() <= SERVING_WITHIN


def unrecorded(installation: Installation, answers: list[Answer]) -> list[Answer]:
    """Answers that the trail does not have, or has otherwise."""
    recorded = {}
    with installation.databases.trail.connect() as connection:
        for number, name, *_ in store.list_chains(connection):
            for row in store.list_leaves(connection, number):
                said = json.loads(row[4])
                recorded[f"{name}-{row[0]}"] = said.get("decision"), tuple(said.get("codes", ())), said.get("policy")
    return [one for one in answers if recorded.get(one.id) != (one.decision, one.codes, one.policy)]


def survives(installation: Installation, launcher: Launcher, kills: int, together: int) -> None:
    """Kill so many times, with so many servers on one database, and look for every answer."""
    servers = [installation.server(launcher) for _ in range(together)]
    for server in servers:
        server.wait()
    with Load(servers).running() as load:
        kill_under_load(servers, load, kills)
    answered = [answer for answer in load.answers if answer.status == 200]
    assert {answer.decision for answer in answered} == {True, False}
    assert len({answer.id for answer in answered}) == len(answered)
    assert unrecorded(installation, answered) == []
    assert installation.assert_intact() >= len(answered)
    assert {answer.code for answer in load.answers if answer.status != 200} <= {"audit_unavailable"}


def test_nothing_that_was_answered_is_lost(installation: Installation, launcher: Launcher) -> None:
    survives(installation, launcher, 20, together=1)


@pytest.mark.soak
def test_nothing_is_lost_in_two_hundred_crashes(installation: Installation, launcher: Launcher) -> None:
    survives(installation, launcher, 200, together=2)


def test_a_server_that_answers_before_the_commit_is_caught(installation: Installation, launcher: Launcher) -> None:
    server = installation.server(launcher, twin="tests.twins.answers_first:put_in")
    server.wait()
    with Load([server]).running() as load:
        for _ in range(20):
            kill_under_load([server], load, 1)
            if unrecorded(installation, [answer for answer in load.answers if answer.status == 200]):
                return
    pytest.fail("20 kills did not show it")


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with installed(tmp_path, "sqlite") as installation:
        replaced(installation)


def replaced(installation: Installation) -> None:
    """Kill the worker of the command itself, and see another one serve."""
    server = installation.server()
    server.wait()
    with server.client() as client:
        before = client.ask()
    server.kill_worker()
    assert server.wait() <= SERVING_WITHIN
    with server.client() as client:
        after = client.ask()
    assert after.decision is True
    assert before.id.partition("-")[0] != after.id.partition("-")[0], "each writer's life has a chain of its own"
    installation.assert_intact()
