"""Laws that every decision keeps, over worlds, questions and moments drawn at random, against a naive oracle.

Each law runs here on a fixed seed, and many times more under `make soak`. Broken twins show that the laws bite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.decisions import engine
from governance.decisions.chains import Chains
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.rules import Decision
from governance.decisions.service import Decisions, Parts, Questions
from governance.grants.rules import GrantFacts
from governance.ports.requirement import CLEAR
from governance.vetting.requirement import SuspensionRequirement, VettingRequirement
from tests.decisions import packs
from tests.decisions.oracle import answers, every_link_holds
from tests.decisions.oracle_case import WHO, Case
from tests.decisions.rows import RowBook, World
from tests.decisions.worlds import MORE, PEOPLE, Asked, checked, granted, put, situations

Law = Callable[[st.DataObject, Asked], None]
FAST, LONG = 40, 2000
LAST = datetime.max.replace(tzinfo=UTC)


def ask(asker: engine.Engine, case: Case) -> Decision:
    """What the engine answers to a case."""
    rules = packs.rules(case.system)
    return asker.decide(rules, read_question(case.question, rules), case.now)


def codes(decision: Decision) -> set[str]:
    """A decision's codes; a permit has none and a denial some."""
    assert decision.allowed is not bool(decision.objections)
    return set(decision.codes)


# --- the laws


def the_engine_answers_as_the_oracle(_data: st.DataObject, asked: Asked) -> None:
    for case in asked.cases():
        assert codes(ask(RowBook(case.world).engine(), case)) in answers(case), case.now


def no_permit_unless_every_link_holds(_data: st.DataObject, asked: Asked) -> None:
    for case in asked.cases():
        decision = ask(RowBook(case.world).engine(), case)
        if decision.allowed:
            behind = case.question["context"].get("mediated_for")
            waived = frozenset(case.pack["mediation"].get("waives", []))
            assert every_link_holds(case, case.question["subject"]["id"])
            assert not behind or (case.pack["mediation"]["allowed"] and every_link_holds(case, behind, waived))
            assert decision.until is None or decision.until > case.now


def kept_chains_answer_as_fresh_ones(_data: st.DataObject, asked: Asked) -> None:
    warm = RowBook(asked.world).engine()
    for case in sorted(asked.cases(), key=lambda one: one.now):
        kept, fresh = [ask(warm, case) for _ in range(3)][-1], ask(RowBook(case.world).engine(), case)
        assert kept.codes == fresh.codes
        assert kept._replace(objections=(), evidence=b"", until=None) == fresh._replace(
            objections=(), evidence=b"", until=None
        )
        assert (kept.until or LAST) <= (fresh.until or LAST)  # a newer proof may last longer than the one that was kept


def a_fact_less_never_permits(data: st.DataObject, asked: Asked) -> None:
    positive = [(sheet, row) for sheet, row in facts(asked.world) if is_positive(sheet, row, asked.moments)]
    sheet = data.draw(st.sampled_from(sorted({name for name, _ in positive})), label="sheet")
    gone = data.draw(st.sampled_from([row for name, row in positive if name == sheet]), label="fact less")
    less = {**asked.world, sheet: [row for row in asked.world[sheet] if row is not gone]}
    refuse_new_permits(asked, less)


def an_objection_more_never_permits(data: st.DataObject, asked: Asked) -> None:
    more = deepcopy(asked.world)
    act = data.draw(st.sampled_from(sorted(NEGATIVE)), label="objection more")
    NEGATIVE[act](data.draw, more)
    refuse_new_permits(asked, more)


def order_does_not_matter(data: st.DataObject, asked: Asked) -> None:
    shuffled = {sheet: data.draw(st.permutations(rows)) for sheet, rows in asked.world.items()}
    for case in asked.cases():
        one, other = ask(RowBook(case.world).engine(), case), ask(RowBook(shuffled).engine(), case)
        assert one.allowed == other.allowed
        if len(grants_of(case)) == 1 and not held_by_all(case):  # of chains that are as near, the older row's is told
            assert one.codes == other.codes


def a_batch_answers_as_single_questions(data: st.DataObject, asked: Asked) -> None:
    for system in ("alpha", "beta"):
        bodies = [question for name, question in asked.questions if name == system]
        bodies += data.draw(st.lists(st.sampled_from(bodies), max_size=2)) if bodies else []
        for now in asked.moments:
            service = decisions_over(asked.world)
            together = ask_service(service, system, bodies, now)
            apart = [ask_service(decisions_over(asked.world), system, [body], now)[0] for body in bodies]
            assert list(together) == apart


LAWS: tuple[Law, ...] = (
    the_engine_answers_as_the_oracle,
    no_permit_unless_every_link_holds,
    kept_chains_answer_as_fresh_ones,
    a_fact_less_never_permits,
    an_objection_more_never_permits,
    order_does_not_matter,
    a_batch_answers_as_single_questions,
)

# --- what they are made of


def facts(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row with its sheet."""
    return ((sheet, row) for sheet, rows in world.items() for row in rows)


def is_positive(sheet: str, row: dict[str, Any], moments: tuple[datetime, ...]) -> bool:
    """Whether a fact can only help: a grant whose role has deny rules cannot, nor a signature that still must come."""
    if sheet == "grants":
        return row["role"] not in ("worker", "lead", "leaver", "planner")
    if sheet == "parties":
        return row.get("signed_on", date.max) < min(moments).date()
    if sheet == "checks":
        return bool(row["barred_list"] != "barred")
    if sheet == "checklist_answers":
        return bool(row["met"])
    if sheet == "systems":
        return "closed_on" not in row
    return sheet in ("employment", "training", "signatures", "agreements")


def refuse_new_permits(asked: Asked, other: World) -> None:
    """Fail where another world permits what this one denies."""
    for case in asked.cases():
        if ask(RowBook(other).engine(), case).allowed:
            assert ask(RowBook(asked.world).engine(), case).allowed, case.question


def leave(draw: Any, world: World) -> None:
    person, organisation = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(["council", "trust"]))
    put(world, "grants", granted(person, "alpha", "leaver", organisation))


def unsigned(draw: Any, world: World) -> None:
    party = MORE["parties"](draw)
    party.pop("signed_on", None)
    known = [(row["agreement"], row["version"], row["organisation"]) for row in world["parties"]]
    if (party["agreement"], party["version"], party["organisation"]) not in known:
        world["parties"].append(party)


def deny_answer(draw: Any, world: World) -> None:
    put(world, "checklist_answers", MORE["checklist_answers"](draw) | {"met": False})


def suspend_organisation(draw: Any, world: World) -> None:
    world["organisations"][draw(st.integers(0, 3))]["status"] = "suspended"


def bar(draw: Any, world: World) -> None:
    person = draw(st.sampled_from(PEOPLE))
    world["checks"].append(checked(person, barred_list="barred", outcome="not_clear", issued=date(2010, 1, 1)))


def close_system(draw: Any, world: World) -> None:
    for row in world["systems"]:
        row["closed_on"] = min(row.get("closed_on", date.max), date(2026, 6, 14))


def suspend_person(draw: Any, world: World) -> None:
    world["suspensions"].append(MORE["suspensions"](draw))


def declare_conflict(draw: Any, world: World) -> None:
    put(world, "conflicts", MORE["conflicts"](draw))


NEGATIVE: dict[str, Callable[[Any, World], None]] = {
    "a grant that only denies": leave,
    "a party that has not signed": unsigned,
    "a criterion not met": deny_answer,
    "an organisation suspended": suspend_organisation,
    "barred": bar,
    "a system closed": close_system,
    "a suspension": suspend_person,
    "a conflict of interest": declare_conflict,
}


def grants_of(case: Case) -> list[dict[str, Any]]:
    """The grants, or the employers where there is none, between which the answer chooses."""
    people = {case.question["subject"]["id"], case.question["context"].get("mediated_for")}
    return [row for who in people for row in case.rows("grants", person=who, system=case.system)]


def held_by_all(case: Case) -> bool:
    """Whether a role that everybody holds speaks of this: then each employer is a chain too."""
    return case.system == "alpha" and case.question["action"]["name"] in ("note", "edit")


class Told:
    """A recorder that only counts."""

    def put(self, records: Any) -> list[str]:
        return [str(number) for number, _ in enumerate(records)]


def decisions_over(world: World) -> Decisions:
    """The service's own decisions over a world, with its memory, batches and records."""
    book = RowBook(world)
    numbers = {"alpha": 1, "beta": 2}
    known = {number: packs.rules(system) for system, number in numbers.items()}
    rules = SimpleNamespace(
        active=lambda _session, _at: numbers,
        load=lambda _session, number: known[number],
        resources=lambda _session, _at: (),
    )
    parts = Parts(tuple(book.sources()), packs.service().requirements, rules)
    return Decisions(book, parts, Told())  # type: ignore[arg-type]


def ask_service(service: Decisions, system: str, bodies: list[dict[str, Any]], now: datetime) -> tuple[Decision, ...]:
    """What the service answers to questions that come together."""
    if not bodies:
        return ()
    service.catch_up()
    return service.ask(
        system, lambda rules: Questions([read_question(body, rules) for body in bodies]), Asker("test"), now
    ).decisions


# --- running them


def examine(law: Law, examples: int, *, fixed: bool = True, shrink: bool = True) -> None:
    """Hold a law against so many situations."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    few = settings(
        max_examples=examples, derandomize=fixed, database=None, phases=phases, deadline=None,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    few(given(st.data(), situations())(law))()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Law) -> None:
    examine(law, 2 * FAST if law is the_engine_answers_as_the_oracle else FAST)


@pytest.mark.soak
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_at_length(law: Law) -> None:
    examine(law, LONG, fixed=False)


# --- broken twins: each law must catch them


def forget_suspensions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SuspensionRequirement, "standing", lambda *_: CLEAR)


def end_a_moment_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GrantFacts, "has_ended", lambda self, now: self.ends_at is not None and self.ends_at < now)


def begin_a_moment_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GrantFacts, "has_begun", lambda self, now: self.starts_at is None or self.starts_at < now)


def let_suspicion_excuse(patch: pytest.MonkeyPatch) -> None:
    concluded = engine.Engine._conclude

    def conclude(*words: Any) -> Decision:
        found = concluded(*words)
        held = {"suspended", "barred", "conflict_of_interest"} & set(found.codes)
        return found._replace(allowed=True, objections=()) if held else found

    patch.setattr(engine.Engine, "_conclude", conclude)


def look_at_one_check(patch: pytest.MonkeyPatch) -> None:
    judged = VettingRequirement.standing
    patch.setattr(VettingRequirement, "standing", lambda self, facts, *rest: judged(self, (facts[0][:1],), *rest))


def show_the_farthest_chain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "weight", lambda objections, *_: -len(objections))


def let_everybody_in(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Chains, "_employers", lambda *_: [1])


def forget_what_everybody_holds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.Engine, "_everyones", lambda *_: ())


def let_in_who_holds_nothing(patch: pytest.MonkeyPatch) -> None:
    direct = engine.Engine._direct

    def let_in(*words: Any, **more: Any) -> Decision:
        found = direct(*words, **more)
        return Decision(True) if "no_grant" in found.codes else found

    patch.setattr(engine.Engine, "_direct", let_in)


def keep_chains_for_ever(patch: pytest.MonkeyPatch) -> None:
    def of(self: Chains, entry: Any, *words: Any) -> Any:
        if entry.chains is None:
            self._make_granted([entry], *words)
        return entry.chains

    patch.setattr(Chains, "of", of)


def mix_a_batch_up(patch: pytest.MonkeyPatch) -> None:
    decided = Decisions._decide
    first: dict[engine.Engine, Decision] = {}

    def decide(decisions: Decisions, asker: engine.Engine, *words: Any) -> Decision:
        return first.setdefault(asker, decided(decisions, asker, *words))

    patch.setattr(Decisions, "_decide", decide)


TWINS = [
    (the_engine_answers_as_the_oracle, forget_suspensions),
    (the_engine_answers_as_the_oracle, end_a_moment_late),
    (the_engine_answers_as_the_oracle, begin_a_moment_late),
    (the_engine_answers_as_the_oracle, show_the_farthest_chain),
    (the_engine_answers_as_the_oracle, forget_what_everybody_holds),
    (the_engine_answers_as_the_oracle, let_everybody_in),
    (no_permit_unless_every_link_holds, forget_suspensions),
    (kept_chains_answer_as_fresh_ones, keep_chains_for_ever),
    (a_fact_less_never_permits, let_in_who_holds_nothing),
    (an_objection_more_never_permits, let_suspicion_excuse),
    (order_does_not_matter, look_at_one_check),
    (a_batch_answers_as_single_questions, mix_a_batch_up),
]


@pytest.mark.parametrize(("law", "broken"), TWINS, ids=lambda one: one.__name__)
def test_a_broken_twin_is_caught(
    law: Law, broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        examine(law, 500, shrink=False)


def test_the_situations_reach_both_answers_and_most_reasons() -> None:
    told: Counter[str] = Counter()

    def count(_data: st.DataObject, asked: Asked) -> None:
        for case in asked.cases():
            told.update(answers(case)[0] or {"permit"})

    examine(count, 150)
    assert told["permit"] > sum(told.values()) / 10
    assert len(told) > len(WHO) / 2
