"""A passkey's life in a real browser with a virtual authenticator: made, used, lost, and back with a recovery code."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright
from sqlalchemy import insert, select

from governance.kernel import clock
from governance.people.models import Person
from governance.people.signin.models import Account
from governance.people.signin.passwords import Cost, Passwords
from policies.service import activate_own
from tests.installation import ACTOR, Installation, installed, launcher
from tests.journeys.browsing import faults, follow, launched, opened, press, profile
from tests.servers import Launcher, Server, free_port

__all__ = ["launcher"]

MINE = "/account/authenticators"
PASSWORD = "correct horse battery"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip

LACKING = """
delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[str]:
    """The service by a name, for browsers make no passkeys for figures; Ann has a password."""
    with installed(tmp_path_factory.mktemp("passkeys"), "sqlite") as made:
        give_password(made)
        activate_own(made.databases, made.service.requirements, ACTOR, clock.now())
        work = {"person": "mo", "organisation": "council", "post": "head", "from": "2020-01-01"}
        made.apply(employment=[work])
        port = free_port()
        environment = {**made.environment, "POSTERN_PUBLIC_URL": f"http://localhost:{port}"}
        server = Server(made.folder, environment, made.key, port, "", launcher, 1)
        server.start()
        try:
            server.wait()
            yield f"http://localhost:{port}"
        finally:
            server.kill()


def give_password(made: Installation) -> None:
    """Ann and Mo can sign in with a password."""
    hashed = Passwords(Cost(1024, 1)).hash(PASSWORD)
    with made.databases.writing() as session:
        for number, name in session.execute(select(Person.id, Person.reference)).all():
            session.execute(insert(Account).values(
                person_id=number, email=None, email_key=f"{name}@example.org", state="active", invited_by="test",
                created_at=clock.now(), password_hash=hashed,
            ))  # fmt: skip


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright, launched(playwright) as browser, profile(browser) as made:
        yield made


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """A device that makes passkeys and always says that it was its person."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, str(made["authenticatorId"])


def looked_at(page: Page, heading: str) -> None:
    """Where one is, and that the page can be used by everybody."""
    assert page.get_by_role("heading", level=1).inner_text() == heading
    assert faults(page) == []


def give_name_and_password(page: Page, address: str, name: str = "ann") -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address or reference").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Continue")


def test_made_used_lost_and_back(context: BrowserContext, served: str) -> None:
    with opened(context) as page:
        session, device = authenticator(page)
        give_name_and_password(page, served)
        looked_at(page, "Add a way to prove who you are")
        page.get_by_label("A passkey or a security key").check()
        press(page, "Continue")
        looked_at(page, "Add a passkey")
        page.get_by_label("Name of this passkey").fill("Work laptop")
        press(page, "Create a passkey")
        looked_at(page, "It is set up")
        (made,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        assert made["isResidentCredential"]
        press(page, "Show my recovery codes")
        looked_at(page, "Your recovery codes")
        code = page.locator("#codes code").first.inner_text()

        page.goto(f"{served}{MINE}/add/passkey")
        page.get_by_label("Name of this passkey").fill("Again")
        assert not page.get_by_text("passkey for you already").is_visible()
        page.get_by_role("button", name="Create a passkey").click()
        page.get_by_text("passkey for you already").wait_for()
        looked_at(page, "Add a passkey")

        page.get_by_role("button", name="Sign out").click()
        follow(page, "Sign in with a passkey")
        page.goto(f"{served}/sign-in/passkey?next={MINE}")
        press(page, "Sign in with a passkey")
        looked_at(page, "My authenticators")
        page.goto(f"{served}/sign-in/second-step?next={MINE}")
        looked_at(page, "Prove again who you are")
        press(page, "Use my passkey")
        page.get_by_role("link", name=re.compile("I have lost it.*Work laptop")).click()
        with page.expect_navigation():
            page.get_by_role("main").get_by_role("button").first.click()
        looked_at(page, "Sign in")  # the session was proved by what is lost

        page.goto(f"{served}/sign-in/passkey")
        press(page, "Sign in with a passkey")
        assert "not one of those that sign you in here" in page.get_by_role("alert").inner_text()
        looked_at(page, "Sign in with a passkey")
        give_name_and_password(page, served)
        looked_at(page, "Second step")
        page.get_by_label("Recovery code").fill(code)
        press(page, "Continue")
        page.goto(f"{served}{MINE}")
        assert "Reported lost" in page.get_by_role("row", name="Work laptop").inner_text()


def test_a_browser_that_knows_nothing_of_json(context: BrowserContext, served: str) -> None:
    """What older browsers lack is taken away: the script then does it by hand."""
    with opened(context) as page:
        authenticator(page)
        page.add_init_script(LACKING)
        give_name_and_password(page, served, "mo")
        page.goto(f"{served}/account/authenticators/add/passkey")
        page.get_by_label("Name of this passkey").fill("Old laptop")
        press(page, "Create a passkey")
        context.clear_cookies()
        page.goto(f"{served}/sign-in/passkey?next=/account/sessions")
        press(page, "Sign in with a passkey")
        assert page.url == f"{served}/account/sessions"
