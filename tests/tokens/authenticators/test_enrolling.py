"""Authenticators are added by whoever may, count after their first code, and never show their secret again."""

from datetime import timedelta

import pytest

from governance.kernel.errors import NotFound
from governance.kernel.verdict import Refused
from tests.tokens.authenticators.rooms import MINUTE, MO, NOON, STEP, code_at, older, seed_for, wrong_code
from tokens.authenticators import enrolling, service, store, totp
from tokens.authenticators.rules import Finding, Kind, State


def begun(room, one, now=NOON, label="Phone"):
    with room.change(now) as session:
        row = enrolling.begin_totp(session, room.sealer, one.visitor, label, now=now)
        return row, service.open_secret(session, room.sealer, row)


def finished(room, one, row, *typed, now=NOON, visitor=None):
    with room.change(now) as session:
        return enrolling.finish(session, room.sealer, visitor or one.visitor, row, typed, now=now)


def codes_of(wrong):
    return [reason.code for reason in wrong.value.verdict.reasons]


def test_an_app_counts_after_its_first_code(room):
    one = room.person()
    row, seed = begun(room, one)
    assert room.verify(one, row, code_at(seed, NOON), NOON).finding is Finding.UNUSABLE
    proof = finished(room, one, row, code_at(seed, NOON))
    assert (proof.good, proof.acr, proof.amr, proof.authenticator) == (True, "mfa", ("pwd", "otp"), row)
    assert room.facts(one, row).state is State.ACTIVE
    assert room.mails(one) == ["authenticator-added"]
    assert room.told(one)[-3:] == ["authenticator.begun", "authenticator.enrolled", "second_factor.accepted"]


def test_a_wrong_trial_code_leaves_it_waiting_and_locks_nobody_out(room):
    one = room.person()
    row, seed = begun(room, one)
    for _ in range(12):
        assert finished(room, one, row, wrong_code(seed, NOON)).finding is Finding.WRONG
    late = finished(room, one, row, code_at(seed, NOON, -6))
    assert late.says.startswith("Your phone’s clock is about 3 minutes slow.")
    assert finished(room, one, row, code_at(seed, NOON)).good


def test_two_codes_let_a_phone_with_a_slow_clock_begin(room):
    one = room.person()
    row, seed = begun(room, one)
    assert finished(room, one, row, code_at(seed, NOON, -7), code_at(seed, NOON, -6)).good
    assert room.facts(one, row).drift == -6
    later = NOON + 5 * MINUTE
    assert room.verify(one, row, code_at(seed, later, -6), later).good


def test_only_the_session_that_began_it_can_finish_it(room):
    one = room.person()
    row, seed = begun(room, one)
    other = room.visit(one.number, one.reference)
    assert finished(room, one, row, code_at(seed, NOON), visitor=other).finding is Finding.UNUSABLE
    stranger = room.person()
    assert finished(room, stranger, row, code_at(seed, NOON)).finding is Finding.UNUSABLE
    with room.databases.reading() as session, pytest.raises(NotFound):
        enrolling.show_beginning(session, room.sealer, other, row, "Postern", now=NOON)


def test_it_waits_for_half_an_hour_and_a_finished_one_is_finished(room):
    one = room.person()
    row, seed = begun(room, one)
    end = NOON + timedelta(minutes=30)
    assert finished(room, one, row, code_at(seed, end), now=end).finding is Finding.UNUSABLE
    row, seed = begun(room, one)
    assert finished(room, one, row, code_at(seed, NOON)).good
    assert finished(room, one, row, code_at(seed, NOON, 1), now=NOON + STEP).finding is Finding.UNUSABLE


def test_the_key_is_shown_until_the_first_code_and_never_after(room):
    one = room.person()
    row, seed = begun(room, one)
    with room.databases.reading() as session:
        shown = enrolling.show_beginning(session, room.sealer, one.visitor, row, "Postern", now=NOON)
    assert totp.read_seed(shown.key) == seed
    assert shown.uri.startswith("otpauth://totp/Postern:")
    assert finished(room, one, row, code_at(seed, NOON)).good
    with room.databases.reading() as session, pytest.raises(NotFound):
        enrolling.show_beginning(session, room.sealer, one.visitor, row, "Postern", now=NOON)


def test_the_seed_is_sealed_for_its_own_row(room):
    from governance.kernel.errors import Unavailable

    one = room.person()
    first, seed = begun(room, one)
    with room.databases.reading() as session:
        sealed = store.find_secret(session, first)
        assert seed not in sealed
        assert room.sealer.open(sealed, f"authenticator:secret:{first}") == seed
        with pytest.raises(Unavailable):
            room.sealer.open(sealed, f"authenticator:secret:{first + 1}")


def test_what_was_begun_and_not_finished_is_over_when_another_begins(room):
    one = room.person()
    first, seed = begun(room, one)
    second, _ = begun(room, one)
    assert finished(room, one, first, code_at(seed, NOON)).finding is Finding.UNUSABLE
    assert (room.facts(one, first).state, room.facts(one, second).state) == (State.EXPIRED, State.PENDING)


def test_a_password_alone_adds_no_second_authenticator(room):
    one, _, _ = room.with_app()
    one.visitor = room.visit(one.number, one.reference)
    with pytest.raises(Refused) as wrong:
        begun(room, one)
    assert codes_of(wrong) == ["needs_replacement"]


def test_it_is_asked_again_when_the_trial_code_comes(room):
    """Begun in time and finished too late: adding needs a fresh factor at the end too."""
    one, _, _ = room.with_app()
    row, seed = begun(room, one)
    later = NOON + timedelta(minutes=10)
    with pytest.raises(Refused) as wrong:
        finished(room, one, row, code_at(seed, later), now=later)
    assert codes_of(wrong) == ["prove_again"]


def test_adding_needs_a_fresh_factor(room):
    one, _, _ = room.with_app()
    one.visitor = older(one.visitor, timedelta(minutes=10))
    with pytest.raises(Refused) as wrong:
        begun(room, one)
    assert codes_of(wrong) == ["prove_again"]
    with pytest.raises(Refused):
        room.recovery(one)


def test_recovery_codes_are_no_first_authenticator(room):
    with pytest.raises(Refused):
        room.recovery(room.person())


# --- hardware tokens

SEED = bytes(range(20))


def test_a_token_is_added_by_its_serial_and_secret(room):
    one, _, _ = room.with_app()
    with room.change() as session:
        row = enrolling.begin_hotp(
            session, room.sealer, one.visitor, f"T-{one.reference}", seed_for(one).hex(), "Token", now=NOON
        )
    assert finished(room, one, row, totp.code_of(seed_for(one), 3)).good
    assert room.facts(one, row).last_step == 3


@pytest.mark.parametrize(("serial", "seed", "reasons"), [
    ("", SEED.hex(), ["no_serial"]), ("S\n", SEED.hex(), ["no_serial"]), ("S-1", "00" * 8, ["no_seed"]),
    ("", "", ["no_serial", "no_seed"]),
])  # fmt: skip
def test_what_is_no_token(room, serial, seed, reasons):
    one, _, _ = room.with_app()
    with pytest.raises(Refused) as wrong, room.change() as session:
        enrolling.begin_hotp(session, room.sealer, one.visitor, serial, seed, "Token", now=NOON)
    assert codes_of(wrong) == reasons


def test_a_serial_is_registered_once_but_an_unfinished_one_can_begin_again(room):
    one, _, _ = room.with_app()
    other, _, _ = room.with_app()
    serial = f"U-{one.reference}"
    for _ in range(2):
        with room.change() as session:
            row = enrolling.begin_hotp(
                session, room.sealer, one.visitor, serial, seed_for(one).hex(), "Token", now=NOON
            )
    assert finished(room, one, row, totp.code_of(seed_for(one), 0)).good
    for who in (one, other):
        with pytest.raises(Refused) as wrong, room.change() as session:
            enrolling.begin_hotp(session, room.sealer, who.visitor, serial, seed_for(one).hex(), "Token", now=NOON)
        assert codes_of(wrong) == ["serial_taken"]


def test_one_token_is_not_registered_twice_under_two_serials_by_the_same_or_by_another(room):
    one, _, _ = room.with_app()
    other, _, _ = room.with_app()
    with room.change() as session:
        first = enrolling.begin_hotp(
            session, room.sealer, one.visitor, f"T1-{one.reference}", seed_for(one).hex(), "T", now=NOON
        )
    assert finished(room, one, first, totp.code_of(seed_for(one), 0)).good
    begin, assign = enrolling.begin_hotp, enrolling.assign_hotp
    for whose in (one, other):
        for again, who, more in ((begin, whose.visitor, {}), (assign, whose.reference, {"actor": MO})):
            with pytest.raises(Refused) as wrong, room.change() as session:
                again(session, room.sealer, who, f"T2-{one.reference}", seed_for(one).hex(), "T", now=NOON, **more)
            assert codes_of(wrong) == ["seed_taken"]


def test_of_two_who_begin_with_one_token_the_first_to_give_a_code_has_it(room):
    one, _, _ = room.with_app()
    other, _, _ = room.with_app()
    rows = []
    for who in (one, other):
        with room.change() as session:
            serial, seed = f"S-{who.reference}", seed_for(one).hex()
            rows.append(enrolling.begin_hotp(session, room.sealer, who.visitor, serial, seed, "T", now=NOON))
    assert finished(room, one, rows[0], totp.code_of(seed_for(one), 0)).good
    with pytest.raises(Refused) as wrong:
        finished(room, other, rows[1], totp.code_of(seed_for(one), 1))
    assert codes_of(wrong) == ["seed_taken"]


def test_a_secret_that_no_generator_makes_is_none(room):
    one, _, _ = room.with_app()
    for seed in (bytes(20), b"\x01\x02" * 10):
        with pytest.raises(Refused) as wrong, room.change() as session:
            enrolling.begin_hotp(session, room.sealer, one.visitor, f"Z-{one.reference}", seed.hex(), "T", now=NOON)
        assert codes_of(wrong) == ["no_seed"]


def test_an_assigned_token_waits_for_its_holder_and_guesses_at_it_count(room):
    one = room.person()
    with room.change() as session:
        row = enrolling.assign_hotp(
            session, room.sealer, one.reference, f"A-{one.reference}", seed_for(one).hex(), "Token", actor=MO, now=NOON
        )
    assert room.mails(one) == ["authenticator-assigned"]
    assert finished(room, one, row, "000000").finding is Finding.WRONG
    assert finished(room, one, row, totp.code_of(seed_for(one), 0)).finding is Finding.WAIT
    assert finished(room, one, row, totp.code_of(seed_for(one), 0), now=NOON + MINUTE).good


def test_an_assigned_token_is_no_way_round_a_loss(room):
    """One officer alone cannot let somebody in who has only the password: that takes a second person."""
    one, row, _ = room.with_app()
    one.visitor = room.visit(one.number, one.reference)
    with room.change() as session:
        assigned = enrolling.assign_hotp(
            session, room.sealer, one.reference, f"B-{one.reference}", seed_for(one).hex(), "Token", actor=MO, now=NOON
        )
    with pytest.raises(Refused) as wrong:
        finished(room, one, assigned, totp.code_of(seed_for(one), 0))
    assert codes_of(wrong) == ["needs_replacement"]
    assert row != assigned


def test_nobody_assigns_themselves_a_token(room):
    with pytest.raises(Refused) as wrong, room.change() as session:
        enrolling.assign_hotp(session, room.sealer, "mo", "C-1", SEED.hex(), "Token", actor=MO, now=NOON)
    assert codes_of(wrong) == ["about_oneself"]


def test_a_sealed_secret_never_leaves_with_the_facts(room):
    one, row, seed = room.with_app()
    assert seed not in repr(room.facts(one, row)).encode()
    assert room.facts(one, row).kind is Kind.TOTP
