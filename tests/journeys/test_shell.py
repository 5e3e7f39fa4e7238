"""The pages' shell in a real browser: for everybody, by keyboard, on a phone, with and without scripts."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from governance.people.signin.views import COOKIE
from tests.installation import Installation, launcher
from tests.journeys.browsing import PHONE, launched, opened, profile
from tests.journeys.looking import SCREENSHOTS, for_everybody
from tests.servers import Launcher
from tests.web.browser_kit import new_session
from tests.web.planted import sqlite_installation

__all__ = ["launcher", "sqlite_installation"]

SEEN = """() => {
    const on = document.activeElement, style = getComputedStyle(on)
    return [(on.labels?.[0]?.innerText ?? on.innerText ?? '').trim(),
            style.outlineStyle != 'none' || style.boxShadow != 'none']
}"""


FOCUSED = """link => {
    const luminance = colour => {
        const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(each => {
            const part = each / 255
            return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const ground = on => {
        const colour = getComputedStyle(on).backgroundColor
        return /^rgba\\(.*, 0\\)$/.test(colour) ? ground(on.parentElement) : colour
    }
    link.focus()
    const style = getComputedStyle(link), one = luminance(style.color), other = luminance(ground(link))
    return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), ground(link), style.boxShadow]
}"""
"""The contrast of a link that has the focus, what lies behind its words, and its line."""
YELLOW, THICK_LINE = "rgb(255, 221, 0)", "0px 4px 0px 0px"


class Served(NamedTuple):
    """Where the pages are, and the installation behind them."""

    address: str
    installation: Installation


@pytest.fixture(scope="module")
def served(sqlite_installation: Installation, launcher: Launcher) -> Iterator[Served]:
    server = sqlite_installation.server(launcher, twin="tests.twins.planted_pages:put_in")
    server.wait()
    yield Served(f"http://127.0.0.1:{server.port}", sqlite_installation)
    server.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def kept(chromium: Browser) -> Iterator[BrowserContext]:
    with profile(chromium) as context:
        yield context


@pytest.fixture
def page(kept: BrowserContext, served: Served) -> Iterator[Page]:
    with opened(kept) as page:
        sign_in(kept, served)
        yield page


def sign_in(context: BrowserContext, served: Served) -> None:
    """Give the browser a session of Ann's, both factors proved."""
    secret = new_session(served.installation.databases, served.installation.service.settings, "ann", "mfa")[0]
    cookie = {"name": COOKIE, "value": secret, "url": served.address.replace("http:", "https:"), "secure": True}
    context.add_cookies([cookie])  # type: ignore[list-item]


def wrong(page: Page) -> None:
    page.get_by_label("Day").fill("31")
    page.get_by_role("button", name="Save").click()


PAGES = {
    "shell-form": "/planted/send", "shell-list": "/planted/list?page=3", "shell-refused": "/planted/people/refused",
    "statement-cookies": "/statements/cookies",
}  # fmt: skip
ALSO = {
    "shell-not-found": "/nowhere", "shell-unavailable": "/planted/wrong/away",
    "statement-privacy": "/statements/privacy", "statement-accessibility": "/statements/accessibility",
}  # fmt: skip
"""Made of the same parts: looked at where pictures are wanted."""


def test_every_kind_of_page_is_for_everybody(served: Served, page: Page) -> None:
    for name, path in (PAGES | ALSO if os.environ.get(SCREENSHOTS) else PAGES).items():
        page.goto(served.address + path)
        for_everybody(page, name)


def test_a_form_is_corrected_and_sent_by_keyboard(served: Served, page: Page) -> None:
    page.goto(f"{served.address}/planted/send")
    page.keyboard.press("Tab")
    assert page.evaluate(SEEN) == ["Skip to main content", True]
    page.keyboard.press("Enter")
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(SEEN)
        reached.append(name)
        assert seen, f"the focus on {name} cannot be seen"
    assert reached == ["Name", "Password", "Show", "Day"]
    page.keyboard.type("31")
    page.keyboard.press("Enter")
    page.wait_for_selector(".govuk-error-summary")
    assert page.title() == "Error: A form – Postern"
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    for_everybody(page, "shell-form-error")
    page.get_by_role("link", name="Enter a name").click()
    assert page.evaluate("document.activeElement.id") == "name"
    page.keyboard.type("Ann <b>")
    page.get_by_role("link", name="The date must include").click()
    assert page.evaluate("document.activeElement.id") == "ends-day"
    page.get_by_label("Month").fill("March")
    page.get_by_label("Year").fill("2027")
    page.get_by_role("button", name="Save").press("Enter")
    page.wait_for_url("**/planted/own")
    assert "Saved Ann <b>." in page.locator("main").inner_text()
    for_everybody(page, "shell-told")
    page.reload()
    assert "Saved" not in page.locator("main").inner_text()


def test_whatever_has_the_focus_above_a_page_can_be_read(served: Served, page: Page) -> None:
    """The header is dark: words that turn black there without their yellow ground cannot be read."""
    page.goto(f"{served.address}/planted/own")
    found = page.locator("header a, header button, nav[aria-label=Menu] a").all()
    told = {one.inner_text(): one.evaluate(FOCUSED) for one in found}
    assert {"Postern", "Sign out", "Own"} <= set(told)
    for name, (contrast, ground, line) in told.items():
        assert contrast >= 7, f"{name} has a contrast of {contrast:.1f}"
        assert ground == YELLOW, name
        assert THICK_LINE in line, name


def test_the_menu_on_a_phone(served: Served, page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"{served.address}/planted/own")
    menu = page.get_by_role("button", name="Menu")
    assert not page.get_by_role("link", name="Own").is_visible()
    menu.click()
    assert page.get_by_role("link", name="Own").is_visible()


def test_it_works_without_scripts(served: Served, chromium: Browser) -> None:
    with profile(chromium, java_script_enabled=False) as context, opened(context) as page:
        sign_in(context, served)
        page.goto(f"{served.address}/planted/send")
        assert page.get_by_role("link", name="Own").is_visible()
        assert not page.get_by_role("button", name="Show").is_visible()
        wrong(page)
        assert page.title().startswith("Error: ")
        page.get_by_label("Name").fill("Ann")
        page.get_by_label("Month").fill("3")
        page.get_by_label("Year").fill("2027")
        page.get_by_role("button", name="Save").click()
        assert "Saved Ann." in page.locator("main").inner_text()


def test_the_policy_lets_no_script_inside_a_page_run(served: Served, kept: BrowserContext) -> None:
    page = kept.new_page()
    page.goto(f"{served.address}/planted/open")
    ran = page.evaluate("""() => {
        const one = document.createElement('script')
        one.textContent = 'window.ran = true'
        document.body.append(one)
        return window.ran === true
    }""")
    page.close()
    assert ran is False
