"""Changes in many short transactions: sealed as a whole or not at all, beside others, in nobody's way."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from governance.kernel import db
from governance.kernel.db import Databases, LongChange
from governance.kernel.errors import Conflict
from governance.kernel.recorded import (
    Change,
    close,
    keys_since,
    touch,
)
from policies.models import SystemStatus
from tests.kernel.changes import NOON, add, key, left_over, shut, standing, write
from tests.laid import laid_out


def test_what_is_not_sealed_is_seen_by_nobody(databases: Databases) -> None:
    add(databases, "one")
    with databases.long_change("test", NOON) as change:
        with change.part() as session:
            shut(session, "one")
            write(session, "two")
        assert standing(databases) == ["one"]
        assert databases.freshness.current() == 1
        add(databases, "three")
        assert standing(databases) == ["one", "three"]
        with databases.reading() as session:
            assert keys_since(session, 0, 9, 100) == [key("one"), key("three")]
    assert standing(databases) == ["three", "two"]
    assert standing(databases, 2) == ["one", "three"]


def test_nobody_waits_for_a_long_change(databases: Databases) -> None:
    add(databases, "one")
    with databases.long_change("test", NOON) as change:
        with change.part() as session:
            write(session, "two")
        began = time.monotonic()
        add(databases, "three")
        assert time.monotonic() - began < 5


def longest_wait(databases: Databases) -> float:
    """How long a short change waits beside a long one that writes without a rest for three seconds."""

    def write_on() -> None:
        with databases.long_change("long", NOON) as change:
            for number in range(60):
                with change.part() as session:
                    write(session, f"part {number}")
                    time.sleep(0.05)

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write_on)
        time.sleep(0.2)
        began = time.monotonic()
        add(databases, f"beside at {began}")
        waited = time.monotonic() - began
        writing.result()
    return waited


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Databases]:
    """Empty databases where whoever waits to write looks now and then."""
    with laid_out(tmp_path, "sqlite") as urls:
        made = Databases.open(*urls)
        yield made
        made.facts.dispose()


def test_a_long_change_lets_others_in(on_sqlite: Databases) -> None:
    assert longest_wait(on_sqlite) < 1.5


def test_a_long_change_that_never_pauses_is_caught(on_sqlite: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "STRETCH", 60)
    assert any(longest_wait(on_sqlite) > 1.5 for _ in range(4)), "it may be lucky once"


@pytest.mark.parametrize("wrong", [ZeroDivisionError, KeyboardInterrupt])
def test_a_long_change_that_is_broken_off_leaves_nothing(databases: Databases, wrong: type[BaseException]) -> None:
    add(databases, "one")
    before = left_over(databases)

    def broken_off() -> None:
        with databases.long_change("test", NOON) as change:
            with change.part() as session:
                shut(session, "one")
                write(session, "two")
            raise wrong

    with pytest.raises(wrong):
        broken_off()
    assert left_over(databases) == before
    assert standing(databases) == ["one"]


def abandoned(databases: Databases) -> int:
    """A long change whose process was killed: its parts are there, nothing else."""
    with databases.writing() as session:
        change = databases._start(session, "test", NOON)
    with databases.writing() as session:
        session.info["change"] = change
        shut(session, "one")
        write(session, "two")
    return change.id


def test_what_was_abandoned_is_swept(databases: Databases) -> None:
    add(databases, "one")
    before = left_over(databases)
    change = abandoned(databases)
    assert databases.unsealed(NOON) == []
    assert databases.unsealed(NOON + timedelta(seconds=1)) == [change]
    assert standing(databases) == ["one"]
    databases.sweep(change)
    assert left_over(databases) == before
    assert standing(databases) == ["one"]


def test_a_sealed_change_is_not_swept(databases: Databases) -> None:
    add(databases, "one")
    with databases.reading() as session:
        change = session.scalars(select(Change.id)).one()
    with pytest.raises(Conflict, match="sealed"):
        databases.sweep(change)
    assert standing(databases) == ["one"]


def test_a_change_that_was_swept_cannot_be_sealed(databases: Databases) -> None:
    def swept() -> None:
        with databases.long_change("test", NOON) as change:
            with change.part() as session:
                write(session, "one")
            databases.sweep(change.change.id)

    with pytest.raises(Conflict):
        swept()
    assert (left_over(databases), databases.freshness.current()) == ((0, 0, 0), 0)


def test_what_an_abandoned_change_had_closed_can_be_closed(databases: Databases) -> None:
    add(databases, "one")
    change = abandoned(databases)
    with databases.change("test", NOON) as session:
        shut(session, "one")
    assert standing(databases) == []
    databases.sweep(change)
    assert standing(databases) == [], "sweeping must not reopen what somebody else has closed since"


def test_whoever_seals_first_wins(databases: Databases) -> None:
    """A short change goes first beside a long one of the same facts; the long one is refused as a whole."""
    add(databases, "one")

    def overtaken() -> None:
        with databases.long_change("test", NOON) as change:
            with change.part() as session:
                shut(session, "one")
                write(session, "two")
            with databases.change("test", NOON) as session:
                shut(session, "one")
                write(session, "three")

    with pytest.raises(Conflict, match="changed the same facts"):
        overtaken()
    assert standing(databases) == ["three"]


def test_a_conflict_is_found_without_any_row_in_common(databases: Databases) -> None:
    def beside(other: str) -> None:
        with databases.long_change("test", NOON) as change:
            with change.part() as session:
                touch(session, [key("one")])
            add(databases, other)

    with pytest.raises(Conflict):
        beside("one")
    beside("two")


def test_two_long_changes_of_one_fact_leave_one_of_them(databases: Databases) -> None:
    """Both have closed the same row before either is sealed: one stands whole, the other has left nothing."""
    add(databases, "one")
    one, other = databases.long_change("one", NOON), databases.long_change("other", NOON)
    first, second = one.__enter__(), other.__enter__()
    for change, name in ((first, "by one"), (second, "by the other")):
        with change.part() as session:
            shut(session, "one")
            write(session, name)
    outcomes = []
    for work, name in ((one, "by one"), (other, "by the other")):
        try:
            work.__exit__(None, None, None)
            outcomes.append(name)
        except Conflict:
            pass
    assert len(outcomes) == 1
    assert standing(databases) == outcomes


def test_a_long_change_never_undoes_what_was_closed_beside_it(databases: Databases) -> None:
    """The long change waits for the row of a short one that is then sealed: the row stays closed throughout."""
    add(databases, "one")
    with databases.reading() as session:
        row = session.scalars(select(SystemStatus.id)).one()
    reached = threading.Event()

    def long_one(pool: ThreadPoolExecutor) -> None:
        with databases.long_change("long", NOON) as change:
            with databases.change("short", NOON) as session:
                close(session, SystemStatus, [row], [key("one")])
                waiting = pool.submit(close_part, change)
                reached.wait(0.5)
                time.sleep(0.2)  # until it waits for our row
            raised = waiting.exception()
            assert standing(databases) == []
            if raised:
                raise raised

    def close_part(change: LongChange) -> None:
        with change.part() as session:
            reached.set()
            close(session, SystemStatus, [row], [key("one")])

    with ThreadPoolExecutor() as pool, pytest.raises(Conflict):
        long_one(pool)
    assert standing(databases) == []
