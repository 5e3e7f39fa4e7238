"""The pages of sign-in: what they show, set and refuse. What stands behind them is tested on both databases."""

import re
import time

import pytest

from governance.people.signin.rules import Purpose
from governance.people.signin.service import accounts
from governance.people.signin.views import COOKIE, links
from governance.people.signin.views.entering import STOPPED, WRONG, waiting
from governance.ports.authorise import Permission
from tests.signin.browsers import Site
from tests.signin.people import GOOD, OTHER

CHANGED = {"password": GOOD, "new_password": OTHER}


def test_signing_in_leads_to_the_second_step(quick_site: Site) -> None:
    browser, ann = quick_site.browser(), quick_site.place.member()
    answer = browser.sign_in(ann, GOOD)
    assert (answer.status_code, answer.location) == (303, "/sign-in/second-step")
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(COOKIE))
    assert {part.strip() for part in cookie.split(";")[1:]} == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert cookie.startswith("__Host-")
    assert quick_site.place.there(browser.cookie()).reference == ann


def test_no_keyboard_mends_a_name(quick_site: Site) -> None:
    for path in ("/sign-in", "/recover"):
        page = quick_site.browser().get(path).get_data(as_text=True)
        field = re.search(r'<input[^>]* id="name"[^>]*>', page).group()
        assert 'autocapitalize="none"' in field
        assert 'spellcheck="false"' in field


def test_the_session_is_another_than_whatever_the_browser_came_with(quick_site: Site) -> None:
    """Nobody fixes a session for somebody else, and whoever was signed in here before is signed out."""
    browser, ann, before = quick_site.browser(), quick_site.place.member(), quick_site.place.member()
    browser.client.set_cookie(COOKIE, "chosen-by-mallory", domain="postern.example", secure=True)
    browser.sign_in(ann, GOOD)
    assert browser.cookie() not in ("", "chosen-by-mallory")
    assert quick_site.place.visitor("chosen-by-mallory") is None
    other = quick_site.browser().be(before)
    old = other.cookie()
    assert other.post("/sign-in", {"name": ann, "password": GOOD}, page="/account/password").status_code == 303
    assert quick_site.place.there(other.cookie()).reference == ann
    assert quick_site.place.visitor(old) is None


@pytest.mark.parametrize("which", ["wrong", "unknown", "invited"])
def test_one_page_for_whatever_fails(quick_site: Site, which: str) -> None:
    names = {"wrong": quick_site.place.member, "invited": quick_site.place.person, "unknown": lambda: f"nobody.{which}"}
    name = names[which]()
    if which == "invited":
        quick_site.place.invite(name)
    answer = quick_site.browser().sign_in(name, OTHER)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert WRONG in page
    assert "<title>Error: Sign in" in page
    assert OTHER not in page
    shown = re.sub(r'value="[^"]*"', "", page)
    assert name not in shown, "nothing but what was typed tells one of these pages from another"


def test_too_many_failures_are_told(quick_site: Site) -> None:
    browser, ann = quick_site.browser(), quick_site.place.member()
    for _ in range(4):
        browser.sign_in(ann, OTHER)
    assert "Wait 1 second, then try again" in browser.sign_in(ann, GOOD).get_data(as_text=True)
    assert [waiting(1), waiting(30), waiting(900)] == ["1 second", "30 seconds", "15 minutes"]
    assert "forgotten" in STOPPED


def test_where_to_go_on_is_kept_with_the_session(quick_site: Site) -> None:
    ann = quick_site.place.member()
    for wanted, kept in (("/people?page=2", "/people?page=2"), ("//evil.example/", ""), ("https://evil.example/", "")):
        browser = quick_site.browser()
        page = browser.get(f"/sign-in?next={wanted}").get_data(as_text=True)
        assert ("evil" in page) is False
        answer = browser.sign_in(ann, GOOD, next=wanted)
        assert answer.location == "/sign-in/second-step"
        assert quick_site.place.row(browser.cookie()).next_path == kept


def test_who_is_signed_in_goes_on(quick_site: Site) -> None:
    ann = quick_site.place.member()
    assert quick_site.browser().be(ann).get("/sign-in?next=/people").location == "/people"
    assert quick_site.browser().be(ann).get("/sign-in?next=//evil.example").location == "/account"
    assert quick_site.browser().be(ann, acr="").get("/sign-in").location == "/sign-in/second-step"


def test_signing_out(quick_site: Site) -> None:
    browser = quick_site.browser().be(quick_site.place.member())
    secret = browser.cookie()
    assert browser.get("/sign-out").status_code == 200
    assert quick_site.place.visitor(secret) is not None, "no link signs anybody out: the page asks"
    answer = browser.post("/sign-out", page="/account/password")
    assert (answer.status_code, answer.location) == (303, "/sign-in?left=yes")
    assert browser.cookie() == ""
    assert quick_site.place.visitor(secret) is None
    assert "You are signed out." in browser.get(answer.location).get_data(as_text=True)
    assert "You are signed out." not in browser.get("/sign-in").get_data(as_text=True)


# --- links


def test_an_invitation_in_one_page(quick_site: Site) -> None:
    browser, ann = quick_site.browser(), quick_site.place.person()
    path = f"/invitation/{quick_site.place.invite(ann)}"
    shown = browser.get(path)
    assert shown.status_code == 200
    assert shown.headers["Referrer-Policy"] == "strict-origin"
    refused = browser.post(path, {"new_password": "short"})
    assert refused.status_code == 422
    assert "must be 12 characters or more" in refused.get_data(as_text=True)
    answer = browser.post(path, {"new_password": GOOD})
    assert (answer.status_code, answer.location) == (303, "/account/authenticators/add")
    assert quick_site.place.there(browser.cookie()).acr == ""
    assert browser.get(path).status_code == 410
    assert quick_site.browser().post(path, {"new_password": OTHER}, page="/sign-in").status_code == 410


def test_a_link_shows_the_same_whether_it_never_was_or_is_spent(quick_site: Site) -> None:
    spent = quick_site.place.invite(quick_site.place.person())
    quick_site.place.choose(spent)
    pages = {quick_site.browser().get(f"/invitation/{token}").get_data(as_text=True) for token in (spent, "never-was")}
    assert len(pages) == 1


def test_recovery_from_end_to_end(quick_site: Site) -> None:
    browser, ann = quick_site.browser(), quick_site.place.member()
    bodies = []
    for name in (ann, "nobody.at.all"):
        answer = browser.post("/recover", {"name": name})
        assert (answer.status_code, answer.location) == (303, "/recover/asked")
        bodies.append(browser.get(answer.location).get_data(as_text=True))
    assert bodies[0] == bodies[1]
    link = quick_site.place.mails("recovery")[-1]["link"]
    path = "/recover/" + link.rpartition("/")[2]
    assert browser.get(path).status_code == 200
    answer = browser.post(path, {"new_password": OTHER})
    assert (answer.status_code, answer.location) == (303, "/sign-in/second-step")
    assert quick_site.place.enter(ann, OTHER).secret


def test_how_long_an_answer_takes_says_nothing_of_who_is_there(quick_site: Site) -> None:
    browser, ann = quick_site.browser(), quick_site.place.member()
    for name in (ann, "nobody.at.all"):
        began = time.monotonic()
        assert browser.post("/recover", {"name": name}).status_code == 303
        assert time.monotonic() - began >= links.ASKED_SECONDS


def test_no_other_site_uses_a_link_up(quick_site: Site) -> None:
    token = quick_site.place.invite(quick_site.place.person())
    sent = {"data": {"new_password": GOOD}, "base_url": "https://postern.example"}
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = quick_site.browser().client.post(f"/invitation/{token}", headers=headers, **sent)
        assert answer.status_code in (400, 403, 409, 419, 422), headers
    assert quick_site.place.choose(token).secret


# --- my sessions, my password


def test_my_sessions(quick_site: Site) -> None:
    ann, mallory = quick_site.place.member(), quick_site.place.member()
    mine, other, third = (quick_site.browser().be(ann) for _ in range(3))
    page = mine.get("/account/sessions").get_data(as_text=True)
    assert page.count("Firefox on Linux") >= 3
    assert "(this one)" in page
    sid = quick_site.place.there(other.cookie()).sid
    stranger = quick_site.browser().be(mallory)
    stranger.post(f"/account/sessions/{sid}/end", page="/account/password")
    assert quick_site.place.visitor(other.cookie()) is not None, "nobody ends another's session"
    assert mine.post(f"/account/sessions/{sid}/end", page="/account/sessions").status_code == 303
    assert quick_site.place.visitor(other.cookie()) is None
    assert mine.post("/account/sessions/end-others", page="/account/sessions").status_code == 303
    assert quick_site.place.visitor(third.cookie()) is None
    assert quick_site.place.visitor(mine.cookie()) is not None


def test_changing_the_password_on_its_page(quick_site: Site) -> None:
    ann = quick_site.place.member()
    browser, other = quick_site.browser().be(ann), quick_site.browser().be(ann)
    before = browser.cookie()
    wrong = browser.post("/account/password", {**CHANGED, "password": OTHER})
    assert wrong.status_code == 422
    assert "not your password as it is now" in wrong.get_data(as_text=True)
    assert "12 characters" in browser.post("/account/password", {**CHANGED, "new_password": "x"}).get_data(as_text=True)
    assert browser.post("/account/password", CHANGED).status_code == 303
    assert "Your password is changed" in browser.get("/account/sessions").get_data(as_text=True)
    assert browser.cookie() != before
    assert quick_site.place.visitor(before) is None
    assert quick_site.place.visitor(other.cookie()) is None
    assert quick_site.place.enter(ann, OTHER).secret


@pytest.mark.parametrize("path", ["/account/sessions", "/account/password", "/people/invite"])
def test_half_signed_in_reaches_nothing(quick_site: Site, path: str) -> None:
    half = quick_site.browser().be(quick_site.place.member(), acr="")
    answer = half.get(path)
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in/second-step")
    assert quick_site.browser().get(path).location.partition("?")[0] == "/sign-in"


# --- inviting


def test_inviting_asks_for_the_part_of_the_tree(quick_site: Site) -> None:
    browser, person = quick_site.browser().be(quick_site.place.member()), quick_site.place.person()
    answer = browser.post("/people/invite", {"person": person, "email": f"{person}@example.org"})
    assert answer.status_code == 303
    assert quick_site.asked[-1] == ("invite", "account", person, {})
    assert quick_site.place.mails("invitation")[-1]["link"].startswith("https://postern.example/invitation/")
    assert "on its way" in browser.get("/people/invite").get_data(as_text=True)


def test_who_may_not_invite_invites_nobody(quick_site: Site) -> None:
    browser, person = quick_site.browser().be(quick_site.place.member()), quick_site.place.person()
    token, before = browser.token("/people/invite"), len(quick_site.place.mails("invitation"))
    quick_site.permission = Permission(allowed=False, reasons=({"code": "no_role", "user": "You hold no such role."},))
    sent = {"form_token": token, "person": person, "email": f"{person}@example.org"}
    answer = browser.client.post(
        "/people/invite", data=sent, base_url="https://postern.example", headers=browser.headers({})
    )
    assert answer.status_code == 403
    assert "You hold no such role." in answer.get_data(as_text=True)
    assert len(quick_site.place.mails("invitation")) == before


@pytest.mark.parametrize(
    ("person", "email", "said"),
    [
        ("nobody.known", "a@example.org", "Nobody whom you may invite has this reference"),
        ("", "a@example.org", "Enter the person’s reference"),
        ("{person}", "no address", "Enter an email address in the correct format"),
        ("{person}", "ä@example.org", "address"),
        ("{member}", "a@example.org", "signs in already"),
    ],
)
def test_what_stands_in_the_way_of_an_invitation(quick_site: Site, person: str, email: str, said: str) -> None:
    names = {"person": quick_site.place.person(), "member": quick_site.place.member()}
    browser = quick_site.browser().be(names["member"])
    answer = browser.post("/people/invite", {"person": person.format(**names), "email": email.format(**names)})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


# --- secrets


def test_no_secret_in_any_page_log_or_entry(
    quick_site: Site, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted password, token or secret is nowhere but where it belongs, whatever goes wrong."""
    browser, ann = quick_site.browser(), quick_site.place.member()
    planted = "planted quietly between hills"
    invitation = quick_site.place.invite(quick_site.place.person())
    browser.sign_in(ann, planted)
    browser.sign_in(planted, planted)
    pages = [browser.post("/recover", {"name": planted}).get_data(as_text=True)]
    pages += [browser.post(f"/invitation/{invitation}", {"new_password": planted[:11]}).get_data(as_text=True)]
    session = quick_site.browser().be(ann)
    pages += [session.post("/account/password", {"password": planted, "new_password": planted}).get_data(as_text=True)]
    pages += [session.get("/account/sessions").get_data(as_text=True)]

    def fail(*_given: object, **_named: object) -> None:
        raise RuntimeError(planted)

    monkeypatch.setattr(accounts, "find_live", fail)
    broken = browser.get(f"/invitation/{invitation}")
    assert broken.status_code == 500
    said = capfd.readouterr()
    everything = " ".join((said.out, said.err, broken.get_data(as_text=True), str(quick_site.place.told()), *pages))
    for secret in (planted, planted[:11], session.cookie(), browser.cookie("__Host-postern-form")):
        assert secret not in everything
    assert invitation not in said.out + said.err + str(quick_site.place.told())
    assert Purpose.INVITATION in said.out + said.err, "the address is told, without its token"


def test_links_are_made_of_the_public_address(quick_site: Site) -> None:
    """Nobody makes us mail a link to another site by the name they call us by."""
    ann = quick_site.place.member()
    quick_site.browser().client.post("/recover", data={"name": ann}, base_url="https://evil.example")
    for mail in quick_site.place.mails("recovery"):
        assert "evil" not in mail["link"]
