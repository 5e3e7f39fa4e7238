"""The sheets of this area: agreements, parties, signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agreements.models import Agreement, AgreementVersion, Party, Signature
from agreements.rules import listed
from agreements.schemas import AgreementIn, PartyIn, SignatureIn
from agreements.store import individual_key, keys_of_parties
from governance.kernel.keys import FactKey
from governance.kernel.settings import Settings
from governance.ports.sheet import Names, Row, Sheet


def agreements(_settings: Settings) -> Sheet:
    """Versions of agreements, one row for each system."""
    return Sheet(
        name="agreements",
        schema=AgreementIn,
        model=AgreementVersion,
        owner="agreement_id",
        natural=("agreement_id", "version", "system"),
        resolve=agreement_row,
        keys=lambda row: (*mark(row), individual_key(row["system"])),
        introduces="agreement",
        identity=Agreement,
        unfold=unfold_agreement,
        shares=(
            ("purposes", "scope", "purposes"),
            ("fields_", "scope", "fields"),
            ("cohort", "scope", "cohort"),
        ),
        further=keys_of_parties,
    )


def parties(_settings: Settings) -> Sheet:
    """The organisations that a version names."""
    return Sheet(
        name="parties",
        schema=PartyIn,
        model=Party,
        owner="agreement_id",
        natural=("agreement_id", "version", "organisation_id"),
        erases=("signed_by",),
        resolve=party_row,
        keys=mark,
        refers=(("agreement", "agreement"), ("organisation", "organisation")),
        versions="agreement",
        further=keys_of_parties,
    )


def signatures(_settings: Settings) -> Sheet:
    """The people who signed an individual agreement."""
    return Sheet(
        name="signatures",
        schema=SignatureIn,
        model=Signature,
        owner="person_id",
        natural=("agreement_id", "version", "person_id"),
        resolve=signature_row,
        keys=lambda row: (FactKey("signatures", row["person_id"]),),
        refers=(("agreement", "agreement"), ("person", "person")),
    )


def mark(row: Mapping[str, Any]) -> tuple[FactKey, ...]:
    """The agreement itself: it has no facts, but two changes of one agreement at a time are refused by it."""
    return (FactKey("agreement", row["agreement_id"]),)


def agreement_row(row: Row, names: Names) -> dict[str, Any]:
    """A version's columns."""
    cohort = {name: list(listed(values)) for name, values in row["cohort"].items()}
    limits = {"purposes": row["purposes"], "fields": row["fields_"], "cohort": cohort}
    lawful = {name: row.get(name) for name in ("article_6", "article_9", "dpia_outcome")}
    return {
        "agreement_id": names.number("agreement", row["reference"]),
        "kind": row["kind"].value,
        "version": row["version"],
        "system": row["system"],
        "state": row["state"].value,
        "scope": {name: limit for name, limit in limits.items() if limit},
        **{name: None if word is None else word.value for name, word in lawful.items()},
        **{name: row.get(name) for name in ("schedule_1", "gateway", "dpia", "dpia_on")},
        "starts_on": row["starts_on"],
        "ends_on": row.get("ends_on"),
    }


def unfold_agreement(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A version's fields: what its scope is limited to stands in fields of its own."""
    scope = columns["scope"] or {}
    limits = {"purposes": scope.get("purposes", []), "fields_": scope.get("fields", [])}
    return {**columns, **limits, "cohort": scope.get("cohort", {})}


def party_row(row: Row, names: Names) -> dict[str, Any]:
    """A party's columns."""
    return {
        "agreement_id": names.number("agreement", row["agreement"]),
        "version": row["version"],
        "organisation_id": names.number("organisation", row["organisation"]),
        "signed_by": row.get("signed_by"),
        "starts_on": row.get("starts_on"),
        "ends_on": None,
    }


def signature_row(row: Row, names: Names) -> dict[str, Any]:
    """A signature's columns."""
    return {
        "agreement_id": names.number("agreement", row["agreement"]),
        "version": row["version"],
        "person_id": names.number("person", row["person"]),
        "starts_on": row["starts_on"],
        "ends_on": None,
    }
