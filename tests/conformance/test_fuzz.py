"""The description is true: whatever is sent is answered as it says, and never with a server's mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.fuzzing import each_of, fuzz
from tests.installation import Installation, installed, launcher
from tests.servers import Launcher

__all__ = ["launcher"]

FEW, MANY = 600, 2_000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path, "sqlite") as made:
        yield made


def as_described(place: Installation, launcher: Launcher, folder: Path, requests: int) -> None:
    server = place.server(launcher)
    server.wait()
    came = fuzz(server, folder, each_of(requests), seed=1)
    assert came.passed, came.printed
    assert came.requests >= requests
    place.assert_intact()


def test_every_answer_is_as_described(place: Installation, launcher: Launcher, tmp_path: Path) -> None:
    as_described(place, launcher, tmp_path, FEW)


@pytest.mark.soak
def test_two_thousand_answers_are(place: Installation, launcher: Launcher, tmp_path: Path) -> None:
    as_described(place, launcher, tmp_path, MANY)


def test_a_server_unlike_its_description_is_caught(place: Installation, launcher: Launcher, tmp_path: Path) -> None:
    server = place.server(launcher, twin="tests.twins.unlike:put_in")
    server.wait()
    came = fuzz(server, tmp_path, 1, seed=1)
    assert not came.passed
    assert "Response violates schema" in came.printed
