"""Facts by revision: what is sealed is seen, in the order of commits; what is not is seen by nobody."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from governance.kernel.db import Databases, LongChange
from governance.kernel.errors import Conflict
from governance.kernel.recorded import (
    Change,
    ChangeKey,
    FactKey,
    Ledger,
    change_of,
    close,
    erase_row,
    keys_since,
    record,
    revision_before,
    seen,
    touch,
)
from policies.models import SystemStatus
from tests.installation import laid_out

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Empty databases as an installation has them."""
    with laid_out(tmp_path, request.param) as urls:
        made = Databases.open(*urls)
        yield made
        made.freshness.close()
        made.facts.dispose()
        made.trail.dispose()


def key(system: str) -> FactKey:
    """The key of a system's days."""
    return FactKey("system", 0, system)


def write(session: Session, system: str) -> None:
    """Open a fact."""
    record(session, SystemStatus, [{"system": system}], [key(system)])


def shut(session: Session, system: str) -> None:
    """Close a system's fact that stands."""
    stands = session.scalars(
        select(SystemStatus.id).where(
            SystemStatus.system == system, seen(SystemStatus, change_of(session).base_revision)
        )
    )
    close(session, SystemStatus, list(stands), [key(system)])


def add(databases: Databases, system: str) -> None:
    """Open a fact in a change of its own."""
    with databases.change("test", NOON) as session:
        write(session, system)


def standing(databases: Databases, at: int | None = None) -> list[str]:
    """The systems whose facts stand at a revision, or now."""
    revision = databases.freshness.current() if at is None else at
    with databases.reading() as session:
        found = session.scalars(select(SystemStatus.system).where(seen(SystemStatus, revision)))
        return sorted(found)


def left_over(databases: Databases) -> tuple[int, int, int]:
    """How many facts, logged keys and changes there are."""
    with databases.reading() as session:
        counted = [
            session.scalar(select(func.count()).select_from(table)) for table in (SystemStatus, ChangeKey, Change)
        ]
    return counted[0] or 0, counted[1] or 0, counted[2] or 0


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
        with databases.change("test", moment) as session:
            write(session, "one")
    with databases.reading() as session:
        asked = [NOON - timedelta(microseconds=1), NOON, moments[1] - timedelta(microseconds=1), moments[1]]
        assert [revision_before(session, moment) for moment in asked] == [0, 1, 1, 2]


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
