"""People with accounts, sessions and keys in software, for tests of passkeys."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from sqlalchemy import delete, func, select, update

from governance.kernel.recorded import Ledger
from governance.people.signin.models import SignInSession
from governance.people.signin.service import begin_session, find_visitor, prove_factor
from governance.people.signin.service.entering import Browser
from governance.people.signin.service.ground import Ground
from governance.ports.visitor import Visitor
from governance.trail.models import TrailEntry
from tests.facts import SETTINGS
from tests.tokens.authenticators.rooms import LIMITS, Room
from tests.tokens.authenticators.soft_key import BE, BS, UP, UV, SoftKey
from tokens.authenticators.answers import Credential, Site
from tokens.authenticators.ceremonies import service, store
from tokens.authenticators.ceremonies.models import Passkey, WebauthnChallenge
from tokens.authenticators.ceremonies.service import Outcome, Place
from tokens.authenticators.models import Authenticator

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SITE = Site("example.org", "https://example.org")
BOUND = "browser:one"
BROWSER = Browser("192.0.2.1", "A browser")
GROUND = Ground.of(SETTINGS)


def anybody(_person: int, _reference: str, _now: datetime) -> bool:
    """Postern's own rules, as far as these tests go: everybody may sign in."""
    return True


class Holders:
    """Two new people of a room, Ann and Mo, who can sign in, and the ceremonies of both."""

    def __init__(self, room: Room) -> None:
        self.databases = room.databases
        self.place = Place(room.databases, SITE, GROUND)
        made = {"ann": room.person(), "mo": room.person()}
        self.people = {name: one.number for name, one in made.items()}
        self.names = {name: one.reference for name, one in made.items()}
        with self.databases.writing() as session:
            session.execute(delete(WebauthnChallenge))
            session.execute(update(SignInSession).where(SignInSession.acr == "").values(ended_at=NOW))
            self.before = session.scalars(select(func.max(TrailEntry.seq))).one()

    def half(self, name: str = "ann", *, now: datetime = NOW) -> Visitor:
        """Somebody who has just given their password."""
        with self.databases.change(name, now) as session:
            secret = begin_session(session, self.people[name], self.names[name], ("pwd",), "A browser", now=now)
        return self.visitor(secret, now=now)

    def proved(self, name: str = "ann", acr: str = "mfa", *, now: datetime = NOW) -> Visitor:
        """Somebody who has proved a second factor too."""
        visitor = self.half(name, now=now)
        with self.databases.change(name, now) as session:
            secret = prove_factor(session, visitor, acr, ("pwd", "otp"), None, now=now)
        return self.visitor(secret, now=now)

    def visitor(self, secret: str, *, now: datetime = NOW) -> Visitor:
        """Whose session a secret opens."""
        with self.databases.reading() as session:
            revision = session.scalars(select(Ledger.revision)).one()
            found = find_visitor(session, secret, LIMITS, revision, now)
        assert found is not None
        return found

    def enrol(self, name: str = "ann", key: SoftKey | None = None) -> SoftKey:
        """A key of somebody's, as an enrolment leaves it."""
        key, person = key or SoftKey(), self.people[name]
        key.counts += key.step
        with self.databases.writing() as session:
            ever = store.list_passkeys(session, person, only_active=False)
            key.user_handle = ever[0].user_handle if ever else secrets.token_bytes(32)
            row = Authenticator(
                person_id=person, kind="passkey", label="Key", state="active", digits=6, drift=0, last_step=-1,
                failures=0, created_at=NOW, activated_at=NOW,
            )  # fmt: skip
            session.add(row)
            session.flush()
            made = Credential(
                key.credential_id, cbor2.dumps(key.cose), key.counts, bool(key.flags & BE), bool(key.flags & BS), (), ""
            )
            assert store.add_passkey(session, row.id, made, key.user_handle)
        return key

    def create(self, visitor: Visitor, key: SoftKey, *, now: datetime = NOW, label: str = "My key") -> Outcome:
        """The whole ceremony of making one."""
        options = service.begin_creation(self.place, visitor, now=now)
        return service.finish_creation(self.place, visitor, label, key.create(options), now=now)

    def second_step(self, visitor: Visitor, key: SoftKey, *, now: datetime = NOW, **more: Any) -> Outcome:
        """The whole ceremony of the second step."""
        options = service.begin_second_step(self.place, visitor, now=now)
        return service.finish_second_step(self.place, visitor, key.get(options, **more), now=now)

    def sign_in(self, key: SoftKey, *, now: datetime = NOW, bound: str = BOUND, **more: Any) -> Outcome:
        """The whole ceremony of signing in with a passkey alone."""
        text = key.get(service.begin_sign_in(self.place, bound, BROWSER.address, now=now), **more)
        return service.finish_sign_in(self.place, bound, text, BROWSER, may_enter=anybody, now=now)

    def stored(self) -> list[tuple[int, bool, str]]:
        """Each passkey's use count, backup state and authenticator's state."""
        question = (
            select(Passkey.sign_count, Passkey.backup_state, Authenticator.state)
            .join(Authenticator, Authenticator.id == Passkey.authenticator_id)
            .where(Authenticator.person_id.in_(self.people.values()))
        )
        with self.databases.reading() as session:
            return [tuple(row) for row in session.execute(question.order_by(Passkey.authenticator_id))]  # type: ignore[misc]

    def live(self) -> set[int]:
        """The rows of both people's sessions that stand."""
        stand = select(SignInSession.id).where(SignInSession.ended_at.is_(None))
        with self.databases.reading() as session:
            return set(session.scalars(stand.where(SignInSession.person_id.in_(self.people.values()))))

    def waiting(self) -> int:
        """How many challenges wait."""
        with self.databases.reading() as session:
            return len(session.scalars(select(WebauthnChallenge.id)).all())

    def told(self, action: str) -> int:
        """How often the trail was told of an act since."""
        question = select(TrailEntry.seq).where(TrailEntry.action == action, TrailEntry.seq > self.before)
        with self.databases.reading() as session:
            return len(session.scalars(question).all())

    def is_over(self, secret: str, *, now: datetime = NOW) -> bool:
        """Whether the session that a secret opened is ended."""
        with self.databases.reading() as session:
            return find_visitor(session, secret, LIMITS, 0, now) is None


def roaming(**change: Any) -> SoftKey:
    """A security key: it counts, and cannot be copied."""
    return SoftKey(flags=UP | UV, **change)


__all__ = ["BOUND", "BROWSER", "LIMITS", "NOW", "SECOND", "SITE", "Holders", "roaming"]
