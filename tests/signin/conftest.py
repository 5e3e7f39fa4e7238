"""Sign-in on both databases: an installation with Ann and Mo, and what tests do to it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from governance.people.signin import passwords
from governance.people.signin.rules import A_DAY, FROM_ELSEWHERE, FROM_ONE_PLACE, TOLD
from governance.people.signin.service import entering, places, refusing
from governance.people.signin.store import attempts
from tests.commands import Desk, desk, quick_desk
from tests.installation import Installation, installation, installed, shared_installation
from tests.signin.browsers import Site
from tests.signin.people import Place
from tests.signin.schools import make, world

LONG, FEW = timedelta(days=36_500), 8
__all__ = ["Desk", "desk", "installation", "make", "quick_desk", "shared_installation", "world"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests fail often from one place, come in crowds, look at the trail at once, and wait for no clock."""
    monkeypatch.setattr(places, "FAILED_AT_ONE_PLACE", 1_000_000)
    monkeypatch.setattr(passwords, "WAITING", 100)
    monkeypatch.setattr(passwords, "LONGEST_WAIT", 60)
    monkeypatch.setattr(refusing, "REFUSED_SECONDS", 0)
    monkeypatch.setattr(attempts, "TOLD_EVERY", -LONG)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Whoever tries has so many tries instead of fifty."""
    monkeypatch.setattr(entering, "FROM_ELSEWHERE", FROM_ELSEWHERE._replace(most=FEW))
    monkeypatch.setattr(entering, "FROM_ONE_PLACE", FROM_ONE_PLACE._replace(most=FEW))
    monkeypatch.setattr(entering, "TOLD", TOLD._replace(steps=(*TOLD.steps[:-1], (FEW, A_DAY))))
    return FEW


@pytest.fixture
def place(installation: Installation) -> Place:
    """An installation of the test's own, once on each database."""
    return Place(installation)


@pytest.fixture
def shared(shared_installation: Installation) -> Place:
    """An installation that the tests of a file share; each uses people of its own."""
    return Place(shared_installation)


@pytest.fixture(scope="module")
def quick_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of an installation on SQLite: what a page shows no database can change."""
    with installed(tmp_path_factory.mktemp("quick"), "sqlite") as installation:
        made = Site(Place(installation))
        yield made
        made.close()


@pytest.fixture
def quick_site(quick_pages: Site) -> Site:
    """Those pages, for one test: everything is allowed."""
    return quick_pages.anew(Place(quick_pages.place.installation))


@pytest.fixture
def quick(quick_site: Site) -> Place:
    """That installation, for what no database can change."""
    return quick_site.place


@pytest.fixture(scope="module")
def pages(shared_installation: Installation) -> Iterator[Site]:
    """The pages of that installation."""
    made = Site(Place(shared_installation))
    yield made
    made.close()


@pytest.fixture
def site(pages: Site, shared: Place) -> Site:
    """The pages, for one test: everything is allowed."""
    return pages.anew(shared)
