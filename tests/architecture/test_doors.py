"""Every route says who may call it: guarded, and by what, or public, and why."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from governance.app import build_app
from governance.decisions.door import PREFIX
from governance.web.guards import MARK, guarded, public
from tests.facts import SETTINGS
from wsgi import AREAS


@pytest.fixture
def app() -> Flask:
    return build_app(SETTINGS, AREAS)


def views(app: Flask) -> Iterator[tuple[str, Callable[..., object]]]:
    """Every view with its route: those of Flask, and those of the door in front of it."""
    for rule in app.url_map.iter_rules():
        yield rule.rule, app.view_functions[rule.endpoint]
    door: Any = app.wsgi_app
    yield from ((f"{PREFIX}<system>{path}", view) for path, view in door.views.items())


def unmarked(app: Flask) -> list[str]:
    """Routes whose view does not say who may call it."""
    return [
        f"{route}: says not who may call it. Mark its view: guarded(by) or public(reason), governance/web/guards.py."
        for route, view in views(app)
        if not any(getattr(view, MARK, "").startswith(kind) for kind in ("guarded: ", "public: "))
    ]


def test_every_route_is_marked(app: Flask) -> None:
    assert unmarked(app) == []
    assert len(list(views(app))) >= 6


def test_what_is_public_is_known(app: Flask) -> None:
    """A new public route is a decision: write it here too."""
    assert {route for route, view in views(app) if getattr(view, MARK).startswith("public: ")} == {
        "/.well-known/authzen-configuration/systems/<system>", "/healthz", "/openapi.json", "/readyz",
    }  # fmt: skip


def test_every_mark_gives_its_reason(app: Flask) -> None:
    assert all(len(getattr(view, MARK).partition(": ")[2]) > 10 for _, view in views(app))


def test_an_unmarked_route_is_caught(app: Flask) -> None:
    app.add_url_rule("/planted", view_func=lambda: "hello")
    assert [offence.partition(":")[0] for offence in unmarked(app)] == ["/planted"]


def test_an_unmarked_door_is_caught(app: Flask) -> None:
    door: Any = app.wsgi_app
    door.views["/planted"] = lambda _asked: (b"{}", {})
    assert [offence.partition(":")[0] for offence in unmarked(app)] == ["/systems/<system>/planted"]


@pytest.mark.parametrize("mark", [public("anybody may"), guarded("a key")])
def test_a_marked_route_is_none(app: Flask, mark: Callable[..., Any]) -> None:
    app.add_url_rule("/planted", view_func=mark(lambda: "hello"))
    assert unmarked(app) == []
