"""Files that only their owner may read, also where one of the name was there already."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def opened_privately(file: Path) -> int:
    """A file opened for writing anew, as a descriptor; from here on only its owner may read it. Raise `OSError`.

    What is no regular file (a terminal, a pipe) keeps its mode.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
