"""Authorization codes: one of many is given tokens for one, and what is long over is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from governance.clients.rules import FrontEndFacts
from governance.clients.store import find_front_end
from governance.kernel import clock
from governance.kernel.db import Databases
from governance.people.signin.rules import LONGEST
from governance.ports.visitor import Visitor
from tests.races import CLIENTS, ROUNDS, SOAK_ROUNDS, race, winners
from tests.tokens.issuing.front_end_kit import CALLBACK, LIMITS, PUBLIC, FrontEnd, Provider
from tests.twins import code_looked_up
from tokens.issuing import jobs, service
from tokens.issuing.counter import persisting
from tokens.issuing.models import AuthorizationCode, FrontEndSession
from tokens.issuing.rules import CODE_LIVES, KEPT, Wanted, Wishes

FEW = 3
Redeem = Callable[[Databases, str, FrontEndFacts, datetime], object]


@dataclass
class Codes:
    """Codes of a person who is signed in, for one front end."""

    databases: Databases
    visitor: Visitor
    front_end: FrontEndFacts

    def give(self, now: datetime) -> str:
        """A new code."""
        wanted = Wanted(self.front_end.client_id, CALLBACK, "c" * 43, "openid", "", "", Wishes())
        with self.databases.change("test", now) as session:
            return service.give_code(session, self.visitor, wanted, now=now)

    def kept(self) -> tuple[int, int]:
        """How many codes of this front end are kept, and how many of its sessions."""
        with self.databases.reading() as session:
            return tuple(  # type: ignore[return-value]
                session.scalars(select(func.count()).where(table.client_id == self.front_end.client_id)).one()
                for table in (AuthorizationCode, FrontEndSession)
            )


@pytest.fixture
def codes(provider: Provider) -> Codes:
    """Codes for a front end of the test's own."""
    made: FrontEnd = provider.register()
    with provider.databases.reading() as session:
        facts = find_front_end(session, provider.databases.freshness.current(), made.client_id)
    assert facts is not None
    return Codes(provider.databases, provider.visitor(provider.sign_in()), facts)


def ours(databases: Databases, code: str, front_end: FrontEndFacts, now: datetime) -> Any:
    """Take a code as the counter does; nothing is begun with it, so that a race is about the code alone."""
    with databases.writing() as session:
        return service.take_code(session, code, front_end.client_id, now=now)


def wholly(databases: Databases, code: str, front_end: FrontEndFacts, now: datetime) -> Any:
    """All that the counter does with a code before anything is signed."""

    def take() -> service.Issued | None:
        with databases.change("front-end", now) as session:
            taken = service.take_code(session, code, front_end.client_id, now=now)
            if taken is None:
                return None
            return service.begin_front_end_session(session, taken, front_end, LIMITS, PUBLIC, now=now)

    return persisting(take)


def race_one_code(codes: Codes, rounds: int, redeem: Redeem, clients: int = CLIENTS) -> list[int]:
    """Each round one new code, brought by many."""
    now = clock.now()

    def act(code: str) -> object:
        return redeem(codes.databases, code, codes.front_end, now)

    return winners(race(rounds, clients, act, lambda _: codes.give(now)))


def test_one_of_many_takes_it(codes: Codes) -> None:
    assert race_one_code(codes, ROUNDS, ours) == [1] * ROUNDS


def test_one_of_many_is_given_tokens(codes: Codes) -> None:
    assert race_one_code(codes, FEW, wholly) == [1] * FEW
    assert codes.kept()[1] == FEW, "a code that is brought again ends what it gave, so each round begins a session"


def test_the_same_race_catches_who_looks_and_then_writes(codes: Codes) -> None:
    assert max(race_one_code(codes, FEW, code_looked_up.redeem, clients=8)) > 1


@pytest.mark.soak
@pytest.mark.parametrize("redeem", [ours, wholly])
def test_one_of_many_takes_it_again_and_again(codes: Codes, redeem: Redeem) -> None:
    assert race_one_code(codes, SOAK_ROUNDS, redeem) == [1] * SOAK_ROUNDS


def test_what_is_long_over_is_forgotten_and_nothing_else(provider: Provider, codes: Codes) -> None:
    now = clock.now()
    wholly(codes.databases, codes.give(now), codes.front_end, now)
    codes.give(now)
    for later, kept in ((KEPT - timedelta(microseconds=1), (2, 1)), (KEPT, (2, 0)), (KEPT + CODE_LIVES, (0, 0))):
        jobs.forget(provider.service, now + later)
        assert codes.kept() == kept


def test_what_is_kept_outlives_all_that_can_come_of_it(provider: Provider) -> None:
    assert timedelta(days=7) + LONGEST <= KEPT
    assert provider.service.jobs["forget-codes"].run is jobs.forget
