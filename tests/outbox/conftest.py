"""Databases with an outbox and a trail."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from governance.kernel.db import Databases
from governance.kernel.jobs import JobRun
from governance.outbox.models import OutboxMail
from tests.commands import quick_desk
from tests.installation import installation
from tests.laid import laid_out

__all__ = ["databases", "installation", "quick_desk", "shared_databases"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases in the newest layout for the tests of a file, once on SQLite and once on PostgreSQL."""
    with laid_out(tmp_path_factory.mktemp("outbox"), request.param) as urls:
        opened = Databases.open(*urls)
        yield opened
        opened.close()


@pytest.fixture
def databases(shared_databases: Databases) -> Databases:
    """The file's databases, without mail and without runs."""
    with shared_databases.writing() as session:
        for table in (OutboxMail, JobRun):
            session.execute(delete(table))
    return shared_databases
