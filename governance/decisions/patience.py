"""Waits for the bodies of requests, for each so long at most: one timer watches over all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from governance.web.errors import TooSlow


class HungUp(ConnectionError):
    """Whoever sent a body is gone before the end of it."""


class Patience:
    """Reads bodies on one event loop; a timer a request would cost more than the reading does."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._watched = False

    @property
    def waiting(self) -> int:
        """How many bodies are waited for."""
        return len(self._reading)

    async def read(self, body: Awaitable[bytes]) -> bytes:
        """A body; raise `TooSlow` where its sender takes too long, `HungUp` where they are gone."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - whoever awaits is a task
        if not self._watched:
            self._watched = True
            loop.call_later(self._seconds, self._look, loop)
        self._reading[task] = loop.time() + self._seconds
        try:
            return await body
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise TooSlow(f"the body did not arrive within {self._seconds:g} seconds") from None
        except RuntimeError:  # the server's word for it
            raise HungUp from None
        finally:
            del self._reading[task]
            self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call those off whose time is over; they stand in the order in which it ends."""
        now = loop.time()
        for task, ends in self._reading.items():
            if ends > now:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        ends = next((ends for ends in self._reading.values() if ends > now), 0.0)
        self._watched = bool(ends)
        if ends:
            loop.call_at(ends, self._look, loop)
