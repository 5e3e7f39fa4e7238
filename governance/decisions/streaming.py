"""A batch without end: one item a line in, one answer a line out (NDJSON), a group at a time and never all in memory.

Each group is decided at the newest revision and durable before its lines leave. Where the stream is cut, what was
answered is recorded, and nothing else was told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, NoReturn

import orjson

from governance.decisions.asked import Asked
from governance.decisions.batches import Batch, read_batch, read_item, shared_subject
from governance.decisions.door import Door, refused
from governance.decisions.openapi import NDJSON
from governance.decisions.questions import bad
from governance.decisions.rules import Question
from governance.decisions.schemas import item_out
from governance.decisions.service import Answered, Held, Questions, Read
from governance.kernel.errors import BadInput, TooMany, Unavailable
from governance.ports.role_rules import SystemRules
from governance.web.behind import Protocol
from governance.web.errors import TooGreat, TooSlow
from governance.web.ijson import read_object
from governance.web.requests import HEADER, PRIVATE

GROUP = 200
PART_SECONDS = 10.0
READ_SECONDS = 30.0
MOST_BYTES = 8_000_000
"""What one stream is answered at most: the server keeps what its caller does not read, so it must have an end."""
AT_ONCE = 32
"""So many streams are under way in a worker at most."""


class Stream:
    """One stream under way: who asks, what its first line says, and how many items are answered."""

    under_way = 0

    def __init__(self, door: Door, asked: Asked, protocol: Protocol) -> None:
        self._door = door
        self._asked = asked
        self._protocol = protocol
        self._batch: Batch | None = None
        self._sending: Any = None
        self._items = self._bytes = 0

    async def answer(self) -> None:
        """Answer line by line; raise what is wrong as long as no line has left, else tell it in the last line."""
        self._door.expect(self._asked)  # before anything is read: nobody without a key keeps a place here
        if Stream.under_way >= AT_ONCE:
            raise Unavailable(f"{AT_ONCE} streams are under way in this worker; ask again", "busy")
        Stream.under_way += 1
        try:
            await self._answer()
        finally:
            Stream.under_way -= 1

    async def _answer(self) -> None:
        try:
            async for lines in groups(self._protocol, self._door.settings.max_body):
                if not await self._answered(lines):
                    break
            if self._sending is None:
                await self._held(partial(refuse, bad("", "holds no items", "Send one a line, after the first line.")))
            await self._send({"end": {"items": self._items}})
        except ConnectionError:
            return
        except Exception as wrong:
            if self._sending is None:
                raise
            told = orjson.loads(refused(wrong, self._asked.request_id, "stream").body)
            error = {"status": told["status"], "message": told["detail"]}
            await self._send({"error": error, "end": {"items": self._items}})
        finally:
            self._sending = None  # the server ends an answer when nobody holds its stream any more

    async def _answered(self, lines: list[bytes]) -> bool:
        """Answer a group; whether the stream goes on."""
        if self._batch is None:
            first, lines = read_first(lines[0]), lines[1:]
            if isinstance(first, BadInput):
                await self._held(partial(refuse, first))
                return False
            self._batch = first
        if not lines:
            return True
        batch = self._batch
        held = await self._held(partial(read_lines, batch, lines, self._items))
        answered = held.answered(await self._door.decisions.recorder.write(held.records))
        self._items += len(answered.decisions)
        await self._send(*told(answered, batch))
        if self._bytes > MOST_BYTES:
            raise TooGreat(f"a stream is answered with at most {MOST_BYTES:,} bytes; send the rest in another")
        return len(answered.decisions) == len(lines) and answered.decisions[-1].allowed is not batch.stop_at

    async def _held(self, read: Read) -> Held:
        """Decide a group; a key that goes too fast waits here, and with it whoever sends."""
        while True:
            try:
                return self._door.ask(self._asked, read)
            except TooMany as wrong:
                if self._sending is None:
                    raise
                await asyncio.sleep(wrong.seconds)

    async def _send(self, *lines: dict[str, Any]) -> None:
        if self._sending is None:
            headers = {"Content-Type": NDJSON, HEADER: self._asked.request_id, **PRIVATE}
            self._sending = self._protocol.response_stream(HTTPStatus.OK.value, list(headers.items()))
        sent = b"".join([orjson.dumps(line) + b"\n" for line in lines])
        self._bytes += len(sent)
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._sending.send_bytes(sent)
        except (RuntimeError, TimeoutError) as gone:  # the other side has hung up, or reads no more
            raise ConnectionError from gone


async def groups(protocol: Protocol, longest: int) -> AsyncIterator[list[bytes]]:
    """Whole lines as they arrive, blank ones left out, some at a time; raise where one is too long or too slow."""
    rest, parts, loop = b"", protocol.__aiter__(), asyncio.get_running_loop()
    until = loop.time() + PART_SECONDS
    while True:
        try:
            async with asyncio.timeout_at(until):  # by then a whole line: single bytes keep nobody's place
                part = await parts.__anext__()  # the server's iterator brings the process down under anext(…, default)
        except StopAsyncIteration:
            break
        except TimeoutError:
            raise TooSlow(f"no whole line of the stream arrived within {PART_SECONDS:g} seconds") from None
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > longest or any(len(line) > longest for line in lines):
            raise TooGreat(f"a line has at most {longest} bytes")
        whole = [line for line in lines if line.strip()]
        for at in range(0, len(whole), GROUP):
            yield whole[at : at + GROUP]
        until = loop.time() + PART_SECONDS if whole else until
    if rest.strip():
        yield [rest]


def read_first(line: bytes) -> Batch | BadInput:
    """Defaults and options from the first line."""
    try:
        first = read_object(line)
        if "evaluations" in first:
            raise bad("/evaluations", "stands in the first line", "Send each item in a line of its own.")
        batch = read_batch({**first, "evaluations": [{}]}, 1)
    except BadInput as wrong:
        return wrong
    assert batch is not None  # noqa: S101 - it has an item
    return batch


def read_lines(batch: Batch, lines: Sequence[bytes], before: int, rules: SystemRules) -> Questions:
    """Each line as a question, or as the fault that makes it none."""
    found: list[Question | BadInput] = []
    who = shared_subject(batch.defaults)
    for number, line in enumerate(lines, before):
        try:
            found.append(read_item(read_object(line), batch.defaults, rules, f"/evaluations/{number}", who))
        except BadInput as wrong:
            found.append(wrong)
    return Questions(found, batch.stop_at)


def refuse(wrong: BadInput, _rules: SystemRules) -> NoReturn:
    """Say what is wrong with a stream, now that it is known whose it is."""
    raise wrong


def told(answered: Answered, batch: Batch) -> list[dict[str, Any]]:
    """The answers of a group, each with the number of its record."""
    rows = zip(answered.decisions, answered.questions, answered.ids, strict=True)
    return [
        {**item_out(decision, question, explain=batch.explain, full=answered.full), "decision_id": number}
        for decision, question, number in rows
    ]
