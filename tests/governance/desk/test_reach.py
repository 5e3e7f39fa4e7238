"""Nobody reaches outside their part of the tree: random trees, grants and targets against an oracle of a few lines."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.decisions.engine import Engine
from governance.decisions.questions import read_question
from policies import engine
from policies.pack import OWN, SHIPPED
from policies.reading import read_pack
from tests.decisions import packs
from tests.decisions.rows import RowBook

FEW, MANY = 150, 20_000
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
FROM = NOW.date().replace(year=2020)
PEOPLE, ROLES = ["ann", "ben", "cat"], ["manager", "officer", "administrator", "auditor"]
ACTIONS = ["view", "invite", "check-access", "unlock", "end-sessions", "approve-replacement", "report-lost",
           "view-authenticators", "close", "view-reasons"]  # fmt: skip
LISTS = ["view-people", "view-lock-outs", "view-enrolment", "download", "manage-sign-in", "view-sign-in", "invite"]
RULES = engine.build(read_pack(SHIPPED / OWN, packs.service().requirements), 1)


class Situation(NamedTuple):
    """A tree (what stands above each organisation), who works where, who holds what, and who asks what of whom."""

    parents: dict[str, str]
    works: dict[str, list[str]]
    grants: list[tuple[str, str, str]]  # person, role, organisation
    who: str
    action: str
    kind: str
    target: str

    def line(self, organisation: str) -> list[str]:
        return [organisation, *(self.line(self.parents[organisation]) if self.parents[organisation] else [])]

    @property
    def within(self) -> set[str]:
        """The organisations in which the target lies."""
        places = self.works[self.target] if self.kind == "account" else [self.target]
        return {above for place in places for above in self.line(place)}


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    names = [f"org{number}" for number in range(draw(st.integers(1, 7)))]
    parents = {name: draw(st.sampled_from(["", *names[:place]])) for place, name in enumerate(names)}
    some = st.lists(st.sampled_from(names), max_size=2, unique=True)
    works = {person: draw(some) for person in PEOPLE}
    held = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(ROLES), st.sampled_from(names))
    kind = draw(st.sampled_from(["account", "account", "organisation"]))
    action = draw(st.sampled_from(ACTIONS if kind == "account" else LISTS))
    target = draw(st.sampled_from(PEOPLE if kind == "account" else names))
    grants = draw(st.lists(held, max_size=4, unique=True))
    return Situation(parents, works, grants, draw(st.sampled_from(PEOPLE)), action, kind, target)


def may_reach(one: Situation) -> bool:
    """The oracle: some role is held for an organisation at which one works, and the target lies there or below it."""
    own_account = one.kind == "account" and one.target == one.who
    return own_account or any(
        person == one.who and organisation in one.works[person] and organisation in one.within
        for person, _role, organisation in one.grants
    )


def world_of(one: Situation) -> dict[str, list[dict[str, Any]]]:
    """The same as rows of facts."""
    boss = [{"by": "boss", "capacity": name, "on": FROM} for name in ("administrator", "officer")]
    return {
        "organisations": [
            {"reference": name, "name": name, "kind": "central_unit", **({"parent": parent} if parent else {})}
            for name, parent in one.parents.items()
        ],
        "people": [{"reference": name, "name": name} for name in (*PEOPLE, "boss")],
        "employment": [
            {"person": person, "organisation": place, "post": "officer", "from": FROM}
            for person, places in one.works.items()
            for place in places
        ],
        "grants": [
            {
                "person": person, "system": OWN, "role": role, "organisation": organisation, "from": FROM,
                "approvals": [{**approval, "organisation": organisation} for approval in boss[:1]],
            }
            for person, role, organisation in one.grants
        ],
    }  # fmt: skip


def is_permitted(one: Situation) -> bool:
    """What the engine says, of properties as `governance/decisions/authorising.py` finds them."""
    own = {"own": one.target == one.who} if one.kind == "account" else {}
    body = {
        "subject": {"type": "user", "id": one.who},
        "action": {"name": one.action},
        "resource": {"type": one.kind, "id": one.target, "properties": {"within": sorted(one.within), **own}},
        "context": {"acr": "mfa", "auth_time": "2026-06-15T11:59:00Z"},
    }
    book = RowBook({sheet: world_of(one).get(sheet, []) for sheet in SHEETS})
    asked = read_question(body, RULES)._replace(asserted_by="session")
    asker = Engine(book.engine().memory, packs.service().requirements, {OWN: RULES})
    return asker.decide(RULES, asked, NOW).allowed


SHEETS = ("organisations", "people", "employment", "checks", "training", "conflicts", "suspensions", "grants",
          "checklist_answers", "agreements", "parties", "signatures", "systems")  # fmt: skip


def examine(examples: int, counted: list[bool]) -> None:
    """Nobody is permitted whom the oracle does not let reach the target."""

    def nobody_reaches_outside(one: Situation) -> None:
        permitted = is_permitted(one)
        counted.append(permitted)
        assert may_reach(one) or not permitted, one

    few = settings(max_examples=examples, derandomize=True, database=None, deadline=None,
                   phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))  # fmt: skip
    few(given(situations())(nobody_reaches_outside))()


def test_nobody_reaches_outside_their_part() -> None:
    counted: list[bool] = []
    examine(FEW, counted)
    assert sum(counted) > 10, "and some do reach what is theirs"


@pytest.mark.soak
def test_nobody_reaches_outside_their_part_at_length() -> None:
    examine(MANY, [])


def test_a_condition_that_forgets_the_tree_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in (one for by_role in RULES.questions.values() for one in by_role.values()):
        if asked.conditions and asked.conditions[0].name == "in_my_part":
            monkeypatch.setattr(asked, "holds", (lambda _asked: True, *asked.holds[1:]))
    with pytest.raises(AssertionError):
        examine(FEW, [])
