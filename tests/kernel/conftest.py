"""What these tests share: installations with servers, and empty databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.kernel.db import Databases
from tests.installation import installation, launcher, shared_installation
from tests.laid import laid_out

__all__ = ["databases", "installation", "launcher", "shared_installation"]


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Empty databases as an installation has them."""
    with laid_out(tmp_path, request.param) as urls:
        made = Databases.open(*urls)
        yield made
        made.close()
