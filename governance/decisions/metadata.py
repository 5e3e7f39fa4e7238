"""What a system publishes of itself: where to ask, and what its permits may oblige to; signed where a key is set."""

from __future__ import annotations

from typing import Any

from governance.decisions.finding import KINDS, SEARCH
from governance.decisions.obliging import CAPABILITY, issued
from governance.ports.role_rules import SystemRules
from governance.web.signing import Signer

DOORS = {
    "access_evaluation_endpoint": "/access/v1/evaluation",
    "access_evaluations_endpoint": "/access/v1/evaluations",
    **{f"search_{kind}_endpoint": f"{SEARCH}{kind}" for kind in KINDS},
}
"""Each endpoint's name in the metadata, and its path below the system's address."""


def metadata_of(public_url: str, system: str, rules: SystemRules, signer: Signer | None) -> dict[str, Any]:
    """A system's AuthZEN metadata, from the public address of the settings, never from the request."""
    point = f"{public_url}/systems/{system}"
    found: dict[str, Any] = {"policy_decision_point": point}
    found |= {name: point + path for name, path in DOORS.items()}
    obligations = issued(rules)
    if obligations:
        found |= {"capabilities": [CAPABILITY], "supported_obligations": obligations}
    return found | {"signed_metadata": signer.sign({"iss": public_url, **found})} if signer is not None else found
