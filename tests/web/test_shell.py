"""The shell of the pages: who gets to which, what forms must bear, what is told, what errors look like."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.people.signin import service as signin
from governance.people.signin.telling import ToldLines
from governance.ports.actor import Actor
from governance.ports.authorise import Permission
from governance.web.guards import page_mark
from governance.web.layout import Shown, nearest
from tests.installation import shared_installation
from tests.web.browser_kit import Browser
from tests.web.planted import REASON, Shell, browser, planted_shell, shell

__all__ = ["browser", "planted_shell", "shared_installation", "shell"]

JSON = {"Accept": "application/json"}
OLD = {"code": "second_factor_too_old", "requirement": "second-factor", "user": "Prove it again.", "remedy": {}}


# ------------------------------------------------------------------------------------------------------ who gets where


@pytest.mark.parametrize(("acr", "reaches"), [
    (None, {"open": 200, "half": "/sign-in", "own": "/sign-in", "people": "/sign-in"}),
    ("", {"open": 200, "half": 200, "own": "/sign-in/second-step", "people": "/sign-in/second-step"}),
    ("mfa", {"open": 200, "half": 200, "own": 200, "people": 200}),
    ("passkey", {"open": 200, "half": 200, "own": 200, "people": 200}),
])  # fmt: skip
def test_a_page_is_reached_at_its_stage(browser: Browser, acr: str | None, reaches: dict[str, object]) -> None:
    if acr is not None:
        browser.sign_in("ann", acr)
    for name, expected in reaches.items():
        page = browser.get(f"/planted/{name}")
        if expected == 200:
            assert page.status == 200, name
        else:
            assert (page.status, page.location) == (303, f"{expected}?next=/planted/{name}"), name


def test_a_script_that_is_not_signed_in_is_told_so(browser: Browser) -> None:
    page = browser.get("/planted/own", **JSON)
    assert (page.status, page.headers["Content-Type"]) == (401, "application/problem+json")


def test_a_session_that_was_ended_reaches_nothing(shell: Shell, browser: Browser) -> None:
    visitor = browser.sign_in("ann")
    with browser.service.databases.change("test", clock.now()) as session:
        signin.end_sessions(session, visitor.person, "test", actor=Actor("test"), now=clock.now())
    assert browser.get("/planted/own").location.startswith("/sign-in?")


@pytest.mark.parametrize(("acr", "ago", "status"), [
    ("mfa", timedelta(minutes=29), 200), ("mfa", timedelta(minutes=31), 303),
    ("", timedelta(minutes=9), 200), ("", timedelta(minutes=11), 303),
])  # fmt: skip
def test_a_session_ends_by_itself(browser: Browser, acr: str, ago: timedelta, status: int) -> None:
    import time_machine

    begun = clock.now() - ago
    with time_machine.travel(begun, tick=False):
        browser.sign_in("ann", acr, now=begun)
    assert browser.get("/planted/half").status == status


def test_what_is_asked_is_asked_of_the_engine(shell: Shell, browser: Browser) -> None:
    browser.sign_in("ann")
    assert browser.get("/planted/people/school-a").status == 200
    expected = ("view-people", "organisation", "school-a", {"within": ["school-a", "council"]})
    assert shell.planted.asked == [expected]


def test_a_refusal_is_a_page_with_every_reason(shell: Shell, browser: Browser) -> None:
    shell.planted.answer = Permission(False, [REASON, {**REASON, "code": "suspended"}], "D-77")
    browser.sign_in("ann")
    page = browser.get("/planted/people")
    assert page.status == 403
    assert page.codes == ["no_grant", "suspended"]
    assert all(
        said in page.words for said in ("You have no role here.", "Ask for access.", "your line manager", "D-77")
    )
    told = json.loads(browser.get("/planted/people", **JSON).text)
    assert ([one["code"] for one in told["reasons"]], told["decision_id"]) == (["no_grant", "suspended"], "D-77")


def test_an_old_proof_leads_to_the_second_step_and_back(shell: Shell, browser: Browser) -> None:
    shell.planted.answer = Permission(False, [OLD], "D-1")
    browser.sign_in("ann")
    assert (
        browser.get("/planted/people?a=1&b=2").location == "/sign-in/second-step?next=/planted/people%3Fa%3D1%26b%3D2"
    )
    scripted = browser.get("/planted/people", **JSON)
    assert scripted.status == 401
    assert 'error="insufficient_user_authentication"' in scripted.headers["WWW-Authenticate"]
    shell.planted.answer = Permission(False, [OLD, REASON], "D-2")
    assert browser.get("/planted/people").status == 403, "a newer proof alone would not help"


def test_nobody_is_asked_about_before_they_have_signed_in(shell: Shell, browser: Browser) -> None:
    for acr in (None, ""):
        if acr is not None:
            browser.sign_in("ann", acr)
        browser.get("/planted/people")
    assert shell.planted.asked == []


# ----------------------------------------------------------------------------------------------------------------- menu


def test_the_menu_shows_what_the_visitor_may_use(shell: Shell, browser: Browser) -> None:
    assert browser.get("/planted/open").menu == []
    browser.sign_in("ann", "")
    assert browser.get("/planted/half").menu == []
    browser.sign_in("ann")
    assert browser.get("/planted/own").menu == ["Own"]
    shell.planted.may_see = {("plant-people", "organisation"), ("view-authenticators", "account")}
    page = browser.get("/planted/people/x")
    assert page.menu == ["My authenticators", "Own", "Planted people"]
    current = [(one.text, one["aria-current"]) for one in page.tree.all("a") if one["aria-current"]]
    assert current == [("Planted people", "true")]
    assert shell.planted.links_asked == 2, "once a page"
    assert len(shell.planted.asked) == 1, "what is shown is not what is recorded"


def test_of_links_above_a_page_the_nearest_is_where_one_is() -> None:
    above, nearer = (
        Shown("My access", "/account", "true"),
        Shown("My authenticators", "/account/authenticators", "true"),
    )
    assert nearest([above, nearer]) == [above._replace(current=""), nearer]
    assert nearest([above]) == [above]


def test_without_an_answer_no_link_is_shown(shell: Shell, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.sign_in("ann")
    monkeypatch.setattr(browser.service, "may_see", None)
    assert browser.get("/planted/own").menu == ["Own"]


# ----------------------------------------------------------------------------------------------------------- told once


def test_what_was_done_is_told_once(browser: Browser) -> None:
    browser.sign_in("ann")
    page = browser.get("/planted/send").send(name="<Ann>", ends__day="31", ends__month="March", ends__year="2027")
    told = page.follow()
    assert told.told == ["Saved <Ann>."]
    assert browser.get("/planted/own").told == []


def test_lines_are_the_session_s_own(shell: Shell, browser: Browser) -> None:
    browser.sign_in("ann")
    other = shell.browser()
    other.sign_in("ann")
    browser.get("/planted/send").send(name="Ann", ends__day="31", ends__month="3", ends__year="2027")
    assert other.get("/planted/own").told == []
    assert browser.get("/planted/own").told == ["Saved Ann."]


def test_only_the_last_few_lines_are_kept(shell: Shell, browser: Browser) -> None:
    browser.sign_in("ann")
    for number in range(7):
        browser.post("/planted/send", {"name": str(number), "ends-day": "1", "ends-month": "1", "ends-year": "2027"})
    assert browser.get("/planted/own").told == [f"Saved {number}." for number in range(2, 7)]


@pytest.mark.parametrize("rounds", [10])
def test_of_two_pages_at_once_one_tells(browser: Browser, rounds: int) -> None:
    visitor, told = browser.sign_in("ann"), ToldLines(browser.service.databases)
    with ThreadPoolExecutor(4) as pool:
        for number in range(rounds):
            told.keep(visitor, "note", f"Line {number}.")
            assert [line for taken in pool.map(lambda _: told.take(visitor), range(4)) for line in taken] == [
                ("note", f"Line {number}.")
            ]
        list(pool.map(lambda number: told.keep(visitor, "note", f"{number}"), range(4)))
    assert sorted(said for _, said in told.take(visitor)) == ["0", "1", "2", "3"], "none is lost"


def test_no_page_changes_anything_because_it_is_looked_at(
    shell: Shell, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approvals by GET are impossible (ASVS V3.5.3). An exception is named here, with its reason."""
    visitor, changed = browser.sign_in("ann"), []
    sent = {"form_token": visitor.form_token, "name": "Ann", "ends-day": "1", "ends-month": "1", "ends-year": "2027"}
    monkeypatch.setattr(Databases, "change", lambda *_, **__: changed.append("change"))
    for rule in shell.app.url_map.iter_rules():
        if page_mark(shell.app.view_functions[rule.endpoint]) is not None and "GET" in (rule.methods or ()):
            path = re.sub(r"<[^>]*>", "x", re.sub(r"<any\((\w+).*?>", r"\1", rule.rule))
            browser.client.get(path, base_url="http://127.0.0.1", query_string=sent, headers={"Accept": "text/html"})
            assert changed == [], path
    assert shell.planted.done == []


# ------------------------------------------------------------------------------------------------------- error pages


@pytest.mark.parametrize(("kind", "status", "title", "said"), [
    ("missing", 404, "Page not found", "There is nobody of that name."),
    ("conflict", 409, "This has changed in the meantime", "Somebody else has changed it."),
    ("refused", 403, "You cannot do this", "It is too far."),
    ("many", 429, "Wait a little", "Try again in 42 seconds."),
    ("great", 413, "That is too large", "Send less at once."),
    ("unlike", 422, "That cannot be taken as it is", "Go back and correct what you entered."),
    ("away", 503, "Sorry, the service is unavailable", "Try again in a moment."),
    ("mistake", 500, "Sorry, there is a problem with the service", "It has been logged."),
])  # fmt: skip
def test_a_problem_is_a_page_in_plain_words(browser: Browser, kind: str, status: int, title: str, said: str) -> None:
    browser.sign_in("ann")
    page = browser.get(f"/planted/wrong/{kind}")
    assert (page.status, page.heading) == (status, title)
    assert said in page.words
    assert "secret" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    problem = browser.get(f"/planted/wrong/{kind}", **JSON)
    assert (problem.status, problem.headers["Content-Type"]) == (status, "application/problem+json")


def test_what_is_not_there_is_a_page_for_a_browser_alone(browser: Browser) -> None:
    assert browser.get("/nowhere").heading == "Page not found"
    assert browser.get("/nowhere", Accept="*/*").headers["Content-Type"] == "application/problem+json"
    assert browser.open("/planted/own", "DELETE").heading == "Page not found"
    assert browser.get("/openapi.json").headers["Content-Type"] == "application/json"


def test_a_page_says_what_is_wrong_while_the_database_is_away(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from governance.kernel.errors import Unavailable

    browser.sign_in("ann")

    def away() -> int:
        raise Unavailable("the facts database does not answer")

    monkeypatch.setattr(browser.service.databases.freshness, "current", away)
    page = browser.get("/planted/own")
    assert (page.status, page.heading) == (503, "Sorry, the service is unavailable")
    assert page.headers["Retry-After"] == "1"
    assert browser.get("/statements/cookies", Cookie="").status == 503, "nobody knows who is there"


def test_a_mistake_while_a_problem_is_told_is_a_problem(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("governance.web.layout.render_template", stumble)
    page = browser.get("/planted/open")
    assert (page.status, page.headers["Content-Type"]) == (500, "application/problem+json")
    assert "secret" not in page.text
