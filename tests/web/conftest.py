"""A service on each database, with three packs in force, people of all kinds, and front ends with their keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from governance.app import build_app
from governance.clients.service import register_key, revoke_key
from governance.kernel import clock
from governance.trail.service import get_record
from policies.reading import read_pack
from policies.service import activate_pack
from tests import facts
from tests.decisions import packs
from tests.decisions.worlds import APPROVERS, agreed, checked, employed, granted, ordered, trained
from tests.installation import ACTOR, Installation, installed
from wsgi import AREAS

PUBLIC = "https://access.example.org/postern"
PEOPLE = ["ann", "ben", "cat", "sue", "coi", "bar", "rea", "ana"]
"""Ann works, Ben leads, Cat has nothing, Sue is suspended, Coi knows R-07, Bar is barred, Rea reads, Ana analyses."""


def world(today: date) -> dict[str, list[dict[str, Any]]]:
    """Facts that hold today, whatever day it is."""
    since = today - timedelta(days=60)
    rows = ordered()
    rows["people"] = [{"reference": name, "name": name.title()} for name in (*PEOPLE, "mia", "ned", "odd")]
    rows["employment"] = [employed(name, "council", **{"from": since}) for name in PEOPLE]
    looked_up = {"issued": since, "consented_on": since, "status_on": since}
    rows["checks"] = [
        checked(name, workforce=workforce, barred_list="barred" if name == "bar" else "not_barred", **looked_up)
        for name in PEOPLE
        for workforce in ("child", "adult")
    ]
    rows["training"] = [trained(name, course, completed=since) for name in PEOPLE for course in ("reading", "safety")]
    rows["signatures"] = [{"agreement": "terms", "version": 2, "person": "rea", "signed_on": since}]
    rows["suspensions"] = [{"person": "sue", "why": "misuse of 12 records", "from": since}]
    rows["conflicts"] = [
        {"person": "coi", "system": "alpha", "type": "record", "id": "R-07", "relation": "close_relation"}
    ]
    roles = {"ann": "worker", "ben": "lead", "sue": "worker", "coi": "worker", "bar": "worker", "rea": "reader"}
    approvals = [{**one, "organisation": "council", "on": since} for one in APPROVERS[:2]]
    rows["grants"] = [
        granted(name, "alpha", role, "council", **{"from": since, "approvals": approvals})
        for name, role in roles.items()
    ]
    rows["grants"].append(granted("ana", "beta", "analyst", "council", **{"from": since}))
    rows["agreements"] = [one | {"from": since} for one in rows["agreements"]] + [
        agreed("old", "sharing", "beta", **{"from": since, "to": today - timedelta(days=1)})
    ]
    for sheet, name in (("parties", "signed_on"), ("checklist_answers", "signed_on"), ("systems", "audit_live_on")):
        rows[sheet] = [one | {name: since} for one in rows[sheet]]
    return rows


RECORD: dict[str, Any] = {
    "subject": {"type": "user", "id": "ann"},
    "action": {"name": "view"},
    "resource": {"type": "record", "id": "R-01", "properties": {"school": "council"}},
    "context": {"case": "C-1"},
}


@dataclass
class Office:
    """The service behind Flask's test client, and keys for its front ends."""

    installation: Installation
    app: Flask
    keys: dict[str, str] = field(default_factory=dict)

    def post(
        self, path: str, body: Any = None, *, key: str = "good", headers: Mapping[str, str] | None = None, **more: Any
    ) -> TestResponse:
        """Send a body (bytes as they are, else as JSON) below a system's address."""
        sent = {"Authorization": f"Bearer {self.keys[key]}", **(headers or {})}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        options = {"content_type": "application/json", **more}
        return self.app.test_client().post(f"/systems/{path}", data=data, headers=sent, **options)

    def ask(self, body: Any, system: str = "alpha", **more: Any) -> TestResponse:
        """Ask one question."""
        return self.post(f"{system}/access/v1/evaluation", body, **more)

    def ask_many(self, body: Any, system: str = "alpha", **more: Any) -> TestResponse:
        """Ask a batch."""
        return self.post(f"{system}/access/v1/evaluations", body, **more)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.app.test_client().get(path, headers=headers)

    def register(self, name: str, systems: Sequence[str], scopes: Sequence[str] = (), until: date | None = None) -> str:
        """Register a front end under a name and give its key."""
        now = clock.now()
        with self.installation.databases.change("test", now) as session:
            then = now if until is None else min(now, clock.day_start(until))
            key = register_key(session, name, list(systems), list(scopes), until, actor=ACTOR, now=then)
        self.keys[name] = key.text
        return key.text

    def revoke(self, name: str) -> None:
        with self.installation.databases.change("test", clock.now()) as session:
            revoke_key(session, self.keys[name].split("_")[1], "lost", actor=ACTOR)

    def record(self, number: str) -> dict[str, Any]:
        """What the trail keeps of a decision."""
        return get_record(self.installation.databases, number)


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """What a problem says; fail where it is not told as one."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(response.data)
    assert {"title", "status", "detail"} <= found.keys()
    assert found["status"] == status
    assert response.headers["X-Request-ID"]
    return found


def codes(response: TestResponse) -> list[str]:
    """The reason codes of a single answer."""
    assert response.status_code == 200, response.get_data(as_text=True)
    found = json.loads(response.data)
    assert found["decision"] is not bool(found["context"]["reasons"])
    return [reason["code"] for reason in found["context"]["reasons"]]


def open_office(made: Installation) -> Office:
    """Put the packs in force, apply the facts, register the front ends."""
    settings = replace(
        facts.SETTINGS, database_url=made.urls.facts_url, trail_url=made.urls.trail_url, public_url=PUBLIC
    )  # fmt: skip
    for system in ("alpha", "beta"):
        pack, now = read_pack(packs.texts(system), made.service.requirements), clock.now()
        with made.databases.change("test", now) as session:
            activate_pack(session, pack, actor=ACTOR, now=now)
    made.apply(**world(clock.london_day(clock.now())))
    office = Office(made, build_app(settings, AREAS))
    office.register("good", ["alpha", "beta", "gone"])
    office.register("full", ["alpha"], ["reasons:full"])
    office.register("other", ["beta"])
    return office


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A service that the tests of one file share, once on SQLite and once on PostgreSQL."""
    with installed(tmp_path_factory.mktemp("office"), request.param) as made:
        opened = open_office(made)
        yield opened
        close_office(opened)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A service on SQLite alone, for what has nothing to do with the database."""
    with installed(tmp_path_factory.mktemp("quick"), "sqlite") as made:
        opened = open_office(made)
        yield opened
        close_office(opened)


def close_office(office: Office) -> None:
    """Let go of the application's own databases."""
    office.app.extensions["postern"].databases.close()
