"""From a mailed invitation to a first decision in a browser: how many clicks, how long; then codes that fail."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.installation import launcher
from tests.journeys.browsing import launched, opened, press, profile
from tests.journeys.seat import STEP, Seat, code, link_in, scan

__all__ = ["launcher"]
pytestmark = pytest.mark.xdist_group("seat")

WHO, BY, ABOUT = "martin.hope", "ken.dale", "helen.ward"
PASSWORD = "seven bicycles under rain"
CLICKS, SECONDS = 12, 120


class Hand:
    """Somebody at a page, whose every press is counted: of a link, a button, a choice."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.began = page, 0, time.monotonic()

    def open(self, link: str) -> None:
        self.clicks += 1
        self.page.goto(link)

    def press(self, name: str) -> None:
        self.clicks += 1
        press(self.page, name)

    def follow(self, name: str) -> None:
        self.clicks += 1
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name, exact=True).click()

    def choose(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_label(name, exact=True).check()

    @property
    def where(self) -> str:
        """The page's heading."""
        return self.page.get_by_role("heading", level=1).inner_text()


class Walked(NamedTuple):
    """How somebody came to a first decision, and the seed that their phone has since."""

    clicks: int
    seconds: float
    seed: bytes
    screens: list[str]
    step: int
    number: str


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright, launched(playwright) as browser, profile(browser) as made:
        yield made


@pytest.fixture(scope="module")
def walked(context: BrowserContext, seat: Seat, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Invited by an officer on the page, by mail; from there on all by hand."""
    with seat.post() as office:
        with opened(context) as page:
            seat.sign_in(context, BY)
            page.goto(f"{seat.address}/people/invite?person={WHO}")
            page.get_by_label("Email address").fill("martin.hope@example.org")
            press(page, "Send")
            assert "The invitation is on its way to " in page.locator("main").inner_text()
        link = link_in(seat.send_mail(office))
    with opened(context) as page:
        return walk(Hand(page), seat, link, tmp_path_factory.mktemp("walked"))


def walk(hand: Hand, seat: Seat, link: str, folder: Path) -> Walked:
    """Open the link, choose a password, set the phone up, keep the recovery codes, and ask."""
    page, screens = hand.page, []
    hand.open(link)
    screens.append(hand.where)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    hand.press("Continue")
    screens.append(hand.where)
    hand.choose("An authenticator app on a phone")
    hand.press("Continue")
    screens.append(hand.where)
    seed = scan(page, folder)
    step = seat.step()
    page.get_by_label("Code that the app shows now").fill(code(seed, step))
    hand.press("Continue")
    screens.append(hand.where)
    hand.press("Show my recovery codes")
    screens.append(hand.where)
    hand.press("I have kept them")
    screens.append(hand.where)
    hand.follow("Check access")
    page.get_by_label("Whose access").fill(ABOUT)
    page.get_by_label("In which system").select_option("derbyshire-databook")
    hand.press("Continue")
    page.get_by_label("Which action on what").select_option("databook-record/view")
    page.get_by_label("Which one").fill("DCC-204117")
    page.get_by_label("School").fill("fenny-hollow-primary")
    hand.press("Check")
    told = page.locator("main").inner_text()
    assert hand.where == "Permitted", told
    number = page.get_by_text("This check is on record as").locator("strong").inner_text()
    return Walked(hand.clicks, time.monotonic() - hand.began, seed, screens, step, number)


def test_a_first_decision_takes_few_clicks_and_little_time(walked: Walked, seat: Seat) -> None:
    assert walked.screens == [
        "Choose a password", "Add a way to prove who you are", "Set up your authenticator app", "It is set up",
        "Your recovery codes", "My access",
    ]  # fmt: skip
    assert walked.clicks <= CLICKS
    assert walked.seconds <= SECONDS
    asked = seat.made.recorded(walked.number)["body"]
    assert (asked["subject"], asked["action"], asked["client"]) == (ABOUT, "view", f"desk:{WHO}")


def test_codes_that_fail_say_why_and_a_good_one_opens(walked: Walked, seat: Seat, context: BrowserContext) -> None:
    with opened(context) as page:
        sign_in(page, seat)
        assert "That code was used already. Wait for the next one" in give(page, code(walked.seed, walked.step))
        seat.wait(60)
        assert "That code is not right." in give(page, wrong_code(walked.seed, seat.step()))
        seat.wait(360)
        late = code(walked.seed, seat.step() - 180 // STEP)
        assert "Your phone’s clock is about 3 minutes slow" in give(page, late)
        seat.wait(60)
        good = code(walked.seed, seat.step())
        assert give(page, good) == ""
        assert page.get_by_role("heading", level=1).inner_text() == "My access"
        press(page, "Sign out")
        page.goto(f"{seat.address}/account")
        sign_in(page, seat)
        assert "That code was used already." in give(page, good)
        seat.wait(60)
        assert give(page, code(walked.seed, seat.step())) == ""


def sign_in(page: Page, seat: Seat) -> None:
    """The first factor, with one's address."""
    page.goto(f"{seat.address}/sign-in")
    page.get_by_label("Email address or reference").fill("martin.hope@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Continue")
    assert page.get_by_role("heading", level=1).inner_text() == "Second step"


def give(page: Page, typed: str) -> str:
    """Type a code; what is said of it, or nothing where it was good."""
    page.get_by_label("Code", exact=True).fill(typed)
    press(page, "Continue")
    said = page.locator("#code-error")
    return said.inner_text() if said.count() else ""


def wrong_code(seed: bytes, step: int) -> str:
    """A code of no step for an hour around."""
    near = {code(seed, other) for other in range(step - 120, step + 120)}
    return next(made for made in map("{:06}".format, range(1000)) if made not in near)
