"""What each page of the service must be in a real browser, whatever it is about; and its picture."""

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.architecture.source import ROOT
from tests.journeys.browsing import PHONE, faults

SCREENSHOTS = "POSTERN_SCREENSHOTS"
"""Set it to 1, and every page's picture is written into docs/screenshots; or to another folder."""

TALLEST = 860
"""Pixels of a page that its picture shows."""


def for_everybody(page: Page, name: str) -> None:
    """Nothing that axe finds, nothing wider than a phone; a picture where they are wanted."""
    if folder := os.environ.get(SCREENSHOTS):
        picture = Image.open(BytesIO(page.screenshot(full_page=True)))
        where = ROOT / "docs" / "screenshots" if folder == "1" else Path(folder)
        picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
        picture.quantize(16).save(where / f"{name}.png", optimize=True)
    assert page.title().endswith(" – Postern"), name
    assert faults(page) == [], name
    assert page.locator("h1").count() == 1
    size = page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{name} is {wide} pixels wide"
    page.set_viewport_size(size)  # type: ignore[arg-type]
