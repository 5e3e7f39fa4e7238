"""The pages of passkeys, as a browser with scripts uses them and as one without does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from governance.app import build_app
from governance.kernel import clock
from governance.people.models import Person
from governance.people.signin.models import Account, SignInSession
from governance.people.signin.rules import digest
from governance.people.signin.views import COOKIE
from policies.service import activate_own
from tests.installation import ACTOR, Installation, shared_installation
from tests.tokens.authenticators.keyholders import NOW
from tests.tokens.authenticators.soft_key import BE, UP, UV, SoftKey
from tests.web.browser_kit import Browser, Page
from tokens.authenticators.ceremonies.models import Passkey
from tokens.authenticators.ceremonies.rules import SENTENCES, Failure, unreachable
from tokens.authenticators.ceremonies.schemas import NO_NAME, NO_SCRIPT
from tokens.authenticators.models import Authenticator, SecondFactorAttempts
from tokens.authenticators.rules import FRESH_FOR
from wsgi import AREAS

__all__ = ["shared_installation"]

PUBLIC = "https://postern.example.org"
ADD, STEP, ALONE = "/account/authenticators/add/passkey", "/sign-in/second-step/passkey", "/sign-in/passkey"
JSON = {"Accept": "application/json"}


def app_at(installation: Installation, public_url: str = PUBLIC) -> Flask:
    return build_app(replace(installation.service.settings, public_url=public_url), AREAS)


@pytest.fixture(scope="module")
def served(shared_installation: Installation) -> Iterator[Flask]:
    app = app_at(shared_installation)
    activate_own(shared_installation.databases, shared_installation.service.requirements, ACTOR, clock.now())
    work = {"organisation": "council", "post": "head", "from": "2020-01-01"}
    shared_installation.apply(employment=[{"person": "mo", **work}])
    with shared_installation.databases.writing() as session:
        for number in session.scalars(select(Person.id)).all():
            session.execute(insert(Account).values(
                person_id=number, email=None, email_key=None, state="active", password_hash=None, invited_by="test",
                created_at=NOW,
            ))  # fmt: skip
    yield app
    app.extensions["postern"].databases.close()


@pytest.fixture
def browser(served: Flask) -> Browser:
    """A browser; nobody has a passkey yet."""
    with served.extensions["postern"].databases.writing() as session:
        for table in (Passkey, SecondFactorAttempts, Authenticator):
            session.execute(delete(table))
    return Browser(served)


def key(**change: Any) -> SoftKey:
    return SoftKey(origin=PUBLIC, flags=UP | UV | BE, step=0, **change)


def options(browser: Browser, page: Page, path: str) -> dict[str, Any]:
    """What the page's script asks for."""
    told = browser.post(path + "/options", {}, token="", **JSON, **{"X-Form-Token": page.token})
    assert told.status == 200, told.text
    assert told.headers["Cache-Control"] == "no-store"
    return dict(json.loads(told.text))


def enrol(browser: Browser, one: SoftKey, label: str = "Work laptop") -> Page:
    page = browser.get(ADD)
    return page.send(label=label, credential=one.create(options(browser, page, ADD)))


def session_of(browser: Browser) -> tuple[str, tuple[str, ...]]:
    """What the browser's session is proved by."""
    cookie = browser.client.get_cookie(COOKIE, domain="postern.example.org")
    assert cookie is not None
    with browser.service.databases.reading() as session:
        row = session.scalars(select(SignInSession).where(SignInSession.secret_digest == digest(cookie.value))).one()
        return row.acr, tuple(row.amr)


def test_the_first_passkey_signs_in_too(browser: Browser) -> None:
    browser.sign_in("ann", "")
    page = browser.get(ADD)
    assert page.heading == "Add a passkey"
    assert [one["src"] for one in page.tree.all("script")][-1].endswith("/passkeys.js")
    before = browser.client.get_cookie(COOKIE, domain="postern.example.org")
    done = enrol(browser, key())
    assert (done.status, done.location) == (303, "/account/authenticators/added")
    cookie = done.headers["Set-Cookie"]
    assert all(word in cookie for word in (f"{COOKIE}=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert session_of(browser) == ("passkey", ("pwd", "pop", "swk", "user"))
    assert before is not None
    assert before.value not in cookie


def test_it_proves_the_second_step_and_leads_on(browser: Browser) -> None:
    one = key()
    browser.sign_in("ann", "")
    enrol(browser, one)
    browser.sign_in("ann", "")
    page = browser.get(STEP + "?next=/account/sessions")
    done = page.send(credential=one.get(options(browser, page, STEP)))
    assert (done.status, done.location) == (303, "/account/sessions")
    assert session_of(browser)[0] == "passkey"


def test_the_page_of_all_ways_offers_it(browser: Browser) -> None:
    one = key()
    browser.sign_in("ann", "")
    assert "passkey" in [choice["value"] for choice in browser.get("/account/authenticators/add").tree.all("input")]
    enrol(browser, one)
    browser.sign_in("ann", "")
    page = browser.get("/sign-in/second-step?next=/account/sessions")
    assert page.form()["action"] == STEP
    done = page.send(credential=one.get(options(browser, page, STEP)))
    assert (done.status, done.location) == (303, "/account/sessions")


def test_who_has_to_prove_again_is_led_there(browser: Browser) -> None:
    browser.sign_in("ann", "mfa", now=clock.now() - FRESH_FOR)
    page = browser.get(ADD)
    assert (page.status, page.location) == (303, f"/sign-in/second-step?next={ADD}")


def test_it_signs_in_alone(browser: Browser) -> None:
    one, other = key(), Browser(browser.app)
    browser.sign_in("ann", "")
    enrol(browser, one)
    page = other.get(ALONE + "?next=/account/sessions")
    done = page.send(credential=one.get(options(other, page, ALONE)))
    assert (done.status, done.location) == (303, "/account/sessions")
    assert session_of(other) == ("passkey", ("pop", "swk", "user"))


def test_it_leads_to_no_other_site(browser: Browser) -> None:
    one = key()
    browser.sign_in("ann", "")
    enrol(browser, one)
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"):
        page = browser.get(STEP)
        done = page.send(credential=one.get(options(browser, page, STEP)), next=elsewhere)
        assert (done.status, done.location) == (303, "/account"), elsewhere


def test_a_challenge_of_another_browser_signs_nobody_in(browser: Browser) -> None:
    one, mine, thief = key(), Browser(browser.app), Browser(browser.app)
    browser.sign_in("ann", "")
    enrol(browser, one)
    pages = {each: each.get(ALONE) for each in (mine, thief)}
    asked = {each: options(each, page, ALONE) for each, page in pages.items()}
    stolen = one.get(asked[mine])
    assert pages[thief].send(credential=stolen).status == 422
    assert pages[mine].send(credential=stolen).status == 303


def test_without_scripts_the_page_says_what_else_there_is(browser: Browser) -> None:
    browser.sign_in("ann", "")
    for path, way in ((ADD, "/account/authenticators/add"), (STEP, "/sign-in/second-step")):
        page = browser.get(path)
        assert "Passkeys need JavaScript" in page.tree.one("noscript").text
        assert way in [one["href"] for one in page.tree.one("main").all("a")]
        refused = page.send(**({"label": "x"} if path == ADD else {}))
        assert refused.status == 422
        assert refused.errors == {"": NO_SCRIPT}
    page = Browser(browser.app).get(ALONE)
    assert page.send().errors == {"": NO_SCRIPT}


def test_what_is_wrong_is_said_and_the_name_is_kept(browser: Browser) -> None:
    browser.sign_in("ann", "")
    page = browser.get(ADD)
    assert page.send(credential="{}").errors == {"#label": NO_NAME}
    options(browser, page, ADD)
    refused = page.send(label="Work laptop", credential="{}")
    assert refused.errors == {"": SENTENCES[Failure.REFUSED].removesuffix(".")}
    assert refused.fields()["label"] == "Work laptop"
    assert refused.fields()["credential"] == ""
    assert page.send(label="x" * 61, credential="{}").errors["#label"].startswith("The name must be 60 characters")
    assert page.send(label="Late", credential="{}").errors == {"": SENTENCES[Failure.EXPIRED].removesuffix(".")}


def test_who_may_not_add_one_is_told_why(browser: Browser) -> None:
    browser.sign_in("ann", "")
    enrol(browser, key())
    browser.sign_in("ann", "")
    page = browser.get(ADD)
    assert page.status == 403
    browser.sign_in("ann", "mfa")
    assert browser.get(ADD).status == 403
    token = browser.token()
    told = browser.post(ADD + "/options", {}, token="", **JSON, **{"X-Form-Token": token})
    assert told.status == 403
    assert "challenge" not in told.text


@pytest.mark.parametrize("path", [ADD, STEP, ALONE])
def test_what_is_handed_to_the_browser_is_asked_with_the_pages_token(browser: Browser, path: str) -> None:
    browser.sign_in("ann", "")
    for headers in (
        {},
        {"X-Form-Token": "x" * 64},
        {"X-Form-Token": browser.token(), "Origin": "https://evil.example"},
    ):
        told = browser.post(path + "/options", {}, token="", **{**JSON, **headers})
        assert told.status in (400, 403), told.text
        assert "challenge" not in told.text
    assert browser.get(path + "/options").status == 405


@pytest.mark.parametrize("path", [ADD, STEP])
def test_whoever_is_not_signed_in_is_led_there(served: Flask, path: str) -> None:
    page = Browser(served).get(path)
    assert page.status == 303
    assert page.location.startswith("/sign-in?next=")


@pytest.mark.parametrize(("public_url", "says"), [
    ("http://127.0.0.1:8000", "Open http://localhost:8000 instead"), ("http://10.0.0.5", "made of figures (10.0.0.5)"),
])  # fmt: skip
def test_an_address_made_of_figures(shared_installation: Installation, public_url: str, says: str) -> None:
    app = app_at(shared_installation, public_url)
    page = Browser(app).get(ALONE)
    assert says in page.words
    assert not page.tree.one("main").all("form")
    app.extensions["postern"].databases.close()


def test_this_machine_by_its_name(shared_installation: Installation) -> None:
    app = app_at(shared_installation, "http://127.0.0.1:8000")
    there = app.test_client().get(ALONE, base_url="http://localhost:8000", headers={"Accept": "text/html"})
    assert there.status_code == 200
    assert b"data-passkey" in there.data
    other = app.test_client().get(ALONE, base_url="http://localhost.evil:8000", headers={"Accept": "text/html"})
    assert other.status_code == 400
    app.extensions["postern"].databases.close()


@pytest.mark.parametrize(("origin", "host", "free"), [
    ("https://a.example", "a.example", True), ("https://a.example:8443", "a.example:8443", True),
    ("https://a.example", "a.example:8443", False), ("http://localhost:8000", "127.0.0.1:8000", False),
    (None, "10.0.0.5", False),
])  # fmt: skip
def test_what_stands_in_the_way(origin: str | None, host: str, free: bool) -> None:
    assert (unreachable(origin, host) == "") is free
