"""How often a key may ask: at the edge of its bucket, after a rest, and beside other keys."""

import pytest

from governance.decisions.pace import Pace
from governance.kernel.errors import TooMany


def allowed(pace: Pace, key: str, at: float, times: int) -> int:
    """How many of so many questions a key may ask at a moment."""
    for number in range(times):
        try:
            pace.take(key, at)
        except TooMany:
            return number
    return times


def test_twice_the_rate_at_once_then_the_rate() -> None:
    pace = Pace(5)
    assert allowed(pace, "a", 100.0, 50) == 10
    assert allowed(pace, "a", 100.0, 1) == 0
    assert allowed(pace, "a", 101.0, 50) == 5
    assert allowed(pace, "a", 1000.0, 50) == 10, "a long rest gives no more"


def test_each_key_has_its_own() -> None:
    pace = Pace(1)
    assert [allowed(pace, key, 0.0, 9) for key in ("a", "b")] == [2, 2]


def test_it_is_told_when_to_come_back() -> None:
    pace = Pace(0.5)
    pace.take("a", 0.0)
    with pytest.raises(TooMany) as refused:
        pace.take("a", 0.5)
    assert refused.value.seconds == pytest.approx(1.5)
    pace.take("a", 2.0)


def test_no_rate_is_no_limit() -> None:
    assert allowed(Pace(0), "a", 0.0, 10_000) == 10_000
