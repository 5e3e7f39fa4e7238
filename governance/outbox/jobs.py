"""The jobs of mail: send what waits, and blank what was sent a while ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.kernel.jobs import Job
from governance.kernel.sealing import Sealer
from governance.outbox.service import send_waiting
from governance.outbox.store import set_blanked
from governance.outbox.ways import courier_of


def send(service: Any, now: datetime) -> None:
    """Send what is due, where a way of sending is set."""
    courier = courier_of(service.settings)
    if courier is not None:
        sealer = Sealer(service.settings.secret_keys)
        send_waiting(service.databases, courier, service.settings.public_url, sealer, now=now)


def blank(service: Any, now: datetime) -> None:
    """Blank the addresses of mails that ended some days ago."""
    with service.databases.writing() as session:
        set_blanked(session, now - timedelta(days=service.settings.mail_days))


SEND = Job("send-mail", timedelta(seconds=5), send, "Sends the mail that waits.", alongside=True)
BLANK = Job("blank-mail", timedelta(hours=1), blank, "Blanks the addresses of mail that was sent or failed days ago.")
JOBS = (lambda _service: SEND, lambda _service: BLANK)
