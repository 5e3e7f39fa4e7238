"""Which obligations a front end can fulfil, as AuthZEN's draft extension on obligations lets both sides agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.decisions.rules import Decision
from governance.ports.reasons import Code
from governance.ports.requirement import Objection
from governance.ports.role_rules import SystemRules

EXTENSION = "obligations"
DECLARED = "supported_obligations"
ADOPTED = "supported_mandatory_extensions"
CAPABILITY = "urn:openid:authzen:capability:obligations"
BOTH_IDENTITIES = "record-both-identities"


def within(decision: Decision, context: Mapping[str, Any]) -> Decision:
    """The decision, unless it is a permit that obliges the front end to what it says it cannot do: then a denial.

    Whoever declares nothing is sent every obligation. Whoever adopts the extension without a list can fulfil none.
    """
    if not decision.obligations or not (DECLARED in context or EXTENSION in context.get(ADOPTED, ())):
        return decision
    beyond = sorted({one.type for one in decision.obligations}.difference(context.get(DECLARED, ())))
    if not beyond:
        return decision
    reason = Objection(Code.OBLIGATION_UNSUPPORTED, "obligation", detail=(("types", ", ".join(beyond)),))
    return decision._replace(
        allowed=False, objections=(reason,), obligations=(), sources=(), until=None, cache_seconds=0
    )


def issued(rules: SystemRules) -> list[str]:
    """The types of obligations that a system's permits may bring."""
    types = {one.type for role in rules.roles.values() for one in role.obligations}
    return sorted(types | {BOTH_IDENTITIES} if rules.mediation.allowed else types)
