"""Where the pages are looked at: an application, its people with their browsers, and a clock that tests move."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from governance.kernel.sealing import Sealer
from governance.people.signin.models import Account
from governance.people.signin.views import COOKIE
from governance.people.store import get_person
from governance.ports.authorise import Permission
from tests.installation import Installation
from tests.tokens.authenticators.rooms import mailed
from tests.web.browser_kit import Browser, app_of
from tokens.authenticators import totp

START = datetime(2026, 6, 1, 9, tzinfo=UTC)
NUMBERS = count(1)
MINE = "/account/authenticators"
SECOND = "/sign-in/second-step"


class Desk:
    """An application, its people, and a clock that tests move."""

    def __init__(self, installation: Installation, clock: Any) -> None:
        self.installation, self.clock = installation, clock
        self.app = app_of(installation)
        self.asked: list[tuple] = []
        self.really = self.app.extensions["postern"].authorise
        self.app.extensions["postern"].who_may = self.really.who_may
        self.app.extensions["postern"].authorise = self.authorise

    def authorise(self, visitor, action, resource_type, resource_id, properties, *, now):
        if resource_id == visitor.reference:
            return self.really(visitor, action, resource_type, resource_id, properties, now=now)
        self.asked.append((visitor.reference, action, resource_type, resource_id, properties["own"]))
        return Permission(allowed=True)

    def later(self, **by: float) -> None:
        self.clock.shift(timedelta(**by))

    def person(self, acr: str = "") -> tuple[Browser, str]:
        """Somebody new and their browser, signed in so far."""
        reference = f"pages-{next(NUMBERS)}"
        work = {"organisation": "council", "post": "clerk", "from": "2020-01-01"}
        self.installation.apply(
            people=[{"reference": reference, "name": reference.title()}],
            employment=[{"person": reference, **work}],
        )
        address = f"{reference}@example.org"
        with self.installation.databases.writing() as session:
            person = get_person(session, reference).id
            account = {"email": address, "email_key": address, "state": "active", "invited_by": "test"}
            session.add(Account(person_id=person, created_at=START, **account))
        browser = Browser(self.app)
        browser.sign_in(reference, acr)
        return browser, reference

    def enrolled(self) -> tuple[Browser, str, bytes]:
        """Somebody signed in with an app that they have enrolled by the pages."""
        browser, reference = self.person()
        page = browser.get(f"{MINE}/add").send(kind="totp").follow()
        seed = totp.read_seed(page.tree.one("p", id="key").text)
        assert page.send(code=self.code(seed)).status == 303
        self.later(seconds=60)
        return browser, reference, seed

    def code(self, seed: bytes, steps: int = 0) -> str:
        return totp.code_of(seed, totp.step_of(datetime.now(UTC)) + steps)  # noqa: TID251 - the moved clock

    def mail(self, reference: str, template: str) -> Mapping[str, str]:
        sealer = Sealer(self.installation.service.settings.secret_keys)
        return mailed(self.installation.databases, sealer, reference, template)


@pytest.fixture
def desk(house: Installation) -> Iterator[Desk]:
    with time_machine.travel(START, tick=False) as clock:
        made = Desk(house, clock)
        yield made
        made.app.extensions["postern"].databases.close()


def secret_of(browser):
    return browser.client.get_cookie(COOKIE, domain=browser._host).value


def number_of(page):
    return int(re.search(r"authenticators/(\d+)/lost", page.text).group(1))
