"""Every page of the service in a real browser, with the demonstration's people: for everybody, also on a phone."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.commands import Desk
from tests.installation import launcher
from tests.journeys.browsing import launched, opened, press, profile
from tests.journeys.looking import for_everybody
from tests.journeys.seat import Seat, code

__all__ = ["launcher"]
pytestmark = pytest.mark.xdist_group("seat")

OFFICER, MANAGER, HELEN = "ken.dale", "martin.hope", "helen.ward"
SCHOOL = "fenny-hollow-primary"
ASKED = (
    "/check-access/answer?system=derbyshire-databook&what=databook-record/view&id=DCC-204117"
    f"&p_school={SCHOOL}&factor=yes&person="
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def kept(chromium: Browser) -> Iterator[BrowserContext]:
    with profile(chromium) as context:
        yield context


@pytest.fixture
def page(kept: BrowserContext) -> Iterator[Page]:
    with opened(kept) as page:
        yield page


def invited(seat: Seat, who: str) -> str:
    """A link for somebody, as the command prints it."""
    told = Desk(seat.made).run("people", "invite", who, "--email", f"{who}@example.org", "--print-link")
    return seat.address + "/invitation/" + told.output.strip().rpartition("/")[2]


@pytest.fixture(scope="module")
def seed(kept: BrowserContext, seat: Seat) -> bytes:
    """Helen sets her phone up; each screen on the way is looked at."""
    with opened(kept) as page:
        page.goto(invited(seat, HELEN))
        for_everybody(page, "pages-choose-password")
        page.get_by_label("Password", exact=True).fill("helen ward")
        press(page, "Continue")
        for_everybody(page, "pages-choose-password-error")
        page.get_by_label("Password", exact=True).fill("seven bicycles under rain")
        press(page, "Continue")
        for_everybody(page, "pages-add")
        page.get_by_label("An authenticator app on a phone").check()
        press(page, "Continue")
        for_everybody(page, "pages-add-totp")
        found = base64.b32decode(page.locator("#key").text_content().replace(" ", ""))
        page.get_by_label("Code that the app shows now").fill("000000")
        press(page, "Continue")
        for_everybody(page, "pages-add-totp-error")
        seat.wait(30)
        page.get_by_label("Code that the app shows now").fill(code(found, seat.step()))
        press(page, "Continue")
        for_everybody(page, "pages-added")
        press(page, "Show my recovery codes")
        for_everybody(page, "pages-recovery-codes")
    return found


def test_the_screens_of_the_first_authenticator_are_for_everybody(seed: bytes) -> None:
    assert len(seed) == 20


def test_the_second_step_is_for_everybody(seed: bytes, seat: Seat, kept: BrowserContext, page: Page) -> None:
    seat.sign_in(kept, HELEN, "")
    page.goto(f"{seat.address}/sign-in/second-step")
    for_everybody(page, "pages-second-step")
    page.get_by_label("Code", exact=True).fill(code(seed, seat.step() - 6))
    press(page, "Continue")
    for_everybody(page, "pages-second-step-error")


def wrong_password(page: Page) -> None:
    page.get_by_label("Email address or reference").fill("helen.ward")
    page.get_by_label("Password", exact=True).fill("no such password")
    press(page, "Continue")


PAGES: dict[str, tuple[str, str]] = {
    "pages-sign-in": ("", "/sign-in"),
    "pages-recover": ("", "/recover"),
    "pages-recover-asked": ("", "/recover/asked"),
    "pages-link-spent": ("", "/invitation/used-long-ago"),
    "pages-sign-in-passkey": ("", "/sign-in/passkey"),
    "pages-statement-accessibility": ("", "/statements/accessibility"),
    "pages-statement-cookies": ("", "/statements/cookies"),
    "pages-statement-privacy": ("", "/statements/privacy"),
    "pages-not-found": ("", "/nowhere"),
    "pages-my-access": (HELEN, "/account"),
    "pages-my-authenticators": (HELEN, "/account/authenticators"),
    "pages-add-hotp": (HELEN, "/account/authenticators/add/hotp"),
    "pages-add-passkey": (HELEN, "/account/authenticators/add/passkey"),
    "pages-add-recovery": (HELEN, "/account/authenticators/add/recovery"),
    "pages-my-sessions": (HELEN, "/account/sessions"),
    "pages-sign-out": (HELEN, "/sign-out"),
    "pages-password": (HELEN, "/account/password"),
    "pages-people": (MANAGER, "/people"),
    "pages-person": (MANAGER, "/people/helen.ward"),
    "pages-invite": (MANAGER, "/people/invite"),
    "pages-lock-outs": (OFFICER, "/people/lock-outs"),
    "pages-enrolment": (OFFICER, "/people/enrolment"),
    "pages-their-authenticators": (OFFICER, "/people/helen.ward/authenticators"),
    "pages-check": (MANAGER, "/check-access"),
    "pages-check-question": (MANAGER, "/check-access/question?person=helen.ward&system=derbyshire-databook"),
    "pages-check-permitted": (MANAGER, f"{ASKED}helen.ward"),
    "pages-check-not-permitted": (MANAGER, f"{ASKED}peter.shaw"),
    "pages-people-error": (MANAGER, "/people?organisation=stonebeck-juniors"),
    "pages-refused": (HELEN, "/people"),
    "pages-nobody": (MANAGER, "/people/nora.blake"),
}
"""Each page: who looks at it (nobody, where nobody is known), and where it is."""


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_for_everybody(seed: bytes, seat: Seat, kept: BrowserContext, page: Page, name: str) -> None:
    who, path = PAGES[name]
    if who:
        seat.sign_in(kept, who)
    page.goto(seat.address + path)
    for_everybody(page, name)


def test_what_is_wrong_is_said_on_a_page_for_everybody(seat: Seat, page: Page) -> None:
    page.goto(f"{seat.address}/sign-in")
    wrong_password(page)
    for_everybody(page, "pages-sign-in-error")


def test_it_works_without_scripts(seed: bytes, seat: Seat, chromium: Browser) -> None:
    with profile(chromium, java_script_enabled=False) as context, opened(context) as page:
        page.goto(f"{seat.address}/account")
        page.get_by_label("Email address or reference").fill("helen.ward")
        page.get_by_label("Password", exact=True).fill("seven bicycles under rain")
        press(page, "Continue")
        seat.wait(60)
        page.get_by_label("Code", exact=True).fill(code(seed, seat.step()))
        press(page, "Continue")
        assert page.get_by_role("heading", level=1).inner_text() == "My access"
        seat.sign_in(context, MANAGER)
        page.goto(f"{seat.address}/check-access")
        page.get_by_label("Whose access").fill(HELEN)
        page.get_by_label("In which system").select_option("derbyshire-databook")
        press(page, "Continue")
        page.get_by_label("Which action on what").select_option("databook-record/view")
        page.get_by_label("Which one").fill("DCC-204117")
        page.get_by_label("School").fill(SCHOOL)
        press(page, "Check")
        assert page.get_by_role("heading", level=1).inner_text() == "Permitted"
