"""Bodies are waited for, each so long at most, and one timer watches over all of them."""

from __future__ import annotations

import asyncio

import pytest

from governance.decisions.patience import Patience
from governance.web.errors import TooSlow

SECONDS = 0.1


async def after(seconds: float, body: bytes) -> bytes:
    """A body that takes a while."""
    await asyncio.sleep(seconds)
    return body


def test_what_comes_in_time_is_read() -> None:
    async def read() -> bytes:
        return await Patience(SECONDS).read(after(0, b"body"))

    assert asyncio.run(read()) == b"body"


def test_who_is_late_is_called_off_and_nobody_else() -> None:
    async def read() -> list[bytes | BaseException]:
        patience = Patience(SECONDS)
        late = [asyncio.create_task(patience.read(after(10, b"late"))) for _ in range(3)]
        await asyncio.sleep(SECONDS / 2)
        in_time = asyncio.create_task(patience.read(after(SECONDS * 0.8, b"in time")))
        found = await asyncio.gather(*late, in_time, return_exceptions=True)
        again = await asyncio.gather(patience.read(after(10, b"late")), return_exceptions=True)
        return [*found, *again]

    *late, in_time, again = asyncio.run(asyncio.wait_for(read(), 5))
    assert [type(one) for one in (*late, again)] == [TooSlow] * 4
    assert in_time == b"in time"


def test_a_request_that_is_called_off_otherwise_is_not_late() -> None:
    async def read() -> None:
        reading = asyncio.create_task(Patience(10).read(after(10, b"")))
        await asyncio.sleep(0)
        reading.cancel()
        await reading

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(read())
