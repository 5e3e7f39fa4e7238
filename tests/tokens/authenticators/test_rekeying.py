"""Secrets are sealed anew under the newest key: all of them, also when it is cut off, and nothing else changes."""

from governance.kernel.sealing import Sealer
from governance.kernel.settings import RecordKeys
from governance.ports.actor import Actor
from tests.tokens.authenticators.rooms import MINUTE, NOON, code_at
from tokens.authenticators import rekeying, service, store
from tokens.authenticators.rekeying import rekey

OLD, NEW = "old:" + "33" * 16, "new:" + "44" * 16
BOTH, ALONE = Sealer(RecordKeys.parse(f"{NEW},{OLD}")), Sealer(RecordKeys.parse(NEW))
ACTOR = Actor("root")


def sealed(room):
    with room.databases.reading() as session:
        return store.list_sealed(session, 0, 1000)


def test_it_goes_on_where_it_was_cut_off(room, monkeypatch):
    people = [room.with_app() for _ in range(5)]
    one, row, seed = people[0]
    number, codes = room.recovery(one)
    monkeypatch.setattr(rekeying, "AT_ONCE", 2)
    before = sealed(room)
    cut_off = rekey(room.databases, BOTH, actor=ACTOR, now=NOON)
    assert next(cut_off) == (2, 2)
    cut_off.close()
    assert sum(BOTH.is_current(secret) for _, secret in sealed(room)) == 2
    steps = list(rekey(room.databases, BOTH, actor=ACTOR, now=NOON))
    assert steps[-1] == (6, 4)
    assert [looked_at for looked_at, _ in steps] == [2, 4, 6]
    after = sealed(room)
    assert [number for number, _ in after] == [number for number, _ in before]
    assert all(ALONE.open(secret, store.place(row)) for row, secret in after)
    assert list(rekey(room.databases, BOTH, actor=ACTOR, now=NOON))[-1] == (6, 0)
    later = NOON + MINUTE
    for typed, which in ((code_at(seed, later), row), (codes[0], number)):
        with room.change(later) as session:
            assert service.verify_code(session, ALONE, one.visitor, which, typed, now=later).good


def test_what_is_changed_meanwhile_is_left_alone(room):
    _, row, _ = room.with_app()
    with room.databases.writing() as session:
        found = store.find_secret(session, row)
        assert not store.set_secret(session, row, b"other", instead_of=found + b"x")
        assert store.find_secret(session, row) == found
