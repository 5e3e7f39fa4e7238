"""Codes are verified once, counted together, and waited for: on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict
from tests.tokens.authenticators.rooms import MINUTE, NOON, STEP, code_at, wrong_code
from tokens.authenticators import attempts, service, store, totp
from tokens.authenticators.models import SecondFactorAttempts
from tokens.authenticators.proving import prove_by_code
from tokens.authenticators.rules import Finding, State
from tokens.authenticators.throttling import Throttle

FREE = Throttle(waits=())
LATER = NOON + MINUTE


def encodings(code):
    """Forty ways to write one code."""

    def shifted(start):
        return "".join(chr(start + int(digit)) for digit in code)

    scripts = (
        0xFF10,
        0x0660,
        0x06F0,
        0x0966,
        0x09E6,
        0x0A66,
        0x0AE6,
        0x0B66,
        0x0BE6,
        0x0E50,
        0x1D7CE,
        0x1D7D8,
        0x1D7E2,
    )
    signs = (
        "\u200d",
        "\u200b",
        "\u00a0",
        "\t",
        "\n",
        "\r",
        "\x00",
        "\ufeff",
        "_",
        ".",
        ",",
        "-",
        "'",
        "\u3000",
        "\u2007",
    )
    found = [shifted(start) for start in scripts] + [f"{code[:3]}{sign}{code[3:]}" for sign in signs]
    found += [f"+{code}", f"-{code}", f"0{code}", f"{code}0", f"{code}\n", f"{int(code):x}", f"{code}e0", f"{code}L"]
    return [*found, f" {code}", f"{code[:3]} {code[3:]}", " ".join(code), code]


def test_forty_ways_to_write_one_code_are_one_code(room):
    one, row, seed = room.with_app()
    found = [room.verify(one, row, typed, LATER, throttle=FREE) for typed in encodings(code_at(seed, LATER))]
    assert len(found) == 40
    assert sum(proof.good for proof in found) == 1
    assert {proof.finding for proof in found} == {Finding.GOOD, Finding.MALFORMED, Finding.USED}


def test_a_code_is_good_once_on_any_worker(room):
    one, row, seed = room.with_app()
    code = code_at(seed, LATER)
    assert room.verify(one, row, code, LATER).good
    assert room.verify(one, row, code, LATER).finding is Finding.USED
    other = Databases.open(room.databases.facts.url.render_as_string(hide_password=False), "sqlite://")
    again = LATER + timedelta(seconds=2)
    with other.change("test", again) as session:
        proof = service.verify_code(session, room.sealer, one.visitor, row, code, now=again)
    other.close()
    assert proof.finding is Finding.USED


def test_the_code_that_enrolled_it_is_used(room):
    one, row, seed = room.with_app()
    assert room.verify(one, row, code_at(seed, NOON), NOON).finding is Finding.USED


def test_a_clock_that_steps_back_brings_nothing_back(room):
    one, row, seed = room.with_app()
    hour = NOON + timedelta(hours=1)
    assert room.verify(one, row, code_at(seed, hour), hour).good
    for back in (timedelta(seconds=30), timedelta(minutes=10), timedelta(minutes=59)):
        assert not room.verify(one, row, code_at(seed, hour - back), hour - back, throttle=FREE).good
    assert room.facts(one, row).last_step == totp.step_of(hour)


def test_any_order_of_codes_is_accepted_upwards_only(room):
    _one, row, _seed = room.with_app()
    start, accepted = NOON + timedelta(hours=2), []
    for steps in (0, -1, 1, 1, 0, 3, 2, 2, 4, 3, 5, 5):
        moment = start + 5 * STEP
        step = totp.step_of(start) + steps
        with room.change(moment) as session:
            if store.set_accepted(session, row, step, moment):
                accepted.append(steps)
    assert accepted == [0, 1, 3, 4, 5]


# --- what is said


def test_a_slow_phone_is_told_by_how_much_and_still_counts(room):
    one, row, seed = room.with_app()
    proof = room.verify(one, row, code_at(seed, NOON + timedelta(hours=1), -6), NOON + timedelta(hours=1))
    assert proof.finding is Finding.CLOCK
    assert proof.says.startswith("Your phone’s clock is about 3 minutes slow. Set its date and time to automatic")
    assert room.facts(one, row).failures == 1


def test_a_code_to_come_is_told_once_and_never_accepted(room):
    """Else whoever guesses a code of the next twenty minutes need only wait."""
    one, row, seed = room.with_app()
    told, other = code_at(seed, NOON, 10), code_at(seed, NOON, 20)
    assert room.verify(one, row, told, LATER, throttle=FREE).finding is Finding.CLOCK
    assert room.verify(one, row, other, LATER, throttle=FREE).finding is Finding.WRONG
    due = NOON + 10 * STEP
    assert room.verify(one, row, told, due, throttle=FREE).finding is Finding.USED
    assert room.verify(one, row, code_at(seed, due, 1), due + STEP).good


def test_two_codes_teach_a_slow_phone_and_sign_in(room):
    one, row, seed = room.with_app()
    hour = NOON + timedelta(hours=1)
    pair = (code_at(seed, hour, -7), code_at(seed, hour, -6))
    assert room.pair(one, row, pair, hour).good
    assert room.facts(one, row).drift == -6
    assert room.pair(one, row, pair, hour + timedelta(seconds=2)).finding is Finding.WRONG
    later = hour + timedelta(minutes=5)
    assert room.verify(one, row, code_at(seed, later, -6), later).good
    assert "authenticator.resynchronised" in room.told(one)


def test_a_token_counts_up_only(room):
    one, row, seed = room.with_token()
    assert room.verify(one, row, totp.code_of(seed, 7), LATER, throttle=FREE).good
    for counter, finding in ((7, Finding.USED), (3, Finding.USED), (18, Finding.AHEAD), (200, Finding.WRONG)):
        assert room.verify(one, row, totp.code_of(seed, counter), LATER, throttle=FREE).finding is finding
    assert room.facts(one, row).last_step == 7
    later = LATER + MINUTE
    assert room.pair(one, row, (totp.code_of(seed, 60), totp.code_of(seed, 61)), later).good
    assert room.facts(one, row).last_step == 61


def test_a_code_of_somebody_elses_app_is_only_wrong(room):
    one, row, _ = room.with_app()
    _, other_row, other_seed = room.with_app()
    code = code_at(other_seed, LATER)
    assert room.verify(one, row, code, LATER).finding is Finding.WRONG
    assert room.verify(one, other_row, code, LATER + MINUTE).finding is Finding.UNUSABLE


# --- recovery codes


def test_a_recovery_code_is_good_once_in_any_writing(room):
    one, _row, _ = room.with_app()
    number, codes = room.recovery(one)
    assert len({code.replace("-", "") for code in codes}) == 10
    assert all(len(code) == 19 for code in codes)
    proof = room.verify(one, number, codes[0].lower().replace("-", " ").replace("0", "o"), LATER)
    assert (proof.acr, proof.amr) == ("mfa", ("pwd", "rec"))
    again = room.verify(one, number, codes[0], LATER)
    never = room.verify(one, number, "0000-0000-0000-0000", LATER + MINUTE)
    assert again.finding is never.finding is Finding.WRONG
    assert again.says == never.says
    assert again.says.startswith("That recovery code is not right"), "no app shows it"
    assert "recovery-code-used" in room.mails(one)


def test_few_recovery_codes_are_told(room):
    one, _, _ = room.with_app()
    number, codes = room.recovery(one)
    says = [room.verify(one, number, code, LATER).says for code in codes]
    assert says[6] == "Only 3 recovery codes are left. Make a new set soon."
    assert "left" not in says[5]


def test_a_new_set_kills_the_old_one(room):
    one, _, _ = room.with_app()
    old, codes = room.recovery(one)
    new, _ = room.recovery(one)
    assert new != old
    assert room.facts(one, old).state is State.RETIRED
    assert room.verify(one, old, codes[0], LATER).finding is Finding.UNUSABLE
    assert room.verify(one, new, codes[0], LATER).finding is Finding.WRONG


def test_no_recovery_code_stands_in_the_database(room):
    from sqlalchemy import select

    from tokens.authenticators.models import RecoveryCode

    one, _, _ = room.with_app()
    number, codes = room.recovery(one)
    with room.databases.reading() as session:
        rows = session.execute(
            select(RecoveryCode.marker, RecoveryCode.digest).where(RecoveryCode.authenticator_id == number)
        ).all()
    kept = b"".join(marker + digest.encode() for marker, digest in rows)
    assert all(code.replace("-", "").encode() not in kept for code in codes)
    assert {len(marker) for marker, _ in rows} == {2}


# --- counting


def test_waits_rise_and_ten_failures_lock(room):
    one, row, seed = room.with_app()
    wrong, now, waits = wrong_code(seed, NOON), LATER, []
    for _ in range(9):
        assert room.verify(one, row, wrong, now).finding is Finding.WRONG
        waiting = room.verify(one, row, wrong, now)
        assert waiting.finding is Finding.WAIT
        seconds = int(waiting.says.split()[1])
        waits.append(seconds)
        early = now + timedelta(seconds=seconds) - timedelta(microseconds=1)
        assert room.verify(one, row, code_at(seed, early), early).finding is Finding.WAIT
        now += timedelta(seconds=seconds)
    assert waits == [1, 2, 4, 8, 15, 30, 30, 30, 30]
    assert room.verify(one, row, wrong, now).finding is Finding.WRONG
    for minutes in (0, 14):
        moment = now + timedelta(minutes=minutes)
        proof = room.verify(one, row, code_at(seed, moment), moment)
        assert proof.finding is Finding.LOCKED
    assert proof.says.startswith("There were too many wrong codes. Wait 60 seconds and try again")
    moment = now + timedelta(minutes=15)
    assert room.verify(one, row, code_at(seed, moment), moment).good
    assert room.mails(one).count("authenticator-locked") == 1
    assert room.told(one).count("second_factor.locked") == 1


def test_a_hundred_and_one_guesses_over_all_paths_are_a_hundred(room):
    """However they are mixed: paths, sessions, officers' unlocking and waiting give no more guesses."""
    one, row, seed = room.with_app()
    number, codes = room.recovery(one)
    with room.databases.writing() as session:
        session.execute(
            update(SecondFactorAttempts).where(SecondFactorAttempts.person_id == one.number).values(failures=85)
        )
    now, looked_at = LATER, 85
    paths = [
        lambda moment, visitor: room.verify(one, row, wrong_code(seed, moment), moment, throttle=FREE, visitor=visitor),
        lambda moment, visitor: room.verify(one, number, "0" * 16, moment, throttle=FREE, visitor=visitor),
    ]
    for turn in range(20):
        visitor = one.visitor if turn % 5 else room.visit(one.number, one.reference, now)
        proof = paths[turn % 2](now, visitor)
        looked_at += proof.finding is Finding.WRONG
        now += timedelta(minutes=15)
    assert looked_at == 100
    stopped = room.verify(one, row, code_at(seed, now), now, throttle=FREE)
    assert stopped.finding is room.verify(one, number, codes[0], now).finding is Finding.STOPPED
    assert room.mails(one)[-1] == "authenticator-stopped"


def test_a_success_forgets_only_what_was_used(room):
    one, row, seed = room.with_app()
    number, _ = room.recovery(one)
    for _ in range(3):
        room.verify(one, number, "0" * 16, LATER, throttle=FREE)
        room.verify(one, row, wrong_code(seed, LATER), LATER, throttle=FREE)
    assert room.verify(one, row, code_at(seed, LATER), LATER, throttle=FREE).good
    with room.databases.reading() as session:
        assert attempts.list_attempts(session, [one.number])[one.number].failures == 3
    assert (room.facts(one, row).failures, room.facts(one, number).failures) == (0, 3)


def test_a_new_session_brings_no_new_guesses(room):
    one, row, seed = room.with_app()
    for turn in range(9):
        visitor = room.visit(one.number, one.reference, LATER)
        room.verify(one, row, wrong_code(seed, LATER), LATER, throttle=FREE, visitor=visitor)
        assert turn < 9
    visitor = room.visit(one.number, one.reference, LATER)
    room.verify(one, row, wrong_code(seed, LATER), LATER, throttle=FREE, visitor=visitor)
    fresh = room.visit(one.number, one.reference, LATER)
    assert room.verify(one, row, code_at(seed, LATER), LATER, visitor=fresh).finding is Finding.LOCKED


def test_a_lock_ends_sessions_that_are_half_signed_in(room):
    one, row, seed = room.with_app()
    half = [room.visit(one.number, one.reference, LATER) for _ in range(2)]
    given = {"now": LATER, "throttle": FREE}
    for _ in range(10):
        assert room.live(one) == {one.visitor.session, *(visitor.session for visitor in half)}
        prove_by_code(room.databases, room.sealer, half[0], row, (wrong_code(seed, LATER),), **given)
    assert room.live(one) == {one.visitor.session}


def test_whoever_meddles_with_the_ending_of_sessions_is_counted_all_the_same(room, monkeypatch):
    """A conflict about sessions must not undo the count, or a well-timed signing out would make guesses free."""

    def conflict(*_given, **_named):
        raise Conflict("somebody else changed the same facts meanwhile")

    one, row, seed = room.with_app()
    monkeypatch.setattr(service, "end_sessions", conflict)
    for _ in range(10):
        prove_by_code(
            room.databases, room.sealer, one.visitor, row, (wrong_code(seed, LATER),), now=LATER, throttle=FREE
        )
    assert room.verify(one, row, code_at(seed, LATER), LATER).finding is Finding.LOCKED


def test_what_is_no_code_is_no_guess(room):
    one, row, seed = room.with_app()
    for typed in ("", "abc", "12345", "1" * 7, "１２３４５６"):  # noqa: RUF001 - on purpose
        assert room.verify(one, row, typed, LATER).finding is Finding.MALFORMED
    assert room.verify(one, row, code_at(seed, LATER), LATER).good


def test_failures_are_counted_by_kind_without_a_code(room):
    from sqlalchemy import select

    from tokens.authenticators.models import FactorFailures

    one, row, seed = room.with_app()
    hour = NOON + timedelta(hours=1)
    for steps in (-6, -6, -5):
        room.verify(one, row, code_at(seed, hour, steps), hour, throttle=FREE)
    room.verify(one, row, wrong_code(seed, hour), hour, throttle=FREE)
    with room.databases.reading() as session:
        rows = session.execute(
            select(FactorFailures.kind, FactorFailures.finding, FactorFailures.times, FactorFailures.day)
            .where(FactorFailures.person_id == one.number)
            .order_by(FactorFailures.finding)
        ).all()
    assert [tuple(found) for found in rows] == [
        ("totp", "clock", 3, NOON.date()), ("totp", "wrong", 1, NOON.date())
    ]  # fmt: skip


@pytest.mark.parametrize("now", [NOON + timedelta(days=1)])
def test_nobody_without_the_first_factor_is_counted(room, now):
    """A stranger cannot lock somebody out: to be counted one must have a session, and so the password."""
    one, row, seed = room.with_app()
    with room.databases.reading() as session:
        assert attempts.list_attempts(session, [one.number])[one.number].failures == 0
    assert room.verify(one, row, code_at(seed, now), now).good
