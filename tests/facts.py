"""Facts for tests: databases laid out from the models, rows applied as from an officer's file, read at a revision."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sqlalchemy import select

from accreditation.area import AREA as ACCREDITATION
from agreements.area import AREA as AGREEMENTS
from governance.exchange.applying import Applied, apply_rows
from governance.exchange.reading import load_rows
from governance.grants.area import AREA as GRANTS
from governance.kernel.db import Databases
from governance.kernel.keys import FactKey
from governance.kernel.recorded import Ledger
from governance.kernel.settings import RecordKeys, Settings
from governance.people.area import AREA as PEOPLE
from governance.ports.actor import Actor
from governance.ports.sheet import Sheet
from governance.vetting.area import AREA as VETTING
from tests import services

ROOMS = (PEOPLE, VETTING, GRANTS, ACCREDITATION, AGREEMENTS)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFICER = Actor("officer")
SETTINGS = Settings(
    database_url="sqlite://",
    trail_url="sqlite://",
    public_url="http://127.0.0.1",
    record_keys=RecordKeys.parse("new:" + "11" * 16 + ",old:" + "22" * 16),
    log_level="INFO",
    trail_timeout=5,  # patience with a busy machine; what happens after half a second is tested by servers
    max_body=1_000_000,
    max_batch=1_000,
    secret_keys=RecordKeys.parse("new:" + "33" * 16),
    password_memory=64,
    password_rounds=1,
)
SHEETS: dict[str, Sheet] = {sheet.name: sheet for room in ROOMS for sheet in (make(SETTINGS) for make in room.sheets)}
SOURCES = {source.kind: source for source in chain.from_iterable(room.sources for room in ROOMS)}

WORLD = {
    "organisations": [
        {"reference": "council", "name": "The Council", "kind": "local_authority", "area": "ALL"},
        {"reference": "school-a", "name": "School A", "kind": "school", "parent": "council"},
        {"reference": "school-b", "name": "School B", "kind": "school", "parent": "council"},
    ],
    "people": [
        {"reference": "mo", "name": "Mo Manager"},
        {"reference": "ann", "name": "Ann Example", "manager": "mo", "attributes": {"email": "ann@example.org"}},
    ],
}


class Book:
    """One facts database, laid out already: rows go in by sheet, facts come out by key, now or at a revision."""

    def __init__(self, urls: services.Databases) -> None:
        self.databases = Databases.open(*urls)

    def apply(self, **sheets: list[Mapping[str, Any]]) -> Applied:
        """Apply rows as one change."""
        rows = {}
        for name, listed in sheets.items():
            rows[name], wrong = load_rows(SHEETS[name], listed)
            assert not wrong, wrong
        return apply_rows(self.databases, SHEETS, rows, actor=OFFICER, now=NOON, where="test")

    @property
    def revision(self) -> int:
        """The newest revision."""
        with self.databases.reading() as session:
            return session.scalars(select(Ledger.revision)).one()

    def facts(self, key: FactKey, at: int | None = None) -> Any:
        """The facts of one key."""
        with self.databases.reading() as session:
            return SOURCES[key.kind].facts(session, [key], self.revision if at is None else at)[key]

    def number(self, kind: str, reference: str) -> int:
        """The number behind a reference."""
        table = next(sheet.identity for sheet in SHEETS.values() if sheet.introduces == kind)
        with self.databases.reading() as session:
            return session.scalars(select(table.id).where(table.reference == reference)).one()

    def close(self) -> None:
        """Let go of both databases."""
        self.databases.close()
