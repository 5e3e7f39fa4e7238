"""The facts database is not there: whoever asks is told so, and to come again."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from governance.app import build_app
from governance.decisions.door import refused
from tests.facts import SETTINGS
from tests.web.browser_kit import Browser
from wsgi import AREAS

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/postgres"


@pytest.fixture(scope="module")
def adrift() -> Flask:
    """A service without its databases."""
    return build_app(replace(SETTINGS, database_url=NOWHERE, trail_url=NOWHERE), AREAS)


def test_a_page_says_so(adrift: Flask) -> None:
    page = Browser(adrift).get("/sign-in")
    assert (page.status, page.heading) == (503, "Sorry, the service is unavailable")
    assert page.headers["Retry-After"] == "1"
    assert "It cannot reach its records at the moment." in page.words


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/sign-in"), ("POST", "/systems/alpha/access/v1/evaluation"),
    ("GET", "/.well-known/authzen-configuration/systems/alpha"),
])  # fmt: skip
def test_a_program_is_told_so(adrift: Flask, method: str, path: str) -> None:
    told = adrift.test_client().open(path, method=method, headers={"Accept": "application/json"}, json={})
    assert (told.status_code, told.content_type) == (503, "application/problem+json")
    assert (told.get_json()["code"], told.headers["Retry-After"]) == ("facts_unavailable", "1")


def test_the_deciding_door_says_so_whenever_it_finds_out() -> None:
    reply = refused(OperationalError("select 1", {}, OSError()), "n", "/systems/alpha/access/v1/evaluation")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert orjson.loads(reply.body)["code"] == "facts_unavailable"
