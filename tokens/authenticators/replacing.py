"""Temporary replacements: started by one person, approved by another, redeemed by the third who needs it, once.

Nobody in it sees a secret: the link lets its person, once they have given their password, enrol anew for a week.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from governance.kernel.errors import Conflict, NotFound
from governance.kernel.sealing import Sealer
from governance.kernel.verdict import Verdict
from governance.people.models import Person
from governance.people.signin.rules import digest
from governance.people.store import get_person
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor
from governance.trail.entries import tell
from tokens.authenticators import attempts, rules
from tokens.authenticators.holding import is_held
from tokens.authenticators.models import TemporaryReplacement
from tokens.authenticators.notices import notify
from tokens.authenticators.rules import NEXT_REPLACEMENT, Replacement, ReplacementFacts

TOKEN_BYTES = 32
NO_APPROVERS: Mapping[str, int] = MappingProxyType({})
UNSYNCHRONISED = {"synchronize_session": False}
COLUMNS = (
    TemporaryReplacement.id,
    TemporaryReplacement.person_id,
    Person.reference,
    TemporaryReplacement.state,
    TemporaryReplacement.why,
    TemporaryReplacement.asked_by,
    TemporaryReplacement.asked_through,
    TemporaryReplacement.asked_at,
    TemporaryReplacement.decided_by,
    TemporaryReplacement.link_ends_at,
    TemporaryReplacement.redeemed_in,
    TemporaryReplacement.redeemed_at,
)


def ask(
    session: Session,
    reference: str,
    why: str,
    *,
    by: str,
    actor: Actor,
    now: datetime,
    approvers: Mapping[str, int] = NO_APPROVERS,
) -> int:
    """Start a temporary replacement for a person; it waits for a second person. `by` is who asks, by reference.

    `approvers` are those who may approve it, numbers by reference: all but who asks are told by mail that it waits.
    """
    person = get_person(session, reference)
    rules.may_ask_replacement(reference, by, why).require()
    row = TemporaryReplacement(
        person_id=person.id, state=Replacement.ASKED.value, why=why.strip()[:400], asked_by=by,
        asked_through=str(actor), asked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    tell(session, Entry("replacement.asked", actor, {"person": reference, "replacement": row.id, "by": by, "why": why}))
    notify(session, person.id, "replacement-asked", {}, now=now)
    for other in sorted(approvers.keys() - {by, reference}):
        notify(session, approvers[other], "replacement-waits", {}, now=now)
    return row.id


def approve(
    session: Session,
    number: int,
    public_url: str,
    sealer: Sealer,
    *,
    by: str,
    actor: Actor,
    now: datetime,
    of: str | None = None,
) -> None:
    """Approve a replacement as a second person; its person gets a link by mail that is good once, for a day.

    The link is in the mail, sealed until it is sent, and nowhere else: whoever approves never sees it. `of` is whose it
    must be, where a door has asked about that person.
    """
    one = get(session, number, of)
    rules.may_decide_replacement(one, by, str(actor)).require()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"decided_by": by, "decided_at": now, "link_digest": digest(token), "link_ends_at": now + rules.LINK_FOR}
    _set(session, one, Replacement.APPROVED, **values)
    details = {"person": one.reference, "replacement": number, "by": by}
    tell(session, Entry("replacement.approved", actor, details))
    link = f"{public_url}/account/authenticators/replacement/{token}"
    mailed = notify(session, one.person, "authenticator-replacement", {"link": link}, now=now, sealer=sealer)
    Verdict.unless((not mailed, rules.NO_ADDRESS)).require()


def refuse(session: Session, number: int, *, by: str, actor: Actor, now: datetime, of: str | None = None) -> None:
    """Refuse a replacement; whoever started it may take it back so."""
    one = get(session, number, of)
    Verdict.unless(
        (by == one.reference, rules.SELF_APPROVAL), (one.state is not Replacement.ASKED, rules.DECIDED)
    ).require()
    _set(session, one, Replacement.REFUSED, decided_by=by, decided_at=now)
    tell(session, Entry("replacement.refused", actor, {"person": one.reference, "replacement": number, "by": by}))


def redeem(session: Session, visitor: Visitor, token: str, *, now: datetime) -> None:
    """Use the link up, in the visitor's own session, which may then enrol anew; raise `Refused` where it is spent.

    Failures are counted anew from here, for two people have vouched for the person.
    """
    spent = (
        update(TemporaryReplacement)
        .where(TemporaryReplacement.link_digest == digest(token), *_unspent(visitor, now))
        .values(state=Replacement.REDEEMED.value, redeemed_in=visitor.session, redeemed_at=now)
        .returning(TemporaryReplacement.id)
    )
    Verdict.unless((is_held(session, visitor.person, now), rules.HELD)).require()
    number = session.execute(spent, execution_options=UNSYNCHRONISED).scalar_one_or_none()
    Verdict.unless((number is None, rules.LINK_SPENT)).require()
    attempts.clear(session, visitor.person)
    details = {"person": visitor.reference, "replacement": number}
    tell(session, Entry("replacement.redeemed", Actor(visitor.reference, "page"), details))


def use(session: Session, one: ReplacementFacts, authenticator: int, *, actor: Actor) -> None:
    """Close a replacement with the authenticator that was enrolled by it."""
    _set(session, one, Replacement.USED, authenticator_id=authenticator)
    details = {"person": one.reference, "replacement": one.id, "authenticator": authenticator}
    tell(session, Entry("replacement.used", actor, details))


def find_redeemed(session: Session, visitor: Visitor, now: datetime) -> ReplacementFacts | None:
    """The replacement that was redeemed in the visitor's session and not used yet."""
    lately = TemporaryReplacement.redeemed_at > now - rules.PENDING_FOR
    mine = (TemporaryReplacement.person_id == visitor.person, TemporaryReplacement.redeemed_in == visitor.session)
    found = _list(session, *mine, TemporaryReplacement.state == Replacement.REDEEMED, lately)
    return found[0] if found else None


def is_open(session: Session, visitor: Visitor, token: str, now: datetime) -> bool:
    """Whether the link of a replacement can still be used, by the visitor."""
    return bool(_list(session, *_unspent(visitor, now), TemporaryReplacement.link_digest == digest(token)))


def has_link(session: Session, visitor: Visitor, now: datetime) -> bool:
    """Whether a link was mailed to the visitor that can still be used."""
    return bool(_list(session, *_unspent(visitor, now)))


def get(session: Session, number: int, of: str | None = None) -> ReplacementFacts:
    """A replacement, of a person where one is named, or raise `NotFound`."""
    found = _list(session, TemporaryReplacement.id == number)
    if not found or of not in (None, found[0].reference):
        raise NotFound(f"there is no temporary replacement {number}")
    return found[0]


def list_waiting(session: Session, people: Collection[int] | None = None) -> list[ReplacementFacts]:
    """Replacements that wait for a second person, of everybody or of some people."""
    which = [TemporaryReplacement.state == Replacement.ASKED]
    if people is not None:
        which.append(TemporaryReplacement.person_id.in_(people))
    return _list(session, *which)


def _list(session: Session, *which: ColumnElement[bool]) -> list[ReplacementFacts]:
    question = select(*COLUMNS).join(Person, Person.id == TemporaryReplacement.person_id).where(*which)
    return [as_facts(row) for row in session.execute(question.order_by(TemporaryReplacement.id.desc()))]


def _unspent(visitor: Visitor, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        TemporaryReplacement.person_id == visitor.person,
        TemporaryReplacement.state == Replacement.APPROVED,
        TemporaryReplacement.link_ends_at > now,
    )


def as_facts(row: Any) -> ReplacementFacts:
    """A row of `COLUMNS` as facts."""
    number, person, reference, state, *rest = row
    return ReplacementFacts(number, person, reference, Replacement(state), *rest)


def _set(session: Session, one: ReplacementFacts, to: Replacement, **values: Any) -> None:
    before = [state.value for state, following in NEXT_REPLACEMENT.items() if to in following]
    changed = (
        update(TemporaryReplacement)
        .where(TemporaryReplacement.id == one.id, TemporaryReplacement.state.in_(before))
        .values(state=to.value, **values)
        .returning(TemporaryReplacement.id)
    )
    if session.execute(changed, execution_options=UNSYNCHRONISED).first() is None:
        raise Conflict("somebody else decided this meanwhile")
