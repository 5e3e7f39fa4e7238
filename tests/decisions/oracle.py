"""The rules once more, slowly, in plain dictionaries: rows, a pack as its files say it, and calendar days in London.

Written from the rules alone. It shares no line with the service, and knows nothing of keys, chains or standings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.decisions.oracle_case import WHO, Case, Holding, Why, mismatches, value
from tests.decisions.oracle_requirements import REQUIREMENTS

# --- roles and their rules


def ancestors(pack: Mapping[str, Any], role: str) -> list[str]:
    """A role and all that it inherits from."""
    found = [role]
    for parent in pack["roles"][role].get("inherits", []):
        found += [one for one in ancestors(pack, parent) if one not in found]
    return found


def demands(pack: Mapping[str, Any], role: str) -> dict[str, Any]:
    """What a role demands: its own terms, else those of the nearest that it inherits from."""
    found: dict[str, Any] = {}
    for one in ancestors(pack, role):
        table = pack["roles"][one]
        for kind, terms in table.get("requires", {}).items():
            found.setdefault(kind, terms)
        if "granted_by" in table:
            found.setdefault("grant", table["granted_by"])
    for kind in ("employment", "barred", "suspension", "conflict", "grant", "launch"):
        found.setdefault(kind, {})
    return found


def lines(case: Case, role: str, effect: str) -> list[dict[str, str]]:
    """The lines of the policy about this question that apply to a role."""
    asked = (case.question["resource"]["type"], case.question["action"]["name"])
    return [
        row
        for row in case.pack["policy"]
        if row["role"] in ancestors(case.pack, role)
        and (row["resource_type"], row["action"]) == asked
        and row["effect"] == effect
    ]


def names(row: Mapping[str, str]) -> list[str]:
    return [] if row["condition"] == "always" else row["condition"].split()


def role_reasons(case: Case, held: Holding) -> list[Why]:
    """What the allow rules of a role still want: the unmet conditions of the one that wants least."""
    wants = [
        [name for name in names(row) if truth(case, held, name) is not True] for row in lines(case, held.role, "allow")
    ]
    if not wants:
        return [Why("role_not_permitted", "role")]
    return [Why(condition_code(case.pack, name), "role", name) for name in min(wants, key=len)]


def deny_reasons(case: Case, held: Holding) -> list[Why]:
    """The deny rules that apply: none of their conditions is known to be false, and the grant has begun."""
    if held.grant is not None and held.grant["from"] > case.today:
        return []
    applying = [
        row
        for row in lines(case, held.role, "deny")
        if all(truth(case, held, name) is not False for name in names(row))
    ]
    reasons = case.pack["rules"]
    return [Why(reasons[row["rule"]].get("reason", "explicitly_denied"), "role", row["rule"]) for row in applying]


# --- conditions

CODES = {
    "own_organisation": "cohort", "own_area": "cohort", "age_range": "age", "listed_fields": "field_not_permitted",
    "aggregate_rows": "aggregate_only",
}  # fmt: skip


def condition_of(pack: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(pack.get("conditions", {}).get(name, {"function": name}))


def condition_code(pack: Mapping[str, Any], name: str) -> str:
    found = condition_of(pack, name)
    return str(found.get("reason") or CODES.get(found["function"], "condition_unmet"))


def truth(case: Case, held: Holding, name: str) -> bool | None:  # noqa: C901, PLR0911, PLR0912 - one branch a function
    """Whether a condition holds; None where it cannot be known."""
    table = condition_of(case.pack, name)
    function = table["function"]
    organisation = case.organisation(held.organisation)
    if function == "own_area" and organisation.get("area") == "ALL":
        return True
    usual = {
        "own_area": "area", "own_organisation": "organisation", "age_range": "age", "listed_fields": "fields",
        "aggregate_rows": "rows",
    }  # fmt: skip
    found = value(case, table.get("property", usual.get(function)))
    if function == "present":
        return found is not None and found != [] and not (isinstance(found, str) and not found.strip())
    if found is None or (function == "listed_fields" and not found):
        return None
    if function == "is_true":
        return found is True
    if function == "is_false":
        return found is False
    if function == "one_of":
        return any(one in table["values"] for one in (found if isinstance(found, list) else [found]))
    if function == "own_organisation":
        return found == organisation["reference"] if organisation else None
    if function == "own_area":
        return found == organisation["area"] if organisation.get("area") else None
    if function == "listed_fields":
        return set(found) <= set(table["fields"])
    if function == "aggregate_rows":
        return found == "aggregate"
    if function == "at_most":
        return found <= table["maximum"]
    if function == "age_range":
        if table["minimum"] <= found <= table["maximum"]:
            return True
        if not table["minimum"] <= found <= table.get("maximum_with_ldd", 0):
            return False
        special = value(case, table["ldd_property"])
        return None if special is None else special is True
    raise AssertionError(f"the oracle does not know {function}")


# --- chains, and the answer


def wants(case: Case, held: Holding, waived: frozenset[str] = frozenset()) -> list[Why]:
    """Every reason of one chain, deny rules apart."""
    asked = demands(case.pack, held.role)
    found = [why for kind, terms in asked.items() for why in REQUIREMENTS[kind](case, held, terms)]
    if not deny_reasons(case, held):
        found += role_reasons(case, held)
    return [why for why in dict.fromkeys(found) if why.requirement not in waived]


def nearness(found: list[Why]) -> tuple[int, int]:
    """How far a chain is from a permit: how many reasons, then who mends the easiest."""
    return len(found), min((WHO[why.code] for why in found), default=0)


def grants_of(case: Case, person: str) -> list[Holding]:
    """The grants of a person in this system, in the order of their rows."""
    return [
        Holding(person, row["role"], row["organisation"], row)
        for row in case.rows("grants", person=person, system=case.system)
        if row["role"] in case.pack["roles"]
    ]


def everybodys(case: Case, person: str) -> list[Holding]:
    """The roles that everybody holds and that speak of this: in the name of each employer, or of none."""
    roles = [
        role
        for role, table in case.pack["roles"].items()
        if table.get("granted_by", {}).get("everyone") and (lines(case, role, "allow") or lines(case, role, "deny"))
    ]
    return [Holding(person, role, one, None) for role in roles for one in employers(case, person)]


def employers(case: Case, person: str) -> list[str]:
    return sorted({row["organisation"] for row in case.rows("employment", person=person)}) or [""]


def could_hold(case: Case, person: str) -> list[Holding]:
    """Without a grant: each role that allows the action at all, in the name of each employer."""
    return [
        Holding(person, role, organisation, None)
        for role in case.pack["roles"]
        if lines(case, role, "allow")
        for organisation in employers(case, person)
    ]


Codes = set[str]


def one_answer(case: Case, person: str, waived: frozenset[str] = frozenset()) -> list[Codes]:
    """The reason codes for one person; none is a permit. Where several roles lack equally little, each is an answer."""
    known = case.rows("people", reference=person)
    if not known or case.question["subject"]["type"] != case.pack["system"].get("subject_type", "user"):
        return [{"unknown_subject"}]
    held, free = grants_of(case, person), everybodys(case, person)
    if held or free:
        denying = [why for one in (*held, *free) for why in deny_reasons(case, one)]
        granted = [min((wants(case, one, waived) for one in held), key=nearness)] if held else []
        found = [*granted, *(wants(case, one, waived) for one in free)]
        nearest = nearness(min(found, key=nearness))
        return [told(case, one, denying) for one in found if nearness(one) == nearest]
    chains = [(wants(case, one, waived), deny_reasons(case, one)) for one in could_hold(case, person)]
    least = min((len(found) + len(denying) for found, denying in chains), default=0)
    nearest = [pair for pair in chains if len(pair[0]) + len(pair[1]) == least]
    no_grant = Why("no_grant", "grant")
    return [told(case, [*found, no_grant], denying) for found, denying in nearest] or [
        {"no_grant", "role_not_permitted"}
    ]


def told(case: Case, found: list[Why], denying: list[Why]) -> Codes:
    """What is told of a chain: deny rules stand in for what the role says otherwise."""
    if denying:
        found = [*(why for why in found if why.requirement != "role"), *denying]
    return {why.code for why in [*found, *mismatches(case)]}


def answers(case: Case) -> list[Codes]:
    """The reason codes that may answer a case's question, nearly always one set of them; an empty one is a permit."""
    question = case.question
    if question["resource"]["type"] not in case.pack["resource_types"]:
        return [{"no_such_resource"}]
    behind = question.get("context", {}).get("mediated_for")
    asking = one_answer(case, question["subject"]["id"])
    if not behind:
        return asking
    mediation = case.pack.get("mediation", {"allowed": False})
    alone = behind == case.question["subject"]["id"]
    more = ({"mediator_not_in_order"} if asking[0] or alone else set()) | (
        set() if mediation["allowed"] else {"role_not_permitted"}
    )
    return [found | more for found in one_answer(case, behind, frozenset(mediation.get("waives", [])))]


def every_link_holds(case: Case, person: str, waived: frozenset[str] = frozenset()) -> bool:
    """Whether one begun grant has all its requirements and an allow rule, and no deny rule applies to any."""
    held = [*grants_of(case, person), *everybodys(case, person)]
    complete = [
        one
        for one in held
        if not [why for kind, terms in demands(case.pack, one.role).items() if kind not in waived
                 for why in REQUIREMENTS[kind](case, one, terms)]
        and any(all(truth(case, one, name) is True for name in names(row)) for row in lines(case, one.role, "allow"))
    ]  # fmt: skip
    return bool(complete) and not any(deny_reasons(case, one) for one in held)
