"""Secrets that are planted where a route takes one, and everything that is said meanwhile, to be searched for them."""

from __future__ import annotations

import io
import logging
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select, text
from werkzeug.test import TestResponse

from governance.kernel.db import Databases
from governance.trail.models import TrailEntryBody
from tests.web.browser_kit import BROWSER, Browser, Page

LOUD = (
    "", "werkzeug", "flask", "postern", "structlog", "authlib", "sqlalchemy", "sqlalchemy.engine",
    "sqlalchemy.pool", "sqlalchemy.orm", "webauthn", "requests", "urllib3", "pyotp", "joserfc", "alembic",
)  # fmt: skip
LEADS_BACK = ("/sign-in", "/oauth/authorize", "/oauth/logout")
"""Where one is sent with the very address, or the very form, that was asked: by design, to one's own browser alone."""
KEPT = ("form token", "password hash")
"""What stands in its row, and is still for nobody's eyes."""
SHORT = 8
"""A secret shorter than this may stand in any hash by chance; only what people read is searched for it."""
TABLES = (
    "authenticator", "recovery_code", "passkey", "temporary_replacement", "account", "account_link", "mail",
    "sign_in_session", "sign_in_attempts", "authorization_code", "front_end_session", "front_end", "client_key",
)  # fmt: skip


class Secret(NamedTuple):
    """A planted value, what it is, and how the address begins on whose page alone it may be read, if on any."""

    kind: str
    value: str
    shown_at: str = ""

    def ways(self) -> set[str]:
        """The ways in which it could be written down."""
        found = {self.value, b64encode(self.value.encode()).decode().rstrip("=")}
        return found if len(self.value) >= SHORT else {self.value}


class Hearing(logging.Handler):
    """What was logged, printed and shown while somebody listened."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []
        self.printed = io.StringIO()
        self.pages: list[tuple[str, str]] = []
        self.secrets: set[Secret] = set()
        self.asked: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with the trace of what went wrong."""
        self.lines.append(self.format(record))

    def plant(self, kind: str, value: str, shown_at: str = "") -> str:
        """Remember a secret; the secret."""
        self.secrets.add(Secret(kind, value, shown_at))
        return value

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Every logger that there is, at DEBUG, and whatever is printed."""
        loggers = [logging.getLogger(name) for name in {*LOUD, *logging.Logger.manager.loggerDict}]
        before = [(one, one.level, one.disabled) for one in loggers]
        for one in loggers:
            one.disabled = False
            one.setLevel(logging.DEBUG)
        logging.getLogger().addHandler(self)
        try:
            with redirect_stdout(self.printed), redirect_stderr(self.printed):
                yield
        finally:
            logging.getLogger().removeHandler(self)
            for one, level, disabled in before:
                one.setLevel(level)
                one.disabled = disabled

    def found(self, databases: Databases) -> list[tuple[str, str]]:
        """Each secret that was said where it must not be: what it is, and where it stood."""
        logs = "\n".join([*self.lines, self.printed.getvalue()])
        told, kept = trail_of(databases), rows_of(databases)
        wrong = []
        for secret in self.secrets:
            for way in secret.ways():
                places = {"log": logs, "trail": told}
                if len(way) >= SHORT and secret.kind not in KEPT:
                    places["row"] = kept
                wrong += [(secret.kind, place) for place, said in places.items() if says(said, way)]
                wrong += [
                    (secret.kind, f"page {address}")
                    for address, said in self.pages
                    if says(said, way) and not (secret.shown_at and address.startswith(secret.shown_at))
                ]
        return sorted(set(wrong))


def says(said: str, way: str) -> bool:
    """Whether a text says a secret; six digits within a longer number or a hash are none."""
    at = said.find(way)
    while at >= 0:
        around = said[at - 1 : at] + said[at + len(way) : at + len(way) + 1]
        if len(way) >= SHORT or not any(one.isalnum() or one in "-_.+/" for one in around):
            return True
        at = said.find(way, at + 1)
    return False


def trail_of(databases: Databases) -> str:
    """All that the trail was told: entries, decisions and their bodies."""
    with databases.reading() as session:
        bodies = [(body or b"").decode() for body in session.scalars(select(TrailEntryBody.body))]
    with databases.trail.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = [str(tuple(row)) for name in names for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
    return "\n".join(bodies + rows)


def rows_of(databases: Databases) -> str:
    """What tables of secrets and of mail hold, once everything was sent."""
    with databases.reading() as session:
        there = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        assert set(TABLES) <= set(there), sorted(there)
        return "\n".join(str(tuple(row)) for name in TABLES for row in session.execute(text(f'SELECT * FROM "{name}"')))


class Heard(Browser):
    """A browser whose every answer is kept: the body, and the headers that anybody on the way may write down."""

    hearing: Hearing

    def open(self, path: str, method: str = "GET", headers: Any = None, **more: Any) -> Page:
        """Ask, and keep what was answered."""
        page = super().open(path, method, headers, **more)
        self.keep(path, method, page.response)
        return page

    def ask(self, path: str, method: str, headers: Mapping[str, str], **more: Any) -> str:
        """Ask what may be no page, and keep what was answered; its text."""
        sent = {**BROWSER, "Origin": self._base, **headers}
        return self.keep(path, method, self.client.open(path, method=method, base_url=self._base, headers=sent, **more))

    def keep(self, path: str, method: str, response: TestResponse) -> str:
        """Keep an answer; its text."""
        text_ = response.get_data(as_text=True)
        if urlsplit(response.headers.get("Location", "")).path.startswith(LEADS_BACK):
            text_, apart = "", {"Set-Cookie", "Location"}  # what was asked is asked again
        else:
            apart = {"Set-Cookie"} | (
                {"Location"} if "/oauth/" in path + response.headers.get("Location", "") else set()
            )
        told = [f"{name}: {value}" for name, value in response.headers.items() if name not in apart]
        self.hearing.pages.append((path.partition("?")[0], "\n".join([text_, *told])))
        self.hearing.asked.add(f"{method} {response.request.path}")
        return text_
