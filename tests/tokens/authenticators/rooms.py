"""A place where people have authenticators: databases, what seals, people with accounts and sessions, codes to type."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.exchange.applying import apply_rows
from governance.exchange.reading import load_rows
from governance.kernel.db import Databases
from governance.kernel.sealing import Sealer
from governance.outbox import service as outbox
from governance.outbox.letters import declared
from governance.outbox.models import OutboxMail
from governance.people.models import Person as Person_
from governance.people.signin import service as signin
from governance.people.signin.models import Account, SignInSession
from governance.people.signin.rules import Limits
from governance.ports.actor import Actor
from governance.ports.visitor import Visitor
from governance.trail.models import TrailEntry, TrailEntryBody
from governance.vetting.service import suspend_person
from tests import services
from tests.facts import NOON, OFFICER, SETTINGS, SHEETS
from tokens.authenticators import enrolling, replacing, service, store, totp
from tokens.authenticators.rules import AuthenticatorFacts

MINUTE, STEP = timedelta(minutes=1), timedelta(seconds=30)
LIMITS = Limits.of(30, 12)
NUMBERS = count(1)
MO = Actor("mo", "page")


@dataclass
class Person:
    """A person of a test, and their newest session."""

    number: int
    reference: str
    visitor: Visitor


class Room:
    """One installation's databases, laid out already, and what tests do in it."""

    def __init__(self, urls: services.Databases) -> None:
        self.databases = Databases.open(*urls)
        self.sealer = Sealer(SETTINGS.secret_keys)
        self.apply(people=[{"reference": one, "name": one.title()} for one in ("mo", "jo", "al")])

    def close(self) -> None:
        self.databases.close()

    def apply(self, **sheets: list[dict[str, Any]]) -> None:
        rows = {}
        for name, listed in sheets.items():
            rows[name], wrong = load_rows(SHEETS[name], listed)
            assert not wrong, wrong
        apply_rows(self.databases, SHEETS, rows, actor=OFFICER, now=NOON, where="test")

    def person(self) -> Person:
        """Somebody new, with an account and a session of the first factor alone."""
        reference = f"p{next(NUMBERS)}"
        address = f"{reference}@example.org"
        with self.databases.writing() as session:
            known = Person_(reference=reference)
            session.add(known)
            session.flush()
            account = Account(
                person_id=known.id, email=address, email_key=address, state="active", invited_by="test", created_at=NOON
            )
            session.add(account)
        return Person(known.id, reference, self.visit(known.id, reference))

    def visit(self, number: int, reference: str, now: datetime = NOON) -> Visitor:
        """A new session with the first factor alone."""
        with self.change(now) as session:
            secret = signin.begin_session(session, number, reference, ("pwd",), "a test", now=now)
        return self.visitor_of(secret, now)

    def visitor_of(self, secret: str, now: datetime = NOON) -> Visitor:
        with self.databases.reading() as session:
            found = signin.find_visitor(session, secret, LIMITS, self.databases.freshness.current(), now)
        assert found is not None
        return found

    @contextmanager
    def change(self, now: datetime = NOON) -> Iterator[Session]:
        with self.databases.change("test", now) as session:
            yield session

    def proved(self, one: Person, proof: service.Proof, now: datetime = NOON) -> Visitor:
        """The session raised by a proof."""
        assert proof.good, proof
        with self.change(now) as session:
            secret = signin.prove_factor(session, one.visitor, proof.acr, proof.amr, proof.authenticator, now=now)
        one.visitor = self.visitor_of(secret, now)
        return one.visitor

    def with_app(self, now: datetime = NOON) -> tuple[Person, int, bytes]:
        """Somebody who has enrolled an app and is signed in with it, its number and its seed."""
        one = self.person()
        with self.change(now) as session:
            row = enrolling.begin_totp(session, self.sealer, one.visitor, "Phone", now=now)
            seed = service.open_secret(session, self.sealer, row)
            proof = enrolling.finish(session, self.sealer, one.visitor, row, (code_at(seed, now),), now=now)
            secret = signin.prove_factor(session, one.visitor, proof.acr, proof.amr, row, now=now)
        one.visitor = self.visitor_of(secret, now)
        return one, row, seed

    def enrol(self, one: Person, now: datetime = NOON, label: str = "Phone") -> tuple[int, bytes, service.Proof]:
        with self.change(now) as session:
            row = enrolling.begin_totp(session, self.sealer, one.visitor, label, now=now)
            seed = service.open_secret(session, self.sealer, row)
        with self.change(now) as session:
            proof = enrolling.finish(session, self.sealer, one.visitor, row, (code_at(seed, now),), now=now)
        return row, seed, proof

    def with_token(self, now: datetime = NOON) -> tuple[Person, int, bytes]:
        """Somebody whose hardware token counts, after its code number 0."""
        one = self.person()
        seed = seed_for(one)
        with self.change(now) as session:
            row = enrolling.assign_hotp(
                session, self.sealer, one.reference, f"S-{one.reference}", seed.hex(), "Token", actor=MO, now=now
            )
            proof = enrolling.finish(session, self.sealer, one.visitor, row, (totp.code_of(seed, 0),), now=now)
        self.proved(one, proof, now)
        return one, row, seed

    def recovery(self, one: Person, now: datetime = NOON) -> tuple[int, list[str]]:
        """A set of recovery codes of somebody who is signed in."""
        with self.change(now) as session:
            standing = enrolling.standing_codes(session, one.visitor.person)
            codes = enrolling.new_recovery_codes(session, self.sealer, one.visitor, instead_of=standing, now=now)
            row = next(
                it.id for it in store.list_of(session, [one.number]) if it.kind == "recovery" and not it.ended_at
            )
        return row, codes

    def verify(self, one: Person, row: int, typed: str, now: datetime, **more: Any) -> service.Proof:
        with self.change(now) as session:
            return service.verify_code(
                session, self.sealer, more.pop("visitor", one.visitor), row, typed, now=now, **more
            )

    def pair(self, one: Person, row: int, typed: tuple[str, str], now: datetime) -> service.Proof:
        with self.change(now) as session:
            return service.verify_pair(session, self.sealer, one.visitor, row, typed, now=now)

    def facts(self, one: Person, row: int) -> AuthenticatorFacts:
        with self.databases.reading() as session:
            return store.get_authenticator(session, one.number, row)

    def suspend(self, one: Person, now: datetime = NOON) -> None:
        with self.change(now) as session:
            suspend_person(session, one.reference, "a test", actor=MO, now=now)

    def live(self, one: Person) -> set[int]:
        """The rows of somebody's sessions that stand."""
        mine = select(SignInSession.id).where(SignInSession.person_id == one.number, SignInSession.ended_at.is_(None))
        with self.databases.reading() as session:
            return set(session.scalars(mine))

    def mails(self, one: Person) -> list[str]:
        with self.databases.reading() as session:
            mine = select(OutboxMail.template).where(OutboxMail.address == f"{one.reference}@example.org")
            return list(session.scalars(mine.order_by(OutboxMail.id)))

    def told(self, one: Person) -> list[str]:
        """What the trail was told of somebody."""
        with self.databases.reading() as session:
            rows = session.execute(
                select(TrailEntry.action, TrailEntryBody.body)
                .join(TrailEntryBody, TrailEntryBody.seq == TrailEntry.seq)
                .order_by(TrailEntry.seq)
            ).all()
        return [action for action, body in rows if f'"{one.reference}"'.encode() in (body or b"")]


def approved(room: Room, one: Person) -> str:
    """The token of the link of somebody's approved replacement."""
    with room.change() as session:
        number = replacing.ask(session, one.reference, "lost", by="mo", actor=MO, now=NOON)
    with room.change() as session:
        jo = Actor("jo", "page")
        replacing.approve(session, number, "https://x.example", room.sealer, by="jo", actor=jo, now=NOON)
    return mailed_token(room, one)


def mailed_token(room: Room, one: Person) -> str:
    """The token of the link that waits to be mailed to somebody."""
    return mailed(room.databases, room.sealer, one.reference, "authenticator-replacement")["link"].rpartition("/")[2]


def mailed(databases: Databases, sealer: Sealer, reference: str, template: str) -> Mapping[str, str]:
    """What fills the newest mail of a kind to somebody in; a link is sealed until it is sent."""
    with databases.reading() as session:
        mine = select(OutboxMail).where(OutboxMail.address == f"{reference}@example.org")
        mail: Any = session.scalars(mine.where(OutboxMail.template == template).order_by(OutboxMail.id.desc())).first()
        assert isinstance(mail.data, str) is ("link" in declared(template))
        return outbox.opened(mail, sealer)


def seed_for(one: Person) -> bytes:
    """The secret of a person's hardware token: each has another."""
    return hashlib.sha1(one.reference.encode(), usedforsecurity=False).digest()


def code_at(seed: bytes, now: datetime, steps: int = 0) -> str:
    """The code that an app shows at a moment, or some steps later."""
    return totp.code_of(seed, totp.step_of(now) + steps)


def wrong_code(seed: bytes, now: datetime) -> str:
    """Six digits that are no code of twenty minutes around."""
    near = {code_at(seed, now, steps) for steps in range(-45, 46)}
    return next(code for code in (f"{number:06d}" for number in range(10**6)) if code not in near)


def older(visitor: Visitor, by: timedelta) -> Visitor:
    """A visitor whose factor was proved longer ago."""
    return visitor._replace(auth_time=visitor.auth_time - by)


__all__ = ["MINUTE", "MO", "NOON", "STEP", "Person", "Room", "approved", "code_at", "older", "replace", "wrong_code"]
