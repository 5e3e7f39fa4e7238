"""The same laws through the real tables: rows applied, change after change, asked then, asked again later."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.rules import Decision
from governance.decisions.service import Questions
from governance.decisions.trial import blank_databases
from governance.exchange.applying import apply_rows
from governance.exchange.reading import read_rows
from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.errors import NotFound
from governance.kernel.toml import Document
from governance.trail.service import get_record
from policies.pack import PackTexts
from tests.decisions import packs
from tests.decisions.oracle import answers
from tests.decisions.oracle_case import Case
from tests.decisions.rows import World
from tests.decisions.worlds import MORE, NATURAL, NOON, Asked, put, recordable, situations
from tests.facts import OFFICER
from tests.installation import POLICY, SYSTEM_TOML, Installation
from tests.servers import PERMITTED, SYSTEM

few = settings(
    max_examples=8, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)  # fmt: skip
many = settings(few, max_examples=300, derandomize=False)


def apply(databases: Databases, rows: World) -> int:
    """Apply rows as an officer's file would be, and give the revision."""
    sheets = packs.service().sheets
    read = read_rows(Document("facts", {name: listed for name, listed in rows.items() if listed}, {}), sheets)
    apply_rows(databases, sheets, read, actor=OFFICER, now=NOON, where="test")
    return databases.freshness.current()


def engine_at(databases: Databases, revision: int) -> Engine:
    """An engine over a fresh memory of one revision."""
    service = packs.service()
    return Engine(Memory(databases, service.parts.sources, revision), service.requirements, packs.systems())


def ask(engine: Engine, case: Case) -> Decision:
    rules = packs.rules(case.system)
    return engine.decide(rules, read_question(case.question, rules), case.now)


def rows_in_any_order(data: st.DataObject, asked: Asked) -> None:
    """Duplicates and order do not matter, and the tables say what the oracle says."""
    asked = Asked(recordable(asked.world), asked.questions, asked.moments)
    shuffled = {name: data.draw(st.permutations([*rows, *rows[:2]])) for name, rows in asked.world.items() if rows}
    one, other = blank_databases(), blank_databases()
    engines = [engine_at(one, apply(one, asked.world)), engine_at(other, apply(other, shuffled))]
    for case in asked.cases():
        found, again = (ask(engine, case) for engine in engines)
        assert set(found.codes) in answers(case)
        assert found.allowed is again.allowed


def changes_in_turn(data: st.DataObject, asked: Asked) -> None:
    """A memory that moves with the change log answers as a fresh one, and any revision answers as it did then."""
    databases, world = blank_databases(), deepcopy(recordable(asked.world))
    warm = engine_at(databases, 0)
    then: list[tuple[int, list[Case], list[Decision]]] = []
    news: World = world
    for _ in range(4):
        revision = apply(databases, news)
        warm.memory.refresh(revision)
        cases = Asked(deepcopy(world), asked.questions, (NOON,)).cases()
        told = [ask(warm, case) for case in cases]
        assert told == [ask(engine_at(databases, revision), case) for case in cases]
        assert all(set(one.codes) in answers(case) for one, case in zip(told, cases, strict=True))
        then.append((revision, cases, told))
        sheet = data.draw(st.sampled_from(sorted(MORE)), label="changed")
        news = {sheet: [row_of(data, sheet, world)]}
        restate(world, sheet, news[sheet][0])
    for revision, cases, told in then:
        assert [ask(engine_at(databases, revision), case) for case in cases] == told


def restate(world: World, sheet: str, row: dict[str, Any]) -> None:
    """State a fact again as an officer's file does: what the row does not write stays, and so does what forbids."""
    same = next((one for one in world[sheet] if all(one[name] == row[name] for name in NATURAL[sheet])), row)
    sooner = {"from": min(same["from"], row["from"])} if sheet == "suspensions" else {}
    put(world, sheet, {**same, **row, **sooner})


def row_of(data: st.DataObject, sheet: str, world: World) -> dict[str, Any]:
    """One more row, of an agreement only where there is such a one, and of its version likewise."""
    row = MORE[sheet](data.draw)
    versions = [(one["reference"], one["version"]) for one in world["agreements"]]
    if sheet in ("parties", "signatures") and row["agreement"] not in dict(versions):
        row["agreement"], row["version"] = data.draw(st.sampled_from(versions))
    elif sheet == "parties" and (row["agreement"], row["version"]) not in versions:
        row["version"] = 1
    return row


@few
@given(data=st.data(), asked=situations())
def test_order_and_duplicates_of_rows_do_not_matter(data: st.DataObject, asked: Asked) -> None:
    rows_in_any_order(data, asked)


@few
@given(data=st.data(), asked=situations())
def test_what_was_answered_at_a_revision_is_answered_again(data: st.DataObject, asked: Asked) -> None:
    changes_in_turn(data, asked)


@pytest.mark.soak
@many
@given(data=st.data(), asked=situations())
def test_the_tables_at_length(data: st.DataObject, asked: Asked) -> None:
    rows_in_any_order(data, asked)
    changes_in_turn(data, asked)


@pytest.mark.parametrize("spoilt", ["keys", "facts"])
def test_a_broken_memory_is_caught(monkeypatch: pytest.MonkeyPatch, spoilt: str) -> None:
    """A memory that misses the change log, or reads the newest facts for a past revision."""
    if spoilt == "keys":
        monkeypatch.setattr(Memory, "_drop", lambda *_: None)
    else:
        loaded = Memory._load

        def load(self: Memory, kind: str, keys: Any) -> Any:
            self.revision = self._databases.freshness.current()
            return loaded(self, kind, keys)

        monkeypatch.setattr(Memory, "_load", load)
    with pytest.raises((AssertionError, KeyError)):
        settings(few, max_examples=60)(given(data=st.data(), asked=situations())(changes_in_turn))()


# --- through the service, on both databases

BODY: dict[str, Any] = {
    "subject": {"type": "user", "id": PERMITTED},
    "action": {"name": "view"},
    "resource": {"type": "file", "id": "f-1"},
    "context": {"case": "c-1"},
}


def test_asked_as_of_a_moment_is_answered_as_then(installation: Installation) -> None:
    decisions, asker = installation.service.decisions, Asker("cli:test", asserted_by="cli")

    def now() -> tuple[Any, Decision]:
        decisions.catch_up()
        answered = decisions.ask(SYSTEM, lambda rules: Questions([read_question(BODY, rules)]), asker, clock.now())
        return clock.now(), answered.decisions[0]

    told = [now()]
    again = partial(installation.activate, PackTexts(SYSTEM_TOML, POLICY, "", "The same rules, told again."))
    for act in (installation.suspend, installation.lift, again, installation.suspend):
        act()
        told.append(now())
    assert [decision.allowed for _, decision in told] == [True, False, True, True, False]
    assert told[2][1].policy < told[3][1].policy
    for moment, decision in reversed(told):
        answered = decisions.ask_as_of(
            SYSTEM, lambda rules: Questions([read_question(BODY, rules)]), asker, moment, clock.now()
        )  # fmt: skip
        assert answered.decisions == (decision,)
        record = get_record(installation.databases, answered.ids[0])
        assert record["body"]["historical"] is True
        assert record["leaf"]["facts"] == answered.revision
    before = clock.now() - timedelta(days=1)
    with pytest.raises(NotFound, match="no rules") as wrong:
        decisions.ask_as_of(SYSTEM, lambda rules: Questions([read_question(BODY, rules)]), asker, before, clock.now())
    since = re.search(r"they are in force since (\S+); ask as of then or later", str(wrong.value))
    assert since
    then = datetime.fromisoformat(since[1])
    assert then <= told[0][0] + timedelta(seconds=1)
    decisions.ask_as_of(SYSTEM, lambda rules: Questions([read_question(BODY, rules)]), asker, then, clock.now())
