"""Does to an installation what people do: are invited, choose passwords, sign in, fail."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.outbox.models import OutboxMail
from governance.people.signin.models import SignInSession
from governance.people.signin.rules import Purpose, digest
from governance.people.signin.service import accounts, entering, find_visitor
from governance.people.signin.service.accounts import Chosen
from governance.people.signin.service.entering import Browser, Entered
from governance.people.signin.service.ground import Ground
from governance.people.signin.store import accounts as account_store
from governance.people.signin.store import list_of
from governance.people.store import get_person
from governance.ports.actor import Actor, Entry
from governance.ports.visitor import Visitor
from governance.trail.models import TrailEntry, TrailEntryBody
from tests.installation import Installation

GOOD = "three green kettles sing"
OTHER = "nine quiet lorries hum"
HOME, AWAY = Browser("192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"), Browser("198.51.100.7", "")
OPERATOR = Actor("operator")
NUMBERS = count(1)
AT_ONCE = 20
WAITING: WeakKeyDictionary[Installation, list[str]] = WeakKeyDictionary()
MEMBERS: WeakKeyDictionary[Installation, list[str]] = WeakKeyDictionary()
"""People of each installation whom no test has used yet, and those with an account."""


class Place:
    """An installation, and the verbs of sign-in over it at the moment that it is now."""

    def __init__(self, made: Installation) -> None:
        self.installation, self.databases = made, made.databases
        self.ground = Ground.of(made.service.settings)
        self.now: datetime = clock.now()
        self.kept_out = set[str]()

    def may_enter(self, _person: int, reference: str, _now: datetime) -> bool:
        """What Postern's own rules would say of signing in."""
        return reference not in self.kept_out

    def change(self, do: Callable[[Session], Any]) -> Any:
        """One change."""
        with self.databases.change("test", self.now) as session:
            return do(session)

    def person(self) -> str:
        """A new person of the council whom the facts know."""
        waiting = WAITING.setdefault(self.installation, [])
        if not waiting:
            waiting += [f"person.{next(NUMBERS)}" for _ in range(AT_ONCE)]
            work = {"organisation": "council", "post": "clerk", "from": "2020-01-01"}
            self.installation.apply(
                people=[{"reference": one, "name": "Robin Example"} for one in waiting],
                employment=[{"person": one, **work} for one in waiting],
            )
        return waiting.pop()

    def invite(self, reference: str, email: str = "") -> str:
        """Invite somebody; the link's token."""
        link = self.change(
            lambda session: accounts.invite(
                session, self.ground, reference, email or f"{reference}@example.org", actor=OPERATOR, now=self.now
            )
        )
        return str(link).rpartition("/")[2]

    def choose(self, token: str, password: str = GOOD, purpose: Purpose = Purpose.INVITATION) -> Chosen:
        """Use a link."""
        return accounts.choose_password(
            self.databases, self.ground, purpose, token, password, HOME, may_enter=self.may_enter, now=self.now
        )  # fmt: skip

    def member(self) -> str:
        """Somebody who has an account, with the password `GOOD`."""
        waiting = MEMBERS.setdefault(self.installation, [])
        if not waiting:
            waiting += [self.person() for _ in range(AT_ONCE)]
            stored = self.ground.passwords.hash(GOOD)
            self.change(lambda session: [self.open_account(session, one, stored) for one in waiting])
        return waiting.pop()

    def open_account(self, session: Session, reference: str, stored: str) -> None:
        """An account as it is once its invitation was used."""
        email = f"{reference}@example.org"
        values = {
            "person_id": get_person(session, reference).id, "email": email, "email_key": email, "password_hash": stored,
            "state": "active", "invited_by": "test", "created_at": self.now, "activated_at": self.now,
            "password_set_at": self.now,
        }  # fmt: skip
        account_store.add_account(session, values, Entry("test.opened", OPERATOR))

    def enter(self, name: str, password: str = GOOD, browser: Browser = HOME) -> Entered:
        """Try to sign in."""
        may_enter = self.may_enter
        return entering.sign_in(
            self.databases, self.ground, name, password, browser, may_enter=may_enter, now=self.now
        )  # fmt: skip

    def recover(self, name: str, browser: Browser = HOME) -> str:
        """Ask for a new password; the token of the link that was mailed, or nothing."""
        before = len(self.mails("recovery"))
        accounts.ask_recovery(self.databases, self.ground, name, browser, now=self.now)
        mails = self.mails("recovery")[before:]
        return str(mails[0]["link"]).rpartition("/")[2] if mails else ""

    def mails(self, template: str) -> list[Any]:
        """The data of the mails of one template that wait, the oldest first."""
        question = select(OutboxMail.name, OutboxMail.data).where(OutboxMail.template == template)
        with self.databases.reading() as session:
            return [self.opened(name, data) for name, data in session.execute(question.order_by(OutboxMail.id))]

    def opened(self, name: str, data: Any) -> Any:
        """What fills a mail in, as its sender reads it."""
        if not isinstance(data, str):
            return data or {}
        return json.loads(self.ground.sealer.open(b64decode(data), f"mail:data:{name}"))

    def visitor(self, secret: str) -> Visitor | None:
        """Whose session a secret opens now."""
        with self.databases.reading() as session:
            return find_visitor(session, secret, self.ground.limits, self.databases.freshness.current(), self.now)

    def there(self, secret: str) -> Visitor:
        """Whose session a secret opens; there must be one."""
        found = self.visitor(secret)
        assert found is not None
        return found

    def sessions(self, reference: str) -> list[str]:
        """The public names of somebody's sessions that were not ended."""
        with self.databases.reading() as session:
            return [one.sid for one in list_of(session, get_person(session, reference).id)]

    def told(self, action: str = "") -> list[tuple[str, dict[str, Any]]]:
        """What the trail was told, the oldest first."""
        question = select(TrailEntry.action, TrailEntryBody.body).join(
            TrailEntryBody, TrailEntryBody.seq == TrailEntry.seq
        )
        with self.databases.reading() as session:
            rows = session.execute(question.order_by(TrailEntry.seq))
            return [(name, json.loads(body)) for name, body in rows if action in ("", name)]

    def row(self, secret: str) -> SignInSession:
        """The row of a session."""
        with self.databases.reading() as session:
            return session.scalars(select(SignInSession).where(SignInSession.secret_digest == digest(secret))).one()
