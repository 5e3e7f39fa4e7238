"""The sheets of this room: systems with their own days, and the resources that they register by name."""

from __future__ import annotations

from typing import Any

from governance.kernel.keys import FactKey
from governance.kernel.settings import Settings
from governance.ports.sheet import Names, Row, Sheet
from policies.models import RegisteredResource, SystemStatus
from policies.requirement import STATUS
from policies.schemas import ResourceIn, SystemIn
from policies.store import RESOURCES


def systems(_settings: Settings) -> Sheet:
    """Systems' own days, one row a system."""
    return Sheet(
        name="systems",
        schema=SystemIn,
        model=SystemStatus,
        owner="system",
        natural=("system",),
        spans=False,
        resolve=system_row,
        keys=lambda row: (FactKey(STATUS, 0, row["system"]),),
    )


def resources(_settings: Settings) -> Sheet:
    """Resources with their properties, one row each."""
    return Sheet(
        name="resources",
        schema=ResourceIn,
        model=RegisteredResource,
        owner="system",
        natural=("system", "resource_type", "resource_id"),
        resolve=resource_row,
        keys=lambda row: (FactKey(RESOURCES, 0, row["system"]),),
    )


def resource_row(row: Row, _names: Names) -> dict[str, Any]:
    """A resource's columns."""
    return {
        "system": row["system"],
        "resource_type": row["resource_type"],
        "resource_id": row["resource_id"],
        "properties": row["properties"],
    }


def system_row(row: Row, _names: Names) -> dict[str, Any]:
    """A system's columns."""
    return {"system": row["system"], "starts_on": row.get("starts_on"), "ends_on": row.get("ends_on")}
