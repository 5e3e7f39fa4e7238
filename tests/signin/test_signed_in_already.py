"""Whoever is signed in already does not go to a provider, whatever site leads them there, and keeps their session."""

from collections.abc import Callable

import pytest

from governance.people.signin.views.entering import WAY
from tests.signin.schools import School

EVIL = {"Sec_Fetch_Site": "cross-site", "Referer": "https://evil.example/"}


@pytest.mark.parametrize(
    ("acr", "query", "to"),
    [("mfa", "", "/account"), ("mfa", "?next=/people", "/people"), ("mfa", "?next=//evil.example", "/account"),
     ("", "", "/sign-in/second-step")],
)  # fmt: skip
def test_a_link_of_another_site_leads_on(make: Callable[..., School], acr: str, query: str, to: str) -> None:
    school = make()
    ann = school.place.member()
    browser = school.site.browser().be(ann, acr)
    secret = browser.cookie()
    answer = browser.get(f"/sign-in/with/{school.name}{query}", **EVIL)
    assert (answer.status_code, answer.location) == (303, to)
    assert browser.cookie(WAY) == "", "they have not set out"
    assert (browser.cookie(), school.place.there(secret).acr) == (secret, acr)


def test_who_comes_back_after_having_signed_in_elsewhere_keeps_that_session(make: Callable[..., School]) -> None:
    """A provider waits until its visitor has signed in as themselves, and then vouches for somebody else."""
    school = make()
    ann, pawn = school.place.member(), school.place.person()
    school.link(pawn)
    browser = school.site.browser()
    brought = school.provider.authorize(school.out(browser), f"id-{pawn}")
    secret = browser.be(ann).cookie()
    answer = school.back(browser, brought)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert (browser.cookie(), school.place.there(secret).reference) == (secret, ann)
    assert browser.cookie(WAY) == ""
    assert school.place.sessions(pawn) == []


def test_who_is_signed_out_goes_there_at_once(make: Callable[..., School]) -> None:
    school = make()
    browser = school.site.browser()
    assert f"/sign-in/with/{school.name}" in browser.get("/sign-in").get_data(as_text=True)
    assert school.out(browser).startswith(school.provider.issuer)
