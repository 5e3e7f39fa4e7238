"""What is lost is dead at once; a replacement takes two people; officers see no secret and help only others."""

from datetime import timedelta

import pytest

from governance.kernel.errors import NotFound
from governance.kernel.verdict import Refused
from governance.ports.actor import Actor
from tests.tokens.authenticators.rooms import MINUTE, MO, NOON, Person, code_at, mailed_token, wrong_code
from tokens.authenticators import attempts, losing, replacing
from tokens.authenticators.jobs import remind_people
from tokens.authenticators.models import SecondFactorAttempts
from tokens.authenticators.rules import Finding, State
from tokens.authenticators.summary import Authenticators
from tokens.authenticators.throttling import Throttle

LATER = NOON + MINUTE
FREE = Throttle(waits=())
JO = Actor("jo", "page")


def codes_of(wrong):
    return [reason.code for reason in wrong.value.verdict.reasons]


def test_a_lost_app_is_dead_at_once_with_every_session(room):
    one, row, seed = room.with_app()
    room.visit(one.number, one.reference)
    with room.change(LATER) as session:
        losing.report_lost(session, one.reference, row, actor=MO, now=LATER)
    assert room.live(one) == set()
    assert room.facts(one, row).state is State.LOST
    assert room.verify(one, row, code_at(seed, LATER), LATER).finding is Finding.UNUSABLE
    assert room.mails(one)[-1] == "authenticator-lost"
    assert "authenticator.lost" in room.told(one)


def test_ones_own_loss_ends_ones_other_sessions(room):
    one, row, seed = room.with_app()
    first = one.visitor
    phone, _, proof = room.enrol(one, label="Other")
    second = Person(one.number, one.reference, room.visit(one.number, one.reference))
    room.proved(second, proof)
    with room.change(LATER) as session:
        assert losing.report_own_loss(session, second.visitor, row, now=LATER)
    assert room.live(one) == {second.visitor.session}
    with room.change(LATER) as session:
        assert not losing.report_own_loss(session, second.visitor, phone, now=LATER)
    assert room.live(one) == set()
    assert first.session != second.visitor.session
    assert room.verify(one, row, code_at(seed, LATER), LATER).finding is Finding.UNUSABLE


@pytest.mark.parametrize("to", ["lost", "revoked", "removed"])
def test_what_is_over_never_comes_back(room, to):
    one, row, _ = room.with_app()
    room.enrol(one, label="Other")
    ends = {
        "lost": lambda session: losing.report_lost(session, one.reference, row, actor=MO, now=LATER),
        "revoked": lambda session: losing.revoke(session, one.reference, row, actor=MO, now=LATER),
        "removed": lambda session: losing.remove(session, one.visitor, row, now=LATER),
    }
    with room.change(LATER) as session:
        ends[to](session)
    for again in (
        *ends.values(),
        lambda session: losing.release(session, one.reference, row, actor=MO, now=LATER),
        lambda session: losing.put_on_hold(session, room.facts(one, row), "a test", actor=MO, now=LATER),
    ):
        with pytest.raises(Refused) as wrong, room.change(LATER) as session:
            again(session)
        assert codes_of(wrong) == ["not_possible"]


def test_the_last_one_is_not_removed_and_nobody_elses_is_found(room):
    one, row, _ = room.with_app()
    other, _, _ = room.with_app()
    with pytest.raises(Refused) as wrong, room.change() as session:
        losing.remove(session, one.visitor, row, now=NOON)
    assert codes_of(wrong) == ["last_one"]
    for act in (
        lambda session: losing.remove(session, other.visitor, row, now=NOON),
        lambda session: losing.rename(session, other.visitor, row, "Mine", now=NOON),
        lambda session: losing.report_own_loss(session, other.visitor, row, now=NOON),
        lambda session: losing.report_lost(session, other.reference, row, actor=MO, now=NOON),
    ):
        with pytest.raises(NotFound), room.change() as session:
            act(session)


def test_one_that_looks_copied_is_put_on_hold_and_released_by_somebody_else(room):
    one, row, seed = room.with_app()
    with room.change() as session:
        losing.put_on_hold(session, room.facts(one, row), "a copy", actor=Actor(one.reference, "page"), now=NOON)
    assert room.live(one) == set()
    assert room.verify(one, row, code_at(seed, LATER), LATER).finding is Finding.UNUSABLE
    with pytest.raises(Refused) as wrong, room.change() as session:
        losing.release(session, one.reference, row, actor=Actor(one.reference, "page"), now=LATER)
    assert codes_of(wrong) == ["about_oneself"]
    with room.change() as session:
        losing.release(session, one.reference, row, actor=MO, now=LATER)
    assert room.mails(one)[-2:] == ["authenticator-held", "authenticator-released"]
    assert room.verify(one, row, code_at(seed, LATER), LATER).good


def test_a_name_is_changed(room):
    one, row, _ = room.with_app()
    with room.change() as session:
        losing.rename(session, one.visitor, row, "Work phone", now=NOON)
    assert room.facts(one, row).label == "Work phone"


# --- unlocking


def locked(room):
    one, row, seed = room.with_app()
    for _ in range(10):
        room.verify(one, row, wrong_code(seed, LATER), LATER, throttle=FREE)
    return one, row, seed


def test_an_officer_unlocks_somebody_else_and_what_was_counted_stays(room):
    one, row, seed = locked(room)
    with pytest.raises(Refused) as wrong, room.change(LATER) as session:
        losing.unlock_person(session, one.reference, actor=Actor(one.reference, "page"), now=LATER)
    assert codes_of(wrong) == ["about_oneself"]
    with room.change(LATER) as session:
        losing.unlock_person(session, one.reference, actor=MO, now=LATER)
    with room.databases.reading() as session:
        assert attempts.list_attempts(session, [one.number])[one.number].failures == 10
    assert room.verify(one, row, code_at(seed, LATER), LATER).good
    assert room.mails(one)[-1] == "authenticator-unlocked"


def test_what_governance_knows_in_short(room):
    one, _, _ = locked(room)
    other, row, _ = room.with_app()
    room.recovery(other)
    nobody = room.person()
    with room.databases.reading() as session:
        found = Authenticators().summary(session, [one.number, other.number, nobody.number], LATER)
    assert found[one.number].locked_until == LATER + timedelta(minutes=15)
    assert found[other.number] == ({"totp": 1, "recovery": 1}, None, None)
    assert found[nobody.number] == ({}, None, None)
    assert row


def test_what_the_desk_draws_its_picture_from(room):
    one, _, _ = locked(room)
    other, _, _ = room.with_app()
    nobody = room.person()
    people, known = [one.number, other.number, nobody.number], Authenticators()
    with room.databases.reading() as session:
        locks = known.locked(session, LATER)
        failures = known.failures(session, people, NOON.date())
        enrolments = known.enrolments(session, people)
        assert known.failures(session, people, NOON.date() + timedelta(days=1)) == []
    assert locks[one.number] == (10, LATER + timedelta(minutes=15), LATER)
    assert other.number not in locks
    assert failures == [(one.number, "totp", "wrong", 10)]
    assert enrolments == {one.number: (NOON, NOON, None), other.number: (NOON, NOON, None)}


# --- replacements


def asked(room, one, by="mo", actor=MO):
    with room.change() as session:
        return replacing.ask(session, one.reference, "phone is gone", by=by, actor=actor, now=NOON)


def approved(room, number, by="jo", actor=JO):
    with room.change() as session:
        replacing.approve(session, number, "https://postern.example", room.sealer, by=by, actor=actor, now=NOON)


def redeemed(room, one, token, now=NOON):
    one.visitor = room.visit(one.number, one.reference, now)
    with room.change(now) as session:
        replacing.redeem(session, one.visitor, token, now=now)


def test_a_lost_one_is_replaced_for_a_week_by_two_people(room):
    one, row, _ = room.with_app()
    with room.change() as session:
        losing.report_lost(session, one.reference, row, actor=MO, now=NOON)
    approved(room, asked(room, one))
    redeemed(room, one, mailed_token(room, one))
    fresh, seed, proof = room.enrol(one)
    assert proof.good
    assert room.facts(one, fresh).ends_at == NOON + timedelta(days=7)
    end = NOON + timedelta(days=7)
    before = end - timedelta(microseconds=1)
    assert room.verify(one, fresh, code_at(seed, before), before).good
    assert room.verify(one, fresh, code_at(seed, end), end).finding is Finding.UNUSABLE
    acts = [act for act in room.told(one) if act.startswith("replacement.")]
    assert acts == ["replacement.asked", "replacement.approved", "replacement.redeemed", "replacement.used"]


def test_whoever_has_a_temporary_one_is_reminded_once_before_it_ends(room):
    one, _, _ = room.with_app()
    approved(room, asked(room, one))
    redeemed(room, one, mailed_token(room, one))
    room.enrol(one)
    for day in range(8):
        remind_people(room, NOON + timedelta(days=day, hours=1))
    assert room.mails(one).count("authenticator-ends") == 1


def test_an_ordinary_one_takes_the_place_of_a_temporary_one(room):
    one, _, _ = room.with_app()
    approved(room, asked(room, one))
    redeemed(room, one, mailed_token(room, one))
    temporary, _, proof = room.enrol(one)
    room.proved(one, proof)
    ordinary, _, _ = room.enrol(one, label="New phone")
    assert room.facts(one, temporary).state is State.RETIRED
    assert room.facts(one, ordinary).ends_at is None


@pytest.mark.parametrize(("by", "actor"), [("mo", MO), ("mo", Actor("root")), ("jo", MO)])
def test_nobody_approves_what_they_started_by_any_door(room, by, actor):
    number = asked(room, room.person())
    with pytest.raises(Refused) as wrong:
        approved(room, number, by, actor)
    assert codes_of(wrong) == ["self_approval"]


def test_nobody_approves_or_starts_their_own(room):
    one = room.person()
    own = Actor(one.reference, "page")
    with pytest.raises(Refused) as wrong:
        asked(room, one, one.reference, own)
    assert codes_of(wrong) == ["about_oneself"]
    number = asked(room, one)
    with pytest.raises(Refused) as wrong:
        approved(room, number, one.reference, own)
    assert codes_of(wrong) == ["self_approval"]


def test_a_replacement_is_decided_once(room):
    number = asked(room, room.person())
    with room.change() as session:
        replacing.refuse(session, number, by="mo", actor=MO, now=NOON)
    with pytest.raises(Refused) as wrong:
        approved(room, number)
    assert codes_of(wrong) == ["decided"]


def test_a_link_is_good_once_for_a_day_for_its_person_and_in_its_session(room):
    one, _, _ = room.with_app()
    approved(room, asked(room, one))
    token = mailed_token(room, one)
    stranger = room.person()
    day = NOON + timedelta(hours=24)
    for who, now in ((stranger, NOON), (one, day)):
        with pytest.raises(Refused) as wrong:
            redeemed(room, who, token, now)
        assert codes_of(wrong) == ["link_spent"]
    redeemed(room, one, token, day - timedelta(seconds=1))
    first = one.visitor
    with pytest.raises(Refused):
        redeemed(room, one, token)
    one.visitor = room.visit(one.number, one.reference)
    with pytest.raises(Refused) as wrong:
        room.enrol(one)
    assert codes_of(wrong) == ["needs_replacement"]
    one.visitor = first
    assert room.enrol(one, day)[2].good


def test_before_the_second_person_there_is_no_link(room):
    one, _, _ = room.with_app()
    asked(room, one)
    assert room.mails(one)[-1] == "replacement-asked"
    with room.change() as session:
        assert replacing.find_redeemed(session, one.visitor, NOON) is None


def test_after_a_hundred_failures_only_a_replacement_helps(room):
    one, row, seed = room.with_app()
    room.verify(one, row, wrong_code(seed, NOON), NOON)
    with room.databases.writing() as session:
        session.get(SecondFactorAttempts, one.number).failures = 100
    with pytest.raises(Refused) as wrong, room.change() as session:
        losing.unlock_person(session, one.reference, actor=MO, now=NOON)
    assert codes_of(wrong) == ["stopped"]
    assert room.verify(one, row, code_at(seed, LATER), LATER).finding is Finding.STOPPED
    approved(room, asked(room, one))
    redeemed(room, one, mailed_token(room, one))
    assert room.enrol(one)[2].good
