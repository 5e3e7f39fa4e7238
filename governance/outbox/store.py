"""Every query of mail. What changes a mail's state is one statement that asks for the state it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.orm import Session

from governance.kernel.errors import NotFound
from governance.outbox.models import OutboxMail
from governance.outbox.rules import ENDED, UNDER_WAY, MailFacts, MailState, came_from
from governance.ports.actor import Entry
from governance.trail.entries import tell

COLUMNS = (
    OutboxMail.id, OutboxMail.name, OutboxMail.template, OutboxMail.state, OutboxMail.attempts, OutboxMail.handovers,
    OutboxMail.queued_at, OutboxMail.next_at, OutboxMail.ended_at, OutboxMail.fault, OutboxMail.address.is_(None),
)  # fmt: skip


class Claimed(NamedTuple):
    """A mail that is ours to send, with all that sending needs; it stands in no log."""

    id: int
    name: str
    template: str
    address: str
    data: Mapping[str, str] | str
    attempts: int
    handovers: int
    queued_at: datetime
    claim: str


def add_mail(session: Session, values: Mapping[str, Any]) -> None:
    """Write a mail that waits, in the transaction of what it tells of."""
    session.execute(insert(OutboxMail).values(**values))


def claim_mail(session: Session, claim: str, until: datetime, now: datetime) -> Claimed | None:
    """Take the mail that has been due longest, in one statement, or None when none is due."""
    due = and_(OutboxMail.state.in_(came_from(MailState.CLAIMED)), OutboxMail.next_at <= now)
    first = select(OutboxMail.id).where(due).order_by(OutboxMail.next_at, OutboxMail.id).limit(1)
    taken: Any = session.execute(
        update(OutboxMail)
        .where(OutboxMail.id == first.with_for_update(skip_locked=True).scalar_subquery(), due)
        .values(state=MailState.CLAIMED.value, claim=claim, next_at=until, attempts=OutboxMail.attempts + 1)
        .returning(
            OutboxMail.id, OutboxMail.name, OutboxMail.template, OutboxMail.address, OutboxMail.data,
            OutboxMail.attempts, OutboxMail.handovers, OutboxMail.queued_at, OutboxMail.claim,
        ),
        execution_options={"synchronize_session": False},
    ).one_or_none()  # fmt: skip
    return Claimed(*taken) if taken is not None else None


def set_handed_over(session: Session, mail: Claimed, until: datetime) -> bool:
    """Note that a mail's last byte is about to leave; False when somebody else has taken it up."""
    return _move(session, mail, MailState.HANDED_OVER, next_at=until, handovers=OutboxMail.handovers + 1)


def set_sent(session: Session, mail: Claimed, now: datetime) -> bool:
    """Note that a mail was taken by the server; what filled it in is blanked at once."""
    return _move(session, mail, MailState.SENT, ended_at=now, data=None, claim=None, fault="")


def set_waiting(session: Session, mail: Claimed, fault: str, next_at: datetime) -> bool:
    """Let a mail wait until a moment."""
    return _move(session, mail, MailState.WAITING, next_at=next_at, claim=None, fault=fault)


def set_failed(session: Session, mail: Claimed, fault: str, now: datetime, entry: Entry) -> bool:
    """Note that a mail will not be sent."""
    moved = _move(session, mail, MailState.FAILED, ended_at=now, claim=None, fault=fault)
    if moved:
        tell(session, entry)
    return moved


def _move(session: Session, mail: Claimed, to: MailState, **values: Any) -> bool:
    """Move a mail on while it is still ours."""
    held = (OutboxMail.id == mail.id, OutboxMail.claim == mail.claim)
    under_way = OutboxMail.state.in_(came_from(to) & UNDER_WAY)
    return _changed(session, update(OutboxMail).where(*held, under_way).values(state=to.value, **values))


def set_retried(session: Session, mail: MailFacts, now: datetime, entry: Entry) -> bool:
    """Let a mail that failed wait anew, as if it had just been queued; False when it was changed meanwhile."""
    failed = (OutboxMail.id == mail.id, OutboxMail.state == MailState.FAILED, OutboxMail.address.is_not(None))
    values = {"state": MailState.WAITING.value, "attempts": 0, "queued_at": now, "next_at": now, "ended_at": None}
    tell(session, entry)
    return _changed(session, update(OutboxMail).where(*failed).values(values))


def set_cancelled(session: Session, mail: MailFacts, now: datetime, entry: Entry) -> bool:
    """Take out a mail that waits, and blank it; False when it was changed meanwhile."""
    waits = (OutboxMail.id == mail.id, OutboxMail.state.in_(came_from(MailState.CANCELLED)))
    values = {"state": MailState.CANCELLED.value, "ended_at": now, "address": None, "data": None}
    tell(session, entry)
    return _changed(session, update(OutboxMail).where(*waits).values(values))


def set_blanked(session: Session, ended_before: datetime) -> int:
    """Blank the addresses and values of mails that ended before a moment; how many were blanked."""
    old = (OutboxMail.state.in_(ENDED), OutboxMail.ended_at < ended_before, OutboxMail.address.is_not(None))
    return _count(session, update(OutboxMail).where(*old).values(address=None, data=None))


def get_mail(session: Session, name: str) -> MailFacts:
    """A mail by its name; raise `NotFound` when there is none."""
    row = session.execute(select(*COLUMNS).where(OutboxMail.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"no mail is called {name}")
    return as_facts(row)


def list_mail(session: Session, states: Collection[MailState], most: int) -> list[MailFacts]:
    """Mails in certain states, the newest first, at most so many."""
    question = select(*COLUMNS).where(OutboxMail.state.in_(states)).order_by(OutboxMail.id.desc()).limit(most)
    return [as_facts(row) for row in session.execute(question)]


def count_states(session: Session) -> dict[MailState, int]:
    """How many mails are in each state."""
    counted: dict[str, int] = dict(
        session.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state)).all()
    )
    return {state: counted.get(state.value, 0) for state in MailState}


def as_facts(row: Any) -> MailFacts:
    """A row of `COLUMNS` as facts."""
    number, name, template, state, *rest = row
    return MailFacts(number, name, template, MailState(state), *rest)


def _changed(session: Session, statement: Any) -> bool:
    return _count(session, statement) == 1


def _count(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)
