"""For whom an organisation's provider speaks, on both databases: for nobody who holds a role outside its part."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from governance.kernel import clock
from governance.kernel.clock import london_day
from governance.people.signin.rules import Failure
from governance.people.signin.views import COOKIE, OUTGROWN
from tests.installation import APPROVED
from tests.races import race
from tests.servers import SYSTEM
from tests.signin.schools import School
from tests.signin.test_taken_addresses import invite_by_mail, row_of

DAY = timedelta(days=1)
TREE = [
    {"reference": "academy", "name": "The Academy", "kind": "school", "parent": "council"},
    {"reference": "academy-nursery", "name": "Its Nursery", "kind": "school", "parent": "academy"},
    {"reference": "school-beside", "name": "Another School", "kind": "school", "parent": "council"},
]


@pytest.fixture
def academy(make: Callable[..., School]) -> School:
    """The provider of a school with a nursery below it, the council above and another school beside it.

    It is met by links and by addresses, and its word counts as both factors.
    """
    make().place.installation.apply(organisations=TREE)
    return make(organisation="academy", second_factor_acrs=["silver"], by_email=True)


def teacher(school: School) -> str:
    """Somebody who works at the school, has an account and is linked."""
    ann = school.place.member()
    row = {"person": ann, "organisation": "academy", "post": "teacher", "from": "2020-01-01"}
    school.place.installation.apply(employment=[row])
    school.link(ann)
    return ann


def grant(school: School, person: str, organisation: str, system: str = SYSTEM, **days: str) -> None:
    """Give somebody a role for an organisation."""
    role = {"role": "reader", "approvals": [APPROVED]} if system == SYSTEM else {"role": "administrator"}
    row = {"person": person, "system": system, "organisation": organisation, "from": "2020-01-01", **role, **days}
    school.place.installation.apply(grants=[row])


def day(days: int) -> str:
    """A day so many days from today."""
    return london_day(clock.now() + days * DAY).isoformat()


@pytest.mark.parametrize(
    ("says", "organisation", "system", "days", "let_in"),
    [
        ("for the school itself", "academy", SYSTEM, {}, True),
        ("for what lies below it", "academy-nursery", SYSTEM, {}, True),
        ("that looks after the school", "academy", "governance", {}, True),
        ("for what lies above it", "council", SYSTEM, {}, False),
        ("that looks after all of the council", "council", "governance", {}, False),
        ("for what lies beside it", "school-beside", SYSTEM, {}, False),
        ("that begins tomorrow", "council", "governance", {"from": day(1)}, False),
        ("that ends today", "council", "governance", {"to": day(0)}, False),
        ("that ended yesterday", "council", "governance", {"to": day(-1)}, True),
    ],
)
def test_a_provider_does_not_vouch_for_roles_beyond_its_part(
    academy: School, says: str, organisation: str, system: str, days: dict[str, str], let_in: bool
) -> None:
    ann = teacher(academy)
    grant(academy, ann, organisation, system, **days)
    proved = {"acr": "silver", "auth_time": int(clock.now().timestamp()) - 5}
    ways = ((f"id-{ann}", {}), ("whoever", {"email": f"{ann}@example.org", "email_verified": True}))
    for subject, claims in ways:
        browser, answer = academy.sign_in(subject, **proved, **claims)
        if let_in:
            assert (answer.status_code, academy.place.there(browser.cookie()).acr) == (303, "mfa"), says
        else:
            assert (answer.status_code, browser.cookie()) == (403, ""), says
            assert academy.failure() == Failure.HOLDS_BEYOND


def test_what_they_prove_at_postern_itself_lets_them_in(academy: School) -> None:
    ann = teacher(academy)
    grant(academy, ann, "council", "governance")
    _, answer = academy.sign_in(f"id-{ann}")
    assert "Sign in with your password or your passkey" in answer.get_data(as_text=True)
    assert academy.place.enter(ann).secret


def test_the_provider_above_vouches_for_them(academy: School, make: Callable[..., School]) -> None:
    """Each vouches for its own part: the council for roles of the council, of its schools too."""
    ann = teacher(academy)
    grant(academy, ann, "council")
    above = make(organisation="council")
    above.link(ann)
    assert above.sign_in(f"id-{ann}")[1].status_code == 303


def test_who_was_invited_at_anothers_address_comes_by_their_provider_without_it(academy: School) -> None:
    place = academy.place
    ann, other = place.member(), place.person()
    row = {"person": other, "organisation": "academy", "post": "teacher", "from": "2020-01-01"}
    place.installation.apply(employment=[row])
    invite_by_mail(place, other, f"{ann}@example.org")
    academy.link(other)
    assert academy.sign_in(f"id-{other}")[1].status_code == 303
    account = row_of(place, other)
    assert (account.state, account.email, account.email_key) == ("active", None, None), "its mail would go to another"


@pytest.mark.parametrize("half", [False, True])
def test_a_session_that_a_role_outgrows_is_ended(academy: School, half: bool) -> None:
    ann = teacher(academy)
    proved = {} if half else {"acr": "silver", "auth_time": int(clock.now().timestamp()) - 5}
    browser, _ = academy.sign_in(f"id-{ann}", **proved)
    page = "/sign-out" if half else "/account"
    assert browser.get(page).status_code == 200
    grant(academy, ann, "academy-nursery")
    assert browser.get(page).status_code == 200, "the provider speaks for that too"
    grant(academy, ann, "council", "governance", **{"from": day(30)})
    answer = browser.get(page)
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in")
    assert academy.place.sessions(ann) == []
    assert academy.place.told("session.ended")[-1][1]["why"] == OUTGROWN
    assert academy.place.enter(ann).secret, "they sign in by what Postern itself knows"


def test_whichever_of_its_pages_is_first_all_lead_to_signing_in(academy: School) -> None:
    """Several tabs, asked at once: one of them ends the session."""
    ann = teacher(academy)
    browser, _ = academy.sign_in(f"id-{ann}", acr="silver", auth_time=int(clock.now().timestamp()) - 5)
    grant(academy, ann, "council", "governance")
    tabs = [academy.site.browser() for _ in range(8)]
    for tab in tabs:
        tab.client.set_cookie(COOKIE, browser.cookie(), domain="postern.example", secure=True)
    waiting = iter(tabs)
    answers = race(1, len(tabs), lambda _: next(waiting).get("/account").status_code)[0]
    assert answers == [303] * len(tabs)
    assert academy.place.sessions(ann) == []


def test_nor_does_a_session_outlast_a_move_of_the_tree(academy: School) -> None:
    ann = teacher(academy)
    browser, _ = academy.sign_in(f"id-{ann}", acr="silver", auth_time=int(clock.now().timestamp()) - 5)
    grant(academy, ann, "academy-nursery")
    assert browser.get("/account").status_code == 200
    nursery = next(one for one in TREE if one["reference"] == "academy-nursery")
    academy.place.installation.apply(organisations=[{**nursery, "parent": "council"}])
    assert browser.get("/account").status_code == 303
    academy.place.installation.apply(organisations=[nursery])


def test_a_role_ends_no_session_that_no_provider_has_begun(academy: School) -> None:
    ann = teacher(academy)
    browser = academy.site.browser().be(ann)
    grant(academy, ann, "council", "governance")
    assert browser.get("/account").status_code == 200
