"""What chains said is kept for whoever asks again, within a bound. That it holds is a law of test_properties."""

from __future__ import annotations

import pytest

from governance.decisions import chains
from governance.decisions.chains import Chain
from governance.decisions.engine import Engine
from governance.decisions.questions import read_question
from governance.decisions.rules import Decision
from tests.decisions import packs
from tests.decisions.rows import RowBook
from tests.decisions.test_questions import RECORD, changed
from tests.decisions.test_service import WORKING
from tests.decisions.worlds import NOON


def ask(engine: Engine, action: str = "view") -> Decision:
    rules = packs.rules("alpha")
    return engine.decide(rules, read_question(changed(RECORD, "action.name", action), rules), NOON)


def chains_of(engine: Engine) -> tuple[Chain, ...]:
    return engine.memory.person("ann").chains or ()


def test_nothing_is_kept_for_who_asks_once() -> None:
    """A hundred thousand people who ask once each shall weigh nothing more for it."""
    engine = RowBook(WORKING).engine()
    ask(engine)
    assert all(not chain.said for chain in chains_of(engine))
    ask(engine)
    assert any(chain.said for chain in chains_of(engine))


def test_what_is_kept_is_bounded_for_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MOST_SAYINGS", 5)
    engine = RowBook(WORKING).engine()
    fresh = {action: ask(RowBook(WORKING).engine(), action) for action in map("a{}".format, range(20))}
    for _ in range(3):
        for action, expected in fresh.items():
            assert ask(engine, action) == expected
            assert sum(len(chain.said) for chain in chains_of(engine)) <= 5
