"""The pages of those who look after access: somebody else's authenticators, and replacements."""

import re

from tests.tokens.authenticators.desks import MINE, SECOND, desk, number_of
from tests.web.browser_kit import Browser
from tokens.authenticators import totp

__all__ = ["desk"]


def test_an_officer_sees_no_secret_reports_lost_and_unlocks(desk):
    browser, reference, seed = desk.enrolled()
    officer, own = desk.person("mfa")
    page = officer.get(f"/people/{reference}/authenticators")
    assert desk.asked[-1] == (own, "view-authenticators", "account", reference, False)
    assert totp.as_typed(seed) not in page.text
    asked = officer.get(f"/people/{reference}/authenticators/{number_of(page)}/lost")
    assert asked.heading == f"Has {reference} lost “My phone”?"
    assert (browser.get(MINE).status, "dead at once" in asked.words) == (200, True), "nothing is done yet"
    assert desk.asked[-1] == (own, "report-lost", "account", reference, False)
    after = asked.send().follow()
    assert after.told == ["It no longer counts, and their sessions have ended."]
    assert "Reported lost" in after.words
    assert browser.get(MINE).status == 303


def test_an_officer_asks_about_nobody_elses_by_number(desk):
    browser, _, _ = desk.enrolled()
    _, other, _ = desk.enrolled()
    officer, _ = desk.person("mfa")
    assert officer.get(f"/people/{other}/authenticators/{number_of(browser.get(MINE))}/lost").status == 404


def test_a_replacement_takes_two_officers_and_its_link_signs_in_anew(desk):
    browser, reference, _ = desk.enrolled()
    theirs = f"/people/{reference}/authenticators"
    one, _ = desk.person("mfa")
    two, _ = desk.person("mfa")
    page = one.get(theirs)
    one.get(f"{theirs}/{number_of(page)}/lost").send()
    page = one.get(theirs)
    empty = page.send(why="")
    assert empty.errors == {"#why": "Say why; it goes on the record"}
    asked = empty.send(why="Phone fell into the canal").follow()
    assert "Approve it" not in asked.words
    number = re.search(r"replacement/(\d+)/refuse", asked.text).group(1)
    own = one.post(f"{theirs}/replacement/{number}/approve", {})
    assert (own.status, own.codes) == (403, ["self_approval"])
    assert two.get(theirs).send().follow().told == ["Approved. They get a link by mail; it is good for 24 hours, once."]
    link = desk.mail(reference, "authenticator-replacement")["link"]
    token = link.rpartition("/")[2]
    assert all(token not in page.text for page in (one.get(theirs), two.get(theirs)))
    nobody = Browser(desk.app).get(link)
    assert nobody.location == "/sign-in?again=link", "the link lets in, so no other address holds it"
    assert "open the link in your mail again" in nobody.follow().words
    stranger, _ = desk.person("mfa")
    assert (stranger.get(link).status, stranger.get(link).codes) == (410, ["link_spent"])
    browser.sign_in(reference, "")
    assert "Open the link in your mail again now" in browser.get(SECOND).words
    page = browser.get(link)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    add = page.send().follow()
    trial = add.send(kind="totp").follow()
    seed = totp.read_seed(trial.tree.one("p", id="key").text)
    done = trial.send(code=desk.code(seed)).follow()
    assert "This one is temporary" in done.words
    used = browser.get(link)
    assert (used.status, used.heading, used.codes) == (410, "This link can no longer be used", ["link_spent"])
    assert browser.post(link, {}).codes == ["link_spent"]
    browser.sign_in(reference, "")
    assert "Open the link in your mail" not in browser.get(SECOND).words


def test_after_a_replacement_the_old_one_is_asked_about(desk):
    browser, reference, _ = desk.enrolled()
    old, theirs = number_of(browser.get(MINE)), f"/people/{reference}/authenticators"
    one, _ = desk.person("mfa")
    two, _ = desk.person("mfa")
    one.get(theirs).send(why="Phone was stolen")
    page = two.get(theirs)
    assert "What they have still counts, with the replacement too: My phone." in page.words
    page.send()
    browser.sign_in(reference, "")
    link = desk.mail(reference, "authenticator-replacement")["link"]
    trial = browser.get(link).send().follow().send(kind="totp").follow()
    seed = totp.read_seed(trial.tree.one("p", id="key").text)
    done = trial.send(code=desk.code(seed)).follow()
    assert "Have you lost what you had before?" in done.words
    assert done.link("I have lost it: My phone") == f"{MINE}/{old}/lost"
    browser.get(f"{MINE}/{old}/lost").send()
    assert "Have you lost what you had before?" not in browser.get(f"{MINE}/added").words
    assert "What they have still counts" not in two.get(theirs).words


def test_a_replacement_is_decided_under_its_own_person_only(desk):
    """The door asks about the person in the path: a number of somebody else's replacement is not found there."""
    _, reference, _ = desk.enrolled()
    _, other, _ = desk.enrolled()
    one, _ = desk.person("mfa")
    two, _ = desk.person("mfa")
    asked = one.post(f"/people/{reference}/authenticators/replacement", {"why": "lost"}).follow()
    number = re.search(r"replacement/(\d+)/refuse", asked.text).group(1)
    for act in ("approve", "refuse"):
        assert two.post(f"/people/{other}/authenticators/replacement/{number}/{act}", {}).status == 404


def test_nobody_is_offered_a_replacement_for_themselves(desk):
    officer, own = desk.person(acr="mfa")
    _, other, _ = desk.enrolled()
    for whom, offered in ((other, True), (own, False)):
        page = officer.get(f"/people/{whom}/authenticators")
        assert (whom.title() in page.heading, "Start a temporary replacement" in page.text) == (True, offered)
