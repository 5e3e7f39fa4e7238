"""The steps, taken on both databases: they end where the models stand, and what stood before is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select

from agreements.models import AgreementVersion
from governance.exchange.applying import apply_rows
from governance.exchange.reading import load_rows
from governance.kernel.db import Databases, migrate
from governance.kernel.recorded import Base
from governance.people.models import Organisation, Person
from governance.people.signin.models import IdentityProvider, SignInSession
from governance.vetting.models import Check
from tests import services
from tests.architecture.source import ROOT
from tests.facts import OFFICER, SHEETS, WORLD

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
FACTS: dict[str, list[dict[str, Any]]] = {
    **WORLD,
    "checks": [{"person": "ann", "level": "enhanced", "issued": "2025-05-03", "barred_list": "not_barred"}],
    "agreements": [{"reference": "dsa", "kind": "sharing", "version": 1, "system": "mis", "from": "2026-01-01"}],
}


@pytest.fixture
def databases(database_url: services.Databases) -> Iterator[Databases]:
    opened = Databases.open(database_url.facts_url, database_url.trail_url)
    yield opened
    opened.facts.dispose()
    opened.trail.dispose()


def step(databases: Databases, revision: str) -> None:
    """Go back to a step."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / Path("migrations")))
    config.attributes["engines"] = {"facts": databases.facts, "trail": databases.trail}
    command.downgrade(config, revision)


def apply(databases: Databases) -> int:
    """Apply the facts, and say how many rows that changed."""
    rows = {}
    for name, listed in FACTS.items():
        rows[name], wrong = load_rows(SHEETS[name], listed)
        assert not wrong, wrong
    return apply_rows(databases, SHEETS, rows, actor=OFFICER, now=NOON, where="test").changed


def test_they_end_where_the_models_stand(databases: Databases) -> None:
    migrate(databases)
    found = inspect(databases.facts)
    for table in Base.metadata.sorted_tables:
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        assert columns.keys() == set(table.columns.keys()), table.name
        for name, column in table.columns.items():
            assert columns[name]["nullable"] is column.nullable, f"{table.name}.{name}"
            kind = getattr(column.type, "impl", column.type).python_type
            assert columns[name]["type"].python_type is kind, f"{table.name}.{name}"


def test_what_stood_before_a_step_still_stands_after_it(databases: Databases) -> None:
    migrate(databases)
    assert apply(databases) > 0
    step(databases, "0001")
    tables = {name: {one["name"] for one in inspect(databases.facts).get_columns(name)} for name in COLUMNS}
    assert not any(COLUMNS[name] & columns for name, columns in tables.items())
    migrate(databases)
    with databases.reading() as session:
        said = select(Check.subscribed, Check.consented_on, Check.status_on, Check.status, Check.level)
        assert session.execute(said).all() == [(False, None, None, None, "enhanced")]
        assert session.execute(select(AgreementVersion.article_6, AgreementVersion.dpia)).all() == [(None, None)]
    assert apply(databases) == 0  # the same facts say nothing new of what is new


@pytest.mark.parametrize("has_provider", [True, False])
def test_sessions_end_of_which_nobody_knows_who_vouched_for_them(databases: Databases, has_provider: bool) -> None:
    migrate(databases)
    apply(databases)
    with databases.writing() as session:
        person = session.scalars(select(Person.id)).first()
        organisation = session.scalars(select(Organisation.id)).first()
        moments = dict.fromkeys(("started_at", "auth_time", "seen_at"), NOON)
        row = {"person_id": person, "acr": "mfa", "amr": ["pwd"], "device": "", "told": [], "form_token": "", **moments}
        session.add(SignInSession(sid="s", secret_digest=b"d" * 32, next_path="", **row))
        if has_provider:
            about = {"organisation_id": organisation, "issuer": "https://x", "client_id": "x", "sealed_secret": b""}
            more = {"claim": "sub", "by_email": False, "second_factor_acrs": [], "added_at": NOON}
            session.add(IdentityProvider(name="x", label="X", **about, **more))
    step(databases, "0008")
    migrate(databases)
    with databases.reading() as session:
        assert session.scalars(select(SignInSession.ended_at)).all() == [NOON if has_provider else None]


COLUMNS = {
    "vetting_check": {"subscribed", "consented_on", "status_on", "status"},
    "agreement_version": {"article_6", "article_9", "schedule_1", "gateway", "dpia", "dpia_outcome", "dpia_on"},
}
