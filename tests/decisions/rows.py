"""Facts straight from rows, without a database: what the stores would give, made by hand for many small worlds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from accreditation.rules import AnswerFacts
from agreements.rules import (
    AgreementFacts,
    AgreementKind,
    AgreementState,
    Article6,
    Article9,
    LawfulBasis,
    SignatureFacts,
    complete_from,
    listed,
)
from governance.decisions.engine import Engine
from governance.decisions.memory import Memory
from governance.grants.rules import Approval, GrantFacts
from governance.kernel.clock import day_end, day_start
from governance.kernel.recorded import FactKey
from governance.people.rules import EmploymentFacts, OrganisationFacts, OrganisationStatus, PersonFacts
from governance.vetting.rules import (
    BarredList,
    CheckFacts,
    ConflictFacts,
    Level,
    Outcome,
    Relation,
    StatusResult,
    SuspensionFacts,
    TrainingFacts,
    UpdateService,
    Workforce,
    record_hash,
)
from policies.requirement import SystemFacts
from tests.decisions import packs
from tests.facts import SETTINGS

Row = Mapping[str, Any]
World = dict[str, list[dict[str, Any]]]
Make = Callable[["RowBook", FactKey], Any]
KEY = SETTINGS.record_keys.keys[0]


def starts(day: date | None) -> Any:
    """The first moment of a day, where there is one."""
    return None if day is None else day_start(day)


def ends(day: date | None) -> Any:
    """The first moment after a day, where there is one."""
    return None if day is None else day_end(day)


class RowBook:
    """A world's rows as the sources and the databases that a memory asks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = self._numbered("people")
        self.organisations = self._numbered("organisations")
        self.freshness = SimpleNamespace(current=lambda: 0)

    def _numbered(self, sheet: str) -> dict[str, int]:
        return {name: number for number, name in enumerate(sorted(row["reference"] for row in self.world[sheet]), 1)}

    @contextmanager
    def reading(self) -> Iterator[object]:
        """A session that nothing here asks."""
        yield self

    def engine(self) -> Engine:
        """An engine over a fresh memory of this world."""
        return Engine(self.memory(), packs.service().requirements, packs.systems())

    def memory(self) -> Memory:
        """A fresh memory of this world."""
        return Memory(self, self.sources(), 0)  # type: ignore[arg-type]

    def sources(self) -> list[Any]:
        """A source of each kind."""
        known = packs.service().parts.sources
        return [RowSource(self, source.kind, source.about) for source in known if source.kind in MAKERS]

    def rows(self, sheet: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows of a sheet with their numbers."""
        return enumerate(self.world.get(sheet, ()), 1)

    def of_person(self, sheet: str, key: FactKey) -> Iterator[tuple[int, dict[str, Any]]]:
        """A person's rows of a sheet."""
        return ((number, row) for number, row in self.rows(sheet) if self.people[row["person"]] == key.number)


class RowSource:
    """The facts of one kind, made from rows."""

    def __init__(self, book: RowBook, kind: str, about: str) -> None:
        self.book, self.kind, self.about = book, kind, about

    def facts(self, _session: object, keys: Collection[FactKey], _at: int) -> Mapping[FactKey, Any]:
        """The facts of each key."""
        return {key: MAKERS[self.kind](self.book, key) for key in keys}


def person(book: RowBook, key: FactKey) -> PersonFacts | None:
    for _, row in book.rows("people"):
        if row["reference"] == key.name:
            return PersonFacts(book.people[key.name], key.name, row.get("manager", ""), {})
    return None


def organisation(book: RowBook, key: FactKey) -> OrganisationFacts | None:
    for _, row in book.rows("organisations"):
        if book.organisations[row["reference"]] == key.number:
            status = OrganisationStatus(row.get("status", "active"))
            parent = book.organisations.get(row.get("parent", ""), 0)
            return OrganisationFacts(
                key.number, row["reference"], row["name"], row["kind"], parent, row.get("area", ""), status
            )
    return None


def employment(book: RowBook, key: FactKey) -> tuple[EmploymentFacts, ...]:
    return tuple(
        EmploymentFacts(
            number, book.organisations[row["organisation"]], row["post"], row.get("casework", False),
            row["from"], ends(row.get("to")),
        )
        for number, row in book.of_person("employment", key)
    )  # fmt: skip


def checks(book: RowBook, key: FactKey) -> tuple[CheckFacts, ...]:
    return tuple(
        CheckFacts(
            number, Level(row["level"]), Workforce(row["workforce"]), row["issued"], Outcome(row["outcome"]),
            BarredList(row["barred_list"]), update_service(row),
        )
        for number, row in book.of_person("checks", key)
    )  # fmt: skip


def update_service(row: Row) -> UpdateService | None:
    if "status" not in row:
        return None
    return UpdateService(row["subscribed"], row["consented_on"], row["status_on"], StatusResult(row["status"]))


def training(book: RowBook, key: FactKey) -> tuple[TrainingFacts, ...]:
    return tuple(
        TrainingFacts(number, row["course"], row["completed"], ends(row.get("expires")))
        for number, row in book.of_person("training", key)
    )


def conflicts(book: RowBook, key: FactKey) -> tuple[ConflictFacts, ...]:
    name, secret = KEY
    return tuple(
        ConflictFacts(
            number, name,
            record_hash(secret, row["system"], row["type"], unicodedata.normalize("NFC", row["id"])),
            Relation(row["relation"]),
        )
        for number, row in book.of_person("conflicts", key)
    )  # fmt: skip


def suspension(book: RowBook, key: FactKey) -> SuspensionFacts | None:
    found = [SuspensionFacts(number, row["why"], row["from"]) for number, row in book.of_person("suspensions", key)]
    return min(found, key=lambda one: one.starts_on or date.min, default=None)


def grants(book: RowBook, key: FactKey) -> tuple[GrantFacts, ...]:
    return tuple(
        GrantFacts(
            number, row["system"], row["role"], book.organisations[row["organisation"]], row["from"],
            starts(row["from"]), ends(row.get("to")),
            tuple(approval(one) for one in row.get("approvals", ())), {},
        )
        for number, row in book.of_person("grants", key)
    )  # fmt: skip


def approval(one: Mapping[str, Any]) -> Approval:
    return Approval(one["by"], one["capacity"], one.get("organisation", ""), one["on"])


def answers(book: RowBook, key: FactKey) -> tuple[AnswerFacts, ...]:
    return tuple(
        AnswerFacts(
            number, row["checklist"], row["criterion"], row["met"], bool(row.get("signed_by")),
            starts(row.get("signed_on")), ends(row.get("valid_to")),
        )
        for number, row in book.rows("checklist_answers")
        if book.organisations[row["organisation"]] == key.number
    )  # fmt: skip


def agreements(book: RowBook, key: FactKey) -> tuple[AgreementFacts, ...]:
    party, _, system = key.name.partition(":")
    found = []
    for number, row in book.rows("agreements"):
        signings = {
            book.organisations[one["organisation"]]: starts(one.get("signed_on"))
            for _, one in book.rows("parties")
            if (one["agreement"], one["version"]) == (row["reference"], row["version"])
        }
        if row["system"] != system or int(party) not in signings:
            continue
        complete = complete_from(signings.values())
        found.append(version_of(number, row, signings[int(party)], complete)._replace(alone=len(signings) == 1))
    return tuple(found)


def individual_agreements(book: RowBook, key: FactKey) -> tuple[AgreementFacts, ...]:
    rows = book.rows("agreements")
    return tuple(
        version_of(number, row, None, None)
        for number, row in rows
        if (row["kind"], row["system"]) == ("individual", key.name)
    )


def version_of(number: int, row: Row, signed_at: datetime | None, complete_at: datetime | None) -> AgreementFacts:
    return AgreementFacts(
        number, row["reference"], AgreementKind(row["kind"]), row["version"], row["system"],
        AgreementState(row.get("state", "active")), starts(row["from"]), ends(row.get("to")),
        signed_at, complete_at, tuple(row.get("purposes", ())), tuple(row.get("fields", ())),
        tuple((name, tuple(listed(values))) for name, values in row.get("cohort", {}).items()),
        lawful_basis(row),
    )  # fmt: skip


def lawful_basis(row: Row) -> LawfulBasis:
    ordinary, special = row.get("article_6"), row.get("article_9")
    return LawfulBasis(ordinary and Article6(ordinary), special and Article9(special), row.get("schedule_1"))


def signatures(book: RowBook, key: FactKey) -> tuple[SignatureFacts, ...]:
    return tuple(
        SignatureFacts(number, row["agreement"], row["version"], starts(row["signed_on"]))
        for number, row in book.of_person("signatures", key)
    )


def system_status(book: RowBook, key: FactKey) -> SystemFacts:
    for number, row in book.rows("systems"):
        if row["system"] == key.name:
            return SystemFacts(number, key.name, row.get("audit_live_on"), row.get("closed_on"))
    return SystemFacts(0, key.name)


MAKERS: dict[str, Make] = {
    "person": person,
    "organisation": organisation,
    "employment": employment,
    "checks": checks,
    "training": training,
    "conflicts": conflicts,
    "suspension": suspension,
    "grants": grants,
    "accreditation": answers,
    "agreements": agreements,
    "individual_agreements": individual_agreements,
    "signatures": signatures,
    "system_status": system_status,
}
