"""The statements that the law asks for, open to everybody, and where to report a weakness."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from governance.app import build_app
from governance.kernel import clock
from governance.kernel.settings import Settings
from governance.people.signin.views import COOKIE
from governance.web.form_tokens import COOKIE as FORM_COOKIE
from governance.web.views import contact_address
from tests.facts import SETTINGS
from tests.web.browser_kit import Browser, Page
from wsgi import AREAS

FULL = replace(SETTINGS, operator="Derbyshire County Council", help_contact="access@derbyshire.example")
LAW = (
    "This accessibility statement applies to",
    "The Equality and Human Rights Commission (EHRC) is responsible for enforcing the Public Sector Bodies (Websites "
    "and Mobile Applications) (No. 2) Accessibility Regulations 2018 (the \u2018accessibility regulations’). If you’re "
    "not happy with how we respond to your complaint, contact the Equality Advisory and Support Service (EASS).",
    "is committed to making its website accessible, in accordance with the Public Sector Bodies (Websites and Mobile "
    "Applications) (No. 2) Accessibility Regulations 2018.",
    "This website is partially compliant with the Web Content Accessibility Guidelines version 2.2 AA standard, due to "
    "the non-compliances listed below.",
    "The content listed below is non-accessible for the following reasons.",
    "This statement was prepared on",
    "It was last reviewed on",
)


def page(settings: Settings, path: str) -> Page:
    return Browser(build_app(settings, AREAS)).get(path)


@pytest.mark.parametrize("name", ["accessibility", "cookies", "privacy"])
@pytest.mark.parametrize("settings", [SETTINGS, FULL], ids=["bare", "full"])
def test_a_statement_is_open_and_linked_to_from_every_page(settings: Settings, name: str) -> None:
    found = page(settings, f"/statements/{name}")
    assert found.status == 200
    assert len(found.words) > 500
    links = {one.text: one["href"] for one in found.tree.one("footer").all("a")}
    assert links == {
        "Accessibility statement": "/statements/accessibility", "Cookies": "/statements/cookies",
        "Privacy notice": "/statements/privacy",
    }  # fmt: skip
    assert ("access@derbyshire.example" in found.tree.one("footer").text) is (settings is FULL)


def test_the_law_s_own_words_are_as_they_are() -> None:
    said = page(FULL, "/statements/accessibility").words
    assert [sentence for sentence in LAW if sentence not in said] == []
    assert "Derbyshire County Council is committed to" in said


def test_every_cookie_of_ours_is_told_with_its_purpose_and_end() -> None:
    rows = page(SETTINGS, "/statements/cookies").tree.one("tbody").all("tr")
    assert [row.one("th").text for row in rows] == [COOKIE, FORM_COOKIE]
    assert all(len(cell.text) > 20 for row in rows for cell in row.all("td"))
    assert "after 30 minutes without use, and after 12 hours" in rows[0].text


def test_there_is_no_other_statement() -> None:
    assert page(SETTINGS, "/statements/other").status == 404


def test_who_finds_a_weakness_learns_whom_to_tell() -> None:
    client = build_app(FULL, AREAS).test_client()
    response = client.get("/.well-known/security.txt")
    told = dict(line.split(": ", 1) for line in response.get_data(as_text=True).splitlines())
    assert response.content_type == "text/plain; charset=utf-8"
    assert told["Contact"] == "mailto:access@derbyshire.example"
    assert told["Canonical"] == "http://127.0.0.1/.well-known/security.txt"
    days = (datetime.fromisoformat(told["Expires"]) - clock.now()).days
    assert 150 < days < 365, "RFC 9116: less than a year"
    assert build_app(SETTINGS, AREAS).test_client().get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(("words", "address"), [
    ("access@council.example", "mailto:access@council.example"), ("Write to <a@b.example>.", "mailto:a@b.example"),
    ("See https://council.example/help.", "https://council.example/help"), ("01629 533190", ""), ("", ""),
])  # fmt: skip
def test_a_contact_is_an_address(words: str, address: str) -> None:
    assert contact_address(words) == address


def test_the_front_page_leads_on() -> None:
    assert page(SETTINGS, "/").location == "/account"
