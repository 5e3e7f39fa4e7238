"""Codes of apps and tokens: the published values, what may be typed, and what is found of a code. No database."""

from datetime import UTC, datetime, timedelta

import pytest

from tokens.authenticators import totp
from tokens.authenticators.rules import Finding

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(seconds=30)
SEED = b"12345678901234567890"
SEEDS = {
    "sha1": SEED,
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}

RFC_4226 = [
    (0, "755224"), (1, "287082"), (2, "359152"), (3, "969429"), (4, "338314"),
    (5, "254676"), (6, "287922"), (7, "162583"), (8, "399871"), (9, "520489"),
]  # fmt: skip
RFC_6238 = [
    (59, "sha1", "94287082"), (59, "sha256", "46119246"), (59, "sha512", "90693936"),
    (1111111109, "sha1", "07081804"), (1111111109, "sha256", "68084774"), (1111111109, "sha512", "25091201"),
    (1111111111, "sha1", "14050471"), (1111111111, "sha256", "67062674"), (1111111111, "sha512", "99943326"),
    (1234567890, "sha1", "89005924"), (1234567890, "sha256", "91819424"), (1234567890, "sha512", "93441116"),
    (2000000000, "sha1", "69279037"), (2000000000, "sha256", "90698825"), (2000000000, "sha512", "38618901"),
    (20000000000, "sha1", "65353130"), (20000000000, "sha256", "77737706"), (20000000000, "sha512", "47863826"),
]  # fmt: skip


@pytest.mark.parametrize(("counter", "code"), RFC_4226)
def test_values_of_rfc_4226(counter, code):
    assert totp.code_of(SEED, counter) == code
    assert totp.judge_hotp(SEED, code, counter - 1) == (Finding.GOOD, counter, 0)


@pytest.mark.parametrize(("seconds", "algorithm", "code"), RFC_6238)
def test_values_of_rfc_6238(seconds, algorithm, code):
    moment = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_of(SEEDS[algorithm], totp.step_of(moment), 8, algorithm) == code


def test_seeds_are_of_160_random_bits():
    seeds = {totp.new_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert {len(seed) for seed in seeds} == {20}


def test_a_typed_key_is_read_back():
    seed = totp.new_seed()
    assert totp.read_seed(totp.as_typed(seed)) == seed
    assert totp.read_seed(totp.as_typed(seed).lower()) == seed
    assert totp.read_seed(seed.hex()) == totp.read_seed(seed.hex().upper()) == seed


@pytest.mark.parametrize("text", ["", "JBSWY3DPEHPK3PXP", "00" * 15, "no seed at all!", "1" * 40 + "é"])
def test_what_is_no_seed(text):
    assert totp.read_seed(text) is None


@pytest.mark.parametrize(("typed", "code"), [
    ("123456", "123456"), ("123 456", "123456"), (" 1 2 3 4 5 6 ", "123456"), ("12345", None), ("1234567", None),
    ("", None), ("+123456", None), ("-12345", None), ("12345a", None), ("0x1234", None), ("1_2345", None),
    ("123456\n", None), ("123\t456", None), ("\uff11\uff12\uff13\uff14\uff15\uff16", None),
    ("\u0661\u0662\u0663\u0664\u0665\u0666", None),
    ("123\u200d456", None), ("123\u00a0456", None), ("1e3456", None), ("123.56", None),
])  # fmt: skip
def test_what_may_be_typed(typed, code):
    assert totp.read_code(typed, 6) == code


@pytest.mark.parametrize(("says", "steps", "last", "drift", "finding"), [
    ("the current code", 0, -2, 0, Finding.GOOD),
    ("the one before", -1, -2, 0, Finding.GOOD),
    ("the one before, once a later one was used", -1, 0, 0, Finding.USED),
    ("the current one again", 0, 0, 0, Finding.USED),
    ("one that is to come", 1, -2, 0, Finding.CLOCK),
    ("two steps late", -2, -9, 0, Finding.CLOCK),
    ("two steps late and used", -2, -2, 0, Finding.USED),
    ("twenty minutes late", -40, -99, 0, Finding.CLOCK),
    ("more than twenty minutes late", -41, -99, 0, Finding.WRONG),
    ("more than twenty minutes early", 41, -2, 0, Finding.WRONG),
    ("a clock that is known to be late", -6, -9, -6, Finding.GOOD),
    ("its code before", -7, -9, -6, Finding.GOOD),
    ("a right clock where a late one is known", 0, -9, -6, Finding.CLOCK),
])  # fmt: skip
def test_what_is_found_of_an_apps_code(says, steps, last, drift, finding):
    present = totp.step_of(NOON)
    judged = totp.judge_totp(SEED, totp.code_of(SEED, present + steps), drift, present + last, NOON)
    assert judged.finding is finding
    if finding is not Finding.WRONG:
        assert judged.step == present + steps


@pytest.mark.parametrize(("steps", "words"), [
    (-6, "3 minutes slow"), (4, "2 minutes fast"), (-1, "30 seconds slow"), (1, "30 seconds fast"),
    (-40, "20 minutes slow"),
])  # fmt: skip
def test_how_far_a_clock_is_off_in_words(steps, words):
    assert totp.off_in_words(steps) == words


@pytest.mark.parametrize(("ahead", "finding"), [
    (1, Finding.GOOD), (10, Finding.GOOD), (11, Finding.AHEAD), (100, Finding.AHEAD), (101, Finding.WRONG),
    (0, Finding.USED), (-3, Finding.USED),
])  # fmt: skip
def test_what_is_found_of_a_tokens_code(ahead, finding):
    assert totp.judge_hotp(SEED, totp.code_of(SEED, 50 + ahead), 50).finding is finding


@pytest.mark.parametrize(("steps", "good"), [(0, True), (10, True), (-10, True), (11, False), (-11, False)])
def test_two_codes_in_a_row_teach_a_clock(steps, good):
    present = totp.step_of(NOON)
    codes = (totp.code_of(SEED, present + steps - 1), totp.code_of(SEED, present + steps))
    judged = totp.judge_totp_pair(SEED, codes, -1, NOON)
    assert judged == ((Finding.GOOD, present + steps, steps) if good else totp.WRONG)
    assert totp.judge_totp_pair(SEED, codes[::-1], -1, NOON) == totp.WRONG
    assert totp.judge_totp_pair(SEED, (codes[1], codes[1]), -1, NOON) == totp.WRONG


def test_two_codes_in_a_row_are_both_new():
    present = totp.step_of(NOON)
    codes = (totp.code_of(SEED, present - 1), totp.code_of(SEED, present))
    assert totp.judge_totp_pair(SEED, codes, present - 2, NOON).finding is Finding.GOOD
    assert totp.judge_totp_pair(SEED, codes, present - 1, NOON) == totp.WRONG
    pair = (totp.code_of(SEED, 90), totp.code_of(SEED, 91))
    assert totp.judge_hotp_pair(SEED, pair, 5) == (Finding.GOOD, 91, 91)
    assert totp.judge_hotp_pair(SEED, pair, 90) == totp.WRONG


@pytest.mark.parametrize("moment", [
    "2026-10-25T00:59:45+00:00", "2026-10-25T01:00:15+00:00", "2026-10-25T01:30:00+00:00", "2026-03-29T01:00:00+00:00",
])  # fmt: skip
def test_the_hours_that_come_twice_and_never_in_london(moment, monkeypatch):
    """The same instant has the same step in whichever zone it is written."""
    from zoneinfo import ZoneInfo

    instant = datetime.fromisoformat(moment)
    step = int(instant.timestamp()) // 30
    for zone in ("Europe/London", "Pacific/Auckland", "America/St_Johns"):
        assert totp.step_of(instant.astimezone(ZoneInfo(zone))) == step
    assert totp.step_of(instant + timedelta(hours=1)) == step + 120


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        totp.step_of(datetime(2026, 3, 2))  # noqa: DTZ001 - on purpose


def test_what_the_picture_says():
    uri = totp.enrolment_uri(SEED, "ann.example", "Postern")
    assert uri == "otpauth://totp/Postern:ann.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern"
