"""Facts by revision: what is sealed is seen, in the order of commits; what is not is seen by nobody."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.errors import Conflict
from governance.kernel.recorded import (
    Change,
    Ledger,
    close,
    erase_row,
    keys_since,
    revision_before,
    seen,
)
from policies.models import SystemStatus
from tests.kernel.changes import NOON, add, key, left_over, shut, standing, write


def test_each_change_has_the_next_revision(databases: Databases) -> None:
    assert databases.freshness.current() == 0
    add(databases, "one")
    add(databases, "two")
    assert databases.freshness.current() == 2
    assert (standing(databases, 0), standing(databases, 1), standing(databases)) == ([], ["one"], ["one", "two"])


def test_a_closed_fact_stands_at_older_revisions(databases: Databases) -> None:
    add(databases, "one")
    with databases.change("test", NOON) as session:
        shut(session, "one")
        write(session, "one")
    with databases.change("test", NOON) as session:
        shut(session, "one")
    assert [standing(databases, at) for at in range(4)] == [[], ["one"], ["one"], []]


def test_an_error_leaves_nothing(databases: Databases) -> None:
    def mistaken() -> None:
        with databases.change("test", NOON) as session:
            write(session, "one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mistaken()
    assert (left_over(databases), databases.freshness.current()) == ((0, 0, 0), 0)


def test_facts_are_written_under_a_change_only(databases: Databases) -> None:
    with databases.reading() as session, pytest.raises(RuntimeError, match="under a change"):
        write(session, "one")


def test_a_change_may_close_its_own_row_again(databases: Databases) -> None:
    add(databases, "one")
    with databases.change("test", NOON) as session:
        for _ in range(2):
            shut(session, "one")
    assert standing(databases) == []


def test_nothing_is_closed_twice(databases: Databases) -> None:
    add(databases, "one")
    with databases.reading() as session:
        row = session.scalars(select(SystemStatus.id)).one()
    with databases.change("test", NOON) as session:
        close(session, SystemStatus, [row], [key("one")])
    with pytest.raises(Conflict, match="somebody else"), databases.change("test", NOON) as session:
        close(session, SystemStatus, [row], [key("one")])
    assert databases.freshness.current() == 2


def test_revisions_follow_the_order_of_commits(databases: Databases) -> None:
    """Many threads change facts at once; whoever sees revision n sees everything up to n, and never less afterwards."""
    done = threading.Event()

    def changer(name: str) -> None:
        for number in range(8):
            add(databases, f"{name}-{number}")

    def watcher() -> list[str]:
        wrong, last = [], 0
        while not done.is_set():
            with databases.reading() as session:
                revision = session.execute(select(Ledger.revision)).scalar_one()
                sealed = session.scalars(select(func.count(Change.revision)).where(Change.revision <= revision)).one()
                facts = session.scalars(select(func.count()).where(seen(SystemStatus, revision))).one()
            if not sealed == facts == revision >= last:
                wrong.append(f"at {revision} after {last}: {sealed} changes, {facts} facts")
            last = revision
        return wrong

    with ThreadPoolExecutor(7) as pool:
        watching = [pool.submit(watcher) for _ in range(2)]
        for changing in [pool.submit(changer, name) for name in "abcde"]:
            changing.result()
        done.set()
        assert [watch.result() for watch in watching] == [[], []]
    assert databases.freshness.current() == 40


def test_the_change_log_tells_what_to_drop(databases: Databases) -> None:
    for name in ("one", "two", "three"):
        add(databases, name)
    with databases.reading() as session:
        assert keys_since(session, 1, 2, 100) == [key("two")]
        assert sorted(keys_since(session, 0, 3, 100)) == sorted(map(key, ("one", "two", "three")))
        assert len(keys_since(session, 0, 3, 2)) == 2


def test_a_past_day_is_the_last_revision_sealed_by_then(databases: Databases) -> None:
    moments = [NOON, NOON + timedelta(hours=1)]
    for moment in moments:
        with time_machine.travel(moment, tick=False), databases.change("test", moment) as session:
            write(session, "one")
    with databases.reading() as session:
        asked = [NOON - timedelta(microseconds=1), NOON, moments[1] - timedelta(microseconds=1), moments[1]]
        assert [revision_before(session, moment) for moment in asked] == [0, 1, 1, 2]


def test_what_took_long_is_sealed_when_it_is_done(databases: Databases) -> None:
    """Whatever was answered while it was being written was answered without it, and is so when asked again."""
    with time_machine.travel(NOON, tick=False) as present:
        with databases.change("test", clock.now()) as session:
            present.shift(60)
            write(session, "one")
        with databases.long_change("test", clock.now()) as change:
            with change.part() as session:
                write(session, "two")
            present.shift(60)
    with databases.reading() as session:
        asked = [NOON + timedelta(seconds=second) for second in (59, 60, 119, 120)]
        assert [revision_before(session, moment) for moment in asked] == [0, 1, 1, 2]


def test_a_reader_sees_one_snapshot(databases: Databases) -> None:
    add(databases, "one")
    with databases.reading() as session:
        before = session.scalars(select(Ledger.revision)).one()
        add(databases, "two")
        assert session.scalars(select(Ledger.revision).execution_options(populate_existing=True)).one() == before


def test_an_erased_row_keeps_its_place_and_digest(databases: Databases) -> None:
    add(databases, "one")
    with databases.reading() as session:
        before = session.scalars(select(SystemStatus)).one()
    with databases.change("test", NOON) as session:
        shut(session, "one")
        erase_row(session, SystemStatus, before.id, [SystemStatus.system.key])
    with databases.reading() as session:
        after = session.scalars(select(SystemStatus)).one()
        erased_in = session.scalars(select(Change.revision).where(Change.id == after.erased_by)).one()
    assert (after.system, after.salt, after.digest, erased_in) == ("", None, before.digest, 2)


def test_a_revision_is_never_given_twice(databases: Databases) -> None:
    """A counter that was put back is refused by the changes that are already sealed."""
    add(databases, "one")
    with databases.writing() as session:
        session.execute(update(Ledger).values(revision=0))
    with pytest.raises(Exception, match=r"(?i)unique"):
        add(databases, "two")
    assert standing(databases, 1) == ["one"]
