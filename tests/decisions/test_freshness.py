"""A change committed before a request arrives is always seen: two servers, and a third process that changes."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.vetting.service import lift_suspension, suspend_person
from tests.installation import ACTOR, Installation
from tests.servers import PERMITTED, Answer, Client, Launcher

Wrong = list[tuple[str, Answer]]
SUSPENDED, STANDING = (False, ("suspended",)), (True, ())


@pytest.fixture(scope="module")
def pair(shared_installation: Installation, launcher: Launcher) -> Iterator[tuple[Client, Client]]:
    """Front ends of two servers on one database; one of them was started by the command itself."""
    patient = {"POSTERN_TRAIL_TIMEOUT": "5"}  # a busy machine is no stale answer
    servers = shared_installation.server(**patient), shared_installation.server(launcher, **patient)
    for server in servers:
        server.wait()
    with servers[0].client() as one, servers[1].client() as other:
        yield one, other


def stale(installation: Installation, clients: Sequence[Client], rounds: int) -> Wrong:
    """Suspend and lift so many times; give every answer that was not of the newest committed state."""
    wrong: Wrong = []
    for number in range(rounds):
        asked = clients if number % 2 else clients[::-1]
        wrong += one_round(installation.databases, asked, beside=number % 4 == 0)
    return wrong


def one_round(databases: Databases, clients: Sequence[Client], *, beside: bool) -> Wrong:
    """Suspend, ask, lift, ask; where asked `beside` the changes too, what is not yet committed counts for nobody."""
    now = clock.now()
    with databases.change("test", now) as session:
        suspend_person(session, PERMITTED, "a test", actor=ACTOR, now=now)
        wrong = unlike(STANDING, clients, "before the suspension was committed") if beside else []
    wrong += unlike(SUSPENDED, clients, "after the suspension")
    with databases.change("test", clock.now()) as session:
        lift_suspension(session, PERMITTED, "a test", actor=ACTOR)
        wrong += unlike(SUSPENDED, clients, "before the lift was committed") if beside else []
    return wrong + unlike(STANDING, clients, "after the lift")


def unlike(expected: tuple[bool, tuple[str, ...]], clients: Sequence[Client], when: str) -> Wrong:
    """The next answer of each server, where it is not the expected one."""
    answers = [client.ask() for client in clients]
    return [(when, answer) for answer in answers if (answer.decision, answer.codes) != expected]


def test_the_very_next_request_sees_a_suspension(
    shared_installation: Installation, pair: tuple[Client, Client]
) -> None:
    assert stale(shared_installation, pair, 100) == []


@pytest.mark.soak
def test_it_does_a_thousand_times(shared_installation: Installation, pair: tuple[Client, Client]) -> None:
    assert stale(shared_installation, pair, 1_000) == []


def test_a_server_that_keeps_the_revision_for_a_moment_is_caught(
    shared_installation: Installation, pair: tuple[Client, Client], launcher: Launcher
) -> None:
    twin = shared_installation.server(launcher, twin="tests.twins.stale:put_in")
    twin.wait()
    with twin.client() as client:
        assert any(when.startswith("after the suspension") for when, _ in stale(shared_installation, [client], 20))


@contextmanager
def being_applied(installation: Installation, name: str, people: int) -> Iterator[threading.Event]:
    """So many new people being applied meanwhile; the event is set when that is done."""
    done = threading.Event()
    told: list[int | BaseException] = []
    references = [f"{name}-{number}" for number in range(people)]
    rows = {
        "people": [{"reference": one, "name": one, "manager": "mo"} for one in references],
        "employment": [
            {"person": one, "organisation": "council", "post": "clerk", "from": "2020-01-01"} for one in references
        ],
    }

    def apply() -> None:
        try:
            told.append(installation.apply(**rows).changed)
        except BaseException as wrong:  # noqa: BLE001 - told to the test below
            told.append(wrong)
        finally:
            done.set()

    thread = threading.Thread(target=apply)
    thread.start()
    try:
        yield done
    finally:
        thread.join()
    assert told == [2 * people]


def rounds_beside_an_import(installation: Installation, clients: Sequence[Client], name: str, people: int) -> None:
    """Suspend and lift until the import is done: nobody waits for it, and nobody is told anything stale."""
    rounds, newest = 0, f"{name}-{people - 1}"
    with being_applied(installation, name, people) as done:
        while not done.is_set():
            assert clients[0].ask(newest).codes in (("unknown_subject",), ("no_grant",))
            assert stale(installation, clients, 2) == []
            rounds += 2
    assert rounds >= 4, "the import was over before anything was asked beside it"
    assert [client.ask(newest).codes for client in clients] == [("no_grant",)] * 2


def test_nobody_waits_for_an_import_of_ten_thousand_people(
    shared_installation: Installation, pair: tuple[Client, Client]
) -> None:
    rounds_beside_an_import(shared_installation, pair, "new", 10_000)


@pytest.mark.soak
def test_nobody_waits_for_an_import_of_a_hundred_thousand_people(
    shared_installation: Installation, pair: tuple[Client, Client]
) -> None:
    rounds_beside_an_import(shared_installation, pair, "many", 100_000)
