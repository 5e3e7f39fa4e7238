"""Races: many clients do the same thing at the same moment, again and again, and each one's outcome is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from governance.kernel.errors import Answer

CLIENTS, ROUNDS, SOAK_ROUNDS = 32, 20, 500
"""How many clients race, how often in every run, and how often in `make soak`."""


def race(
    times: int, clients: int, act: Callable[[Any], object], prepare: Callable[[int], object] | None = None
) -> list[list[object]]:
    """Let clients act at once, round by round; the outcomes of each round.

    `prepare` makes what one round is about (it is given the round's number, and without it that is what `act` is
    given). An answer that is raised is that client's outcome; anything else that is raised ends the race.
    """
    with ThreadPoolExecutor(clients) as pool:
        return [run(pool, clients, act, prepare(turn) if prepare else turn) for turn in range(times)]


def run(pool: ThreadPoolExecutor, clients: int, act: Callable[[Any], object], about: object) -> list[object]:
    """One round: nobody begins before everybody is there."""
    start = threading.Barrier(clients)

    def client() -> object:
        start.wait(timeout=30)
        try:
            return act(about)
        except Answer as answer:
            return answer

    return [future.result() for future in [pool.submit(client) for _ in range(clients)]]


def winners(outcomes: list[list[object]]) -> list[int]:
    """How many clients won in each round: whose outcome was neither an answer that was raised, nor nothing."""
    return [sum(bool(one) and not isinstance(one, Answer) for one in outcome) for outcome in outcomes]
