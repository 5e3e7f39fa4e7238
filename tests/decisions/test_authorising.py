"""Postern asks itself before each of its own pages: recorded, from stored facts, at the newest revision."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.kernel import clock
from governance.kernel.errors import Conflict, Unavailable
from governance.people.models import Person
from governance.ports.visitor import Visitor
from policies.service import activate_own, own_texts
from tests.installation import ACTOR, Installation, installed

NOW = clock.now()
PEOPLE = ("boss", "olga", "tess", "sue", "head", "school-admin", "region-admin", "centre-admin")
BY_BOSS = {"by": "boss", "capacity": "administrator", "organisation": "centre", "on": "2020-01-01"}
TREE: dict[str, list[dict[str, Any]]] = {
    "organisations": [
        {"reference": "centre", "name": "Central Unit", "kind": "central_unit"},
        {"reference": "north", "name": "North", "kind": "sub_region", "parent": "centre"},
        {"reference": "oak", "name": "Oak School", "kind": "school", "parent": "north"},
        {"reference": "south", "name": "South", "kind": "sub_region", "parent": "centre"},
    ],
    "people": [{"reference": name, "name": name.title()} for name in PEOPLE],
    "employment": [
        {"person": person, "organisation": organisation, "post": "officer", "from": "2020-01-01"}
        for person, organisation in (
            ("boss", "centre"), ("olga", "north"), ("tess", "oak"), ("sue", "south"), ("head", "oak"),
            ("head", "north"), ("school-admin", "oak"), ("region-admin", "north"), ("centre-admin", "centre"),
        )
    ],
    "grants": [
        *(
            {
                "person": person, "system": "governance", "role": "administrator", "organisation": organisation,
                "from": "2020-01-01",
                "approvals": [BY_BOSS],
            }
            for person, organisation in (("head", "north"), ("school-admin", "oak"), ("region-admin", "north"),
                                         ("centre-admin", "centre"))
        ),
        {
            "person": "olga", "system": "governance", "role": "officer", "organisation": "north", "from": "2020-01-01",
            "approvals": [BY_BOSS],
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("own"), request.param) as made:
        activate_own(made.databases, made.service.requirements, ACTOR, NOW)
        made.apply(**TREE)
        yield made


def visitor(stand: Installation, reference: str, acr: str = "mfa", age: int = 1) -> Visitor:
    with stand.databases.reading() as session:
        person = session.query(Person.id).filter(Person.reference == reference).scalar()
    at = NOW - timedelta(minutes=age)
    return Visitor(1, "sid", person, reference, reference.title(), acr, ("pwd", "otp"), at, "form")


def ask(stand: Installation, who: Visitor, action: str, kind: str, name: str, **properties: Any) -> tuple[str, ...]:
    """The codes of an answer; none is a permit."""
    permission = stand.service.authorise(who, action, kind, name, properties, now=NOW)
    assert permission.allowed is not bool(permission.reasons)
    return tuple(reason["code"] for reason in permission.reasons)


@pytest.mark.parametrize(
    ("who", "action", "kind", "name", "codes"),
    [
        ("tess", "view", "account", "tess", ()),
        ("tess", "view", "account", "sue", ("role_not_permitted",)),
        ("olga", "view", "account", "tess", ()),
        ("olga", "view", "account", "sue", ("condition_unmet",)),
        ("olga", "view", "account", "nobody", ("condition_unmet",)),
        ("olga", "view-people", "organisation", "oak", ()),
        ("olga", "view-people", "organisation", "north", ()),
        ("olga", "view-people", "organisation", "centre", ("condition_unmet",)),
        ("olga", "view-people", "organisation", "south", ("condition_unmet",)),
        ("olga", "view-people", "organisation", "no-such", ("condition_unmet",)),
        ("olga", "view-people", "organisation", "", ("bad_question",)),
        ("olga", "view-people", "organisation", "x" * 300, ("bad_question",)),
        ("tess", "view-people", "organisation", "oak", ("no_grant",)),
        ("olga", "approve-replacement", "account", "olga", ("role_not_permitted",)),
    ],
)
def test_what_visitors_may_do(
    stand: Installation, who: str, action: str, kind: str, name: str, codes: tuple[str, ...]
) -> None:
    assert ask(stand, visitor(stand, who), action, kind, name) == codes


def test_what_a_page_says_of_where_something_lies_does_not_count(stand: Installation) -> None:
    olga = visitor(stand, "olga")
    assert ask(stand, olga, "view", "account", "sue", within=["north"], own=True) == ("condition_unmet",)
    assert ask(stand, olga, "view-people", "organisation", "south", within=["north"]) == ("condition_unmet",)


def test_a_factor_that_is_missing_or_old_is_told_as_such(stand: Installation) -> None:
    half, old = visitor(stand, "olga", acr=""), visitor(stand, "olga", age=11)
    asked = [(half, "view", "second_factor_missing"), (old, "invite", "second_factor_too_old")]
    for who, action, code in asked:
        permission = stand.service.authorise(who, action, "account", "tess", {}, now=NOW)
        assert ([one["code"] for one in permission.reasons], permission.needs_factor) == ([code], True)
    assert ask(stand, old, "view", "account", "tess") == ()
    assert ask(stand, half, "sign-in", "account", "olga") == ()


@pytest.mark.parametrize(
    ("action", "peer", "above"),
    [
        *((action, True, True) for action in ("start-replacement", "approve-replacement", "unlock", "close",
                                              "release-authenticator", "assign-token")),
        ("invite", False, True),
    ],
)  # fmt: skip
def test_nobody_below_is_let_in_as_somebody_who_holds_a_role_above_them(
    stand: Installation, action: str, peer: bool, above: bool
) -> None:
    """The head governs the school and administers the region: whoever administers the school alone is below them."""
    assert may_as(stand, "school", action, "head") is False
    assert may_as(stand, "school", action, "tess") is True
    assert may_as(stand, "region", action, "head") is peer
    assert may_as(stand, "centre", action, "head") is above


def test_a_loss_is_reported_and_sessions_are_ended_wherever_somebody_works(stand: Installation) -> None:
    for action in ("report-lost", "end-sessions"):
        assert may_as(stand, "school", action, "head") is True


def may_as(stand: Installation, who: str, action: str, whom: str) -> bool:
    return stand.service.authorise(visitor(stand, f"{who}-admin"), action, "account", whom, {}, now=NOW).allowed


def test_who_is_told_that_a_replacement_waits_may_approve_it(stand: Installation) -> None:
    may = stand.service.authorise.who_may("approve-replacement", "head", now=NOW)
    assert sorted(may) == ["centre-admin", "olga", "region-admin"]


def test_each_answer_is_on_the_record(stand: Installation) -> None:
    permission = stand.service.authorise(visitor(stand, "olga"), "view", "account", "tess", {}, now=NOW)
    record = stand.recorded(permission.decision_id)
    body = record["body"]
    assert (body["client"], body["asserted_by"], body["subject"]) == ("pages", "session", "olga")
    assert (body["action"], body["type"], body["id"]) == ("view", "account", "tess")
    assert body["properties"] == {"within": ["centre", "north", "oak"], "own": False}


def test_links_are_shown_without_a_record(stand: Installation) -> None:
    before = stand.assert_intact()
    wanted = [("view-people", "organisation"), ("view", "account"), ("register-front-end", "front-end"),
              ("invite", "account"), ("close", "account")]  # fmt: skip
    see = stand.service.authorise.may_see
    may = {name: see(visitor(stand, name, age=60), wanted, now=NOW) for name in ("olga", "tess")}
    assert may["olga"] == {("view-people", "organisation"), ("view", "account"), ("invite", "account")}
    assert may["tess"] == {("view", "account")}
    assert stand.assert_intact() == before


def test_whoever_is_suspended_is_refused_at_once_and_not_told_why(stand: Installation) -> None:
    sue = visitor(stand, "sue")
    assert ask(stand, sue, "view", "account", "sue") == ()
    stand.suspend("sue")
    assert ask(stand, sue, "view", "account", "sue") == ("access_on_hold",)
    stand.lift("sue")
    assert ask(stand, sue, "view", "account", "sue") == ()


def test_without_the_pack_pages_wait_and_decisions_go_on(installation: Installation) -> None:
    with pytest.raises(Unavailable) as wrong:
        installation.service.authorise(visitor(installation, "ann"), "view", "account", "ann", {}, now=NOW)
    assert wrong.value.code == "policy_missing"
    ann = visitor(installation, "ann")
    assert installation.service.may_see(ann, [("view", "account")], now=NOW) == frozenset()
    assert installation.service.decisions.systems() == ["archive"]


def test_the_shipped_text_wins(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = (installation.databases, installation.service.requirements, ACTOR, NOW)
    first = activate_own(*stand)
    assert (first > 0, activate_own(*stand)) == (True, 0), "in force once, and left alone"
    newer = replace(own_texts(), readme="# Another shipped text")
    with pytest.raises(Conflict, match="they come with the service and are not replaced"):
        installation.activate(newer)
    monkeypatch.setattr("policies.service.own_texts", lambda: newer)
    assert activate_own(*stand) > first, "a newer shipped text is put in force"
