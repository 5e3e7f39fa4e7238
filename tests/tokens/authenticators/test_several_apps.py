"""Somebody with several apps gives a code of whichever: one try, used up where it is good, counted once where not."""

from contextlib import suppress

import pytest
from sqlalchemy import update

from governance.kernel.errors import Unavailable
from governance.kernel.verdict import Refused
from tests.races import race
from tests.tokens.authenticators.rooms import MINUTE, MO, NOON, STEP, code_at
from tokens.authenticators import enrolling, losing, service, store
from tokens.authenticators.models import Authenticator
from tokens.authenticators.rules import MOST_APPS, Finding, State
from tokens.authenticators.throttling import Throttle

FREE = Throttle(waits=())
LATER = NOON + MINUTE


def wrong_for(*seeds):
    """Six digits that are no code of any of these apps, of twenty minutes around."""
    near = {code_at(seed, LATER, steps) for seed in seeds for steps in range(-45, 46)}
    return next(code for code in (f"{number:06d}" for number in range(10**6)) if code not in near)


def test_a_code_of_another_app_is_taken_for_that_app(room):
    one, first, old = room.with_app()
    second, new, _ = room.enrol(one, label="Phone 2")
    proof = room.verify(one, second, code_at(old, LATER), LATER)
    assert (proof.good, proof.authenticator) == (True, first)
    assert [room.facts(one, row).last_used_at for row in (first, second)] == [LATER, None]
    assert [room.facts(one, row).failures for row in (first, second)] == [0, 0]
    proof = room.verify(one, first, code_at(new, LATER), LATER)
    assert (proof.good, proof.authenticator) == (True, second)


def test_a_code_is_used_whichever_app_is_named(room):
    one, first, old = room.with_app()
    second, _, _ = room.enrol(one, label="Phone 2")
    code = code_at(old, LATER)
    assert room.verify(one, second, code, LATER).good
    for row in (first, second):
        assert room.verify(one, row, code, LATER, throttle=FREE).finding is Finding.USED
    assert room.verify(one, second, code_at(old, LATER - STEP), LATER, throttle=FREE).finding is Finding.USED


def test_an_app_whose_key_is_lost_stands_in_no_others_way(room):
    """Else a wrong code would not be counted."""
    one, first, _ = room.with_app()
    second, new, _ = room.enrol(one, label="Phone 2")
    with room.change() as session:
        session.execute(update(Authenticator).where(Authenticator.id == first).values(secret=b"sealed elsewhere"))
    assert not room.verify(one, second, wrong_for(new), LATER, throttle=FREE).good
    assert room.facts(one, second).failures == 1
    assert room.verify(one, second, code_at(new, LATER), LATER, throttle=FREE).good


def test_an_app_whose_key_is_lost_lets_another_in_and_no_guess_go_free(room):
    one, first, _ = room.with_app()
    second, new, _ = room.enrol(one, label="Phone 2")
    with room.change() as session:
        session.execute(update(Authenticator).where(Authenticator.id == first).values(secret=b"sealed elsewhere"))
    assert room.verify(one, first, wrong_for(new), LATER, throttle=FREE).finding is Finding.WRONG
    assert room.facts(one, first).failures == 1, "it was looked at by the other one, so it counts"
    proof = room.verify(one, first, code_at(new, LATER), LATER, throttle=FREE)
    assert (proof.good, proof.authenticator) == (True, second)


def test_an_app_whose_key_is_lost_and_no_other_says_so(room):
    one, first, _ = room.with_app()
    with room.change() as session:
        session.execute(update(Authenticator).where(Authenticator.id == first).values(secret=b"sealed elsewhere"))
    with pytest.raises(Unavailable):
        room.verify(one, first, "123456", LATER)


def test_nobody_has_more_apps_than_five(room):
    """Each makes a guess likelier."""
    one, first, _ = room.with_app()
    for number in range(2, MOST_APPS + 1):
        room.enrol(one, label=f"Phone {number}")
    with pytest.raises(Refused) as wrong:
        room.enrol(one, label="Phone 6")
    assert [reason.code for reason in wrong.value.verdict.reasons] == ["too_many_apps"]
    with room.change(NOON) as session:
        losing.report_lost(session, one.reference, first, actor=MO, now=NOON)
    room.enrol(one, label="Phone 6")


def test_nobody_has_more_however_many_begin_at_once(room):
    one, _, _ = room.with_app()
    for number in range(2, MOST_APPS):
        room.enrol(one, label=f"Phone {number}")

    def begin(_turn):
        with room.change() as session:
            return enrolling.begin_totp(session, room.sealer, one.visitor, "Phone", now=NOON)

    def finish(row):
        with room.change() as session:
            code = code_at(service.open_secret(session, room.sealer, row), NOON)
            enrolling.finish(session, room.sealer, one.visitor, row, (code,), now=NOON)

    for row in race(1, 8, begin)[0]:
        with suppress(Refused):
            finish(row)
    with room.databases.reading() as session:
        known = store.list_of(session, [one.number])
    assert len([app for app in known if app.is_usable(NOON)]) == MOST_APPS


def test_a_wrong_code_counts_once_however_many_apps_there_are(room):
    one, first, old = room.with_app()
    second, new, _ = room.enrol(one, label="Phone 2")
    _, third, _ = room.enrol(one, label="Phone 3")
    before = room.told(one).count("second_factor.refused")
    assert room.verify(one, second, wrong_for(old, new, third), LATER, throttle=FREE).finding is Finding.WRONG
    assert [room.facts(one, row).failures for row in (first, second)] == [0, 1]
    assert room.told(one).count("second_factor.refused") == before + 1


def test_an_app_that_is_lost_or_somebody_elses_lets_nobody_in(room):
    one, first, old = room.with_app()
    second, _, _ = room.enrol(one, label="Phone 2")
    _, _, theirs = room.with_app()
    with room.change(NOON) as session:
        losing.report_lost(session, one.reference, first, actor=MO, now=NOON)
    assert room.facts(one, first).state is State.LOST
    for seed in (old, theirs):
        assert not room.verify(one, second, code_at(seed, LATER), LATER, throttle=FREE).good
