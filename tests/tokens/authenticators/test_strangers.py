"""What strangers cost who try to sign in with a passkey: tries and challenges by place, and a number on the trail."""

from datetime import datetime, timedelta

import pytest

from governance.kernel.errors import TooMany
from governance.people.signin.service import places
from governance.people.signin.service.entering import Browser
from tests.tokens.authenticators.keyholders import BOUND, BROWSER, NOW, Holders, anybody, roaming
from tests.tokens.authenticators.rooms import Room
from tests.tokens.authenticators.soft_key import SoftKey
from tokens.authenticators.ceremonies import service

AWAY = Browser("198.51.100.7", "")
FEW = 3
HOURS = iter(NOW + timedelta(days=number) for number in range(40, 90))


@pytest.fixture
def holders(room: Room) -> Holders:
    return Holders(room)


@pytest.fixture
def hour() -> datetime:
    """An hour in which nobody has tried anything."""
    return next(HOURS)


def begin(holders: Holders, now: datetime, bound: str = BOUND, browser: Browser = BROWSER) -> dict[str, object]:
    return service.begin_sign_in(holders.place, bound, browser.address, now=now)


def finish(holders: Holders, text: str, now: datetime) -> str:
    return service.finish_sign_in(holders.place, BOUND, text, BROWSER, may_enter=anybody, now=now).secret


def test_what_proves_nothing_counts_at_its_place_and_is_told_as_a_number(
    holders: Holders, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "FAILED_AT_ONE_PLACE", FEW)
    key = holders.enrol(key=roaming(step=0))
    waits = key.get(begin(holders, hour))
    for _ in range(FEW):
        assert holders.sign_in(key, now=hour, bound="browser:two").secret, "what goes well counts for nothing"
        assert holders.sign_in(SoftKey(), now=hour, bound="browser:two").secret == ""
    before = (holders.waiting(), holders.told("sign_in.refused"), holders.told("passkey.refused"))
    assert before == (1, 1, 0), "one entry within the minute, of however many"
    for _ in range(2):
        with pytest.raises(TooMany):
            begin(holders, hour, "browser:two")
        with pytest.raises(TooMany):
            finish(holders, waits, hour)
    assert (holders.waiting(), holders.told("sign_in.refused"), holders.told("passkey.refused")) == before
    assert begin(holders, hour, browser=AWAY)
    assert begin(holders, hour + timedelta(hours=1))


def test_of_many_at_once_no_more_are_told_than_a_place_has_tries(
    holders: Holders, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has begun often while there was room finishes no oftener than there is."""
    begun = [(f"browser:{number}", begin(holders, hour, f"browser:{number}")) for number in range(FEW + 2)]
    monkeypatch.setattr(places, "FAILED_AT_ONE_PLACE", FEW)
    monkeypatch.setattr(places, "require_room", lambda *_: None)
    refused = 0
    for bound, options in begun:
        try:
            service.finish_sign_in(
                holders.place, bound, SoftKey().get(options), BROWSER, may_enter=anybody, now=hour
            )  # fmt: skip
        except TooMany:
            refused += 1
    assert refused == 2


def test_passwords_that_fail_at_a_place_take_nothing_from_its_passkeys(
    holders: Holders, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "FAILED_AT_ONE_PLACE", FEW)
    with holders.databases.writing() as session:
        for _ in range(FEW):
            places.take_room(session, holders.place.ground, BROWSER.address, hour)
    key = holders.enrol(key=roaming(step=0))
    assert holders.sign_in(key, now=hour).secret


def test_a_place_begins_so_many_times_in_an_hour(
    holders: Holders, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "BEGUN_AT_ONE_PLACE", FEW)
    for number in range(FEW):
        begin(holders, hour, f"browser:{number}")
    with pytest.raises(TooMany):
        begin(holders, hour)
    assert holders.waiting() == FEW
    assert begin(holders, hour, browser=AWAY)
