"""Whoever is refused reads what they may lawfully do instead."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from governance.app import trial_service
from governance.decisions import explanation
from governance.kernel.errors import BadInput
from governance.ports.requirement import Requirement
from policies import engine
from policies.cases import read_cases, run_cases
from policies.reading import read_pack
from tests.policies.conftest import Change
from wsgi import AREAS

ROUTES = """
[routes.call-the-hub]
what = "Tell the safeguarding hub what you know; it answers within a day."
who = "safeguarding hub"
when = ["medical"]
source = "a note"

[routes.ask]
what = "Ask the school office."
who = "school office"
source = "a note"
"""
QUESTION = {
    "subject": {"type": "user", "id": "nobody"},
    "action": {"name": "view"},
    "resource": {"type": "emergency-sheet", "id": "TRIP-0042", "properties": {"part": "medical"}},
}
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_denial_shows_the_routes_that_stand(changed: Change, requirements: Mapping[str, Requirement]) -> None:
    rules = engine.build(read_pack(changed(system=("", ROUTES)), requirements))
    decide = trial_service(AREAS).run_case.decide
    told = explanation.context(decide(rules, {}, QUESTION, NOON))
    assert [route["id"] for route in told["routes"]] == ["call-the-hub", "ask"]
    assert told["routes"][1] == {
        "id": "ask", "what": "Ask the school office.", "who": "school office", "source": "a note",
    }  # fmt: skip
    contacts = {**QUESTION, "resource": {**QUESTION["resource"], "properties": {"part": "contacts"}}}
    assert [route.id for route in decide(rules, {}, contacts, NOON).routes] == ["ask"]


def test_a_permit_shows_none(changed: Change, requirements: Mapping[str, Requirement]) -> None:
    texts = changed(system=("", ROUTES))
    rules = engine.build(read_pack(texts, requirements))
    results = {one.case.id: one for one in run_cases(rules, read_cases(texts), trial_service(AREAS).run_case)}
    assert all(result.passed for result in results.values())
    assert results["T01"].answer is not None
    assert results["T01"].answer.routes == ()
    assert results["T02"].answer is not None
    assert results["T02"].answer.routes == ("ask",)


@pytest.mark.parametrize(("table", "problem"), [
    ('[routes.a]\nwho = "x"\nsource = "y"', "routes.a.what: is missing"),
    ('[routes.a]\nwhat = "w"\nwho = "x"\nsource = "y"\nwhen = ["medicall"]', 'condition "medicall" does not exist'),
])  # fmt: skip
def test_a_route_that_cannot_be_read_is_named(
    table: str, problem: str, changed: Change, requirements: Mapping[str, Requirement]
) -> None:
    with pytest.raises(BadInput, match=problem):
        read_pack(changed(system=("", "\n" + table)), requirements)
