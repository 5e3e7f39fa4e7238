"""The two front ends of `make demo` in a real browser: who sees what, who is refused and why, and for whom it works."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from examples.lookup.registers import DATABOOK_FIELDS, ENTRY_FIELDS
from examples.lookup.views import make_app
from examples.pages.program import Quiet
from tests.architecture.source import ROOT
from tests.journeys.browsing import (
    PHONE,
    become,
    codes,
    faults,
    fields,
    follow,
    launched,
    opened,
    press,
    profile,
    search,
)
from tests.servers import listened_to

SCREENSHOTS = "POSTERN_SCREENSHOTS"
"""Set it, and every page's picture is written into docs/screenshots."""
STARTED_WITHIN_SECONDS = 90
INDEX, DATABOOK, DIRECTORY = "London’s index", "Derbyshire’s social-care databook", "ContactPoint"
WHY = "A child is missing"


class Fronts(NamedTuple):
    """Where the front ends are, the folder in which they write, and a look-up whose Postern is stopped."""

    lookup: str
    reports: str
    instance: Path
    alone: str


def three_free_ports() -> int:
    """The first of three ports in a row that nobody listens on."""
    return next(port for port in range(20_000 + os.getpid() % 10_000, 60_000, 7)
                if not any(listened_to(port + more) for more in range(3)))  # fmt: skip


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder, port = tmp_path_factory.mktemp("fronts"), three_free_ports()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POSTERN_")}
    environment |= {"POSTERN_INSTANCE": str(folder / "instance"), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "examples.demo.front_ends", "--port", str(port)]
    with (folder / "said").open("w+b") as said:
        started = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            wait_until_told(started, folder / "said")
            addresses = [f"http://127.0.0.1:{port + more}" for more in (1, 2)]
            with left_alone(folder / "alone") as alone:
                yield Fronts(*addresses, folder / "instance", alone)
            started.send_signal(signal.SIGINT)
            assert started.wait(20) == 0
            assert not any(listened_to(port + more) for more in range(3)), "Ctrl-C stops all three"
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()


@contextmanager
def left_alone(folder: Path) -> Iterator[str]:
    """A look-up that nobody answers."""
    folder.mkdir()
    server = make_server("127.0.0.1", 0, make_app("http://127.0.0.1:9", "k", folder), request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def wait_until_told(started: "subprocess.Popen[bytes]", said: Path) -> None:
    for _ in range(STARTED_WITHIN_SECONDS * 10):
        if "Stop all three with Ctrl-C." in said.read_text("utf-8"):
            return
        try:
            started.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"the demonstration did not start:\n{said.read_text('utf-8')}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Iterator[BrowserContext]:
    with profile(browser) as context:
        yield context


@pytest.fixture
def page(kept: BrowserContext) -> Iterator[Page]:
    with opened(kept) as page:
        yield page


# -------------------------------------------------------------------------------------------------------- who sees what


def test_a_personal_adviser_finds_a_child_and_sees_what_is_permitted(fronts: Fronts, page: Page) -> None:
    sent: list[str] = []
    page.on("response", lambda got: sent.append(got.text()) if got.request.resource_type == "document" else None)
    become(page, fronts.lookup, "Sandra Okafor")
    search(page, INDEX, "danso")
    assert page.get_by_role("heading", level=1).inner_text() == "2 found in London’s index of young people (LCCIS)"
    follow(page, "LCCIS-204117")
    assert list(fields(page)) == ["connexions_area", "basic_details", "activity"]
    assert "Kofi Danso" in fields(page)["basic_details"]
    assert sent
    assert "never:" not in "".join(sent)


def test_a_partner_is_refused_with_reason_and_route(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Joyce Appiah")
    search(page, INDEX, "danso")
    assert codes(page) == ["organisation_kind"]
    said = page.locator("main").inner_text()
    assert "This system is not open to organisations such as yours." in said
    assert "Ask a Connexions personal adviser" in said
    page.goto(f"{fronts.lookup}/record/lccis/LCCIS-204117")
    assert codes(page) == ["organisation_kind"]
    page.goto(f"{fronts.lookup}/record/lccis/LCCIS-999999")
    assert codes(page) == ["organisation_kind"], "whether a record exists is told to nobody who may not see it"


def test_a_password_alone_is_not_enough(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Sandra Okafor", second_factor=False)
    search(page, INDEX, "danso")
    assert codes(page) == ["second_factor_missing"]
    assert "Who can do that: you." in page.locator("main").inner_text()


def test_a_partner_has_totals_and_no_rows(fronts: Fronts, page: Page) -> None:
    become(page, fronts.reports, "Joyce Appiah")
    page.get_by_label("Not in education, employment or training").check()
    press(page, "Run the report")
    assert page.locator("tbody tr").count() == 11
    numbers = [cell for cell in page.locator("td").all_inner_texts() if cell != "hidden"]
    assert "hidden" in page.locator("tbody").inner_text()
    assert min(map(int, numbers)) >= 5
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == "neet-comparison.csv"
    kept = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert kept[0] == "Borough,EET,NEET,Not known,Total"
    assert len(kept) == 12
    follow(page, "Another report")
    page.get_by_label("One row for each young person").check()
    press(page, "Run the report")
    assert codes(page) == ["aggregate_only"]
    assert "Ask Connexions MI staff for the information" in page.locator("main").inner_text()


def test_who_was_approved_by_the_wrong_manager_runs_no_report(fronts: Fronts, page: Page) -> None:
    become(page, fronts.reports, "Tobias Reed")
    press(page, "Run the report")
    assert codes(page) == ["wrong_grantor"]
    assert "Send the request to central lccis unit manager." in page.locator("main").inner_text()


VISIBLE = ["number", "name", "gender", "date_of_birth", "carer_name"]


def test_a_shielded_entry_shows_little_and_says_who_may_help(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Joanna Pike")
    search(page, DIRECTORY, "hidden close", WHY)
    assert page.get_by_role("heading", level=1).inner_text() == "0 found in ContactPoint"
    follow(page, "New search")
    search(page, DIRECTORY, "marlow", WHY)
    follow(page, "CP-00310882")
    assert list(fields(page)) == VISIBLE
    assert codes(page) == ["part_locked"]
    said = page.content()
    assert "may see a shielded entry and broker contact" in said
    assert "Hidden Close" not in said
    follow(page, "If you have the right")
    press(page, "Override the shield")
    assert codes(page) == ["role_not_permitted"]


def test_the_local_team_sees_what_is_shielded_and_passes_nothing_on(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Nadia Cole")
    search(page, DIRECTORY, "marlow", WHY)
    follow(page, "CP-00310882")
    assert list(fields(page)) == list(ENTRY_FIELDS)
    assert "Instead: broker contact between the practitioners." in page.locator("main").inner_text()


def test_a_shield_is_overridden_with_a_warning_until_the_entry_is_closed(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Tariq Shah")
    search(page, DIRECTORY, "marlow", WHY)
    follow(page, "CP-00310882")
    assert list(fields(page)) == VISIBLE
    follow(page, "If you have the right")
    assert "will trigger an immediate investigation" in page.locator("main").inner_text()
    press(page, "Override the shield")
    assert list(fields(page)) == list(ENTRY_FIELDS)
    assert "LA ContactPoint team has been told: immediate investigation." in page.locator("main").inner_text()
    press(page, "Close this entry")
    page.goto(f"{fronts.lookup}/record/contactpoint/CP-00310882")
    assert list(fields(page)) == VISIBLE, "the override ended with the page"
    notices = (fronts.instance / "lookup" / "notices.jsonl").read_text("utf-8")
    assert '"person": "tariq.shah"' in notices
    assert WHY in notices


def test_one_authorised_user_looks_up_for_another(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Joanna Pike")
    page.get_by_label("For another authorised user").fill("ines.gray")
    search(page, DIRECTORY, "tilly", "She rang about a child in her group")
    follow(page, "CP-00204117")
    assert "It is on record that you looked this up for ines.gray." in page.locator("main").inner_text()
    assert "ines.gray" in (fronts.instance / "lookup" / "identities.jsonl").read_text("utf-8")


def test_a_school_sees_its_own_pupils_and_starting_point(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Helen Ward")
    search(page, DATABOOK, "wren")
    assert page.locator("tbody a").all_inner_texts() == ["DCC-204117", "DCC-204231"]
    follow(page, "DCC-204117")
    shown = fields(page)
    assert list(shown) == list(DATABOOK_FIELDS)
    assert (shown["social_worker_name"], shown["social_worker_number"]) == ("Starting Point", "Starting Point number")
    assert "never:" not in page.content()
    page.goto(f"{fronts.lookup}/record/derbyshire-databook/DCC-204231")
    assert fields(page)["social_worker_name"] == "Carys Bowen"
    assert "Do not pass on what you read here." in page.locator("main").inner_text()
    page.goto(f"{fronts.lookup}/record/derbyshire-databook/DCC-999999")
    assert codes(page) == ["cohort"], "whether another school has such a record is not told"
    page.goto(f"{fronts.lookup}/record/derbyshire-databook/DCC-310882")
    assert codes(page) == ["cohort"]
    assert "contact Starting Point" in page.locator("main").inner_text()


def test_a_record_that_is_not_to_be_printed_prints_as_that_sentence(fronts: Fronts, page: Page) -> None:
    become(page, fronts.lookup, "Helen Ward")
    page.goto(f"{fronts.lookup}/record/derbyshire-databook/DCC-204117")
    page.emulate_media(media="print")
    assert page.locator("main").inner_text().strip() == "This record is not to be printed."


def test_keys_are_their_owners_alone(fronts: Fronts) -> None:
    modes = {name: (fronts.instance / name).stat().st_mode & 0o777 for name in ("lookup-key", "reports-key")}
    assert modes == {"lookup-key": 0o600, "reports-key": 0o600}


# --------------------------------------------------------------------------------------------------- for whom it works


def test_it_works_without_scripts(fronts: Fronts, browser: Browser) -> None:
    with profile(browser, java_script_enabled=False) as context, opened(context) as page:
        become(page, fronts.lookup, "Sandra Okafor")
        search(page, INDEX, "danso")
        follow(page, "LCCIS-204117")
        assert list(fields(page)) == ["connexions_area", "basic_details", "activity"]
        press(page, "Be somebody else")
        press(page, "Continue")
        assert page.title().startswith("Error: ")
        become(page, fronts.reports, "Judith Amos")
        press(page, "Run the report")
        assert page.locator("tbody tr").count() == 11


FOCUSED = """() => {
    const on = document.activeElement, label = on.labels?.[0]
    const seen = (one, part) => one && getComputedStyle(one, part).outlineStyle != 'none'
        || one && getComputedStyle(one, part).boxShadow != 'none'
    const name = on == document.body ? '' : on.ariaLabel ?? label?.innerText ?? on.innerText
    return [name.trim(), Boolean(seen(on) || seen(label, '::before'))]
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(40):
        page.keyboard.press("Tab")
        called, seen = page.evaluate(FOCUSED)
        if called.startswith(name):
            assert seen, f"the focus on {name} cannot be seen"
            return
    pytest.fail(f"Tab does not reach {name}")


def test_it_works_by_keyboard(fronts: Fronts, page: Page) -> None:
    page.goto(fronts.lookup)
    tab_to(page, "Skip to main content")
    tab_to(page, "Sandra Okafor")
    page.keyboard.press("Space")
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search")
    tab_to(page, INDEX)
    page.keyboard.press("Space")
    tab_to(page, "Name or number")
    page.keyboard.type("danso")
    page.keyboard.press("Enter")
    page.wait_for_url("**/results")
    tab_to(page, "LCCIS-204117")
    page.keyboard.press("Enter")
    page.wait_for_url("**/record/**")
    assert list(fields(page)) == ["connexions_area", "basic_details", "activity"]


def signed_in(who: str, *, at: str = "lookup", path: str = "") -> Callable[[Page, Fronts], None]:
    def go(page: Page, fronts: Fronts) -> None:
        address = str(getattr(fronts, at))
        become(page, address, who)
        if path:
            page.goto(address + path)

    return go


def searching(who: str, register: str, words: str, then: str = "") -> Callable[[Page, Fronts], None]:
    def go(page: Page, fronts: Fronts) -> None:
        become(page, fronts.lookup, who)
        search(page, register, words, WHY)
        if then:
            page.goto(fronts.lookup + then)

    return go


def overriding(page: Page, fronts: Fronts) -> None:
    searching("Tariq Shah", DIRECTORY, "marlow", "/record/contactpoint/CP-00310882/shield")(page, fronts)
    press(page, "Override the shield")


def choosing_nobody(page: Page, fronts: Fronts) -> None:
    page.goto(fronts.lookup)
    press(page, "Continue")


def searching_for_nothing(page: Page, fronts: Fronts) -> None:
    become(page, fronts.lookup, "Helen Ward")
    press(page, "Search")


def asking_nobody(page: Page, fronts: Fronts) -> None:
    become(page, fronts.alone, "Helen Ward")
    search(page, DATABOOK, "wren")
    assert codes(page) == ["service_away"]


PAGES: dict[str, Callable[[Page, Fronts], None]] = {
    "lookup-who": lambda page, fronts: page.goto(fronts.lookup) and None,
    "lookup-who-error": choosing_nobody,
    "lookup-search": signed_in("Sandra Okafor"),
    "lookup-search-error": searching_for_nothing,
    "lookup-results": searching("Sandra Okafor", INDEX, "danso"),
    "lookup-none-found": searching("Joanna Pike", DIRECTORY, "hidden close"),
    "lookup-record": signed_in("Sandra Okafor", path="/record/lccis/LCCIS-204117"),
    "lookup-starting-point": signed_in("Helen Ward", path="/record/derbyshire-databook/DCC-204117"),
    "lookup-not-to-be-disclosed": signed_in("Helen Ward", path="/record/derbyshire-databook/DCC-204231"),
    "lookup-shielded": searching("Joanna Pike", DIRECTORY, "marlow", "/record/contactpoint/CP-00310882"),
    "lookup-shield": searching("Tariq Shah", DIRECTORY, "marlow", "/record/contactpoint/CP-00310882/shield"),
    "lookup-overridden": overriding,
    "lookup-refused": searching("Joyce Appiah", INDEX, "danso"),
    "lookup-refused-many": searching("Dev Patel", DATABOOK, "wren"),
    "lookup-service-away": asking_nobody,
    "lookup-not-found": signed_in("Sandra Okafor", path="/nowhere"),
    "reports-who": lambda page, fronts: page.goto(fronts.reports) and None,
    "reports-choose": signed_in("Joyce Appiah", at="reports"),
    "reports-report": signed_in("Joyce Appiah", at="reports", path="/report?report=neet-comparison"),
    "reports-refused": signed_in("Joyce Appiah", at="reports", path="/report?report=neet-comparison&rows=individual"),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_for_everybody(fronts: Fronts, page: Page, name: str) -> None:
    PAGES[name](page, fronts)
    if os.environ.get(SCREENSHOTS):
        picture = Image.open(BytesIO(page.screenshot(full_page=True)))
        picture.quantize(24).save(ROOT / "docs" / "screenshots" / f"{name}.png", optimize=True)
    assert faults(page) == []
    assert page.locator("h1").count() == 1
    assert page.title().endswith((" – Look up a child", " – Report runner"))
    for group in page.locator(".govuk-radios, .govuk-checkboxes").all():
        if group.locator("input").count() > 1:
            assert group.evaluate("e => e.closest('fieldset')?.querySelector('legend')?.innerText.trim()")
    page.set_viewport_size(PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{wide} pixels wide"
