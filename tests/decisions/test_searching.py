"""A search finds just what single decisions permit: nothing more, nothing less, in order, page by page."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from governance.decisions import searching
from governance.decisions.paging import Page
from governance.decisions.questions import read_question
from governance.decisions.registry import with_registered
from governance.decisions.rules import Question
from governance.decisions.searching import Snapshot, about
from governance.decisions.sifting import sift
from tests.decisions import packs
from tests.decisions.pack_worlds import SYSTEMS, World, question_of, worlds

FEW, MANY = 60, 10_000


def snapshot(one: World) -> Snapshot:
    return Snapshot(one.rules, one.revision, one.now)


def questions(one: World, seed: int, count: int) -> Iterator[tuple[str, Question]]:
    """Searches at random: whom, what or which action is looked for, about what the cases ask."""
    draw = random.Random(seed)
    for _ in range(count):
        told, other = draw.choice(one.questions), draw.choice(one.questions)
        if told.kind in one.rules.resource_types:
            said = other.properties if other.kind == told.kind and draw.random() < 0.2 else told.properties
            person = draw.choice((told.person, told.person, *one.people))
            question = question_of(one.rules, person, told.action, told.kind, told.context, said)
            searched = draw.choice(("subject", "subject", "resource", "action"))
            known = [*one.rules.resource_types[told.kind].registered, "unknown-id", told.name, told.name]
            yield searched, question._replace(resource_id=draw.choice(known))


def by_hand(one: World, searched: str, question: Question) -> list[str]:
    """What a search should find, by asking about everybody and everything."""
    declared = one.rules.resource_types[question.resource_type]
    names = {
        "subject": (*one.people, "nobody"),
        "resource": tuple(declared.registered),
        "action": (*declared.actions, "fly"),
    }[searched]
    asked = {name: about(searched, question, name, one.rules) for name in names}
    return sorted(name for name, each in asked.items() if one.engine.decide(one.rules, each, one.now).allowed)


def all_pages(one: World, searched: str, question: Question, limit: int) -> list[str]:
    found: list[str] = []
    more = True
    while more:
        names, more = one.searches.page(searched, snapshot(one), question, Page(limit, found[-1] if found else ""))
        assert len(names) <= limit
        assert names or not more
        found += names
    return found


def found_is_all(system: str, seed: int, count: int) -> int:
    one, permitted = worlds()[system], 0
    for number, (searched, question) in enumerate(questions(one, seed, count)):
        wanted = by_hand(one, searched, question)
        assert all_pages(one, searched, question, 1 + number % 4) == wanted, (system, searched, question)
        every = one.searches.every(searched, snapshot(one), question, permitted=bool(number % 2))
        assert [found.name for found in every if found.decision.allowed] == wanted, (system, searched, question)
        permitted += bool(wanted)
    return permitted


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_search_finds_what_decisions_permit(system: str) -> None:
    assert found_is_all(system, 7, FEW) >= FEW // 10, "few of the questions find anybody: they prove little"


@pytest.mark.soak
@pytest.mark.parametrize("system", SYSTEMS)
def test_ten_thousand_searches_find_what_decisions_permit(system: str) -> None:
    assert found_is_all(system, 11, MANY) > 100


def test_a_search_that_drops_one_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    one = worlds()["lccis"]
    whole = one.searches.candidates
    monkeypatch.setattr(one.searches, "candidates", lambda *asked: whole(*asked)[:-1])
    with pytest.raises(AssertionError):
        found_is_all("lccis", 7, FEW)


def test_a_sieve_that_drops_one_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    one = worlds()["lccis"]
    monkeypatch.setattr(one.searches, "_engines", {})
    monkeypatch.setattr(searching, "sift", lambda *asked: dict(list(sift(*asked).items())[:-1]))
    with pytest.raises(AssertionError):
        found_is_all("lccis", 7, FEW)


def test_of_those_whom_no_rule_allows_nothing_but_their_grants_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    one, loaded = worlds()["lccis"], 0
    monkeypatch.setattr(one.searches, "_engines", {})
    for searched, question in questions(one, 7, FEW):
        if searched == "subject":
            all_pages(one, searched, question, 4)
    for engine in one.searches._engines.values():
        loaded += sum(entry.chains is not None for entry in engine.memory.people.values())
    assert 0 < loaded < sum(len(engine.memory.people) for engine in one.searches._engines.values())


def test_of_another_type_of_subject_nobody_is_found() -> None:
    one = worlds()["lccis"]
    (searched, question), *_ = [each for each in questions(one, 3, 50) if each[0] == "subject"]
    assert one.searches.page(searched, snapshot(one), question._replace(subject_type="robot"), Page()) == ([], False)
    assert one.searches.page(searched, snapshot(one), question._replace(resource_type="moon"), Page()) == ([], False)


@pytest.mark.parametrize("said", [{}, {"wing": "east"}, {"wing": "west"}], ids=str)
@pytest.mark.parametrize("name", ["MASH", "HUB", "ATTIC"])
def test_what_both_may_say_counts_in_a_search_as_in_a_question(name: str, said: dict[str, str]) -> None:
    """A search asks about each resource what a question about it would ask, where word and store differ too."""
    rules = with_registered(packs.rules("alpha"), {"room": {"ATTIC": {"team": "roof"}}})
    body = {
        "subject": {"type": "user", "id": "ann"}, "action": {"name": "view"},
        "resource": {"type": "room", "id": name, "properties": said},
    }  # fmt: skip
    asked = read_question(body, rules)
    searched = about("resource", read_question(body, rules, searched="resource"), name, rules)
    assert (searched.properties, searched.mismatched) == (asked.properties, tuple(asked.mismatched))


def test_what_only_the_front_end_knows_counts_in_a_search_for_resources() -> None:
    one = worlds()["lccis"]
    found = {"aggregate": 0, "individual": 0}
    for told in one.questions:
        if (told.action, told.kind) == ("run", "report"):
            for said in found:
                question = question_of(one.rules, told.person, "run", "report", told.context, {"rows": said})
                names, _ = one.searches.page("resource", snapshot(one), question, Page())
                found[said] += len(names)
    assert found["aggregate"], "somebody may run one"
    assert not found["individual"], "nobody may have rows about persons"
