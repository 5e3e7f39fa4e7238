"""The record is on the disk before its answer leaves: flushes of the trail are counted between question and reply."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import services
from tests.installation import Installation, installed
from tests.servers import Launcher

SOURCE = Path(__file__).with_name("syncs.c")
QUESTIONS = 20


def compiler() -> str:
    """A C compiler; as root on Debian it is installed when missing."""
    found = shutil.which("cc") or shutil.which("gcc")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            services.install_with_apt("gcc", "libc6-dev")
        except services.Unavailable as why:
            services.cannot_be_had(str(why))
        found = shutil.which("gcc")
    return found or services.cannot_be_had("no C compiler here to count flushes with: install gcc")


@pytest.fixture(scope="module")
def counting_launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """A launcher whose servers tell of each flush."""
    folder = tmp_path_factory.mktemp("syncs")
    library = folder / "syncs.so"
    subprocess.run([compiler(), "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    launcher = Launcher(folder / "log", preload=str(library))
    yield launcher
    launcher.close()


def unflushed(installation: Installation, launcher: Launcher, twin: str = "") -> int:
    """How many of some single questions were answered without a flush of the trail in between."""
    log = installation.folder / f"syncs-{twin or 'service'}"
    log.touch()
    installation.environment["POSTERN_SYNC_LOG"] = str(log)
    server = installation.server(launcher, twin=twin)
    server.wait()
    trail = installation.urls.trail_url.removeprefix("sqlite:///")

    def flushes() -> int:
        return sum(line.startswith(trail) for line in log.read_text().splitlines())

    with server.client() as client:
        return sum(not flushed(flushes, lambda: client.ask().decision) for _ in range(QUESTIONS))


def flushed(flushes: Callable[[], int], ask: Callable[[], bool | None]) -> bool:
    """Whether there was a flush between a question and its reply."""
    before = flushes()
    assert ask() is True
    return flushes() > before


def test_each_record_is_flushed_before_its_answer(tmp_path: Path, counting_launcher: Launcher) -> None:
    with installed(tmp_path, "sqlite") as installation:
        assert unflushed(installation, counting_launcher) == 0


@pytest.mark.parametrize("mode", ["off", "normal"])
def test_a_trail_that_does_not_wait_for_the_disk_is_caught(
    tmp_path: Path, counting_launcher: Launcher, mode: str
) -> None:
    with installed(tmp_path, "sqlite") as installation:
        assert unflushed(installation, counting_launcher, f"tests.twins.unsynced:{mode}") > QUESTIONS // 2


def test_postgresql_is_told_to_wait_whatever_its_default_is(tmp_path: Path) -> None:
    """There the server flushes; what is ours to see is that each commit waits for it."""
    with installed(tmp_path, "postgresql") as installation:
        with installation.databases.writing() as session:
            name = session.connection().exec_driver_sql("SELECT current_database()").scalar_one()
            session.connection().exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        installation.databases.trail.dispose()
        link = installation.databases.trail_link()
        with link.writing() as execute:
            assert execute("SHOW synchronous_commit", ()).fetchone() == ("on",)
        link.close()
        with installation.databases.trail.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off", "the twin"
