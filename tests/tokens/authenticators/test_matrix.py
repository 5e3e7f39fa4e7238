"""Each path by which one proves oneself, and each thing that stands in its way, when it starts and when it ends."""

from datetime import timedelta

import pytest

from governance.kernel.verdict import Refused
from tests.tokens.authenticators.rooms import MINUTE, MO, NOON, approved, code_at
from tokens.authenticators import attempts, enrolling, losing, proving, replacing, service, store, totp
from tokens.authenticators.models import SecondFactorAttempts
from tokens.authenticators.rules import Finding, Kind
from tokens.authenticators.throttling import Throttle

LATER = NOON + MINUTE
FREE = Throttle(waits=())


class Path:
    """One way in: who takes it, with which authenticator, and the right thing to give."""

    def __init__(self, room, kind):
        self.room, self.kind = room, kind
        self.one, self.row, self.seed = room.with_token() if kind.startswith("hotp") else room.with_app()
        self.codes = []
        if kind == "recovery":
            self.row, self.codes = room.recovery(self.one)
        self.one.visitor = room.visit(self.one.number, self.one.reference)

    def give(self, now=LATER):
        """The right code, or codes, at a moment."""
        if self.kind == "recovery":
            return (self.codes[0],)
        if self.kind.startswith("hotp"):
            return (totp.code_of(self.seed, 5), totp.code_of(self.seed, 6))[-2 if self.kind.endswith("pair") else -1 :]
        return (code_at(self.seed, now, -1), code_at(self.seed, now))[-2 if self.kind.endswith("pair") else -1 :]

    def finish(self, now=LATER):
        """Give what is right, as the page does."""
        return proving.prove_by_code(
            self.room.databases, self.room.sealer, self.one.visitor, self.row, self.give(now), now=now
        )

    def start(self, now=LATER):
        """Whether the second step offers it."""
        with self.room.databases.reading() as session:
            return self.row in {one.id for one in service.choices(session, self.one.visitor, now=now)}


def count(path, **values):
    with path.room.databases.writing() as session:
        attempts.hold(session, path.one.number, FREE, NOON)
        for name, value in values.items():
            setattr(session.get(SecondFactorAttempts, path.one.number), name, value)


def lock(path):
    count(path, failures=10, locked_until=LATER + MINUTE)


def stop(path):
    count(path, failures=100)


def change(path, act):
    with path.room.change() as session:
        act(session)
    path.one.visitor = path.room.visit(path.one.number, path.one.reference)


def expire(path):
    from tokens.authenticators.models import Authenticator

    with path.room.databases.writing() as session:
        session.get(Authenticator, path.row).ends_at = LATER


CONDITIONS = {
    "locked": (lock, Finding.LOCKED),
    "stopped": (stop, Finding.STOPPED),
    "revoked": (
        lambda path: change(path, lambda s: losing.revoke(s, path.one.reference, path.row, actor=MO, now=NOON)),
        Finding.UNUSABLE,
    ),
    "lost": (
        lambda path: change(path, lambda s: losing.report_lost(s, path.one.reference, path.row, actor=MO, now=NOON)),
        Finding.UNUSABLE,
    ),
    "on hold": (
        lambda path: change(
            path,
            lambda s: losing.put_on_hold(s, path.room.facts(path.one, path.row), "a test", actor=MO, now=NOON),
        ),
        Finding.UNUSABLE,
    ),
    "expired": (expire, Finding.UNUSABLE),
    "suspended": (lambda path: path.room.suspend(path.one), Finding.HELD),
}
PATHS = ("totp", "totp pair", "hotp", "hotp pair", "recovery")


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("kind", PATHS)
def test_whatever_stands_in_the_way_stands_in_every_way(room, kind, condition):
    """The right code lets nobody in, whether it was so before the page was shown or has become so since."""
    path, (make, finding) = Path(room, kind), CONDITIONS[condition]
    assert path.start()
    make(path)
    answer = path.finish()
    assert (answer.proof.finding, answer.secret) == (finding, "")
    if finding is Finding.UNUSABLE:
        assert not path.start()


@pytest.mark.parametrize("kind", PATHS)
def test_with_nothing_in_the_way_each_way_leads_in(room, kind):
    assert Path(room, kind).finish().secret


def passkey_of(room, one):
    """What stands for a passkey in this room, for the path that all others share."""
    row = {
        "person_id": one.number, "kind": "passkey", "label": "Key", "state": "active", "created_at": NOON,
        "activated_at": NOON,
    }  # fmt: skip
    with room.change() as session:
        from governance.ports.actor import Entry

        return store.add_authenticator(session, row, Entry("a.test", MO, {"person": one.reference}))


@pytest.mark.parametrize(("condition", "finding"), [
    ("locked", Finding.LOCKED), ("stopped", Finding.STOPPED), ("suspended", Finding.HELD),
])  # fmt: skip
def test_what_a_passkey_asks_first_says_it_too(room, condition, finding):
    path = Path(room, "totp")
    passkey_of(room, path.one)
    CONDITIONS[condition][0](path)
    with room.change(LATER) as session:
        assert service.why_closed(session, path.one.visitor, now=LATER).finding is finding


def test_a_passkey_is_no_code(room):
    path = Path(room, "totp")
    number = passkey_of(room, path.one)
    assert room.verify(path.one, number, "000000", LATER).finding is Finding.UNUSABLE


@pytest.mark.parametrize("condition", ["locked", "stopped", "suspended"])
def test_an_enrolment_is_no_way_round(room, condition):
    """Neither by beginning before and finishing after."""
    path = Path(room, "totp")
    number = approved(room, path.one)
    with room.change() as session:
        replacing.redeem(session, path.one.visitor, number, now=NOON)
    with room.change() as session:
        row = enrolling.begin_totp(session, room.sealer, path.one.visitor, "Phone", now=NOON)
        seed = service.open_secret(session, room.sealer, row)
    CONDITIONS[condition][0](path)
    answer = proving.prove_by_enrolling(
        room.databases, room.sealer, path.one.visitor, row, (code_at(seed, LATER),), now=LATER
    )
    assert (answer.proof.finding, answer.secret) == (CONDITIONS[condition][1], "")


def test_somebody_suspended_redeems_nothing(room):
    path = Path(room, "totp")
    token = approved(room, path.one)
    room.suspend(path.one)
    with pytest.raises(Refused) as refused, room.change() as session:
        replacing.redeem(session, path.one.visitor, token, now=NOON)
    assert [reason.code for reason in refused.value.verdict.reasons] == ["held"]


def test_every_kind_is_a_path_here():
    """A new kind of authenticator needs its row above."""
    assert {path.split()[0] for path in PATHS} | {"passkey"} == set(Kind)
    assert timedelta(0) < LATER - NOON
