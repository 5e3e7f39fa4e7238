"""Many answer one challenge at the same moment: one of them is let in, and it is the challenge that sees to it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.races import CLIENTS, ROUNDS, SOAK_ROUNDS, race, winners
from tests.tokens.authenticators.keyholders import BOUND, BROWSER, NOW, Holders, anybody, roaming
from tests.tokens.authenticators.rooms import Room
from tests.tokens.authenticators.soft_key import SoftKey
from tests.twins import kept_challenge
from tokens.authenticators.ceremonies import service


def race_sign_in(holders: Holders, rounds: int) -> list[int]:
    """Each round one good answer to one challenge, in the hands of many; no use count helps here."""
    key = holders.enrol(key=roaming(step=0))

    def prepare(_turn: int) -> str:
        return key.get(service.begin_sign_in(holders.place, BOUND, BROWSER.address, now=NOW))

    def act(text: Any) -> str:
        return service.finish_sign_in(holders.place, BOUND, text, BROWSER, may_enter=anybody, now=NOW).secret

    return winners(race(rounds, CLIENTS, act, prepare))


def race_creation(holders: Holders, rounds: int) -> list[int]:
    """Each round one new key, and its answer in the hands of many."""
    visitor = holders.proved(acr="passkey")

    def prepare(_turn: int) -> str:
        return SoftKey().create(service.begin_creation(holders.place, visitor, now=NOW))

    def act(text: Any) -> str:
        return service.finish_creation(holders.place, visitor, "Key", text, now=NOW).secret

    return winners(race(rounds, CLIENTS, act, prepare))


Race = Callable[[Holders, int], list[int]]
FEW = 3


def test_one_of_many_is_let_in(room: Room) -> None:
    assert race_sign_in(Holders(room), ROUNDS) == [1] * ROUNDS


def test_one_of_many_enrols(room: Room) -> None:
    assert race_creation(Holders(room), FEW) == [1] * FEW


def test_the_same_race_catches_who_looks_and_then_takes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "take", kept_challenge.take)
    assert max(race_sign_in(Holders(room), 2)) > 1


@pytest.mark.soak
@pytest.mark.parametrize("race_it", [race_sign_in, race_creation])
def test_one_of_many_is_let_in_again_and_again(room: Room, race_it: Race) -> None:
    assert race_it(Holders(room), SOAK_ROUNDS) == [1] * SOAK_ROUNDS
