"""Queues mail, has it sent, and lets people try again or cancel."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict, Unavailable
from governance.kernel.ids import random_name
from governance.kernel.sealing import Sealer
from governance.outbox import letters, store
from governance.outbox.couriers import Courier, NotSent
from governance.outbox.letters import Letter
from governance.outbox.rules import LEASE, MailFacts, MailState, after_fault, may_cancel, may_queue, may_retry
from governance.outbox.store import Claimed
from governance.ports.actor import Actor, Entry
from governance.ports.mail import Mail

NAME_LETTERS = 26
LETS_IN = "link"
"""What fills a mail in under this name lets its reader in, and is never kept in clear."""
ROUND_SECONDS = 10.0
"""How long a round may go on before it lets the process stop or look about."""
PLACE = "mail:data:{name}"
SENDER = Actor("send-mail", "job")

log = structlog.get_logger()


class Lost(Exception):
    """Somebody else has taken the mail up: whatever we know of it is no longer ours to write."""


def queue_mail(session: Session, mail: Mail, *, now: datetime, sealer: Sealer | None = None) -> str:
    """Write a mail in the transaction of what it tells of, and give its name; raise `Refused` when it cannot be sent.

    It leaves when the transaction is committed, and not at all when it is not. With a `sealer` what fills it in is
    sealed until it is sent: for mail with a link that lets its reader in.
    """
    may_queue(mail.to, mail.data, letters.declared(mail.template)).require()
    if sealer is None and LETS_IN in mail.data:
        raise RuntimeError(f"the mail {mail.template} has a link that lets its reader in, and is not sealed")
    name = random_name(NAME_LETTERS)
    store.add_mail(
        session,
        {
            "name": name, "template": mail.template, "address": mail.to,
            "data": seal(mail.data, name, sealer) if sealer else dict(mail.data),
            "state": MailState.WAITING.value, "attempts": 0, "handovers": 0, "claim": None,
            "queued_at": now, "next_at": now, "ended_at": None, "fault": "",
        },
    )  # fmt: skip
    return name


def seal(data: Mapping[str, str], name: str, sealer: Sealer) -> str:
    """What fills a mail in, as text that only opens for this mail."""
    return b64encode(sealer.seal(json.dumps(dict(data)).encode(), PLACE.format(name=name))).decode()


def opened(mail: Claimed, sealer: Sealer) -> Mapping[str, str]:
    """What fills a mail in; raise `NotSent` where its key is gone or it was changed."""
    if not isinstance(mail.data, str):
        return mail.data
    try:
        found: dict[str, str] = json.loads(sealer.open(b64decode(mail.data), PLACE.format(name=mail.name)))
    except Unavailable as wrong:
        raise NotSent(wrong.code) from None
    return found


def send_waiting(
    databases: Databases, courier: Courier, public_url: str, sealer: Sealer, *, now: datetime
) -> Counter[MailState]:
    """Send what is due, one after another, until nothing is due, the server is out of reach or the round is over."""
    began = time.monotonic()
    ended: Counter[MailState] = Counter()

    def moment() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    try:
        while time.monotonic() - began < ROUND_SECONDS:
            with databases.writing() as session:
                at = moment()
                mail = store.claim_mail(session, random_name(NAME_LETTERS), at + LEASE, at)
            if mail is None:
                break
            state, outage = send(databases, courier, mail, lambda ours: write(ours, public_url, sealer), moment)
            ended[state] += 1
            if outage:
                break
    finally:
        courier.close()
    return ended


def send(
    databases: Databases,
    courier: Courier,
    mail: Claimed,
    written: Callable[[Claimed], Letter],
    moment: Callable[[], datetime],
) -> tuple[MailState, bool]:
    """Send one mail that is ours; where it stands then, and whether the server is out of reach."""

    def hand_over() -> None:
        with databases.writing() as session:
            if not store.set_handed_over(session, mail, moment() + LEASE):
                raise Lost

    try:
        courier.deliver(written(mail), hand_over, again=mail.handovers > 0)
    except Lost:
        return MailState.CLAIMED, False
    except NotSent as wrong:
        return put_off(databases, mail, wrong, moment()), wrong.outage
    with databases.writing() as session:
        ours = store.set_sent(session, mail, moment())
    return (MailState.SENT if ours else MailState.CLAIMED), False


def write(mail: Claimed, public_url: str, sealer: Sealer) -> Letter:
    """Write a mail out, or raise `NotSent`."""
    data = opened(mail, sealer)
    try:
        return letters.write(mail.name, mail.template, mail.address, data, public_url, mail.queued_at)
    except letters.TemplateFault:
        raise NotSent("template") from None


def put_off(databases: Databases, mail: Claimed, wrong: NotSent, now: datetime) -> MailState:
    """Let a mail wait that was not sent, or give it up; a mail given up is told to the trail, without its address."""
    pause = after_fault(mail.attempts, mail.queued_at, lasting=wrong.lasting, now=now)
    told = {"mail": mail.name, "template": mail.template, "fault": wrong.fault}
    log.warning("mail_not_sent", attempts=mail.attempts, becomes=pause.state.value, **told)
    if pause.state is MailState.FAILED:
        with databases.change(str(SENDER), now) as session:
            store.set_failed(session, mail, wrong.fault, now, Entry("mail.failed", SENDER, told))
    else:
        with databases.writing() as session:
            store.set_waiting(session, mail, wrong.fault, pause.next_at)
    return pause.state


def retry_mail(session: Session, name: str, *, actor: Actor, now: datetime) -> None:
    """Let a mail that failed wait again, or raise `Refused`."""
    mail = store.get_mail(session, name)
    may_retry(mail).require()
    if not store.set_retried(session, mail, now, told_of(mail, "mail.retried", actor)):
        raise Conflict(f"the mail {name} has changed meanwhile")


def cancel_mail(session: Session, name: str, *, actor: Actor, now: datetime) -> None:
    """Take a mail out that waits, and blank it, or raise `Refused`."""
    mail = store.get_mail(session, name)
    may_cancel(mail).require()
    if not store.set_cancelled(session, mail, now, told_of(mail, "mail.cancelled", actor)):
        raise Conflict(f"the mail {name} has changed meanwhile")


def told_of(mail: MailFacts, act: str, actor: Actor) -> Entry:
    """What the trail is told of an act on a mail."""
    return Entry(act, actor, {"mail": mail.name, "template": mail.template})
