"""Renders pages: the template, who is there, where they may go, what is to be told, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from jinja2 import PackageLoader, StrictUndefined

from governance.kernel import clock
from governance.ports.area import Link
from governance.ports.visitor import Visitor
from governance.web import words
from governance.web.assets import Assets

NAME = "Postern"
TOLD = "postern.told"
KINDS = frozenset({"success", "note"})
HTML = "text/html; charset=utf-8"


class Site(NamedTuple):
    """What pages say of this installation: its name, who runs it, and whom to ask for help."""

    name: str
    operator: str
    help_contact: str

    def __str__(self) -> str:
        return self.name


class Shown(NamedTuple):
    """A link of the navigation: `current` is `page` on the very page, `true` below it."""

    label: str
    href: str
    current: str


def register(app: Flask, assets: Assets, settings: Any) -> None:
    """Give the application its templates, and templates what all of them need."""
    app.jinja_loader = PackageLoader("templates", "")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(day=words.day, moment=words.moment, count=words.count, listed=words.listed)
    app.jinja_env.globals.update(
        asset=assets.address,
        mender=words.mender,
        page_form=page_form,
        site=Site(NAME, settings.operator, settings.help_contact),
    )


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page. `form` is the form that was read, where there is one: its errors come first."""
    g.page_form = values.get("form")
    shell = {"visitor": g.get("visitor"), "navigation": navigation(), "told": take_told()}
    return Response(render_template(template, **shell | values), status, content_type=HTML)


def render_bare(template: str, status: int, **values: Any) -> Response:
    """A page for when something is out of order: nothing is asked of any database."""
    g.page_form = None
    shell = {"visitor": None, "navigation": (), "told": ()}
    return Response(render_template(template, **shell | values), status, content_type=HTML)


def go(endpoint: str, **values: Any) -> Response:
    """Send the visitor on to a page once something is done (303)."""
    return go_to(url_for(endpoint, **values))


def go_to(path: str) -> Response:
    """Send the visitor on to a path of this service (303)."""
    response = redirect(path, 303, Response=Response)
    if not isinstance(response, Response):
        raise TypeError("a redirect is a response")
    return response


def tell_next(kind: str, sentence: str) -> None:
    """Have the visitor's next page tell that something was done (`success`), or something to know (`note`)."""
    if kind not in KINDS:
        raise ValueError("a line is told as success or note")
    current_app.extensions[TOLD].keep(g.visitor, kind, sentence)


def take_told() -> Sequence[tuple[str, str]]:
    """What this page is to tell."""
    visitor, told = g.get("visitor"), current_app.extensions.get(TOLD)
    return () if visitor is None or told is None else told.take(visitor)


def navigation() -> list[Shown]:
    """The links that a visitor may use, worked out once a page and recorded nowhere."""
    visitor = g.get("visitor")
    if visitor is None or not visitor.is_proved:
        return []
    if "navigation" not in g:
        g.navigation = nearest([shown(link) for link in usable(visitor)])
    return list(g.navigation)


def usable(visitor: Visitor) -> list[Link]:
    """Every area's links that a visitor may use; those that name an action only where the service says so."""
    service = current_app.extensions["postern"]
    links = [link for area in service.areas for link in area.navigation]
    asked = {(link.action, link.resource_type) for link in links if link.action}
    may_see = getattr(service, "may_see", None)
    allowed = set(may_see(visitor, asked, now=clock.now())) if may_see is not None and asked else set()
    return [link for link in links if not link.action or (link.action, link.resource_type) in allowed]


def shown(link: Link) -> Shown:
    """A link as this page shows it."""
    href, here = url_for(link.endpoint), request.script_root + request.path
    current = "page" if href == here else "true" if here.startswith(f"{href.rstrip('/')}/") else ""
    return Shown(link.label, href, current)


def nearest(links: list[Shown]) -> list[Shown]:
    """Of links that lie above this page only the nearest is where one is: not /account at /account/authenticators."""
    near = max((link.href for link in links if link.current), key=len, default="")
    return [link if link.href == near else link._replace(current="") for link in links]


def page_form(given: Any = None) -> Any:
    """The form that a macro is to show: the one given, else the page's."""
    return given if hasattr(given, "errors") else g.get("page_form")
