"""Twins of the jobs that do not agree with each other on who does what."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.kernel import jobs
from governance.outbox import store
from governance.outbox.models import OutboxMail
from governance.outbox.rules import MailState


def every_slot() -> None:
    """Do each slot in each process: the row of a slot is written, but nobody minds whether it was there."""
    take = jobs.take

    def take_anyway(session: Session, job: jobs.Job, slot: datetime, now: datetime) -> jobs.Taken:
        return take(session, job, slot, now) or jobs.Taken(job.name, slot, "anyway")

    jobs.take = take_anyway  # type: ignore[assignment]


def unclaimed() -> None:
    """Look which mail waits, send it, and note it as sent: nothing says that somebody has it."""

    def look(session: Session, claim: str, _until: datetime, now: datetime) -> store.Claimed | None:
        waits = select(OutboxMail).where(OutboxMail.state == MailState.WAITING, OutboxMail.next_at <= now)
        mail: Any = session.scalars(waits.order_by(OutboxMail.id).limit(1)).first()
        if mail is None:
            return None
        return store.Claimed(mail.id, mail.name, mail.template, mail.address, {}, 1, 0, mail.queued_at, claim)

    def note_sent(session: Session, mail: store.Claimed, now: datetime) -> bool:
        session.get_one(OutboxMail, mail.id).state = MailState.SENT.value
        return True

    store.claim_mail = look
    store.set_handed_over = lambda *_: True
    store.set_sent = note_sent
