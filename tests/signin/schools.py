"""Organisations with a provider in use: a real one each, that signs what it is told to, and the way there and back."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from werkzeug.test import TestResponse

from governance.people.signin.service import providers as service
from governance.people.signin.service.providers import NewProvider
from tests.signin.browsers import Browser, Site
from tests.signin.people import OPERATOR, Place
from tests.signin.provider import CLIENT, SECRET, Provider, Providers


@pytest.fixture(scope="module")
def world() -> Iterator[Providers]:
    made = Providers()
    yield made
    made.close()


class School(NamedTuple):
    """A provider in use, and the pages."""

    site: Site
    provider: Provider
    name: str

    @property
    def place(self) -> Place:
        return self.site.place

    def link(self, reference: str, value: str = "") -> str:
        """Record whom it means."""
        self.place.change(
            lambda session: service.link_person(
                session, reference, self.name, value or f"id-{reference}", actor=OPERATOR, now=self.place.now
            )
        )
        return value or f"id-{reference}"

    def out(self, browser: Browser, next_path: str = "") -> str:
        """Go to it; the address."""
        answer = browser.get(f"/sign-in/with/{self.name}" + (f"?next={next_path}" if next_path else ""))
        assert answer.status_code == 303
        return str(answer.location)

    def back(self, browser: Browser, brought: dict[str, str], name: str = "") -> TestResponse:
        """Come back from it."""
        query = "&".join(f"{key}={value}" for key, value in brought.items())
        return browser.get(f"/sign-in/from/{name or self.name}?{query}")

    def sign_in(self, subject: str, **claims: Any) -> tuple[Browser, TestResponse]:
        """All the way, in a new browser."""
        browser = self.site.browser()
        brought = self.provider.authorize(self.out(browser), subject, **claims)
        return browser, self.back(browser, brought)

    def failure(self) -> str:
        """Why the last one was refused."""
        return str(self.place.told("sign_in.refused")[-1][1]["failure"])


@pytest.fixture
def make(site: Site, world: Providers) -> Callable[..., School]:
    """Takes providers into use."""

    def made(**more: Any) -> School:
        provider = world.open()
        name = "school-" + provider.issuer.rpartition("/p")[2]
        new = {"label": "School", "organisation": "council", "issuer": provider.issuer, "client_id": CLIENT, **more}
        site.place.change(
            lambda session: service.add_provider(
                session, site.place.ground, NewProvider(name, secret=SECRET, **new), actor=OPERATOR, now=site.place.now
            )
        )
        return School(site, provider, name)

    return made
