"""What is sent must come from a page of this service, in the visitor's own session; nothing is done by a GET."""

from __future__ import annotations

import pytest

from governance.web.form_tokens import COOKIE
from tests.web.browser_kit import Browser, Page
from tests.web.planted import Shell, ann, browser, planted_shell, shell
from tests.web.planted import sqlite_installation as shared_installation

__all__ = ["ann", "browser", "planted_shell", "shared_installation", "shell"]

GOOD = {"name": "Ann", "ends-day": "31", "ends-month": "3", "ends-year": "2027"}
STALE = "This page is out of date"


def refused(page: Page, shell: Shell) -> bool:
    return page.status == 403 and page.heading == STALE and shell.planted.done == []


def test_a_form_with_its_token_is_taken(shell: Shell, browser: Browser) -> None:
    browser.sign_in("ann")
    assert browser.post("/planted/send", GOOD).status == 303
    assert len(shell.planted.done) == 1


@pytest.mark.parametrize("token", ["wrong", "", "\u00e9", "0" * 64, "\0"])
def test_a_form_without_its_token_is_refused(shell: Shell, browser: Browser, token: str) -> None:
    browser.sign_in("ann")
    assert refused(browser.post("/planted/send", {**GOOD, "form_token": token}, token=""), shell)
    assert refused(browser.post("/planted/send", GOOD, token=""), shell)


def test_a_token_is_of_one_session(shell: Shell, browser: Browser) -> None:
    other = shell.browser()
    other.sign_in("mo")
    browser.sign_in("ann")
    assert refused(browser.post("/planted/send", GOOD, token=other.token()), shell)
    again = shell.browser()
    again.sign_in("ann")
    assert refused(browser.post("/planted/send", GOOD, token=again.token()), shell), "of another session of hers"


def test_a_token_ends_with_the_stage_of_its_session(shell: Shell, browser: Browser) -> None:
    half = browser.sign_in("ann", "")
    browser.sign_in("ann")
    assert refused(browser.post("/planted/send", GOOD, token=half.form_token), shell)


def test_a_token_from_before_sign_in_is_of_no_use_after(shell: Shell, browser: Browser) -> None:
    before = browser.get("/planted/try").token
    browser.sign_in("ann")
    assert refused(browser.post("/planted/try", GOOD, token=before), shell)


def test_the_token_may_come_in_a_header(shell: Shell, browser: Browser) -> None:
    visitor = browser.sign_in("ann")
    sent = {"X-Form-Token": visitor.form_token}
    assert browser.open("/planted/send", "POST", sent, data=GOOD).status == 303
    assert browser.open("/planted/send", "POST", {"X-Form-Token": "wrong"}, data=GOOD).status == 403


# ------------------------------------------------------------------------------------------------------ before sign-in


def test_before_sign_in_a_token_goes_with_a_cookie(shell: Shell, browser: Browser) -> None:
    page = browser.get("/planted/try")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert all(part in cookie for part in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax", "; Max-Age=14400"))
    assert page.token not in cookie
    assert page.send(name="Ann").status == 303
    assert len(shell.planted.done) == 1


def test_several_pages_of_one_browser_share_it(shell: Shell, browser: Browser) -> None:
    one, other = browser.get("/planted/try"), browser.get("/planted/try")
    assert one.token == other.token
    assert one.send(name="Ann").status == other.send(name="Ben").status == 303


def test_another_browser_s_token_is_refused(shell: Shell, browser: Browser) -> None:
    stranger = shell.browser().get("/planted/try").token
    browser.get("/planted/try")
    assert refused(browser.post("/planted/try", GOOD, token=stranger), shell)


def test_the_cookie_alone_is_no_token(shell: Shell, browser: Browser) -> None:
    browser.get("/planted/try")
    kept = browser.client.get_cookie(COOKIE, domain="127.0.0.1")
    assert kept is not None
    assert refused(browser.post("/planted/try", GOOD, token=kept.value), shell)
    assert refused(shell.browser().post("/planted/try", GOOD, token="x"), shell), "and no cookie, no token"


def test_a_page_without_a_form_sets_no_cookie(browser: Browser) -> None:
    assert "Set-Cookie" not in browser.get("/statements/cookies").headers


# ---------------------------------------------------------------------------------------------------------- other sites


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "https://127.0.0.1"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
def test_what_comes_from_another_site_is_refused(shell: Shell, browser: Browser, headers: dict[str, str]) -> None:
    browser.sign_in("ann")
    assert refused(browser.post("/planted/send", GOOD, **headers), shell)
    assert refused(shell.browser().post("/planted/send", GOOD, token="x", **headers), shell), "signed in or not"


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_comes_from_here_is_taken(shell: Shell, browser: Browser, site: str) -> None:
    browser.sign_in("ann")
    assert browser.post("/planted/send", GOOD, **{"Sec-Fetch-Site": site}).status == 303


# ------------------------------------------------------------------------------------------------------------ the rest


def test_a_get_with_a_form_s_fields_does_nothing(shell: Shell, browser: Browser) -> None:
    visitor = browser.sign_in("ann")
    query = {**GOOD, "form_token": visitor.form_token}
    assert browser.open("/planted/send", query_string=query).status == 200
    assert shell.planted.done == []


def test_whose_session_has_ended_is_led_to_sign_in(shell: Shell, browser: Browser) -> None:
    page = browser.post("/planted/send", GOOD, token="old", Referer="http://127.0.0.1/planted/send?a=1")
    assert (page.status, page.location) == (303, "/sign-in?next=/planted/send%3Fa%3D1")
    strange = browser.post("/planted/send", GOOD, token="old", Referer="https://evil.example/planted")
    assert strange.location == "/sign-in"
    assert shell.planted.done == []


def test_a_route_that_a_key_guards_needs_no_token(shell: Shell, browser: Browser) -> None:
    assert browser.open("/planted/keyed", "POST").status == 200


def test_an_unmarked_route_needs_one(shell: Shell) -> None:
    from governance.web.guards import guarded, needs_form_token, public

    assert needs_form_token(lambda: None)
    assert needs_form_token(public("anybody may")(lambda: None))
    assert not needs_form_token(guarded("a key")(lambda: None))
    assert needs_form_token(shell.app.view_functions["send"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_that_write_need_one_too(ann: Browser, method: str) -> None:
    assert ann.open("/planted/any", method).heading == STALE
    assert ann.open("/planted/any", method, {"X-Form-Token": ann.token()}).text == "done"
