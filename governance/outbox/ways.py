"""Which way mail leaves: through GOV.UK Notify, by SMTP, into a folder, or not at all yet."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from governance.kernel.settings import Settings
from governance.outbox.couriers import Courier
from governance.outbox.sending import FolderCourier, SmtpCourier, checked_sender, read_url

NONE_SET = "No way of sending is set (POSTERN_SMTP_URL or POSTERN_NOTIFY_KEY): mail waits."


def courier_of(settings: Settings) -> Courier | None:
    """What takes mail away, or None where nothing is set; raise `BadInput` where it is set wrongly."""
    if settings.notify_key:
        from governance.outbox.notify import NotifyCourier  # noqa: PLC0415 - its client is needed only here

        return NotifyCourier(settings.notify_key, settings.notify_template, settings.notify_url)
    if not settings.smtp_url:
        return None
    where, host = read_url(settings.smtp_url), host_of(settings.public_url)
    if isinstance(where, Path):
        return FolderCourier(where, settings.mail_from or f"postern@{host}", host)
    return SmtpCourier(where, checked_sender(settings.mail_from), host)


def says(settings: Settings) -> str:
    """The way in words, without a secret; raise `BadInput` where it is set wrongly."""
    if settings.notify_key:
        return "Mail leaves through GOV.UK Notify."
    if not settings.smtp_url:
        return NONE_SET
    where = read_url(settings.smtp_url)
    if isinstance(where, Path):
        return f"Mail is put into the folder {where}."
    return f"Mail leaves through {where.tls.value}://{where.host}:{where.port}."


def host_of(public_url: str) -> str:
    """The host after the @ of a Message-ID."""
    host = urlsplit(public_url).hostname or "localhost"
    return host if any(letter.isalpha() for letter in host) and ":" not in host else "localhost"
