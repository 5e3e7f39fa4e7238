"""Every route says who may call it: guarded, and by what, or public, and why."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from governance.app import build_app
from governance.decisions.door import PREFIX
from governance.web.guards import MARK, Stage, guarded, needs_form_token, page_mark, public
from governance.web.pages import allowed, signed_in
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
        "/", "/.well-known/authzen-configuration/systems/<system>", "/.well-known/jwks.json",
        "/.well-known/openid-configuration", "/.well-known/security.txt", "/docs/api", "/docs/api.css", "/healthz",
        "/invitation/<token>", "/oauth/authorize", "/oauth/logout", "/openapi.json", "/readyz", "/recover",
        "/recover/<token>", "/recover/asked", "/sign-in", "/sign-in/from/<name>", "/sign-in/passkey",
        "/sign-in/passkey/options", "/sign-in/with/<name>",
        "/statements/<any(accessibility, cookies, privacy):name>", "/static/<mark>/<name>",
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


# --- pages


def writing(app: Flask) -> Iterator[tuple[str, Callable[..., object]]]:
    """Every view of Flask that something can be sent to."""
    for rule in app.url_map.iter_rules():
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            yield rule.rule, app.view_functions[rule.endpoint]


def unprotected(app: Flask) -> list[str]:
    """Routes that take what any site sends: neither a form's token nor a key is asked for, but by their own mark."""
    return [
        f"{route}: {getattr(view, MARK)}. It takes what is sent without a token; name it here if a key guards it."
        for route, view in writing(app)
        if not needs_form_token(view)
    ]


EXEMPT = {
    "/oauth/authorize": "nothing: it does nothing, and has the same asked again as an address",
    "/oauth/introspect": "front end's secret",
    "/oauth/logout": "nothing: it has the same asked again as an address, in which nobody can read it",
    "/oauth/revoke": "front end's secret, or its name where it has none",
    "/oauth/token": "front end's secret, and the proof of whoever asked for the code (PKCE)",
    "/oauth/userinfo": "access token",
}
"""What is sent without a form's token, and what guards it instead. A route more is a decision: write it here too."""


def test_what_is_sent_bears_a_token_or_a_key(app: Flask) -> None:
    """All but what is exempt, each by just what is written here."""
    exempt = {route: getattr(view, MARK) for route, view in writing(app) if not needs_form_token(view)}
    assert exempt == {route: f"guarded: {by}" for route, by in EXEMPT.items()}
    assert [line.partition(":")[0] for line in unprotected(app)] == [*exempt]


def test_no_page_of_the_service_asks_the_rules_nothing(app: Flask) -> None:
    """Whoever is signed in is asked about on each page; who leaves is not."""
    silent = (Stage.SIGNED_IN, Stage.HALF_SIGNED_IN)
    marks = {route: mark for route, view in views(app) if (mark := page_mark(view)) is not None}
    assert {route for route, mark in marks.items() if mark.stage in silent and not mark.action} == {"/sign-out"}


def test_a_page_s_guard_is_read_off_its_mark(app: Flask) -> None:
    app.add_url_rule("/planted", view_func=signed_in(lambda: "hello"), methods=["GET", "POST"])
    mark = page_mark(app.view_functions["<lambda>"])
    assert mark is not None
    assert mark.stage is Stage.SIGNED_IN
    assert unmarked(app) == []
    assert needs_form_token(app.view_functions["<lambda>"])


def test_a_page_that_is_allowed_names_what_it_asks(app: Flask) -> None:
    """A page that asks the engine says so in its mark: action and resource type, for the matrix of roles and routes."""
    view = allowed("view-people", "organisation")(lambda: "hello")
    assert page_mark(view) == (Stage.ALLOWED, "view-people", "organisation")
    asking = [mark for _, view in views(app) if (mark := page_mark(view)) is not None and mark.stage is Stage.ALLOWED]
    assert all(mark.action and mark.resource_type for mark in asking)


def test_every_link_of_the_menu_leads_to_a_page_that_asks_the_same(app: Flask) -> None:
    """A link is shown to those who may use it, so its page must ask what the link names, and be there."""
    for area in app.extensions["postern"].areas:
        for link in area.navigation:
            mark = page_mark(app.view_functions[link.endpoint])
            assert mark is not None, link
            assert (mark.action, mark.resource_type) == (link.action, link.resource_type), link
