"""Suspends people and lifts suspensions: look up, ask the rule, write, tell the trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from governance.kernel.clock import london_day
from governance.kernel.recorded import change_of
from governance.people.store import get_person
from governance.ports.actor import Actor, Entry
from governance.vetting import rules, store


def suspend_person(session: Session, reference: str, why: str, *, actor: Actor, now: datetime) -> None:
    """Suspend a person at once; every decision asked after the commit is a denial. Raise `NotFound` or `Refused`."""
    person = get_person(session, reference)
    today = london_day(now)
    standing = store.list_suspensions(session, person.id, change_of(session).base_revision, begun_by=today)
    rules.may_suspend(why, suspended=bool(standing)).require()
    entry = Entry("person.suspended", actor, {"person": reference, "why": why})
    store.add_suspension(session, person.id, why, today, entry=entry)


def lift_suspension(session: Session, reference: str, why: str, *, actor: Actor) -> None:
    """Lift a person's suspension. Raise `NotFound` or `Refused`."""
    person = get_person(session, reference)
    standing = store.list_suspensions(session, person.id, change_of(session).base_revision)
    rules.may_lift(why, suspended=bool(standing)).require()
    entry = Entry("person.suspension_lifted", actor, {"person": reference, "why": why})
    store.set_lifted(session, person.id, standing, entry=entry)
