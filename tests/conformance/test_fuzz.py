"""The description is true: whatever is sent is answered as it says, and never with a server's mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.callers import Callers
from tests.conformance.fuzzing import each_of, fuzz
from tests.installation import Installation, installed, launcher
from tests.servers import Launcher

__all__ = ["launcher"]

REQUESTS = 2_000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path, "sqlite") as made:
        yield made


@pytest.fixture
def callers(place: Installation) -> Iterator[Callers]:
    with Callers(place) as made:
        yield made


def test_every_answer_is_as_described(
    place: Installation, callers: Callers, launcher: Launcher, tmp_path: Path
) -> None:
    server = place.server(launcher)
    server.wait()
    came = fuzz(server, callers.next(), tmp_path, each_of(REQUESTS), seed=1)
    assert came.passed, came.printed
    assert came.requests >= REQUESTS
    place.assert_intact()


def test_a_server_unlike_its_description_is_caught(
    place: Installation, callers: Callers, launcher: Launcher, tmp_path: Path
) -> None:
    server = place.server(launcher, twin="tests.twins.unlike:put_in")
    server.wait()
    came = fuzz(server, callers.next(), tmp_path, 6, seed=1, phases="fuzzing")
    assert not came.passed
    assert "Response violates schema" in came.printed
    for door in ("POST /systems/{system}/access/v1/evaluation", "POST /oauth/introspect"):
        assert re.search(rf"^_+ {re.escape(door)} _+$", came.printed, re.MULTILINE), f"{door} was caught too"
