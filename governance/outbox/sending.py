"""Sends mail by SMTP, or puts it into a folder: the one keeper of smtplib.

TLS is always verified, against the system's authorities (or those that SSL_CERT_FILE names). Nothing of what a server
says is kept but its code, since servers repeat addresses; and no error names a password.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from governance.kernel.errors import BadInput, Fault
from governance.outbox.couriers import NotSent
from governance.outbox.letters import Letter
from governance.outbox.rules import PLAUSIBLE

SECONDS = 10.0
"""How long a server may take for each answer."""
LONGEST_LINE = 900
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
GOES_AHEAD = 354


class Tls(StrEnum):
    """How a connection is made safe."""

    NONE = "smtp"
    AT_ONCE = "smtps"
    ASKED_FOR = "smtp+starttls"


PORTS: dict[Tls, int] = {Tls.NONE: 25, Tls.AT_ONCE: 465, Tls.ASKED_FOR: 587}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    tls: Tls
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def read_url(url: str) -> Server | Path:
    """What POSTERN_SMTP_URL names: a server or a folder. Raise `BadInput`, without repeating it, when it is wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong_url("cannot be read") from None
    if parts.scheme == "file" and not parts.netloc and parts.path not in ("", "/"):
        return Path(unquote(parts.path))
    if parts.scheme not in list(Tls) or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise wrong_url("is no address of a mail server")
    tls = Tls(parts.scheme)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and tls is Tls.NONE:
        raise wrong_url("would send a password that anybody on the way can read", "Use smtps:// or smtp+starttls://.")
    return Server(parts.hostname, port or PORTS[tls], tls, user, password)


def wrong_url(problem: str, cure: str = "") -> BadInput:
    """What is wrong with the setting."""
    usual = "Write smtp://host:25, smtps://user:password@host:465, smtp+starttls://… or file:///folder."
    return BadInput([Fault("POSTERN_SMTP_URL", problem, cure or usual)])


def compose(letter: Letter, sender: str, host: str) -> bytes:
    """A mail as it goes over the line. Its Message-ID is the same at every attempt."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject.replace("=?", "= ?")  # else it would be decoded, line breaks and all
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.name}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    plain = letter.text.isascii() and max(map(len, letter.text.splitlines())) <= LONGEST_LINE
    message.set_content(letter.text, cte="7bit" if plain else "quoted-printable")
    return message.as_bytes()


class SmtpCourier:
    """Hands mail in at a server, on one connection as long as it holds."""

    def __init__(self, server: Server, sender: str, host: str) -> None:
        self._server, self._sender, self._host = server, sender, host
        self._line: smtplib.SMTP | None = None

    def deliver(self, letter: Letter, hand_over: Callable[[], None], *, again: bool) -> None:
        """Send a mail, or raise `NotSent`; the last byte leaves right after `hand_over`."""
        body = LEADING_DOT.sub(b"..", compose(letter, self._sender, self._host))
        with self._told_by_code():
            line = self._line = self._line or self._connect()
            self._expect(line.mail(address_of(self._sender))[0], 250, mine=False)
            self._expect(line.rcpt(letter.to)[0], 250)
            self._expect(line.docmd("DATA")[0], GOES_AHEAD)
            line.send(body)
        try:
            hand_over()
        except BaseException:
            self._drop()  # what was not ended with a dot is thrown away by the server
            raise
        with self._told_by_code():
            line.send(b".\r\n")
            self._expect(line.getreply()[0], 250)

    def close(self) -> None:
        """Say goodbye."""
        if self._line is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._line.quit()
            self._drop()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.tls is Tls.AT_ONCE:
            context = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._host, timeout=SECONDS, context=context
            )
        else:
            line = smtplib.SMTP(server.host, server.port, self._host, timeout=SECONDS)
        try:
            if server.tls is Tls.ASKED_FOR:
                line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line

    def _expect(self, code: int, wanted: int, *, mine: bool = True) -> None:
        """Go on when the server agrees; `mine` says that a refusal is of this very mail."""
        if code == wanted or (wanted == 250 and code == 251):
            return
        outage = code == 421 or code < 400 or not mine
        if outage or self._line is None:
            self._drop()
        else:
            self._line.rset()
        raise NotSent(f"refused_{code}", lasting=code >= 500 and not outage, outage=outage)

    @contextmanager
    def _told_by_code(self) -> Iterator[None]:
        """Turn what went wrong on the line into a code; the line is not used again."""
        try:
            yield
        except NotSent:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as wrong:
            fault = fault_of(wrong)
        else:
            return
        self._drop()
        raise NotSent(fault, outage=True)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "sign_in_refused"),
    (smtplib.SMTPNotSupportedError, "not_offered"),
    (smtplib.SMTPResponseException, "refused"),
    (smtplib.SMTPServerDisconnected, "hung_up"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timed_out"),
    (OSError, "unreachable"),
)
"""What went wrong → its code; the first that fits."""


def fault_of(wrong: Exception) -> str:
    """The code of what went wrong on the line; smtplib tells a time-out as the end of the connection."""
    if isinstance(wrong, smtplib.SMTPServerDisconnected) and isinstance(wrong.__context__, OSError):
        wrong = wrong.__context__
    return next((code for kind, code in FAULTS if isinstance(wrong, kind)), "garbled")


class FolderCourier:
    """Puts mail into a folder as files that only their owner may read: for a laptop."""

    def __init__(self, folder: Path, sender: str, host: str) -> None:
        self._folder, self._sender, self._host = folder, sender, host

    def deliver(self, letter: Letter, hand_over: Callable[[], None], *, again: bool) -> None:
        """Write NAME.eml; a second time it is the same file."""
        part, whole = (self._folder / f"{letter.name}.{ending}" for ending in ("part", "eml"))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(compose(letter, self._sender, self._host))
        except OSError:
            raise NotSent("folder", outage=True) from None
        hand_over()
        part.replace(whole)

    def close(self) -> None:
        """Nothing is held."""


def address_of(sender: str) -> str:
    """The bare address in `Name <address>` or `address`."""
    return sender.rpartition("<")[2].rstrip(">").strip()


def checked_sender(sender: str) -> str:
    """What mail is from, once it is known to be an address; raise `BadInput` otherwise."""
    if PLAUSIBLE.fullmatch(address_of(sender)) is None or not sender.isprintable():
        cure = "Write access@example.gov.uk, or Access service <access@example.gov.uk>."
        raise BadInput([Fault("POSTERN_MAIL_FROM", "is not set" if not sender else "is no address", cure)])
    return sender
