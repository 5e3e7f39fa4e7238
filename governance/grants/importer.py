"""The sheet of this room: grants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from governance.grants.models import Grant
from governance.grants.schemas import GrantIn
from governance.kernel.keys import FactKey
from governance.kernel.settings import Settings
from governance.ports.sheet import Names, OnLeaving, Row, Sheet


def grants(_settings: Settings) -> Sheet:
    """Who holds which role; another first day is another grant."""
    return Sheet(
        name="grants",
        schema=GrantIn,
        model=Grant,
        owner="person_id",
        natural=("person_id", "system", "role", "organisation_id", "starts_on"),
        erases=("approvals", "scope"),
        resolve=grant_row,
        keys=lambda row: (FactKey("grants", row["person_id"]),),
        refers=(("person", "person"), ("organisation", "organisation")),
        mentions=(("approvals", "by", "person"), ("approvals", "organisation", "organisation")),
        on_leaving=OnLeaving.END,
        forbids=True,  # through the deny rules of its role
        unfold=unfold_grant,
    )


def grant_row(row: Row, names: Names) -> dict[str, Any]:
    """A grant's columns."""
    return {
        "person_id": names.number("person", row["person"]),
        "system": row["system"],
        "role": row["role"],
        "organisation_id": names.number("organisation", row["organisation"]),
        "starts_on": row["starts_on"],
        "ends_on": row.get("ends_on"),
        "approvals": [approval_row(item) for item in row["approvals"]],
        "scope": row["scope"],
    }


def approval_row(item: Mapping[str, Any]) -> dict[str, str]:
    """An approval as the table keeps it."""
    written = {"by": item["by"], "capacity": item["capacity"], "on": item["on"].isoformat()}
    return {**written, "organisation": item["organisation"]} if item.get("organisation") else written


def unfold_grant(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A grant's fields: approvals with their days."""
    kept = columns["approvals"] or ()
    return {**columns, "approvals": [{**item, "on": date.fromisoformat(item["on"])} for item in kept]}
