"""Ceremonies from end to end, on both databases: challenges, owners, use counts, and what sessions say afterwards."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from governance.kernel.base64url import decoded, encoded
from governance.kernel.db import migrate
from governance.kernel.errors import Conflict
from governance.kernel.verdict import Refused
from governance.people.signin.models import Account
from governance.ports.actor import Actor
from governance.vetting.service import suspend_person
from tests.services import Databases as Urls
from tests.tokens.authenticators.keyholders import BOUND, BROWSER, NOW, SECOND, Holders, anybody, roaming
from tests.tokens.authenticators.rooms import Room
from tests.tokens.authenticators.soft_key import BE, BS, UP, UV, SoftKey
from tokens.authenticators import losing
from tokens.authenticators.answers import Finding
from tokens.authenticators.ceremonies import models, service, store
from tokens.authenticators.ceremonies.rules import LASTS, SENTENCES, Ceremony, Failure
from tokens.authenticators.ceremonies.service import Outcome
from tokens.authenticators.models import Authenticator
from tokens.authenticators.rules import State


@pytest.fixture
def holders(room: Room) -> Holders:
    return Holders(room)


def says(failure: Failure) -> Outcome:
    return Outcome(says=SENTENCES[failure])


def answered(holders: Holders, bound: str, text: str) -> Outcome:
    """What becomes of an answer with which somebody signs in."""
    return service.finish_sign_in(holders.place, bound, text, BROWSER, may_enter=anybody, now=NOW)


# --- the good ways


def test_a_first_passkey_raises_the_session(holders: Holders) -> None:
    visitor = holders.half()
    done = holders.create(visitor, SoftKey(flags=UP | UV | BE | BS))
    after = holders.visitor(done.secret)
    assert (after.acr, after.amr, after.sid) == ("passkey", ("pwd", "pop", "swk", "user"), visitor.sid)
    assert after.form_token != visitor.form_token
    assert holders.stored() == [(1, True, "active")]
    assert holders.told("authenticator.enrolled") == 1


def test_a_further_passkey_renews_the_session(holders: Holders) -> None:
    visitor = holders.proved()
    done = holders.create(visitor, SoftKey())
    after = holders.visitor(done.secret)
    assert (after.acr, after.amr) == (visitor.acr, visitor.amr)
    assert after.form_token != visitor.form_token


def test_it_is_the_second_step(holders: Holders) -> None:
    key = holders.enrol(key=roaming())
    visitor = holders.half()
    after = holders.visitor(holders.second_step(visitor, key).secret)
    assert (after.acr, after.amr, after.sid) == ("passkey", ("pwd", "pop", "hwk", "user"), visitor.sid)


def test_it_signs_in_alone(holders: Holders) -> None:
    key = holders.enrol(key=SoftKey(flags=UP | UV | BE))
    after = holders.visitor(holders.sign_in(key).secret)
    assert (after.person, after.acr, after.amr) == (holders.people["ann"], "passkey", ("pop", "swk", "user"))


def test_a_renewed_proof_names_each_method_once(holders: Holders) -> None:
    key = holders.enrol(key=roaming())
    after = holders.visitor(holders.second_step(holders.proved(), key).secret)
    assert after.amr == ("pwd", "pop", "hwk", "user")
    assert holders.visitor(holders.second_step(after, key).secret).amr == after.amr


def test_a_person_has_one_handle_for_all_their_passkeys(holders: Holders) -> None:
    one, other, others = holders.enrol(), holders.enrol(), holders.enrol("mo")
    assert one.user_handle == other.user_handle != others.user_handle
    assert one.user_handle is not None
    assert len(one.user_handle) == 32


def test_what_was_enrolled_is_not_enrolled_twice(holders: Holders) -> None:
    key = holders.enrol()
    visitor = holders.proved(acr="passkey")
    asked = service.begin_creation(holders.place, visitor, now=NOW)
    assert [one["id"] for one in asked["excludeCredentials"]] == [encoded(key.credential_id)]
    assert service.finish_creation(holders.place, visitor, "Again", key.create(asked), now=NOW) == says(Failure.TAKEN)


# --- W5, #12: one answer to a challenge


def test_a_challenge_is_random_and_waits_on_our_side_alone(holders: Holders) -> None:
    asked = [service.begin_second_step(holders.place, holders.half(), now=NOW)["challenge"] for _ in range(20)]
    assert len(set(asked)) == 20
    assert all(len(decoded(one)) >= 16 for one in asked)
    assert holders.waiting() == 20


@pytest.mark.parametrize("alone", [False, True])
def test_a_good_answer_is_good_once(holders: Holders, alone: bool) -> None:
    key, visitor = holders.enrol(key=roaming(step=0)), holders.half()

    def begin() -> str:
        asked = (service.begin_sign_in(holders.place, BOUND, BROWSER.address, now=NOW) if alone
                 else service.begin_second_step(holders.place, visitor, now=NOW))  # fmt: skip
        return key.get(asked)

    def finish(text: str) -> Outcome:
        if alone:
            return service.finish_sign_in(holders.place, BOUND, text, BROWSER, may_enter=anybody, now=NOW)
        return service.finish_second_step(holders.place, visitor, text, now=NOW)

    text = begin()
    assert finish(text).secret
    assert finish(text) == says(Failure.EXPIRED)
    begin()
    assert finish(text) == says(Failure.REFUSED)


def test_an_enrolment_is_answered_once(holders: Holders) -> None:
    visitor, key = holders.proved(), SoftKey()
    text = key.create(service.begin_creation(holders.place, visitor, now=NOW))
    assert service.finish_creation(holders.place, visitor, "One", text, now=NOW).secret
    assert service.finish_creation(holders.place, visitor, "Two", text, now=NOW) == says(Failure.EXPIRED)
    assert len(holders.stored()) == 1


def test_a_failure_uses_the_challenge_up_too(holders: Holders) -> None:
    key, visitor = holders.enrol(), holders.half()
    for text in ("", "{}", "null", "not JSON"):
        good = key.get(service.begin_second_step(holders.place, visitor, now=NOW))
        assert service.finish_second_step(holders.place, visitor, text, now=NOW).secret == ""
        assert holders.waiting() == 0
        assert service.finish_second_step(holders.place, visitor, good, now=NOW) == says(Failure.EXPIRED)


def test_a_failure_in_the_middle_does_not_bring_the_challenge_back(
    holders: Holders, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, visitor = holders.enrol(), holders.half()
    good = key.get(service.begin_second_step(holders.place, visitor, now=NOW))

    def broken(*_given: object, **_named: object) -> None:
        raise Conflict("something else went wrong")

    with monkeypatch.context() as patched:
        patched.setattr(service, "accepted", broken)
        with pytest.raises(Conflict):
            service.finish_second_step(holders.place, visitor, good, now=NOW)
    assert service.finish_second_step(holders.place, visitor, good, now=NOW) == says(Failure.EXPIRED)


def test_how_long_a_challenge_waits(holders: Holders) -> None:
    assert timedelta(minutes=5) >= LASTS
    key, visitor = holders.enrol(), holders.half()
    for after, good in ((LASTS - SECOND, True), (LASTS, False), (LASTS + SECOND, False)):
        text = key.get(service.begin_second_step(holders.place, visitor, now=NOW))
        done = service.finish_second_step(holders.place, visitor, text, now=NOW + after)
        assert bool(done.secret) is good
        assert holders.waiting() == 0


def test_a_challenge_does_for_no_other_session_person_or_ceremony(holders: Holders) -> None:
    key = holders.enrol(key=roaming(step=0))
    mine, elsewhere, others = holders.half(), holders.half(), holders.half("mo")
    asked = {one.sid: service.begin_second_step(holders.place, one, now=NOW) for one in (mine, elsewhere)}
    swapped = key.get(asked[elsewhere.sid])
    assert service.finish_second_step(holders.place, mine, swapped, now=NOW) == says(Failure.REFUSED)
    assert service.finish_second_step(holders.place, others, swapped, now=NOW) == says(Failure.EXPIRED)
    waits = key.get(service.begin_second_step(holders.place, mine, now=NOW))
    assert answered(holders, BOUND, waits) == says(Failure.EXPIRED)
    service.begin_sign_in(holders.place, BOUND, BROWSER.address, now=NOW)
    assert answered(holders, BOUND, waits) == says(Failure.REFUSED)
    asked_here = key.get(service.begin_sign_in(holders.place, BOUND, BROWSER.address, now=NOW))
    assert answered(holders, "browser:two", asked_here) == says(Failure.EXPIRED)


def test_a_challenge_taken_by_another_person_is_not_given(holders: Holders) -> None:
    """The person is part of the one statement, not only the session's name."""
    visitor, others = holders.half(), holders.half("mo")
    service.begin_second_step(holders.place, visitor, now=NOW)
    with holders.databases.writing() as session:
        bound = service.bound_to(visitor)
        assert store.take_challenge(session, bound, Ceremony.SECOND_STEP, others.person) is None
        assert store.take_challenge(session, bound, Ceremony.SECOND_STEP, None) is None
        assert store.take_challenge(session, bound, Ceremony.CREATION, visitor.person) is None
        assert store.take_challenge(session, bound, Ceremony.SECOND_STEP, visitor.person) is not None
        assert store.take_challenge(session, bound, Ceremony.SECOND_STEP, visitor.person) is None


def test_challenges_that_nobody_answers_are_forgotten(holders: Holders) -> None:
    for number in range(5):
        service.begin_sign_in(holders.place, f"browser:{number}", BROWSER.address, now=NOW)
    assert holders.waiting() == 5
    service.begin_sign_in(holders.place, BOUND, BROWSER.address, now=NOW + LASTS)
    assert holders.waiting() == 1


# --- W3: whose it is


def test_a_passkey_of_somebody_else_is_no_second_step(holders: Holders) -> None:
    key = holders.enrol("mo")
    assert holders.second_step(holders.half(), key) == says(Failure.UNKNOWN)


def test_a_strange_passkey_signs_nobody_in(holders: Holders) -> None:
    holders.enrol()
    stranger = SoftKey(user_handle=b"x" * 32)
    assert holders.sign_in(stranger) == says(Failure.UNKNOWN)
    assert holders.second_step(holders.half(), stranger) == says(Failure.UNKNOWN)


def test_the_authenticator_must_name_the_person(holders: Holders) -> None:
    key, others = holders.enrol(key=roaming()), holders.enrol("mo")
    mine = key.user_handle
    for handle in (others.user_handle, b"x" * 32):
        key.user_handle = handle
        assert holders.sign_in(key) == says(Failure.UNKNOWN)
        assert holders.second_step(holders.half(), key) == says(Failure.UNKNOWN)
    key.user_handle = None  # a security key that keeps no name of its person
    assert holders.sign_in(key) == says(Failure.UNKNOWN)
    assert holders.second_step(holders.half(), key).secret
    key.user_handle = mine
    assert holders.sign_in(key).secret


def test_nobody_takes_another_ones_credential_id(holders: Holders) -> None:
    key = holders.enrol()
    thief = SoftKey(credential_id=key.credential_id)
    assert holders.create(holders.proved("mo"), thief) == says(Failure.TAKEN)
    with holders.databases.writing() as session:
        number = session.scalars(select(Authenticator.id)).first()
        assert number is not None
        made = store.Credential(key.credential_id, b"x", 0, False, False, (), "")
        assert store.add_passkey(session, number, made, b"x") is False


def test_an_id_taken_meanwhile_undoes_the_enrolment(holders: Holders, monkeypatch: pytest.MonkeyPatch) -> None:
    key = holders.enrol()
    monkeypatch.setattr(store, "find_passkey", lambda *_given: None)
    with pytest.raises(Conflict):
        holders.create(holders.proved("mo"), SoftKey(credential_id=key.credential_id))
    assert len(holders.stored()) == 1


# --- W7, #14: use counts


COUNTS = (
    ("a synced passkey counts nothing", 0, 0, True), ("the first use of one that counts", 0, 1, True),
    ("one more", 5, 6, True), ("many more", 5, 1_000, True), ("no more", 5, 5, False), ("fewer", 5, 4, False),
    ("back to nothing", 5, 0, False), ("up to the most there is", 5, 2**32 - 1, True),
)  # fmt: skip


def test_a_use_count_grows_or_stays_nothing(holders: Holders) -> None:
    for says_, before, after, good in COUNTS:
        key = holders.enrol(key=SoftKey(counts=before, step=0))
        key.counts = after
        assert bool(holders.sign_in(key).secret) is good, says_
        assert holders.stored()[-1] == ((after, False, "active") if good else (before, False, "locked")), says_


def test_a_copied_passkey_is_told_held_and_refused(holders: Holders) -> None:
    key = holders.enrol(key=SoftKey(counts=9))
    before = holders.sign_in(key).secret
    key.step = 0
    assert holders.second_step(holders.half(), key) == says(Failure.SUSPECTED)
    assert holders.stored() == [(11, False, "locked")]
    assert holders.told("authenticator.held") == 1
    assert holders.is_over(before)
    key.step = 5
    assert not any(way(holders, key).secret for way in WAYS.values())


def test_the_backup_state_is_kept(holders: Holders) -> None:
    key = holders.enrol(key=SoftKey(flags=UP | UV | BE))
    key.flags |= BS
    assert holders.sign_in(key).secret
    assert holders.stored() == [(2, True, "active")]


def test_what_can_be_copied_does_not_change(holders: Holders) -> None:
    for before, after in ((UP | UV, UP | UV | BE), (UP | UV | BE, UP | UV)):
        key = holders.enrol(key=SoftKey(flags=before))
        key.flags = after
        assert holders.sign_in(key) == says(Failure.SUSPECTED)
        assert holders.stored()[-1] == (1, False, "locked")


def test_count_and_backup_state_are_one_conditional_statement(holders: Holders) -> None:
    holders.enrol(key=SoftKey(counts=4))
    with holders.databases.writing() as session:
        one = store.list_passkeys(session, holders.people["ann"])[0]
        assert store.set_used(session, one, store.Proof(6, False, False))
        assert not store.set_used(session, one, store.Proof(6, False, False))
        assert not store.set_used(session, one, store.Proof(7, True, False))
        session.execute(update(Authenticator).where(Authenticator.id == one.authenticator).values(state="lost"))
        assert not store.set_used(session, one, store.Proof(7, False, False))


# --- closed on every path


def mine(holders: Holders) -> Any:
    """The statement that changes Ann's authenticators."""
    return update(Authenticator).where(Authenticator.person_id == holders.people["ann"])


Way = Callable[[Holders, SoftKey], Outcome]
WAYS: dict[str, Way] = {
    "second step": lambda holders, key: holders.second_step(holders.half(), key),
    "alone": lambda holders, key: holders.sign_in(key),
}


def test_only_an_active_passkey_proves(holders: Holders) -> None:
    key = holders.enrol()
    for way in WAYS.values():
        for values in (*({"state": state} for state in State if state is not State.ACTIVE), {"ends_at": NOW}):
            with holders.databases.writing() as session:
                session.execute(mine(holders).values({"state": State.ACTIVE, "ends_at": None} | values))
            assert way(holders, key) == says(Failure.UNKNOWN)
            assert holders.stored()[0][0] == 1


def test_a_lost_passkey_is_dead_at_once(holders: Holders) -> None:
    key = holders.enrol()
    visitor = holders.proved(acr="passkey")
    with holders.databases.change("ann", NOW) as session:
        number = store.list_passkeys(session, visitor.person)[0].authenticator
        losing.report_own_loss(session, visitor, number, now=NOW)
    assert not any(way(holders, key).secret for way in WAYS.values())


def test_a_suspended_person_is_not_let_in(holders: Holders) -> None:
    key = holders.enrol()
    with holders.databases.change("test", NOW) as session:
        suspend_person(session, holders.names["ann"], "a test", actor=Actor("test"), now=NOW)
    assert not any(way(holders, key).secret for way in WAYS.values())
    assert holders.stored() == [(1, False, "active")]


def test_a_person_who_is_locked_out_is_not_let_in(holders: Holders) -> None:
    """O9: not even with a passkey that is right."""
    key = holders.enrol()
    fail(holders, 10)
    assert not any(way(holders, key).secret for way in WAYS.values())


def test_a_lock_out_by_passkeys_ends_what_is_half_signed_in(holders: Holders) -> None:
    """As one by codes does; a session that has proved a second factor stands."""
    waiting, proved, other = holders.half(), holders.proved(), holders.half("mo")
    fail(holders, 9)
    live = holders.live()
    assert {waiting.session, proved.session, other.session} < live
    fail(holders, 1, after=9)
    assert holders.live() == {proved.session, other.session}


def fail(holders: Holders, times: int, after: int = 0) -> None:
    """So many failures of the second step in a row, each as soon as one may."""
    key = SoftKey()
    known = holders.enrol()
    for turn in range(after, after + times):
        visitor = holders.half(now=NOW - timedelta(minutes=8) + turn * timedelta(seconds=40))
        at = visitor.auth_time
        options = service.begin_second_step(holders.place, visitor, now=at)
        forged = SoftKey(credential_id=known.credential_id, user_handle=known.user_handle)
        forged.cose, forged.sign = key.cose, key.sign
        assert service.finish_second_step(holders.place, visitor, forged.get(options), now=at).secret == ""
    assert holders.told("second_factor.refused") == after + times


def test_what_a_person_can_mend_is_not_counted(holders: Holders) -> None:
    key = holders.enrol()
    key.flags, half = UP, holders.half()
    revision = holders.place.databases.freshness.current()
    assert holders.second_step(half, key) == says(Failure.UNVERIFIED)
    assert holders.place.databases.freshness.current() == revision, "a refusal is no change"
    assert holders.told("second_factor.refused") == 0
    assert holders.told("passkey.refused") == 1


def test_an_account_that_was_closed_signs_nobody_in(holders: Holders) -> None:
    key = holders.enrol()
    with holders.databases.writing() as session:
        session.execute(update(Account).where(Account.person_id == holders.people["ann"]).values(state="closed"))
    assert holders.sign_in(key) == says(Failure.NO_ACCOUNT)


def test_a_good_passkey_of_who_may_not_sign_in_begins_no_session(holders: Holders) -> None:
    key, asked = holders.enrol(key=roaming(step=0)), list[str]()
    text = key.get(service.begin_sign_in(holders.place, BOUND, BROWSER.address, now=NOW))

    def nobody(_person: int, reference: str, _now: datetime) -> bool:
        return bool(asked.append(reference))

    done = service.finish_sign_in(holders.place, BOUND, text, BROWSER, may_enter=nobody, now=NOW)
    assert done == says(Failure.NO_ACCOUNT)
    assert asked == [holders.names["ann"]]
    assert (holders.told("sign_in.refused"), holders.told("session.begun")) == (1, 0)
    assert holders.sign_in(key).secret


# --- who may add one


def test_a_password_alone_does_not_add_a_further_one(holders: Holders) -> None:
    holders.enrol()
    with pytest.raises(Refused):
        service.begin_creation(holders.place, holders.half(), now=NOW)


def test_what_proves_less_does_not_add_what_proves_more(holders: Holders) -> None:
    holders.enrol()
    with pytest.raises(Refused):
        service.begin_creation(holders.place, holders.proved(acr="mfa"), now=NOW)


def test_it_is_asked_again_when_the_answer_comes(holders: Holders) -> None:
    visitor = holders.half()
    text = SoftKey().create(service.begin_creation(holders.place, visitor, now=NOW))
    holders.enrol()
    with pytest.raises(Refused):
        service.finish_creation(holders.place, visitor, "Late", text, now=NOW)


# --- tables


def test_every_finding_and_failure_has_its_sentence() -> None:
    assert service.TOLD.keys() == set(Finding)
    assert SENTENCES.keys() == set(Failure)


def test_the_migration_lays_out_what_the_models_have(database_url: Urls) -> None:
    from sqlalchemy import inspect

    from governance.kernel.db import Databases

    opened = Databases.open(*database_url)
    migrate(opened)
    found = inspect(opened.facts)
    for model in (models.Passkey, models.WebauthnChallenge):
        table = model.__table__
        columns = {column["name"]: column for column in found.get_columns(str(table.name))}
        assert columns.keys() == set(table.columns.keys()), table.name
        for name, column in table.columns.items():
            assert columns[name]["nullable"] is column.nullable, f"{table.name}.{name}"
        named = {one["name"] for one in found.get_unique_constraints(str(table.name))}
        assert {one.name for one in table.constraints if "uq_" in str(one.name)} <= named  # type: ignore[attr-defined]
    opened.close()


def test_nothing_of_a_ceremony_stands_in_the_trail(holders: Holders) -> None:
    from governance.trail.models import TrailEntryBody

    key = holders.enrol()
    holders.sign_in(key, type="other")
    holders.sign_in(key)
    with holders.databases.reading() as session:
        bodies = [json.dumps(str(body)) for body in session.scalars(select(TrailEntryBody.body))]
    assert key.user_handle is not None
    for secret in (encoded(key.credential_id), encoded(key.user_handle), key.credential_id.hex()):
        assert not any(secret in body for body in bodies)
