"""The ground under the other tests: every test has databases of its own, and nothing skips unseen."""

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests import services
from tests.services import Databases, ThrowawayPostgres, Unavailable


def test_databases_are_empty_and_ours(database_url: Databases) -> None:
    for url in set(database_url):
        engine = create_engine(url)
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE only_here (id INTEGER)"))
            assert connection.execute(text("SELECT count(*) FROM only_here")).scalar() == 0
        engine.dispose()


def test_sqlite_keeps_the_trail_apart(sqlite_databases: Databases) -> None:
    assert sqlite_databases.dialect == "sqlite"
    assert sqlite_databases.facts_url != sqlite_databases.trail_url


def test_a_database_goes_even_while_someone_is_connected(postgres_url: str) -> None:
    with services.fresh_database(postgres_url) as url:
        name = make_url(url).database
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        left_open = psycopg.connect(plain)
    with services._connect(postgres_url) as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None
    left_open.close()


def test_a_throwaway_server_starts_and_leaves_nothing() -> None:
    try:
        server = ThrowawayPostgres.start()
    except Unavailable as why:
        services.cannot_be_had(str(why))
    try:
        with services.fresh_database(server.url) as url, services._connect(url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (make_url(url).database,)
    finally:
        server.stop()
    assert not server.folder.exists()


def test_what_cannot_be_had_skips_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such service"):
        services.cannot_be_had("no such service")


def test_what_cannot_be_had_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="no such service"):
        services.cannot_be_had("no such service")


def test_a_named_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        services.check_named_postgres("postgresql+psycopg://nobody@127.0.0.1:1/postgres")
