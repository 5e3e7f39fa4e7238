"""A case as the oracle sees it: rows, a pack and a question as plain dictionaries, and the day in London."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

WHO = {
    "individual_agreement_missing": 1, "individual_agreement_superseded": 1, "training_missing": 1,
    "training_expired": 1, "second_factor_missing": 1, "second_factor_too_old": 1, "purpose": 1,
    "field_not_permitted": 1, "aggregate_only": 1, "anonymous_only": 1,
    "unsure": 2, "no_need": 2, "no_grant": 2, "grant_expired": 2, "grant_not_started": 2, "not_employed": 2,
    "self_approval": 2, "vetting_missing": 2, "vetting_level": 2, "vetting_expired": 2, "vetting_status_missing": 2,
    "approval_missing": 2, "wrong_grantor": 2,
    "organisation_not_accredited": 3, "accreditation_criterion_unmet": 3, "accreditation_criterion_unsigned": 3,
    "accreditation_expired": 3, "accreditation_suspended": 3, "agreement_missing": 3, "agreement_not_in_force": 3,
    "agreement_out_of_scope": 3, "agreement_without_basis": 3, "protocol_missing": 3, "condition_unmet": 3,
    "mediator_not_in_order": 4, "audit_not_live": 4, "property_mismatch": 4,
    "organisation_kind": 5, "scheme_closed": 5, "role_not_permitted": 5, "explicitly_denied": 5, "part_locked": 5,
    "cohort": 5, "age": 5, "no_such_resource": 5, "unknown_subject": 5, "conflict_of_interest": 5, "suspended": 5,
    "barred": 5,
}  # fmt: skip
"""Who can mend each reason: oneself, the manager, the organisation, the system's owner, nobody."""


class Why(NamedTuple):
    """A reason: its code, which requirement gives it, and what tells it from another with the same code."""

    code: str
    requirement: str
    about: str = ""


class Case(NamedTuple):
    """All that an answer depends on."""

    world: Mapping[str, list[dict[str, Any]]]
    pack: Mapping[str, Any]
    question: Mapping[str, Any]
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo("Europe/London")).date()

    @property
    def system(self) -> str:
        return str(self.pack["system"]["id"])

    def rows(self, sheet: str, **wanted: Any) -> list[dict[str, Any]]:
        """The rows of a sheet that have these values."""
        return [
            row for row in self.world.get(sheet, []) if all(row.get(name) == value for name, value in wanted.items())
        ]

    def organisation(self, reference: str) -> dict[str, Any]:
        return next(iter(self.rows("organisations", reference=reference)), {})

    def line(self, reference: str) -> list[str]:
        """An organisation and those above it."""
        found: list[str] = []
        while reference and reference not in found:
            found.append(reference)
            reference = self.organisation(reference).get("parent", "")
        return found


class Holding(NamedTuple):
    """A grant, or a role that might be granted, in an organisation's name."""

    person: str
    role: str
    organisation: str
    grant: Mapping[str, Any] | None


# --- properties, as the pack lets them count


def declared(case: Case) -> dict[str, Any]:
    kind = case.pack["resource_types"].get(case.question["resource"]["type"], {})
    return dict(kind.get("properties", {}))


def stored(case: Case) -> dict[str, Any]:
    kind = case.pack["resource_types"].get(case.question["resource"]["type"], {})
    return dict(kind.get("registered", {}).get(case.question["resource"]["id"], {}))


def value(case: Case, name: str) -> Any:
    """A property of the question as the pack lets it count; None where it is unknown."""
    if name.startswith("context."):
        name = name.removeprefix("context.")
        kind = case.pack.get("context", {}).get(name, {})
        return case.question.get("context", {}).get(name, kind.get("default"))
    kind = declared(case)[name]
    source = kind.get("source", "caller")
    if source != "caller" and name in stored(case):
        return stored(case)[name]
    sent = case.question["resource"].get("properties", {})
    return sent[name] if source != "stored" and name in sent else kind.get("default")


def mismatches(case: Case) -> list[Why]:
    """Properties on which the caller and the store disagree, where either's word counts."""
    sent, kept = case.question["resource"].get("properties", {}), stored(case)
    return [
        Why("property_mismatch", "question", name)
        for name, kind in declared(case).items()
        if kind.get("source") == "either" and name in sent and name in kept and sent[name] != kept[name]
    ]
