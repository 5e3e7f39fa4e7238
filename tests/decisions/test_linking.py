"""Every link of a chain is told, and they say what the answer says: over random worlds, and in a written one."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from governance.decisions.linking import HELD_BACK, HOLD, Link, discreet, links_for
from governance.decisions.questions import read_question
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection
from tests.decisions import packs
from tests.decisions.oracle_case import Case
from tests.decisions.rows import RowBook
from tests.decisions.test_properties import examine
from tests.decisions.worlds import Asked


def links_of_case(case: Case) -> tuple[Any, tuple[Link, ...]]:
    """The decision of a case, and the links of the chain that it tells of."""
    rules, engine = packs.rules(case.system), RowBook(case.world).engine()
    question = read_question(case.question, rules)
    decision = engine.decide(rules, question, case.now)
    best, denies = engine.told_of(rules, question, case.now)
    return decision, links_for(engine, rules, question, best, denies, case.now) if best is not None else ()


def links_say_what_the_answer_says(_data: st.DataObject, asked: Asked) -> None:
    for case in asked.cases():
        if case.question["context"].get("mediated_for"):
            continue
        decision, links = links_of_case(case)
        if not links:
            continue
        told = {one.code for link in links for one in link.objections}
        answered = {one.code for one in decision.objections if one.code is not Code.PROPERTY_MISMATCH}
        assert told == answered, case.question
        demanded = {"employment", "barred", "suspension", "conflict", "launch", "role"}
        assert demanded <= {link.requirement for link in links}


def test_links_say_what_the_answer_says() -> None:
    examine(links_say_what_the_answer_says, 60)


def drop_the_failing(links: tuple[Link, ...]) -> tuple[Link, ...]:
    return tuple(link for link in links if link.holds)


def test_links_that_hide_a_failing_one_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Callable[..., tuple[Link, ...]] = links_for
    monkeypatch.setitem(globals(), "links_for", lambda *words: drop_the_failing(whole(*words)))
    with pytest.raises(AssertionError):
        examine(links_say_what_the_answer_says, 60, shrink=False)


@pytest.mark.parametrize("kind", sorted(HELD_BACK))
def test_who_may_not_know_reads_only_that_it_is_on_hold(kind: str) -> None:
    codes = {"barred": Code.BARRED, "suspension": Code.SUSPENDED, "conflict": Code.CONFLICT_OF_INTEREST}
    failing = Link(kind, (Objection(codes[kind], kind, Evidence("check", "7")),), (Evidence("check", "7"),))
    links = (Link("employment"), *(failing if each == kind else Link(each) for each in sorted(HELD_BACK)))
    assert discreet(links, full=True) == links
    shown = discreet(links, full=False)
    assert [link.requirement for link in shown] == ["employment", HOLD]
    assert ([one.code for one in shown[-1].objections], shown[-1].evidence) == ([Code.ACCESS_ON_HOLD], ())
    assert discreet((Link("employment"), Link(kind)), full=False)[-1].holds
