"""Tells a person by mail what became of their authenticators: what happened, and nothing about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.sealing import Sealer
from governance.outbox.service import queue_mail
from governance.people.signin.store.accounts import find_account
from governance.ports.mail import Mail


def notify(
    session: Session,
    person: int,
    template: str,
    data: Mapping[str, str],
    *,
    now: datetime,
    sealer: Sealer | None = None,
) -> bool:
    """Queue a notice to a person, in the change that it is about; whether they have an address.

    With a `sealer` it is sealed until it is sent: for one with a link.
    """
    account = find_account(session, person)
    if account is None or not account.email:
        return False
    queue_mail(session, Mail(template, account.email, data), now=now, sealer=sealer)
    return True
