"""Many at the same moment: one code lets one in, and what is counted is what was answered."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.races import CLIENTS, ROUNDS, SOAK_ROUNDS, race, winners
from tests.tokens.authenticators.rooms import MINUTE, NOON, Person, approved, code_at, wrong_code
from tests.twins import get_then_set
from tokens.authenticators import attempts, replacing
from tokens.authenticators.proving import prove_by_code
from tokens.authenticators.rules import Finding
from tokens.authenticators.throttling import THROTTLE, Throttle


def ours(room, one, row, typed, now):
    return prove_by_code(room.databases, room.sealer, one.visitor, row, (typed,), now=now).proof.good


def race_one_code(room, rounds, verify, clients=CLIENTS):
    """Each round one new code of an app, in the hands of many."""
    one, row, seed = room.with_app()

    def prepare(turn):
        now = NOON + (turn + 1) * MINUTE
        return code_at(seed, now), now

    return winners(race(rounds, clients, lambda about: verify(room, one, row, *about), prepare))


def race_one_recovery_code(room, rounds, verify, clients=CLIENTS):
    """Each round one unused recovery code, in the hands of many; a new set whenever ten are used."""
    one, _, _ = room.with_app()
    held: list[tuple[int, str]] = []

    def prepare(turn):
        now = NOON + (turn + 1) * MINUTE
        if not held:
            fresh = one.visitor._replace(auth_time=now)
            number, codes = room.recovery(Person(one.number, one.reference, fresh), now)
            held.extend((number, code) for code in codes)
        return *held.pop(), now

    return winners(race(rounds, clients, lambda about: verify(room, one, *about), prepare))


RACES = pytest.mark.parametrize("race_it", [race_one_code, race_one_recovery_code])


@RACES
def test_one_of_many_is_let_in(room, race_it):
    assert race_it(room, ROUNDS, ours) == [1] * ROUNDS


@RACES
def test_the_same_race_catches_who_looks_and_then_writes(room, race_it):
    assert max(race_it(room, 3, get_then_set.verify, clients=8)) > 1


@pytest.mark.soak
@RACES
def test_one_of_many_is_let_in_again_and_again(room, race_it):
    assert race_it(room, SOAK_ROUNDS, ours) == [1] * SOAK_ROUNDS


def guess(room, one, row, seed, now, throttle, guesses):
    """Guess at once, again and again; what was found each time."""
    wrong = wrong_code(seed, now)

    def act(_turn):
        return prove_by_code(
            room.databases, room.sealer, one.visitor, row, (wrong,), now=now, throttle=throttle
        ).proof.finding

    return Counter(race(1, guesses, act)[0])


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_two_hundred_wrong_codes_at_once_lock_at_ten_exactly(room, rounds):
    free = Throttle(waits=())
    for _ in range(rounds):
        one, row, seed = room.with_app()
        now = NOON + MINUTE
        found = guess(room, one, row, seed, now, free, 200)
        assert found == {Finding.WRONG: free.lock_every, Finding.LOCKED: 200 - free.lock_every}
        with room.databases.reading() as session:
            assert attempts.list_attempts(session, [one.number])[one.number].failures == found[Finding.WRONG]
        assert room.verify(one, row, code_at(seed, now), now).finding is Finding.LOCKED


def test_who_guesses_at_once_has_to_wait_too(room):
    one, row, seed = room.with_app()
    now = NOON + MINUTE
    found = guess(room, one, row, seed, now, THROTTLE, 40)
    assert found == {Finding.WRONG: 1, Finding.WAIT: 39}
    assert room.verify(one, row, code_at(seed, now), now).finding is Finding.WAIT
    later = now + timedelta(seconds=1)
    assert room.verify(one, row, code_at(seed, later), later).good


def test_one_of_many_redeems_a_link(room):
    def prepare(_turn):
        one, _, _ = room.with_app()
        return one, approved(room, one)

    def redeem(about):
        one, token = about
        with room.change() as session:
            replacing.redeem(session, one.visitor, token, now=NOON)
        return True

    assert winners(race(3, CLIENTS, redeem, prepare)) == [1, 1, 1]
