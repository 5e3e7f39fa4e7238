"""Revisions of packs and systems' own days, on both databases: stored for good, active at a revision, never changed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from governance.kernel.db import Databases
from governance.kernel.errors import BadInput, Conflict, NotFound
from governance.kernel.keys import FactKey
from governance.kernel.recorded import Base, Ledger, keys_since, record
from governance.ports.actor import Actor
from governance.ports.requirement import Requirement
from policies import store
from policies.models import PackRevision, SystemStatus
from policies.pack import Pack, PackTexts
from policies.reading import read_pack
from policies.requirement import SystemFacts, SystemStatusSource
from policies.role_rules import StoredRoleRules
from policies.service import activate_pack, check_pack
from tests import services

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OFFICER = Actor("officer")
STATING = '[roles.trip-leader.requires.agreement]\nstates = ["purposes"]\nsource = "x"\n'


@pytest.fixture
def databases(database_url: services.Databases) -> Iterator[Databases]:
    found = Databases.open(database_url.facts_url, database_url.trail_url)
    Base.metadata.create_all(found.facts)
    with found.writing() as session:
        session.execute(insert(Ledger), [{"id": 1, "revision": 0, "entries": 0, "head": ""}])
    yield found
    found.close()


@pytest.fixture
def pack(example: PackTexts, requirements: Mapping[str, Requirement]) -> Pack:
    return read_pack(example, requirements)


def activate(databases: Databases, pack: Pack) -> tuple[int, int]:
    with databases.change(str(OFFICER), NOON) as session:
        number = activate_pack(session, pack, actor=OFFICER, now=NOON)
    return number, databases.freshness.current()


def renamed(pack: Pack, requirements: Mapping[str, Requirement], name: str) -> Pack:
    text = pack.texts.system_toml.replace("Register of school trips", name)
    return read_pack(replace(pack.texts, system_toml=text), requirements)


def test_a_pack_is_active_from_its_revision(
    databases: Databases, pack: Pack, requirements: Mapping[str, Requirement]
) -> None:
    first, at_first = activate(databases, pack)
    second, at_second = activate(databases, renamed(pack, requirements, "Trips"))
    back, at_last = activate(databases, pack)
    assert (first, back) == (back, first) != second
    rules = StoredRoleRules(tuple(requirements.values()))
    with databases.reading() as session:
        found = [rules.active(session, at) for at in (0, at_first, at_second, at_last)]
        assert found == [{}, {"trip-register": first}, {"trip-register": second}, {"trip-register": first}]
        assert [rules.load(session, number).name for number in (first, second)] == ["Register of school trips", "Trips"]
        assert rules.load(session, second).revision == second
        spans = store.list_in_force(session)
        assert [each.revision for each in spans] == [first, second, first]
        assert [each.until is None for each in spans] == [False, False, True]
        assert [each.until for each in spans[:2]] == [each.since for each in spans[1:]]
        assert rules.since(session, "trip-register") == spans[0].since
        assert rules.since(session, "no-such-system") is None
        assert FactKey("policy", 0, "trip-register") in keys_since(session, at_first, at_second, 10)


def test_the_trail_is_told(databases: Databases, pack: Pack) -> None:
    activate(databases, pack)
    with databases.reading() as session:
        assert session.get(Ledger, 1).entries == 1  # type: ignore[union-attr]


def test_the_same_text_twice_is_a_conflict(databases: Databases, pack: Pack) -> None:
    _, at = activate(databases, pack)
    with pytest.raises(Conflict, match="in force already"):
        activate(databases, pack)
    assert databases.freshness.current() == at


def test_a_faulty_text_leaves_the_revision_in_force(
    databases: Databases, pack: Pack, requirements: Mapping[str, Requirement]
) -> None:
    number, at = activate(databases, pack)
    faulty = replace(pack.texts, policy_csv=pack.texts.policy_csv.replace(",deny,", ",Deny,"))
    with pytest.raises(BadInput), databases.change(str(OFFICER), NOON) as session:
        activate_pack(session, check_pack(faulty, requirements), actor=OFFICER, now=NOON)
    with databases.reading() as session:
        assert store.list_active(session, databases.freshness.current()) == {"trip-register": number}
    assert databases.freshness.current() == at


def test_a_stored_text_that_no_longer_loads_is_refused(
    databases: Databases, pack: Pack, requirements: Mapping[str, Requirement]
) -> None:
    number, _ = activate(databases, pack)
    with databases.writing() as session:
        session.get(PackRevision, number).policy_csv = "nothing"  # type: ignore[union-attr]
    with databases.reading() as session, pytest.raises(BadInput, match="revision 1 of trip-register"):
        StoredRoleRules(tuple(requirements.values())).load(session, number)


@pytest.mark.parametrize(("old", "new", "told"), [
    ("{ part = ", "{ parts = ", "is not used by the sentences"),
    ('values = ["medical"]', "values = []", "medical.values: is empty"),
    ("[context]\n", '[context]\ntime = { type = "text" }\n', "is a name that every system has already"),
    ('"first-aid"', '"First Aid"', 'waits for "First Aid"'),
    ("[context]\n", f"{STATING}[context]\n", "are compared with context.purpose"),
    ("[context]\n", '[shared]\nconditions = ["medical"]\n[context]\n', "a table of the pack's own"),
])  # fmt: skip
def test_a_stored_text_loads_although_checks_have_become_stricter(
    databases: Databases, pack: Pack, requirements: Mapping[str, Requirement], old: str, new: str, told: str
) -> None:
    bare = replace(pack.texts, system_toml=pack.texts.system_toml.replace(old, new))
    with pytest.raises(BadInput, match=told):
        check_pack(bare, requirements)
    number, _ = activate(databases, read_pack(bare, requirements, stored=True))
    with databases.reading() as session:
        assert StoredRoleRules(tuple(requirements.values())).load(session, number).name == pack.name


def test_a_revision_that_is_not_there(databases: Databases) -> None:
    with databases.reading() as session, pytest.raises(NotFound):
        store.get_texts(session, 9)


def test_systems_days_at_a_revision(databases: Databases) -> None:
    keys = [FactKey("system_status", 0, name) for name in ("one", "two")]
    with databases.change(str(OFFICER), NOON) as session:
        record(session, SystemStatus, [{"system": "one", "starts_on": date(2026, 7, 1), "ends_on": None}], keys[:1])
    at = databases.freshness.current()
    with databases.reading() as session:
        before = SystemStatusSource().facts(session, keys, at - 1)
        after = SystemStatusSource().facts(session, keys, at)
    assert before == {keys[0]: SystemFacts(0, "one"), keys[1]: SystemFacts(0, "two")}
    assert after == {keys[0]: SystemFacts(1, "one", date(2026, 7, 1)), keys[1]: SystemFacts(0, "two")}
