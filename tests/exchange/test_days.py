"""Days as people in Britain write them; what may be read in two ways is refused."""

from datetime import date, datetime, time, timedelta

import pytest

from governance.exchange.days import LONG_MONTHS, MONTHS, NoDay, read_day

END_OF_MARCH = date(2026, 3, 31)


@pytest.mark.parametrize("value", [
    "2026-03-31", "31/03/2026", "31/3/2026", "31.3.2026", "31.03.2026", "31-03-2026", "31 March 2026", "31 Mar 2026",
    "31 march 2026", "31 MAR 2026", "31-Mar-2026", "2026-03-31T00:00:00", "2026-03-31 00:00:00", "31/03/2026 00:00",
    "2026-03-31T00:00:00.000Z", END_OF_MARCH, datetime(2026, 3, 31),  # noqa: DTZ001 - as spreadsheets have them
])  # fmt: skip
def test_a_day_is_read(value: object) -> None:
    assert read_day(value) == END_OF_MARCH
    assert type(read_day(value)) is date


@pytest.mark.parametrize(("value", "why"), [
    ("03/31/2026", "America"), ("3.31.2026", "America"), ("31/03/26", "two digits"), ("31 Mar 26", "two digits"),
    ("1.1.99", "two digits"), ("30/02/2026", "calendar"), ("2026-02-30", "calendar"), ("2026-13-01", "calendar"),
    ("0/1/2026", "calendar"), ("32/13/2026", "calendar"), ("2026-03-31 09:30", "moment"), ("31/03/2026 9:30", "moment"),
    ("2026-03-31T00:00:01", "moment"), ("2026/03/31", "not a day"), ("20260331", "not a day"), ("March 2026", "not a"),
    ("31 Marsh 2026", "not a day"), ("31/03-2026", "not a day"), ("٣١/٠٣/٢٠٢٦", "not a day"), ("tomorrow", "not a day"),
    (46112, "number"), (46112.0, "number"), (True, "not a day"), (time(9), "not a day"),
    (timedelta(days=1), "not a day"), (datetime(2026, 3, 31, 9), "moment"),  # noqa: DTZ001
])  # fmt: skip
def test_what_is_no_day_says_why(value: object, why: str) -> None:
    with pytest.raises(NoDay, match=why):
        read_day(value)


def test_an_ambiguous_day_is_british() -> None:
    assert read_day("04/03/2026") == date(2026, 3, 4)


def test_every_month_is_known_short_and_long() -> None:
    for number in range(1, 13):
        for name in (MONTHS[number - 1], LONG_MONTHS[number - 1].title()):
            assert read_day(f"9 {name} 2026") == date(2026, number, 9)


def test_every_day_comes_back_from_its_iso_form() -> None:
    for offset in range(0, 40_000, 7):
        day = date(1950, 1, 1) + timedelta(days=offset)
        assert read_day(day.isoformat()) == read_day(day.strftime("%d/%m/%Y")) == day
