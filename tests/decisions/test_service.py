"""What the service does around a decision: moving to new rules, mistakes inside, memory, and mediated questions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.decisions import explanation
from governance.decisions.engine import Engine
from governance.decisions.questions import read_question
from governance.decisions.records import Asker, make_records
from governance.decisions.rules import Decision, Question
from governance.decisions.service import Decisions, Questions
from governance.grants.models import Grant
from governance.kernel import clock
from governance.kernel.clock import iso
from governance.kernel.db import Databases
from governance.kernel.errors import Erased, Unavailable
from governance.kernel.keys import FactKey
from governance.kernel.recorded import change_of, close, erase_row, seen
from governance.ports.role_rules import Mediation
from governance.trail.rules import Record
from policies.pack import PackTexts
from tests.decisions import packs
from tests.decisions.rows import RowBook, World
from tests.decisions.test_properties import ask_service, decisions_over
from tests.decisions.test_questions import RECORD, changed
from tests.decisions.test_tables import BODY
from tests.decisions.worlds import NOON, TODAY, granted, ordered
from tests.installation import POLICY, SYSTEM_TOML, Installation
from tests.servers import SYSTEM

DAY = timedelta(days=1)
AGAIN = PackTexts(SYSTEM_TOML, POLICY, "", "The same rules, told again.")
WORKING: World = {**ordered(), "grants": [granted("ann", "alpha", "worker", "council")]}


def decide(world: World, body: dict[str, Any], now: datetime = NOON, rules: Any = None) -> Decision:
    """What the engine answers over a world's rows."""
    system = packs.rules("alpha") if rules is None else rules
    return RowBook(world).engine().decide(system, read_question(body, system), now)


def test_an_answer_has_all_its_parts() -> None:
    """The engine makes answers of their values directly: one too few or too many would be told by nothing else."""
    for world in (WORKING, {**WORKING, "grants": []}, {**WORKING, "employment": []}):
        found = decide(world, RECORD)
        assert len(found) == len(Decision._fields)
        assert (found.allowed, found.proof) == (world is WORKING, None)
        question = read_question(RECORD, packs.rules("alpha"))
        assert len(question) == len(Question._fields)
        assert (question.asserted_by, question.token) == ("key", "")
        (record,) = make_records("alpha", [question], [found], Asker("test"), iso(NOON), 1)
        assert len(record) == len(Record._fields)


# --- moving to new rules


def ask(decisions: Decisions) -> Decision:
    decisions.catch_up()
    reading = lambda rules: Questions([read_question(BODY, rules)])  # noqa: E731 - the question as the door reads it
    return decisions.ask(SYSTEM, reading, Asker("test"), clock.now()).decisions[0]


def test_rules_that_could_not_be_loaded_are_loaded_at_the_next_request(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change log tells of an activation once; a stumble while loading must not lose it."""
    decisions = installation.service.decisions
    assert ask(decisions).allowed
    installation.activate(AGAIN)
    with monkeypatch.context() as stumbling:
        stumbling.setattr(type(decisions.parts.role_rules), "load", stumble)
        with pytest.raises(ZeroDivisionError):
            decisions.catch_up()
    assert ask(decisions).policy == installation.service.decisions.system(SYSTEM).revision > 1


def test_facts_that_could_not_be_loaded_are_loaded_at_the_next_request(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = installation.service.decisions
    assert ask(decisions).allowed
    installation.suspend()
    with monkeypatch.context() as stumbling:
        stumbling.setattr("governance.decisions.memory.keys_since", stumble)
        with pytest.raises(ZeroDivisionError):
            decisions.catch_up()
    assert ask(decisions).codes == ("suspended",)


def test_a_fact_that_is_erased_while_it_is_read_is_not_told_of(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the newest revision and the facts: nobody hears that something was erased, or of whom."""
    decisions = installation.service.decisions
    freshness = decisions.databases.freshness
    newest = freshness.current

    def current() -> int:
        found = newest()
        erase_grants(decisions.databases)
        return found

    monkeypatch.setattr(freshness, "current", current)
    assert ask(decisions).codes == ("no_grant",)


def test_where_facts_are_erased_again_and_again_one_is_told_to_ask_again(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erased(*_words: object) -> None:
        raise Erased

    monkeypatch.setattr(Engine, "decide", erased)
    with pytest.raises(Unavailable, match="ask again"):
        ask(installation.service.decisions)


def erase_grants(databases: Databases) -> None:
    """Withdraw whatever grants stand, and erase what they said."""
    with databases.change("test", clock.now()) as session:
        standing = select(Grant.id, Grant.person_id).where(seen(Grant, change_of(session).base_revision))
        for row, person in list(session.execute(standing)):
            close(session, Grant, [row], [FactKey("grants", person)])
            erase_row(session, Grant, row, ("approvals", "scope"))


def stumble(*_words: object, **_more: object) -> None:
    raise ZeroDivisionError


def test_rules_that_no_longer_load_are_told_and_not_guessed(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policies.role_rules.read_pack", read_no_pack)
    decisions = Decisions(installation.databases, installation.service.parts, installation.service.decisions.recorder)
    decisions.catch_up()
    with pytest.raises(Unavailable, match="activate the pack again"):
        decisions.system(SYSTEM)


def read_no_pack(*_words: object, **_more: object) -> None:
    from governance.kernel.errors import BadInput, Fault

    raise BadInput([Fault("pack", "no longer loads")])


# --- mistakes inside


def test_a_mistake_in_one_question_denies_that_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = Engine.decide

    def decide_some(self: Engine, rules: Any, question: Any, now: datetime) -> Decision:
        if question.resource_id == "R-13":
            raise ZeroDivisionError
        return decided(self, rules, question, now)

    monkeypatch.setattr(Engine, "decide", decide_some)
    bodies = [RECORD, changed(RECORD, "resource.id", "R-13"), RECORD]
    answers = ask_service(decisions_over(WORKING), "alpha", bodies, NOON)
    assert [one.codes for one in answers] == [(), ("policy_error",), ()]


def test_a_conflict_under_a_key_that_is_gone_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be judged, so it is not."""
    world = {**WORKING, "conflicts": [
        {"person": "ann", "system": "alpha", "type": "record", "id": "R-02", "relation": "colleague"}
    ]}  # fmt: skip
    assert ask_service(decisions_over(world), "alpha", [RECORD], NOON)[0].codes == ()
    monkeypatch.setattr("tests.decisions.rows.KEY", ("gone", b"k" * 32))
    assert ask_service(decisions_over(world), "alpha", [RECORD], NOON)[0].codes == ("policy_error",)


# --- deny rules and grants


@pytest.mark.parametrize(("says", "days", "expected"), [
    ("a deny rule applies through a grant that holds", {}, ("explicitly_denied",)),
    ("… and through one that has ended", {"to": TODAY - DAY}, ("explicitly_denied",)),
    ("… and through one without its approvals", {"approvals": []}, ("explicitly_denied",)),
    ("… and in another organisation's name", {"organisation": "trust"}, ("explicitly_denied",)),
    ("… but not before it begins", {"from": TODAY + DAY}, ()),
])  # fmt: skip
def test_through_which_grants_a_deny_rule_applies(says: str, days: dict[str, Any], expected: tuple[str, ...]) -> None:
    world = {**WORKING, "grants": [*WORKING["grants"], granted("ann", "alpha", "leaver", "council") | days]}
    assert decide(world, RECORD).codes == expected, says


def test_a_grant_that_has_not_begun_is_no_way_past_the_allow_rules() -> None:
    """Its deny rules do not apply yet; what its allow rules want is still wanting."""
    world = {**WORKING, "grants": [granted("ann", "alpha", "worker", "council") | {"from": TODAY + DAY}]}
    body = changed(changed(RECORD, "resource.properties.locked", True), "context", {})
    assert decide(world, body).codes == ("grant_not_started", "no_need")


def test_the_nearest_grant_is_told() -> None:
    far = granted("ann", "alpha", "lead", "council") | {"to": TODAY - DAY}
    world = {**WORKING, "grants": [far, granted("ann", "alpha", "worker", "council")]}
    found = decide(world, changed(RECORD, "context", {}))
    assert (found.codes, found.grant) == (("no_need",), 2)
    assert decide({**world, "grants": [far]}, changed(RECORD, "context", {})).codes == (
        "second_factor_missing",
        "grant_expired",
    )


# --- mediated questions

TOGETHER: World = {**WORKING, "grants": [
    granted("ann", "alpha", "worker", "council"), granted("ben", "alpha", "reader", "council"),
]}  # fmt: skip
MEDIATED = {**RECORD, "context": {"case": "C-1", "purpose": "care", "mediated_for": "ben"}}


def test_a_mediated_permit_carries_both_chains() -> None:
    found = decide(TOGETHER, MEDIATED)
    assert found.allowed
    assert dict(zip(found.rules, found.sources, strict=True)) == {"A-5": "five", "A-1": "one"}
    assert [one.id for one in found.obligations] == ["few-fields", "read-only", "care-note", "record-both-identities"]
    assert {kind for kind, _, _ in json.loads(b"[" + b",".join(found.evidence) + b"]")} >= {
        "signature",
        "training",
        "grant",
    }


def test_the_same_role_twice_is_told_once() -> None:
    world = {**WORKING, "grants": [*WORKING["grants"], granted("ben", "alpha", "worker", "council")]}
    found = decide(world, MEDIATED)
    assert found.rules == ("A-1",)
    assert [one.id for one in found.obligations] == ["read-only", "care-note", "record-both-identities"]


@pytest.mark.parametrize(("says", "change", "expected"), [
    ("the person behind lacks something", {"signatures": []}, ("individual_agreement_missing",)),
    ("the mediator lacks something", {"training": []}, ("mediator_not_in_order",)),
    ("both do", {"training": [], "signatures": []}, ("individual_agreement_missing", "mediator_not_in_order")),
    ("the person behind has no grant", {"grants": WORKING["grants"]}, ("no_grant",)),
])  # fmt: skip
def test_a_mediated_denial(says: str, change: World, expected: tuple[str, ...]) -> None:
    found = decide({**TOGETHER, **change}, MEDIATED)
    assert (found.codes, found.obligations, found.until) == (expected, (), None), says
    assert explanation.context(found)["addressed_to"] == "ben", "its reasons speak to the person behind"
    assert "addressed_to" not in explanation.context(decide({**TOGETHER, "training": []}, RECORD))


def test_what_mediation_waives_the_person_behind_need_not_meet() -> None:
    world = {**WORKING, "grants": [*WORKING["grants"], granted("ben", "alpha", "worker", "council")]}
    world["training"] = [row for row in world["training"] if row["person"] == "ann"]
    assert decide(world, MEDIATED).allowed
    assert decide(world, changed(RECORD, "subject.id", "ben")).codes == ("training_missing", "training_missing")
    swapped = changed(changed(MEDIATED, "subject.id", "ben"), "context.mediated_for", "ann")
    assert decide(world, swapped).codes == ("mediator_not_in_order",)


@pytest.mark.parametrize(("says", "change", "expected"), [
    ("ben holds nothing of his own", {}, ()),
    ("his grant has ended", {"grants": [*WORKING["grants"], granted("ben", "alpha", "worker", "council")
                                        | {"from": TODAY - 2 * DAY, "to": TODAY - DAY}]}, ()),
    ("what is not waived stays", {"employment": [one for one in WORKING["employment"] if one["person"] == "ann"]},
     ("not_employed", "cohort")),
    ("the mediator's own grant is not waived", {"grants": [granted("ben", "alpha", "worker", "council")]},
     ("mediator_not_in_order",)),
])  # fmt: skip
def test_where_the_grant_is_waived_those_ask_who_have_none(says: str, change: World, expected: tuple[str, ...]) -> None:
    opened = replace(packs.rules("alpha"), mediation=Mediation(True, frozenset({"grant", "training"})))
    found = decide({**WORKING, **change}, MEDIATED, rules=opened)
    assert (found.codes, found.allowed) == (expected, not expected), says


def test_nobody_asks_through_themselves() -> None:
    assert decide(TOGETHER, changed(MEDIATED, "context.mediated_for", "ann")).codes == ("mediator_not_in_order",)


def test_where_mediation_is_not_allowed_nobody_asks_for_another() -> None:
    strict = replace(packs.rules("alpha"), mediation=Mediation())
    assert decide(TOGETHER, MEDIATED, rules=strict).codes == ("role_not_permitted",)


# --- until when


def test_a_permit_holds_until_the_first_end_among_its_facts() -> None:
    world = {**WORKING, "grants": [granted("ann", "alpha", "worker", "council") | {"to": TODAY + DAY}]}
    assert decide(world, RECORD).until == clock.day_end(TODAY + DAY)
    world["suspensions"] = [{"person": "ann", "why": "x", "from": TODAY + DAY}]
    assert decide(world, RECORD).until == clock.day_start(TODAY + DAY)
    lead = {**ordered(), "grants": [granted("ann", "alpha", "lead", "council")]}
    body = changed(RECORD, "context", {"acr": "mfa", "auth_time": "2026-06-15T12:30:00+01:00"})
    assert decide(lead, body).until == datetime.fromisoformat("2026-06-15T12:30:00+00:00")
