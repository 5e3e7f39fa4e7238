"""Signing in with a password, on both databases: one answer for all that fails, and failures that are counted."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.people.signin.models import Account, SignInAttempts
from governance.people.signin.passwords import Cost, Passwords
from governance.people.signin.rules import FROM_ONE_PLACE, STOPPED
from governance.people.signin.service import accounts, entering, prove_factor, refusing
from governance.people.signin.service.entering import Browser, Entered, Problem
from governance.people.signin.store import attempts
from governance.people.store import get_person
from tests.races import race, winners
from tests.signin.people import AWAY, GOOD, HOME, OPERATOR, OTHER, Place

WRONG = Entered(problem=Problem.WRONG)
SECOND = timedelta(seconds=1)


def test_by_address_or_by_reference(shared: Place) -> None:
    ann = shared.member()
    for name in (ann, f"{ann}@example.org", f" {ann.upper()}@EXAMPLE.ORG "):
        visitor = shared.there(shared.enter(name).secret)
        assert (visitor.reference, visitor.acr, visitor.amr) == (ann, "", ("pwd",)), "the first factor alone"


def test_whatever_fails_is_answered_alike(shared: Place) -> None:
    ann, invited, closed = shared.member(), shared.person(), shared.member()
    shared.invite(invited)
    shared.change(lambda session: accounts.close_account(session, closed, "left", actor=OPERATOR, now=shared.now))
    tried = ((ann, OTHER), ("nobody.here", GOOD), (invited, GOOD), (closed, GOOD), (shared.person(), GOOD))
    for name, password in tried:
        assert shared.enter(name, password) == WRONG, name
    kinds = [body["failure"] for _, body in shared.told("sign_in.refused")][-5:]
    assert kinds == ["wrong_password", "unknown", "not_active", "not_active", "unknown"]


def test_who_may_not_sign_in_is_answered_like_everybody_else(shared: Place) -> None:
    """Suspended, barred, gone: the right password begins no session, and the page does not say so."""
    ann = shared.member()
    shared.kept_out.add(ann)
    assert shared.enter(ann) == WRONG
    assert shared.told("sign_in.refused")[-1][1]["failure"] == "not_permitted"
    assert shared.sessions(ann) == []
    shared.kept_out.remove(ann)
    assert shared.enter(ann).secret


def test_the_rules_are_asked_about_nobody_whose_password_is_wrong(shared: Place) -> None:
    """What the trail has of somebody is not filled by whoever knows their name."""
    ann, asked = shared.member(), list[str]()
    entering.sign_in(
        shared.databases, shared.ground, ann, OTHER, HOME, now=shared.now,
        may_enter=lambda _person, reference, _now: not asked.append(reference),
    )  # fmt: skip
    assert asked == []


def test_the_same_work_is_done_whoever_is_named(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Timing tells nobody whether there is an account: a hash is compared, once, and as long is spent to tell of it."""
    ann, invited, unknown = shared.member(), shared.person(), shared.person()
    shared.invite(invited)
    shared.enter("somebody.first")
    costs: list[tuple[str, int]] = []
    verify = shared.ground.passwords._hasher.verify

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            costs.append((stored.rpartition("$")[0].rpartition("$")[0], len(password)))
            return verify(stored, password)

    monkeypatch.setattr(shared.ground.passwords, "_hasher", Counting())
    monkeypatch.setattr(refusing, "REFUSED_SECONDS", 0.2)
    for name in (ann, "nobody.here", invited, unknown):
        began = time.monotonic()
        shared.enter(name, OTHER)
        assert time.monotonic() - began >= refusing.REFUSED_SECONDS, name
    assert len(costs) == 4
    assert len(set(costs)) == 1


def test_a_session_says_on_what_and_where_to_go_on(shared: Place) -> None:
    ann = shared.member()
    for wanted, kept in (("/people?page=2", "/people?page=2"), ("//evil.example", ""), ("https://evil.example", "")):
        secret = shared.enter(ann, browser=HOME._replace(next_path=wanted)).secret
        assert (shared.row(secret).next_path, shared.row(secret).device) == (kept, "Firefox on Linux")


# --- failures


def test_delays_rise_and_hold_even_the_right_password(shared: Place) -> None:
    ann = shared.member()
    for failures in range(1, 11):
        assert shared.enter(ann, OTHER) == WRONG
        wait = dict(FROM_ONE_PLACE.steps).get(failures)
        if wait is not None:
            shared.now += wait - SECOND
            assert shared.enter(ann) == Entered(problem=Problem.HELD, seconds=1), "the right one is not looked at"
            shared.now += SECOND
    assert shared.enter(ann).secret, "at the very end of the wait"
    assert shared.enter(ann, OTHER) == WRONG
    assert shared.enter(ann, OTHER) == WRONG, "what goes well begins to count anew"


def test_a_name_that_nobody_has_is_held_likewise(shared: Place) -> None:
    for _ in range(4):
        assert shared.enter("Nobody@example.org") == WRONG
    assert shared.enter("nobody@EXAMPLE.org").problem is Problem.HELD


def test_another_spelling_of_a_reference_tells_nobody_whether_it_exists(shared: Place) -> None:
    for name in (shared.member(), "person.ghost"):
        for _ in range(4):
            assert shared.enter(name, OTHER) == WRONG
        assert shared.enter(name.upper(), OTHER) == WRONG
        assert shared.enter(name, OTHER).problem is Problem.HELD


def test_a_stranger_locks_nobody_out_of_their_own_place(shared: Place, few: int) -> None:
    ann = shared.member()
    assert shared.enter(ann, browser=HOME).secret
    for number in range(few):
        shared.enter(ann, OTHER, Browser(f"203.0.113.{number}", ""))
    assert shared.enter(ann, browser=AWAY) == WRONG, "nobody else guesses any more, nor reads why"
    assert shared.enter(ann, browser=HOME).secret, "but Ann signs in where she has done so before"
    assert shared.enter(ann, browser=AWAY).secret, "and what goes well begins to count anew"


def test_sessions_stand_whatever_a_stranger_tries(shared: Place, few: int) -> None:
    ann = shared.member()
    secret = shared.enter(ann).secret
    for number in range(few + 2):
        shared.enter(ann, OTHER, Browser(f"203.0.113.{number}", ""))
    assert shared.there(secret).reference == ann


def test_too_many_failures_in_a_row_stop_until_somebody_is_set_free(shared: Place, few: int) -> None:
    ann = shared.member()
    for _ in range(few):
        assert shared.enter(ann, OTHER) == WRONG
        shared.now += timedelta(minutes=15)
    assert shared.enter(ann).problem is Problem.STOPPED
    shared.now += timedelta(days=3000)
    assert shared.enter(ann) == WRONG, (
        "what is told is forgotten after a day; the account is not looked at all the same"
    )
    shared.change(lambda session: accounts.set_free(session, shared.ground, ann, actor=OPERATOR))
    assert shared.enter(ann).secret


def test_thirty_two_at_once_get_no_guess_more(shared: Place) -> None:
    ann = shared.member()
    outcomes = race(1, 32, lambda _: shared.enter(ann, OTHER))[0]
    looked_at = [one for one in outcomes if one == WRONG]
    assert len(looked_at) == 4, "three are free, the fourth is the last before the first wait"
    with shared.databases.reading() as session:
        found = accounts.accounts.find_by_name(session, ann)
        subject = shared.ground.by_account(found, "").anywhere
        counted = session.scalars(select(SignInAttempts.failures).where(SignInAttempts.subject == subject)).all()
    assert max(counted) == 4


def test_counting_is_one_statement(shared: Place) -> None:
    subject = shared.ground.counted("test", "subject")
    patience = FROM_ONE_PLACE._replace(steps=((2, SECOND),))

    def turn(_round: Any) -> bool:
        with shared.databases.writing() as session:
            return attempts.take_turn(session, subject, subject, patience, shared.now).held_until is None

    assert winners(race(1, 32, turn)) == [2]


def test_the_stopped_stay_stopped_when_old_counts_are_forgotten(shared: Place) -> None:
    with shared.databases.writing() as session:
        for name in ("old", "stopped", "new"):
            patience = FROM_ONE_PLACE._replace(most=1) if name == "stopped" else FROM_ONE_PLACE
            moment = shared.now if name == "new" else shared.now - timedelta(days=91)
            for _ in range(2):
                attempts.take_turn(session, name.encode(), name.encode(), patience, moment)
        attempts.remove_old(session, shared.now - timedelta(days=90))
        kept = session.scalars(select(SignInAttempts.counted)).all()
        held = session.scalars(select(SignInAttempts.held_until).where(SignInAttempts.counted == b"stopped")).one()
    assert held == STOPPED
    assert b"new" in kept
    assert b"old" not in kept


# --- what is kept


def test_a_password_is_hashed_anew_when_guessing_is_made_dearer(shared: Place) -> None:
    ann = shared.member()
    shared.ground = replace(shared.ground, passwords=Passwords(Cost(128, 2)))
    assert shared.enter(ann, OTHER) == WRONG
    assert hash_of(shared, ann).startswith("$argon2id$v=19$m=64,t=1"), "only the right password makes another hash"
    assert shared.enter(ann).secret
    assert hash_of(shared, ann).startswith("$argon2id$v=19$m=128,t=2")
    assert shared.enter(ann).secret


def test_who_changes_their_password_meanwhile_is_not_signed_in_by_the_old_one(
    shared: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, matches = shared.member(), Passwords.matches

    def slow(self: Passwords, stored: str | None, password: str) -> bool:
        found = matches(self, stored, password)
        monkeypatch.setattr(Passwords, "matches", matches)
        assert shared.choose(shared.recover(ann), OTHER, accounts.Purpose.RECOVERY).secret
        return found

    monkeypatch.setattr(Passwords, "matches", slow)
    assert shared.enter(ann) == WRONG
    assert [body["failure"] for _, body in shared.told("sign_in.refused")][-1] == "changed"


def test_signing_out_ends_the_session(shared: Place) -> None:
    ann = shared.member()
    mine, other = shared.enter(ann).secret, shared.enter(ann, browser=AWAY).secret
    visitor = shared.there(mine)
    raised = shared.change(lambda session: prove_factor(session, visitor, "mfa", ("pwd", "otp"), None, now=shared.now))
    assert shared.visitor(mine) is None, "the secret of before the second factor is dead"
    shared.change(lambda session: entering.sign_out(session, shared.there(raised), now=shared.now))
    assert shared.visitor(raised) is None
    assert shared.visitor(other) is not None


def test_changing_the_password(shared: Place) -> None:
    ann = shared.member()
    mine, other = shared.enter(ann).secret, shared.enter(ann, browser=AWAY).secret
    visitor, before = shared.there(mine), len(shared.mails("password-changed"))

    def change(old: str, new: str) -> tuple[Entered, object]:
        return accounts.change_password(shared.databases, shared.ground, visitor, old, new, HOME, now=shared.now)

    assert change(OTHER, "four brown ducks walk") == (WRONG, None)
    assert change(GOOD, "short")[1] is not None
    assert change(GOOD, f"{ann}{ann}")[1] is not None
    renewed, objection = change(GOOD, OTHER)
    assert objection is None
    assert shared.there(renewed.secret).sid == visitor.sid
    assert shared.visitor(mine) is None
    assert shared.visitor(other) is None
    assert shared.enter(ann) == WRONG
    assert shared.enter(ann, OTHER).secret
    assert len(shared.mails("password-changed")) == before + 1


def test_the_old_password_is_not_guessed_by_changing_it(shared: Place) -> None:
    ann = shared.member()
    visitor = shared.there(shared.enter(ann).secret)
    for _ in range(4):
        accounts.change_password(shared.databases, shared.ground, visitor, OTHER, "x" * 20, HOME, now=shared.now)
    assert shared.enter(ann).problem is Problem.HELD, "both doors count together"


def test_a_closed_account_ends_everything_and_keeps_nothing(shared: Place) -> None:
    ann = shared.member()
    secret = shared.enter(ann).secret
    link = shared.recover(ann)
    shared.change(lambda session: accounts.close_account(session, ann, "left", actor=OPERATOR, now=shared.now))
    assert shared.visitor(secret) is None
    assert shared.enter(ann) == WRONG
    assert shared.choose(link, OTHER, accounts.Purpose.RECOVERY).is_spent
    with shared.databases.reading() as session:
        row = session.scalars(select(Account).where(Account.person_id == get_person(session, ann).id)).one()
    assert (row.email, row.email_key, row.password_hash, row.state) == (None, None, None, "closed")
    assert shared.choose(shared.invite(ann)).secret, "whoever comes back is invited anew"


def hash_of(place: Place, reference: str) -> str:
    """What is stored of somebody's password."""
    with place.databases.reading() as session:
        number = get_person(session, reference).id
        return str(session.scalars(select(Account.password_hash).where(Account.person_id == number)).one())
