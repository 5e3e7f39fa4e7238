"""Rooms for the tests of authenticators, one for each file and each database."""

from collections.abc import Iterator

import pytest

from governance.kernel import clock
from policies.service import activate_own
from tests.installation import ACTOR, Installation, installed
from tests.laid import laid_out
from tests.tokens.authenticators.rooms import Room
from tokens.authenticators import recovery


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with laid_out(tmp_path_factory.mktemp("room"), request.param) as urls:
        made = Room(urls)
        yield made
        made.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation for pages; what they do in databases is tested on both without them."""
    with installed(tmp_path_factory.mktemp("house"), "sqlite") as made:
        activate_own(made.databases, made.service.requirements, ACTOR, clock.now())
        yield made


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recovery codes are hashed cheaply: how dear it is changes nothing but the time."""
    monkeypatch.setitem(recovery.COST, "n", 2)
