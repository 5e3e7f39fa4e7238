"""Databases that are kept between tests come back as they were laid out, or not at all."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.laid import Kept
from tests.services import _connect


@pytest.fixture
def kept(postgres_url: str) -> Iterator[Kept]:
    made = Kept(postgres_url)
    yield made
    made.drop()


def test_what_a_test_left_is_gone(kept: Kept) -> None:
    with _connect(kept.url) as connection:
        connection.execute("INSERT INTO change (actor, started_at, base_revision) VALUES ('a', now(), 0)")
        connection.execute("UPDATE ledger SET revision = 7")
    assert kept.emptied()
    with _connect(kept.url) as connection:
        assert connection.execute("SELECT count(*) FROM change").fetchone() == (0,)
        assert connection.execute("SELECT revision FROM ledger").fetchall() == [(0,)]
        again = "INSERT INTO change (actor, started_at, base_revision) VALUES ('a', now(), 0) RETURNING id"
        assert connection.execute(again).fetchone() == (1,)


def test_who_is_still_connected_is_sent_away(kept: Kept) -> None:
    left = _connect(kept.url)
    left.execute("BEGIN; LOCK TABLE change")
    assert kept.emptied()
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()


@pytest.mark.parametrize(
    "changed",
    [
        "CREATE TABLE more (id int)",
        "DROP TABLE trail_entry CASCADE",
        "ALTER TABLE trail_entry DISABLE TRIGGER ALL",
        "ALTER TABLE change ADD COLUMN more int",
        "CREATE INDEX more ON change (actor)",
        "DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END$$",
    ],
)
def test_another_layout_is_not_kept(kept: Kept, changed: str) -> None:
    with _connect(kept.url) as connection:
        connection.execute(changed)
    assert not kept.emptied()
