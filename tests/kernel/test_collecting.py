"""The collector of circles rests while much is made, and works again after it, whatever happens."""

import gc
from collections.abc import Iterator

import pytest

from governance.kernel.collecting import COLLECTED_AFTER, at_rest, leave_out, settle, settle_once


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # an earlier test of this process may have settled it
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_it_rests_and_works_again() -> None:
    with at_rest():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_a_mistake() -> None:
    with pytest.raises(ZeroDivisionError), at_rest():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_the_outermost_rest_counts() -> None:
    with at_rest():
        with at_rest():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_one_that_does_not_work_is_not_started() -> None:
    gc.disable()
    with at_rest():
        pass
    assert not gc.isenabled()


@pytest.mark.parametrize("leaving", [leave_out, settle])
def test_what_is_left_out_is_watched_no_more(leaving: object) -> None:
    kept = [object(), []]
    assert any(each is kept for each in gc.get_objects())
    leaving()  # type: ignore[operator]
    assert gc.get_freeze_count() > 0
    assert not any(each is kept for each in gc.get_objects())
    assert (gc.get_threshold() == COLLECTED_AFTER) is (leaving is settle)


def test_it_is_settled_once() -> None:
    settle_once()
    kept = [object(), []]
    settle_once()
    assert any(each is kept for each in gc.get_objects())
