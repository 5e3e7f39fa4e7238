"""The demonstration's people at Postern's own pages: one server whose clock can be moved, and its mail."""

import base64
import hmac
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Page

from governance.installation import DEMO, WRITTEN_FOR
from governance.kernel import clock
from governance.people.signin.views import COOKIE
from tests.architecture.source import ROOT
from tests.commands import Desk
from tests.installation import Installation, installed
from tests.outbox.post import Post
from tests.outbox.post import opened as open_post
from tests.servers import Launcher, Server, free_port
from tests.services import Unavailable, cannot_be_had, install_with_apt
from tests.twins.moved_clock import FILE
from tests.web.browser_kit import new_session

STEP = 30
SENDING = "import wsgi; from tests.twins import moved_clock; moved_clock.put_in(); wsgi.main()"
"""The service's command by the server's clock: what was queued ahead of our own is due."""


class Seat(NamedTuple):
    """Where the pages are, what is behind them, and the file that moves the server's clock."""

    address: str
    made: Installation
    environment: dict[str, str]
    ahead: Path

    def wait(self, seconds: int) -> None:
        """Let so many seconds go by on the server's clock, beyond what it is ahead of ours already."""
        fresh = self.ahead.with_suffix(".new")
        fresh.write_text(str(int(self.ahead.read_text()) + seconds))
        fresh.replace(self.ahead)

    def step(self) -> int:
        """The step of thirty seconds that the server is in."""
        return (int(clock.now().timestamp()) + int(self.ahead.read_text())) // STEP

    def sign_in(self, context: BrowserContext, who: str, acr: str = "mfa") -> None:
        """Give the browser a session of somebody's."""
        context.clear_cookies()
        secret = new_session(self.made.databases, self.made.service.settings, who, acr)[0]
        cookie = {"name": COOKIE, "value": secret, "url": self.address.replace("http:", "https:"), "secure": True}
        context.add_cookies([cookie])  # type: ignore[list-item]

    @contextmanager
    def post(self) -> Iterator[Post]:
        """A mail server that is told of nothing but what `send_mail` sends."""
        with open_post(Post()) as office:
            yield office

    def send_mail(self, office: Post) -> Message:
        """Send what waits, in a process of its own as the jobs do, and give the newest mail that leads somewhere."""
        sender = {"POSTERN_SMTP_URL": f"smtp://127.0.0.1:{office.port}", "POSTERN_MAIL_FROM": "access@example.org"}
        subprocess.run(
            [sys.executable, "-c", SENDING, "jobs", "once", "send-mail"],
            cwd=ROOT, env={**os.environ, **self.environment, **sender}, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        return next(mail for mail in reversed(office.taken) if b"\nhttp" in mail.get_payload(decode=True))


@contextmanager
def seated(folder: Path, launcher: Launcher) -> Iterator[Seat]:
    """The demonstration's facts and all packs, served under a name, for browsers make no passkeys for figures."""
    with installed(folder, "sqlite") as made:
        desk = Desk(made)
        for words in (("packs", "activate"), ("import", str(DEMO), "--written-for", WRITTEN_FOR)):
            told = desk.run(*words)
            assert told.exit_code == 0, told.output
        port, ahead = free_port(), folder / "ahead"
        ahead.write_text("0")
        environment = {**made.environment, "POSTERN_PUBLIC_URL": f"http://localhost:{port}", FILE: str(ahead)}
        seat = Seat(f"http://localhost:{port}", made, environment, ahead)
        server = Server(folder, environment, made.key, port, "tests.twins.moved_clock:put_in", launcher, 1)
        server.start()
        try:
            server.wait()
            yield seat
        finally:
            server.kill()


def link_in(mail: Message) -> str:
    """The one link of a mail that opens something."""
    lines = str(mail.get_payload(decode=True), "utf-8").splitlines()
    (found,) = [line for line in lines if re.fullmatch(r"https?://\S+/\w+/\S+", line)]
    return found


def zbarimg() -> str:
    """What reads a QR code off a picture; as root on Debian it is installed when missing."""
    if (program := shutil.which("zbarimg")) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install_with_apt("zbar-tools")
        except Unavailable as missing:
            cannot_be_had(str(missing))
        program = shutil.which("zbarimg")
    return program or cannot_be_had("no zbarimg here: install zbar-tools")


def scan(page: Page, folder: Path) -> bytes:
    """Point a camera at the page: the seed that its QR code holds."""
    program, picture = zbarimg(), folder / "seen.png"
    page.screenshot(path=picture, full_page=True)
    done = subprocess.run([program, "--quiet", "--raw", str(picture)], check=True, capture_output=True, text=True)
    address = urlsplit(done.stdout.strip())
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    return base64.b32decode(parse_qs(address.query)["secret"][0])


def code(seed: bytes, step: int) -> str:
    """What an app shows in a step (RFC 6238 with SHA-1 and six digits), worked out without our own code."""
    mac = hmac.digest(seed, step.to_bytes(8), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 10**6:06}"
