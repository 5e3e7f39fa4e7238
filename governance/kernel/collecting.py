"""The collector of circles: at rest while much is made that stays, and told what it need not walk through.

It looks for circles each time that some hundred objects more were made than went, and then walks through all that it
watches. Where nothing goes, as at a start, it walks again and again through what stays.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECTED_AFTER = (20_000, 50, 50)  # new objects, younger collections, middle collections


@contextmanager
def at_rest() -> Iterator[None]:
    """Let the collector rest while something is made that stays; circles of other threads wait until then."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


def leave_out() -> None:
    """Leave all that is in memory now out of every later round: it stays as long as the process does.

    Before a fork this also lets the memory stay shared: a round writes on all that it looks at.
    """
    gc.freeze()


def settle() -> None:
    """Collect once, and leave out what is left; from then on circles are looked for less often.

    Facts and chains make no circles; they go when the last reference to them does.
    """
    gc.collect()
    leave_out()
    gc.set_threshold(*COLLECTED_AFTER)


def settle_once() -> None:
    """The same, unless this process has been told already."""
    if gc.get_threshold() != COLLECTED_AFTER:
        settle()
