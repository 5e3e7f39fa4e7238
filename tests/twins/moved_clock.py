"""A server whose clock can be moved: nobody waits in a test for what happens in ten minutes."""

import os
from datetime import timedelta
from pathlib import Path

from governance.kernel import clock

FILE = "POSTERN_TEST_CLOCK"
"""Where the file is that says by how many seconds the clock is ahead."""


def put_in() -> None:
    """Let this server's clock go by the file."""
    ahead, true = Path(os.environ[FILE]), clock.now
    clock.now = lambda: true() + timedelta(seconds=int(ahead.read_text()))
