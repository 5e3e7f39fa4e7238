"""A post office for tests: an SMTP server that keeps what it takes, and refuses or dawdles as it is told."""

import asyncio
import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers import free_port


@dataclass
class Post:
    """What the server answers to each step, and what it has taken."""

    answers: dict[str, str] = field(default_factory=dict)
    dawdles: dict[str, float] = field(default_factory=dict)
    taken: list[Message] = field(default_factory=list)
    port: int = 0

    async def step(self, key: str) -> str | None:
        await asyncio.sleep(self.dawdles.get(key, 0))
        return self.answers.get(key)

    async def handle_MAIL(  # noqa: N802 - the server's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self.step("MAIL") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.step("RCPT") or await self.step(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self.step("DATA")
        if answer is None:
            self.taken.append(email.message_from_bytes(bytes(envelope.content or b"")))
        return answer or "250 OK"

    @property
    def names(self) -> list[str]:
        """The Message-IDs of what was taken, without their hosts."""
        return [str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in self.taken]


@contextmanager
def opened(post: Post, tls: ssl.SSLContext | None = None, *, at_once: bool = False, **more: Any) -> Iterator[Post]:
    """The post office's server while it is open."""

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:
        return AuthResult(success=data.login == b"postern" and data.password == b"p:a ss", handled=False)

    post.port = post.port or free_port()
    settings: dict[str, Any] = {"ssl_context" if at_once else "tls_context": tls} if tls else {}
    if tls:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not at_once}
    controller = Controller(post, "127.0.0.1", post.port, **settings, **more)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
