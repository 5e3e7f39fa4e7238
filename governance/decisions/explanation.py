"""An answer in words: reasons with their remedy, discretion, obligations. Worded only when somebody reads it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from governance.decisions.rules import Decision, in_order
from governance.kernel.clock import iso
from governance.ports.reasons import REASONS, Code, of_them
from governance.ports.requirement import Evidence, Objection
from governance.ports.role_rules import Obligation, Route


class Particulars(dict[str, str]):
    """The values of a sentence; one that is missing reads as what it is called."""

    def __missing__(self, key: str) -> str:
        return key.replace("_", " ")


def answer(decision: Decision, *, full: bool = False) -> dict[str, Any]:
    """The body of a single evaluation: the decision and its context."""
    return {"decision": decision.allowed, "context": context(decision, full=full)}


def context(decision: Decision, *, full: bool = False) -> dict[str, Any]:
    """Everything that an answer says beside yes or no. `full` shows the true codes behind an access on hold."""
    if not decision.allowed:
        said: dict[str, Any] = {"reasons": reasons(decision, full=full), "obligations": [], "valid_until": None}
        if decision.behind:
            said["addressed_to"] = decision.behind
        return {**said, "routes": [route(one) for one in decision.routes]} if decision.routes else said
    permitted_by = zip(decision.rules, decision.sources, strict=False)
    return {
        "reasons": [],
        "obligations": [obligation(one) for one in decision.obligations],
        "permitted_by": [{"rule": rule, "source": source} for rule, source in permitted_by],
        "cache_seconds": decision.cache_seconds,
        "valid_until": moment(decision.until) if decision.until is not None else None,
    }


moment = lru_cache(maxsize=10_000)(iso)
"""A moment at which something ends, as it is written: many answers end with the same day."""


def reasons(decision: Decision, *, full: bool, of_others: bool = False) -> list[dict[str, Any]]:
    """The reasons in words, in order; discretion leaves each held one once. `of_others`: for a page about others."""
    word = told_of if of_others else worded
    if full or not any(REASONS[one.code].disclosed_as for one in decision.objections):
        return [word(one) for one in decision.objections]
    return [word(one) for one in in_order(disclosed(one) for one in decision.objections)]


def disclosed(objection: Objection) -> Objection:
    """What a front end may know of a reason: a held one loses its code, its evidence and its particulars."""
    instead = REASONS[objection.code].disclosed_as
    return objection if instead is None else Objection(instead, "access")


@lru_cache(maxsize=100_000)
def worded(objection: Objection) -> dict[str, Any]:
    """One reason as the API writes it."""
    words = REASONS[objection.code]
    particulars = Particulars(objection.detail)
    said: dict[str, Any] = {
        "code": objection.code.value,
        "requirement": objection.requirement,
        "user": words.user.format_map(particulars),
    }
    if objection.code is not Code.ACCESS_ON_HOLD:
        said["admin"] = words.admin.format_map(particulars)
    said["remedy"] = {"who": words.who, "what": words.what.format_map(particulars)}
    again = step_up(objection.code, particulars)
    if again is not None:
        said["step_up"] = again
    if objection.evidence is not None:
        said["evidence"] = evidence(objection.evidence)
    if objection.source:
        said["source"] = objection.source
    return said


@lru_cache(maxsize=10_000)
def told_of(objection: Objection) -> dict[str, Any]:
    """One reason as whoever looks at somebody else reads it: `says` in place of `user`, which speaks to the person."""
    words, said = REASONS[objection.code], dict(worded(objection))
    particulars = Particulars(objection.detail)
    del said["user"]
    remedy = {"who": words.who, "what": of_them(words.what).format_map(particulars)}
    return said | {"says": of_them(words.user).format_map(particulars), "remedy": remedy}


def step_up(code: Code, told: Mapping[str, str]) -> dict[str, Any] | None:
    """What to send a person to sign in with (again), as OpenID Connect names it, where that would mend a reason."""
    match code:
        case Code.SECOND_FACTOR_MISSING:
            return {"acr_values": told.get("needed", "mfa").replace(" or ", " ")}
        case Code.SECOND_FACTOR_TOO_OLD:
            return {"max_age": int(told.get("minutes", "0")) * 60}
        case Code.TOKEN_NOT_GOOD:
            return {}
    return None


def evidence(one: Evidence) -> dict[str, Any]:
    """A fact that an answer rests on, with its end."""
    said: dict[str, Any] = {"type": one.type, "id": one.id}
    if one.until is not None:
        said["until"] = iso(one.until)
    return said


def route(one: Route) -> dict[str, str]:
    """What one may lawfully do instead, and whom to ask."""
    return {"id": one.id, "what": one.what, "who": one.who, "source": one.source}


def obligation(one: Obligation) -> dict[str, Any]:
    """An obligation as the AuthZEN draft writes it."""
    return {"id": one.id, "type": one.type, "properties": dict(one.properties)}
