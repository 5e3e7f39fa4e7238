"""A real browser: Debian's Chromium, found or installed, headless, with nobody at the mouse.

Its build without windows does the same in half of the processor's time; the whole browser does where that is missing.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.services import Unavailable, cannot_be_had, install_with_apt

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-lcd-text",
)  # fmt: skip
DESK = {"width": 800, "height": 600}
PHONE = {"width": 320, "height": 800}


def chromium() -> str:
    """The browser's program; as root on Debian it is installed when missing."""
    if program := next(filter(None, map(shutil.which, PROGRAMS)), None):
        return program
    if os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install_with_apt(PROGRAMS[0])
        except Unavailable as missing:
            cannot_be_had(str(missing))
        return shutil.which(PROGRAMS[0]) or cannot_be_had("Chromium was installed and is not on the PATH")
    return cannot_be_had("no Chromium here: install one")


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def profile(browser: Browser, **how: Any) -> Iterator[BrowserContext]:
    """A profile of its own: its cookies, and what it has kept of the look."""
    context = browser.new_context(viewport=DESK, **how)
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def opened(context: BrowserContext) -> Iterator[Page]:
    """A page of somebody who was never here. Whatever its scripts complain of fails the test that used it."""
    complaints: list[str] = []
    context.clear_cookies()
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    try:
        yield page
    finally:
        page.close()
    assert [said for said in complaints if "the server responded with a status of" not in said] == []


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds on a page that not everybody can use: the rule, and the elements that break it."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def press(page: Page, name: str) -> None:
    """Press a button that leads to another page, and wait until one is there: a busy machine takes its time."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def follow(page: Page, name: str) -> None:
    """Follow a link in the same way."""
    with page.expect_navigation():
        page.get_by_role("link", name=name).click()


def become(page: Page, address: str, name: str, *, second_factor: bool = True) -> None:
    """Choose who one is today."""
    page.goto(address)
    page.get_by_label(name, exact=True).check()
    page.get_by_label("I have used my second factor").set_checked(second_factor)
    press(page, "Continue")


def search(page: Page, register: str, words: str, reason: str = "") -> None:
    """Fill the search form in and send it."""
    page.get_by_label(register).check()
    page.get_by_label("Name or number").fill(words)
    page.get_by_label("Why you are looking").fill(reason)
    press(page, "Search")


def fields(page: Page) -> dict[str, str]:
    """What a record's page shows, field by field."""
    rows = page.locator("[data-field]").all()
    return {str(row.get_attribute("data-field")): row.locator("dd").inner_text().strip() for row in rows}


def codes(page: Page) -> list[str]:
    """The codes of the reasons that a page gives."""
    return [str(reason.get_attribute("data-code")) for reason in page.locator("[data-code]").all()]
