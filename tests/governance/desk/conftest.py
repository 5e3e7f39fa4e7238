"""A tree of organisations with people, Postern's own rules in force, and browsers for those who sit at the desk."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from governance.kernel import clock
from policies.service import activate_own
from tests.installation import ACTOR, Installation, installed, launcher
from tests.web.browser_kit import Browser, app_of

__all__ = ["launcher"]
APPROVED = [{"by": "boss", "capacity": "administrator", "organisation": "centre", "on": "2020-01-01"}]


def held(person: str, role: str, organisation: str, system: str = "governance", **more: Any) -> dict[str, Any]:
    """A grant."""
    row = {"person": person, "system": system, "role": role, "organisation": organisation, "from": "2020-01-01"}
    return row | {"approvals": APPROVED} | more


TREE: dict[str, list[dict[str, Any]]] = {
    "organisations": [
        {"reference": "centre", "name": "Central Unit", "kind": "central_unit"},
        {"reference": "north", "name": "North", "kind": "sub_region", "parent": "centre"},
        {"reference": "oak", "name": "Oak School", "kind": "school", "parent": "north"},
        {"reference": "ash", "name": "Ash School", "kind": "school", "parent": "north"},
        {"reference": "south", "name": "South", "kind": "sub_region", "parent": "centre"},
    ],
    "people": [
        {"reference": name, "name": f"{name.title()} Example"}
        for name in ("boss", "olga", "meg", "tess", "tom", "sue", "audrey", "nora")
    ],
    "employment": [
        {"person": person, "organisation": organisation, "post": post, "from": "2020-01-01"}
        for person, organisation, post in (
            ("boss", "centre", "head"), ("olga", "north", "officer"), ("meg", "oak", "head teacher"),
            ("tess", "oak", "teacher"), ("tom", "ash", "teacher"), ("sue", "south", "officer"),
            ("audrey", "centre", "auditor"), ("nora", "oak", "=2+5"),
        )
    ],
    "grants": [
        held("boss", "administrator", "centre"), held("olga", "officer", "north"),
        held("meg", "manager", "oak", approvals=[{**APPROVED[0], "capacity": "officer"}]),
        held("audrey", "auditor", "centre"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with the tree, the archive and Postern's own pack, shared by the tests of a file."""
    with installed(tmp_path_factory.mktemp("desk"), request.param) as made:
        activate_own(made.databases, made.service.requirements, ACTOR, clock.now())
        made.apply(**TREE)
        yield made


@pytest.fixture(scope="module")
def app(stand: Installation) -> Flask:
    """The application over it."""
    return app_of(stand)


@pytest.fixture
def browse(app: Flask) -> Callable[..., Browser]:
    """A browser in which somebody has signed in."""

    def signed_in(reference: str, acr: str = "mfa", **more: Any) -> Browser:
        browser = Browser(app)
        browser.sign_in(reference, acr, **more)
        return browser

    return signed_in
