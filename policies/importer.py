"""The sheet of this room: systems, with the day their audit trail goes live and the day they close."""

from __future__ import annotations

from typing import Any

from governance.kernel.keys import FactKey
from governance.kernel.settings import Settings
from governance.ports.sheet import Names, Row, Sheet
from policies.models import SystemStatus
from policies.requirement import STATUS
from policies.schemas import SystemIn


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


def system_row(row: Row, _names: Names) -> dict[str, Any]:
    """A system's columns."""
    return {"system": row["system"], "starts_on": row.get("starts_on"), "ends_on": row.get("ends_on")}
