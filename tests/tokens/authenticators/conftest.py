"""Rooms for the tests of authenticators, one for each file and each database."""

from collections.abc import Iterator

import pytest

from governance.kernel import clock
from policies.service import activate_own
from tests import services
from tests.installation import ACTOR, Installation, installed
from tests.tokens.authenticators.rooms import Room
from tokens.authenticators import recovery


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    if request.param == "sqlite":
        made = Room(services.sqlite_in(tmp_path_factory.mktemp("room")))
        yield made
        made.close()
        return
    with services.fresh_database(services.postgres_url()) as url:
        made = Room(services.postgres_at(url))
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
