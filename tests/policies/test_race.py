"""Activating a pack while eight threads ask: no answer is wrong. A twin that reloads in place is caught by the same."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import casbin
import pytest
from casbin.model import FastModel
from casbin.persist import Adapter

from governance.ports.role_rules import Rule
from policies.engine import Engine, holds, model_text, row_of

ASKING = 8
SWAPS = 100
LEAST = 10_000
Ask = Callable[[str], bool]

# Many roles may view; "suspended" may not, in any revision: an allow and a deny that belong together.
RULES = [
    *(Rule(f"R-{number}", f"role{number}", "record", "view", (), "allow", "x") for number in range(60)),
    Rule("S-1", "suspended", "record", "view", (), "allow", "x"),
    Rule("S-2", "suspended", "record", "view", (), "deny", "x"),
]
ALWAYS_RIGHT = {"role0": True, "role59": True, "suspended": False, "nobody": False}


class Ours:
    """An engine built whole for each revision, and one reference to it that is swapped."""

    def __init__(self) -> None:
        self.engine = Engine(RULES)

    def swap(self) -> None:
        self.engine = Engine(RULES)

    def ask(self, role: str) -> bool:
        return self.engine.ask((role, "record", "view"), "")


class Lines(Adapter):  # type: ignore[misc] - the library has no types
    """The rules as an adapter hands them over."""

    def load_policy(self, model: FastModel) -> None:
        for rule in RULES:
            model.add_policy("p", "p", list(row_of(rule)))


class Naive:
    """The twin: one live enforcer whose policy is loaded again, as the library's documents show it."""

    def __init__(self) -> None:
        model = FastModel((0, 1))
        model.load_model_from_text(model_text())
        self.enforcer = casbin.FastEnforcer(model, Lines(), cache_key_order=(0, 1))
        self.enforcer.add_function("holds", holds)

    def swap(self) -> None:
        self.enforcer.load_policy()

    def ask(self, role: str) -> bool:
        return bool(self.enforcer.enforce(role, "record", "view", ""))


@contextmanager
def eager_threads() -> Iterator[None]:
    """Let threads take turns as often as they can, so that a race shows on a quiet machine too."""
    import sys

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def mistakes(subject: Ours | Naive, least: int, until: Callable[[list[str]], bool]) -> tuple[list[str], int]:
    """Ask from many threads while the rules are activated again and again: what was wrong, and how often we asked."""
    wrong: list[str] = []
    asked = [0] * ASKING
    done = threading.Event()

    def keep_asking(number: int) -> None:
        while not done.is_set():
            for role, right in ALWAYS_RIGHT.items():
                try:
                    answer = subject.ask(role)
                except Exception as error:  # noqa: BLE001 - whatever it raises is what we look for
                    wrong.append(type(error).__name__)
                else:
                    if answer is not right:
                        wrong.append(f"{role}: {answer}")
            asked[number] += len(ALWAYS_RIGHT)

    threads = [threading.Thread(target=keep_asking, args=(number,)) for number in range(ASKING)]
    with eager_threads():
        for thread in threads:
            thread.start()
        swaps = 0
        while (swaps < SWAPS or sum(asked) < least) and not until(wrong):
            subject.swap()
            swaps += 1
        done.set()
        for thread in threads:
            thread.join()
    return wrong, sum(asked)


def test_no_answer_is_wrong_while_revisions_are_swapped() -> None:
    wrong, asked = mistakes(Ours(), LEAST, until=bool)
    assert wrong == []
    assert asked >= LEAST


@pytest.mark.filterwarnings("ignore")
def test_the_same_catches_an_engine_that_reloads_in_place() -> None:
    wrong, _ = mistakes(Naive(), LEAST, until=bool)
    assert wrong
