"""Commands for tests: what `postern …` prints and how it ends, over an installation, in this process."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from governance.app import commands
from governance.console import Root
from governance.kernel.errors import Answer
from tests.installation import Installation, installed
from wsgi import AREAS


class Desk:
    """Runs commands on one installation."""

    def __init__(self, made: Installation) -> None:
        self.installation = made
        self._root = Root("postern", commands=dict(commands(AREAS)))

    def run(self, *words: str) -> Result:
        """Run a command; an answer that it raises ends it as `postern` would."""
        found = CliRunner().invoke(self._root, words, obj=self.installation.service)
        if isinstance(found.exception, Answer):
            found.exit_code = 1
        elif found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found

    def apply(self, text: str) -> Result:
        """Apply a file of facts."""
        file = Path(self.installation.folder) / "facts.toml"
        file.write_text(text, "utf-8")
        return self.run("facts", "apply", str(file))

    decide = functools.partialmethod(run, "decide")

    @property
    def revision(self) -> int:
        """The newest facts revision."""
        return self.installation.databases.freshness.current()

    def count(self, model: Any) -> int:
        """How many rows a table has, closed ones included."""
        from sqlalchemy import func, select

        with self.installation.databases.reading() as session:
            return session.execute(select(func.count()).select_from(model)).scalar_one()


@pytest.fixture
def quick_desk(tmp_path: Path) -> Iterator[Desk]:
    """The command line over an installation on SQLite, for what no database can change."""
    with installed(tmp_path, "sqlite") as made:
        yield Desk(made)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The command line over an installation of the test's own, on each database."""
    with installed(tmp_path, request.param) as made:
        yield Desk(made)
