"""The recorder: who asks together is committed together, everybody gets their own numbers, nobody waits too long."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from governance.kernel import clock
from governance.kernel.db import Databases, TrailLink
from governance.kernel.errors import Unavailable
from governance.trail import store, writer
from governance.trail.rules import Record
from governance.trail.service import get_record, verify_trail
from governance.trail.store import Chain
from governance.trail.writer import Recorder
from tests.installation import Installation
from tests.laid import laid_out
from tests.servers import ROOT
from tests.trail.ledgers import some_record


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Empty databases as an installation has them."""
    with laid_out(tmp_path, request.param) as urls:
        made = Databases.open(*urls)
        yield made
        assert verify_trail(made).damages == []
        made.close()


class Gate:
    """Stands before the writer's commits: notes how many records come together, and lets them wait or fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[int] = []
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.fails = False
        self._append = store.append
        monkeypatch.setattr(store, "append", self)

    def __call__(self, link: TrailLink, chain: Chain, records: Sequence[Record]) -> Chain:
        self.groups.append(len(records))
        self.entered.release()
        assert self.open.wait(10)
        if self.fails:
            raise OSError("no space left on the device")
        return self._append(link, chain, records)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A gate that is closed."""
    made = Gate(monkeypatch)
    yield made
    made.open.set()


def queued(recorder: Recorder, jobs: int) -> None:
    """Wait until so many jobs stand in the queue."""
    until = time.monotonic() + 10
    while recorder._jobs.qsize() < jobs:
        assert time.monotonic() < until
        time.sleep(0.001)


def told(databases: Databases, number: str) -> str:
    """Whose record has a number."""
    body: dict[str, Any] = get_record(databases, number)["body"]
    return str(body["subject"])


def test_records_have_numbers_in_their_order(databases: Databases) -> None:
    numbers = Recorder(databases, 10).put([some_record(n) for n in range(200)])
    assert [told(databases, number) for number in numbers] == [f"person-{n}" for n in range(200)]
    assert [int(number.partition("-")[2]) for number in numbers] == list(range(1, 201))


def test_who_asks_together_is_committed_together(databases: Databases, gate: Gate) -> None:
    recorder = Recorder(databases, 10)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(recorder.put, [some_record(0)])
        gate.entered.acquire()
        rest = [pool.submit(recorder.put, [some_record(10 * n), some_record(10 * n + 1)]) for n in range(1, 9)]
        queued(recorder, 8)
        gate.open.set()
        first.result()
        for n, putting in enumerate(rest, 1):
            assert [told(databases, number) for number in putting.result()] == [
                f"person-{10 * n}",
                f"person-{10 * n + 1}",
            ]
    assert gate.groups == [1, 16]


def test_a_group_has_an_end(databases: Databases, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "GROUP", 10)
    recorder = Recorder(databases, 10)
    with ThreadPoolExecutor(6) as pool:
        puts = [pool.submit(recorder.put, [some_record(0)])]
        gate.entered.acquire()
        puts += [pool.submit(recorder.put, [some_record(n) for n in range(4)]) for _ in range(5)]
        queued(recorder, 5)
        gate.open.set()
        assert [len(put.result()) for put in puts] == [1, 4, 4, 4, 4, 4]
    assert gate.groups == [1, 12, 8]


def test_nobody_waits_longer_than_the_limit(databases: Databases, gate: Gate) -> None:
    """The record that timed out may exist, unanswered; whoever had given up before it was taken is left out."""
    recorder = Recorder(databases, 0.3)
    with ThreadPoolExecutor(2) as pool:
        under_way = pool.submit(recorder.put, [some_record(1)])
        gate.entered.acquire()
        waiting = pool.submit(recorder.put, [some_record(2)])
        for putting in (under_way, waiting):
            with pytest.raises(Unavailable) as refused:
                putting.result(timeout=1)
            assert refused.value.code == "audit_unavailable"
    gate.open.set()
    number = Recorder(databases, 10).put([some_record(3)])[0]
    assert recorder.put([some_record(4)])[0].endswith("-2")
    assert (told(databases, number), verify_trail(databases).tally.records) == ("person-3", 2 + 3)
    assert gate.groups == [1, 1, 1]


def test_what_fails_fails_for_its_group_only(databases: Databases, gate: Gate) -> None:
    recorder = Recorder(databases, 10)
    gate.fails = True
    with ThreadPoolExecutor(3) as pool:
        puts = [pool.submit(recorder.put, [some_record(0)])]
        gate.entered.acquire()
        gate.open.set()
        with pytest.raises(Unavailable):
            puts[0].result()
    gate.fails = False
    number = recorder.put([some_record(5)])[0]
    assert told(databases, number) == "person-5"
    assert number.endswith("-1"), "after a failure there is a chain of its own"


def test_asking_whether_it_works_writes_no_record(databases: Databases, gate: Gate) -> None:
    recorder = Recorder(databases, 0.2)
    assert recorder.works() is False
    gate.open.set()
    recorder._timeout = 10
    assert recorder.works() is True
    tally = verify_trail(databases).tally
    assert (tally.chains, tally.records) == (2, 1), "a chain with its first leaf, and the empty one of entries"


def test_a_slow_commit_leaves_a_record_and_no_answer(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    append = store.append

    def slow(link: TrailLink, chain: Chain, records: Sequence[Record]) -> Chain:
        written = append(link, chain, records)
        time.sleep(0.3)
        return written

    recorder = Recorder(databases, 10)
    recorder.put([some_record(0)])
    monkeypatch.setattr(store, "append", slow)
    recorder._timeout = 0.1
    with pytest.raises(Unavailable):
        recorder.put([some_record(1)])
    assert verify_trail(databases).tally.records == 3


def test_two_writers_of_one_chain_fence_each_other(databases: Databases) -> None:
    """A process that was thought dead wakes up and writes on: it finds its chain moved, and leaves it."""
    link = databases.trail_link()
    chain = store.open_chain(link, clock.iso(clock.now()))
    moved = store.append(link, chain, [some_record(1)])
    zombie = databases.trail_link()
    for records in ([some_record(2)], []):
        with pytest.raises(Exception, match=rf"(?i){chain.name}|unique|duplicate"):
            store.append(zombie, chain, records)
    assert store.append(link, moved, [some_record(3)]).seq == 2
    zombie.close()
    link.close()


def test_a_recorder_whose_chain_was_moved_opens_another(databases: Databases) -> None:
    recorder = Recorder(databases, 10)
    name, _, seq = recorder.put([some_record(1)])[0].partition("-")
    with databases.trail.connect() as connection:
        number, _, _, head_seq, head = next(one for one in store.list_chains(connection) if one[1] == name)
    link = databases.trail_link()
    store.append(link, Chain(number, name, head_seq, head), [some_record(2)])
    link.close()
    with pytest.raises(Unavailable):
        recorder.put([some_record(3)])
    again = recorder.put([some_record(4)])[0]
    assert (seq, again.partition("-")[2]) == ("1", "1")
    assert again.partition("-")[0] != name


def test_many_threads_at_once(databases: Databases) -> None:
    recorder = Recorder(databases, 10)
    with ThreadPoolExecutor(16) as pool:
        puts = list(pool.map(lambda n: recorder.put([some_record(n)])[0], range(300)))
    assert len(set(puts)) == 300
    assert {told(databases, puts[n]) for n in (0, 150, 299)} == {"person-0", "person-150", "person-299"}


def test_a_forked_process_has_a_writer_and_connections_of_its_own(installation: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.trail.forking", *installation.urls],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    chains = [[number.partition("-")[0] for number in said[who]] for who in ("parent", "child")]
    assert [len(set(names)) for names in chains] == [1, 1]
    assert chains[0][0] != chains[1][0]
    assert said["shared"] == []
    installation.assert_intact()


async def committed(recorder: Recorder, gate: Gate, count: int) -> list[Sequence[str]]:
    """Write one record; while its commit waits, ask for so many more; then let all be committed."""
    first = asyncio.create_task(recorder.write([some_record(0)]))
    await asyncio.to_thread(gate.entered.acquire)
    rest = [asyncio.create_task(recorder.write([some_record(n)])) for n in range(1, count + 1)]
    await asyncio.sleep(0.01)
    gate.open.set()
    return await asyncio.gather(first, *rest)


def test_what_a_loop_gathers_meanwhile_is_committed_together(databases: Databases, gate: Gate) -> None:
    numbers = asyncio.run(committed(Recorder(databases, 10), gate, 40))
    assert [told(databases, number) for (number,) in numbers] == [f"person-{n}" for n in range(41)]
    assert gate.groups == [1, 40]


def test_a_group_of_a_loop_has_an_end(databases: Databases, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "GROUP", 16)
    numbers = asyncio.run(committed(Recorder(databases, 10), gate, 40))
    assert [told(databases, number) for (number,) in numbers] == [f"person-{n}" for n in range(41)]
    assert (gate.groups[0], max(gate.groups), sum(gate.groups)) == (1, 16, 41)


def test_nobody_on_a_loop_waits_longer_than_the_limit(databases: Databases, gate: Gate) -> None:
    recorder = Recorder(databases, 0.3)

    async def ask() -> list[object]:
        first = asyncio.create_task(recorder.write([some_record(1)]))
        await asyncio.to_thread(gate.entered.acquire)
        waiting = asyncio.create_task(recorder.write([some_record(2)]))
        found = await asyncio.wait_for(asyncio.gather(first, waiting, return_exceptions=True), 2)
        gate.open.set()
        recorder._timeout = 10
        return [*found, await recorder.write([some_record(3)])]

    *refused, (number,) = asyncio.run(ask())  # type: ignore[misc]
    assert [type(one) for one in refused] == [Unavailable, Unavailable]
    assert told(databases, str(number)) == "person-3"


def test_each_loop_has_its_own_gathering(databases: Databases) -> None:
    """A loop that ended with a commit under way keeps nobody on the next one."""
    recorder = Recorder(databases, 10)

    async def leave() -> None:
        asyncio.create_task(recorder.write([some_record(1)])).add_done_callback(lambda _: None)
        await asyncio.sleep(0)

    asyncio.run(leave())
    (number,) = asyncio.run(asyncio.wait_for(recorder.write([some_record(2)]), 5))
    assert told(databases, number) == "person-2"
