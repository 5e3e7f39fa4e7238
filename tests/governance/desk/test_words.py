"""What pages of the desk say in words, and what of a role they leave to the command line."""

import tomllib
from collections.abc import Callable

import pytest
from flask import Flask

from governance.desk.rules import WITHOUT_PAGE
from governance.desk.tables import DUE, failure_words
from governance.desk.views.people import ACTS
from governance.web.guards import page_mark
from tests.architecture.source import ROOT
from tests.web.browser_kit import Browser
from tokens.authenticators.rules import COUNTED, Kind

Browse = Callable[..., Browser]
OWN = frozenset({"view-sessions", "end-sessions"})
"""What everybody does with their own account alone, on a page of their own."""


def test_nothing_that_a_page_offers_is_said_to_be_the_command_lines(app: Flask) -> None:
    marks = [page_mark(view) for view in app.view_functions.values()]
    offered = {(mark.resource_type, mark.action) for mark in marks if mark is not None}
    assert {pair for pair in WITHOUT_PAGE & offered if pair[1] not in OWN} == set()
    linked = {action for action, (endpoint, _) in ACTS.items() if endpoint in app.view_functions}
    assert not linked & {action for _, action in WITHOUT_PAGE}


def test_my_access_says_what_only_the_command_line_does(browse: Browse) -> None:
    olga, boss = browse("olga").get("/account").words, browse("boss").get("/account").words
    typed = "On the command line only"
    assert "view sessions, end sessions" in olga.partition(typed)[2]
    assert "register front end" in boss.partition(typed)[2]
    assert "register front end" not in boss.partition(typed)[0]
    assert typed not in browse("meg").get("/account").words


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("how", sorted(COUNTED))
def test_every_failure_that_is_counted_has_words(kind: Kind, how: str) -> None:
    said = failure_words(kind, how)
    assert kind.value not in said
    assert how not in said
    assert said[1].startswith(("It was", "The "))


def test_every_obligation_of_a_shipped_pack_has_words() -> None:
    files = (ROOT / "policies" / "packs").glob("*/system.toml")
    found = {
        one["type"] for file in files for one in tomllib.loads(file.read_text("utf-8")).get("obligations", {}).values()
    }
    assert found
    assert found <= DUE.keys()


def test_people_links_to_inviting_for_those_who_may(browse: Browse) -> None:
    link = "Invite somebody to make an account"
    assert browse("meg").get("/people").link(link).endswith("/people/invite")
    assert link not in browse("audrey").get("/people").words


def test_an_invitation_says_to_whom_it_goes(browse: Browse) -> None:
    page = browse("meg").get("/people/invite").send(person="tess", email="tess@example.org").follow()
    assert "on its way to tess at tess@example.org" in page.words
