"""What every test may ask for: databases of its own, on SQLite and on PostgreSQL."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import services
from tests.services import ADDRESS, MISSING, Databases, ThrowawayPostgres, Unavailable

if TYPE_CHECKING:
    from tests.facts import Book

settings.register_profile("postern", deadline=None)  # a busy machine is not a wrong answer
settings.load_profile("postern")

THROWAWAY = pytest.StashKey[ThrowawayPostgres]()
ABOUT = pytest.StashKey[str]()


SPREAD = ("test_properties", "test_tables", "test_restarts", "test_crash", "test_every_pack", "test_activation_race")
"""Files whose tests take long one by one, and share nothing that takes long to set up."""
FIRST = (
    "test_fuzz", "test_restarts", "test_front_ends", "test_first_decision", "test_every_page", "test_tokens_page",
    "test_planted_secrets", "test_robust", "test_freshness", "test_server", "test_races", "test_crash", "test_planning",
    "test_once", "test_told_of_here", "test_every_pack", "test_streams", "test_import_size", "test_activation_race",
)  # fmt: skip
"""Files that take long as a whole: begun first, no process is left with one of them at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share something costly run in one process: a demonstration, or what their file sets up once.

    `make test` has pytest-xdist keep this order (it would begin with the files that have most tests).
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None and item.path.stem not in SPREAD:
            group = "demo" if "demo" in getattr(item, "fixturenames", ()) else str(item.path)
            item.add_marker(pytest.mark.xdist_group(group))
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(FIRST)))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no collection of garbage need look at it again."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """Find or start PostgreSQL once, in the first process. Workers are told its address by the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    try:
        os.environ[ADDRESS], config.stash[ABOUT] = _find_or_start(config)
    except Unavailable as why:
        os.environ[MISSING] = config.stash[ABOUT] = str(why)


def _find_or_start(config: pytest.Config) -> tuple[str, str]:
    if named := os.environ.get(ADDRESS):
        try:
            return services.check_named_postgres(named), f"the one that {ADDRESS} names"
        except Unavailable as why:
            raise pytest.UsageError(str(why)) from why
    if found := services.find_postgres():
        return found, "the one that answers here"
    server = config.stash[THROWAWAY] = ThrowawayPostgres.start()
    return server.url, "one of our own, for this run"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started."""
    if server := config.stash.get(THROWAWAY, None):
        os.environ.pop(ADDRESS, None)
        server.stop()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say once which PostgreSQL the tests use, or why they have none."""
    about = config.stash.get(ABOUT, None)
    return f"postgresql: {about}" if about else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI is set a skip is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("")
        reporter.write_line("Nothing may skip while CI is set.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The address of the server, for tests that make their own databases."""
    return services.postgres_url()


@pytest.fixture
def fresh_postgres(postgres_url: str) -> Iterator[str]:
    """The address of a new, empty PostgreSQL database."""
    with services.fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def sqlite_databases(tmp_path: Path) -> Databases:
    """Two SQLite files, not yet made."""
    return services.sqlite_in(tmp_path)


@pytest.fixture
def postgres_databases(fresh_postgres: str) -> Databases:
    """One new, empty PostgreSQL database for facts and trail."""
    return services.postgres_at(fresh_postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Databases:
    """Databases of the test's own, once on SQLite and once on PostgreSQL."""
    wanted = {"sqlite": "sqlite_databases", "postgresql": "postgres_databases"}[request.param]
    databases: Databases = request.getfixturevalue(wanted)
    return databases


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[Book]":
    """A facts database with a council, two schools and two people in it."""
    from tests.facts import WORLD, Book
    from tests.laid import laid_out

    with laid_out(tmp_path, request.param) as urls:
        opened = Book(urls)
        opened.apply(**WORLD)
        yield opened
        opened.close()
