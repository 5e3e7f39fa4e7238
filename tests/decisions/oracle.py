"""The rules once more, slowly, in plain dictionaries: rows, a pack as its files say it, and calendar days in London.

Written from the rules alone. It shares no line with the service, and knows nothing of keys, chains or standings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, permutations
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

LEVELS = ["basic", "standard", "enhanced"]
WHO = {
    "individual_agreement_missing": 1, "individual_agreement_superseded": 1, "training_missing": 1,
    "training_expired": 1, "second_factor_missing": 1, "second_factor_too_old": 1, "purpose": 1,
    "field_not_permitted": 1, "aggregate_only": 1, "anonymous_only": 1,
    "unsure": 2, "no_need": 2, "no_grant": 2, "grant_expired": 2, "grant_not_started": 2, "not_employed": 2,
    "self_approval": 2, "vetting_missing": 2, "vetting_level": 2, "vetting_expired": 2, "approval_missing": 2,
    "wrong_grantor": 2,
    "organisation_not_accredited": 3, "accreditation_criterion_unmet": 3, "accreditation_criterion_unsigned": 3,
    "accreditation_expired": 3, "accreditation_suspended": 3, "agreement_missing": 3, "agreement_not_in_force": 3,
    "agreement_out_of_scope": 3, "protocol_missing": 3, "condition_unmet": 3,
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


# --- requirements: each gives its reasons, none where it holds


def employment(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    organisation = case.organisation(held.organisation)
    kinds, named = terms.get("organisation_kinds", []), terms.get("organisations", [])
    wrong_kind = kinds and organisation and organisation["kind"] not in kinds
    if wrong_kind or (named and organisation and organisation["reference"] not in named):
        yield Why("organisation_kind", "employment")
    if any(case.organisation(one).get("status", "active") != "active" for one in case.line(held.organisation)):
        yield Why("accreditation_suspended", "employment")
    current = [
        row
        for row in case.rows("employment", person=held.person, organisation=held.organisation)
        if row["from"] <= case.today <= row.get("to", date.max)
        and (not terms.get("posts") or row["post"] in terms["posts"])
    ]
    if not current:
        yield Why("not_employed", "employment")
    elif terms.get("casework") and not any(row.get("casework") for row in current):
        yield Why("no_need", "employment")


def grant(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    if held.grant is None:
        return
    if held.grant["from"] > case.today:
        yield Why("grant_not_started", "grant")
    elif held.grant.get("to", date.max) < case.today:
        yield Why("grant_expired", "grant")
    given = [one for one in held.grant.get("approvals", []) if one["on"] <= case.today]
    yield from approvals(terms.get("approvals", []), given, held.person)


def approvals(needed: list[list[str]], given: list[dict[str, Any]], holder: str) -> Iterator[Why]:
    """Each needed approval by another person, none by the holder; as many as can be, the earlier ones first."""
    others = [one for one in given if one["by"] != holder]
    filled = places_filled(needed, others)
    known = {capacity for places in needed for capacity in places}
    strays = [one for one in others if one["capacity"] not in known]
    for place, capacities in enumerate(needed):
        if place in filled:
            continue
        if any(one["by"] == holder and one["capacity"] in capacities for one in given):
            yield Why("self_approval", "grant", str(capacities))
        elif strays:
            strays.pop()
            yield Why("wrong_grantor", "grant", str(capacities))
        else:
            yield Why("approval_missing", "grant", str(capacities))


def places_filled(needed: list[list[str]], others: list[dict[str, Any]]) -> tuple[int, ...]:
    """As many places as people of their own can fill; where there is a choice, the earlier ones."""
    people = sorted({one["by"] for one in others})
    for size in range(len(needed), 0, -1):
        for places in combinations(range(len(needed)), size):
            for chosen in permutations(people, size):
                if all(
                    any(one["by"] == who and one["capacity"] in needed[place] for one in others)
                    for place, who in zip(places, chosen, strict=True)
                ):
                    return places
    return ()


def anniversary(day: date, years: int) -> date:
    """The same day some years later; for 29 February, 28 February of a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def vetting(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    clear = [
        row
        for row in case.rows("checks", person=held.person, outcome="clear", workforce=terms.get("workforce", "child"))
        if row["issued"] <= case.today
    ]
    deep = [row for row in clear if LEVELS.index(row["level"]) >= LEVELS.index(terms["level"])]
    years = terms.get("renewal_years", 0)
    if not clear:
        yield Why("vetting_missing", "vetting")
    elif not deep:
        yield Why("vetting_level", "vetting")
    elif years and all(case.today >= anniversary(row["issued"], years) for row in deep):
        yield Why("vetting_expired", "vetting")


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def training(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    months = terms.get("renewal_months", 0)
    for course in terms["courses"]:
        done = [
            row for row in case.rows("training", person=held.person, course=course) if row["completed"] <= case.today
        ]
        good = [
            row
            for row in done
            if case.today <= row.get("expires", date.max)
            and (not months or case.today < months_later(row["completed"], months))
        ]
        if not good:
            yield Why("training_expired" if done else "training_missing", "training", course)


def barred(case: Case, held: Holding, _terms: Mapping[str, Any]) -> Iterator[Why]:
    if case.rows("checks", person=held.person, barred_list="barred"):
        yield Why("barred", "barred")


def suspension(case: Case, held: Holding, _terms: Mapping[str, Any]) -> Iterator[Why]:
    if any(row["from"] <= case.today for row in case.rows("suspensions", person=held.person)):
        yield Why("suspended", "suspension")


def conflict(case: Case, held: Holding, _terms: Mapping[str, Any]) -> Iterator[Why]:
    resource = case.question["resource"]
    asked = {"system": case.system, "type": resource["type"], "id": unicodedata.normalize("NFC", resource["id"])}
    if case.rows("conflicts", person=held.person, **asked):
        yield Why("conflict_of_interest", "conflict")


def accreditation(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    line = case.line(held.organisation)
    first: list[Why] | None = None
    for organisation in line if terms.get("covers") == "descendants" else line[:1]:
        answers = {
            row["criterion"]: row
            for row in case.rows("checklist_answers", organisation=organisation, checklist=terms["checklist"])
        }
        lacks = [lack for number in terms["criteria"] if (lack := criterion(case, number, answers.get(number)))]
        if not answers:
            continue
        if not lacks:
            return
        first = lacks if first is None else first
        if any(number in answers and not answers[number]["met"] for number in terms["criteria"]):
            break
    yield from [Why("organisation_not_accredited", "accreditation")] if first is None else first


def criterion(case: Case, number: int, answer: Mapping[str, Any] | None) -> Why | None:
    """What one criterion lacks."""
    lack = ""
    if answer is None or not answer["met"]:
        lack = "accreditation_criterion_unmet"
    elif not answer.get("signed_by") or answer["signed_on"] > case.today:
        lack = "accreditation_criterion_unsigned"
    elif answer.get("valid_to", date.max) < case.today:
        lack = "accreditation_expired"
    return Why(lack, "accreditation", str(number)) if lack else None


def party_to(case: Case, organisation: str, kind: str) -> list[dict[str, Any]]:
    """The agreements of a kind for this system that name an organisation."""
    return [
        row
        for row in case.rows("agreements", kind=kind, system=case.system)
        if case.rows("parties", agreement=row["reference"], version=row["version"], organisation=organisation)
    ]


def in_time(case: Case, row: Mapping[str, Any]) -> bool:
    good = row.get("state", "active") in {"active", "conditional", "review_due"}
    return good and row["from"] <= case.today <= row.get("to", date.max)


def signed_by_all(case: Case, row: Mapping[str, Any]) -> bool:
    parties = case.rows("parties", agreement=row["reference"], version=row["version"])
    return all(one.get("signed_on", date.max) <= case.today for one in parties)


def reach(case: Case, held: Holding, terms: Mapping[str, Any]) -> list[str]:
    """Whose agreements count: one's own, or those of all above too."""
    line = case.line(held.organisation)
    return line if terms.get("covers") == "descendants" else line[:1]


def agreement(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    found = [row for one in reach(case, held, terms) for row in party_to(case, one, "sharing")]
    holding = [row for row in found if in_time(case, row) and signed_by_all(case, row)]
    if not found:
        yield Why("agreement_missing", "agreement")
    elif not holding:
        yield Why("agreement_not_in_force", "agreement")
    elif not any(covers(case, row) for row in holding):
        yield Why("agreement_out_of_scope", "agreement")


def covers(case: Case, row: Mapping[str, Any]) -> bool:
    """Whether an agreement covers the purpose and the fields of the question; what is not said is not covered."""
    fields = value(case, "fields") if "fields" in declared(case) else None
    purpose_fits = not row.get("purposes") or value(case, "context.purpose") in row["purposes"]
    return purpose_fits and (not row.get("fields") or (bool(fields) and set(fields) <= set(row["fields"])))


def protocol(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    for one in reach(case, held, terms):
        for row in party_to(case, one, "protocol"):
            signings = case.rows("parties", agreement=row["reference"], version=row["version"], organisation=one)
            signed = any(each.get("signed_on", date.max) <= case.today for each in signings)
            if row["reference"] == terms["agreement"] and signed and in_time(case, row):
                return
    yield Why("protocol_missing", "protocol")


def individual_agreement(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    signed = [
        row["version"]
        for row in case.rows("signatures", person=held.person, agreement=terms["agreement"])
        if row["signed_on"] <= case.today
    ]
    if not signed:
        yield Why("individual_agreement_missing", "individual-agreement")
    elif max(signed) < terms.get("version", 1):
        yield Why("individual_agreement_superseded", "individual-agreement")


def launch(case: Case, _held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    days = next(iter(case.rows("systems", system=case.system)), {})
    if terms.get("audit_live") and days.get("audit_live_on", date.max) > case.today:
        yield Why("audit_not_live", "launch")
    if days.get("closed_on", date.max) < case.today:
        yield Why("scheme_closed", "launch")


def second_factor(case: Case, _held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    context = case.question.get("context", {})
    if context.get("acr") not in terms["acr"]:
        yield Why("second_factor_missing", "second-factor")
    elif terms.get("max_age_minutes"):
        at = moment(context.get("auth_time"))
        if at is None or at > case.now + timedelta(minutes=1):
            yield Why("second_factor_missing", "second-factor")
        elif case.now >= at + timedelta(minutes=terms["max_age_minutes"]):
            yield Why("second_factor_too_old", "second-factor")


def moment(told: Any) -> datetime | None:
    """Seconds since 1970, or ISO text with its zone."""
    if isinstance(told, int):
        return datetime.fromtimestamp(told, UTC)
    try:
        found = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


REQUIREMENTS = {
    "employment": employment, "grant": grant, "vetting": vetting, "training": training, "barred": barred,
    "suspension": suspension, "conflict": conflict, "accreditation": accreditation, "agreement": agreement,
    "protocol": protocol, "individual-agreement": individual_agreement, "launch": launch,
    "second-factor": second_factor,
}  # fmt: skip

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


def could_hold(case: Case, person: str) -> list[Holding]:
    """Without a grant: each role that allows the action at all, in the name of each employer."""
    employers = sorted({row["organisation"] for row in case.rows("employment", person=person)}) or [""]
    return [
        Holding(person, role, organisation, None)
        for role in case.pack["roles"]
        if lines(case, role, "allow")
        for organisation in employers
    ]


def one_answer(case: Case, person: str, waived: frozenset[str] = frozenset()) -> set[str]:
    """The reason codes for one person; none is a permit."""
    known = case.rows("people", reference=person)
    if not known or case.question["subject"]["type"] != case.pack["system"].get("subject_type", "user"):
        return {"unknown_subject"}
    held = grants_of(case, person)
    if held:
        denying = [why for one in held for why in deny_reasons(case, one)]
        found = min((wants(case, one, waived) for one in held), key=nearness)
    else:
        chains = [(wants(case, one, waived), one) for one in could_hold(case, person)]
        if not chains:
            return {"no_grant", "role_not_permitted"}
        found, nearest = min(chains, key=lambda pair: nearness(pair[0]))
        denying = deny_reasons(case, nearest)
        found = [*found, Why("no_grant", "grant")]
    if denying:
        found = [*(why for why in found if why.requirement != "role"), *denying]
    return {why.code for why in [*found, *mismatches(case)]}


def answer(case: Case) -> set[str]:
    """The reason codes of the answer to a case's question; an empty set is a permit."""
    question = case.question
    if question["resource"]["type"] not in case.pack["resource_types"]:
        return {"no_such_resource"}
    behind = question.get("context", {}).get("mediated_for")
    asking = one_answer(case, question["subject"]["id"])
    if not behind:
        return asking
    mediation = case.pack.get("mediation", {"allowed": False})
    found = one_answer(case, behind, frozenset(mediation.get("waives", [])))
    if asking:
        found = found | {"mediator_not_in_order"}
    return found if mediation["allowed"] else found | {"role_not_permitted"}


def every_link_holds(case: Case, person: str, waived: frozenset[str] = frozenset()) -> bool:
    """Whether one begun grant has all its requirements and an allow rule, and no deny rule applies to any."""
    held = grants_of(case, person)
    complete = [
        one
        for one in held
        if one.grant is not None
        and not [why for kind, terms in demands(case.pack, one.role).items() if kind not in waived
                 for why in REQUIREMENTS[kind](case, one, terms)]
        and any(all(truth(case, one, name) is True for name in names(row)) for row in lines(case, one.role, "allow"))
    ]  # fmt: skip
    return bool(complete) and not any(deny_reasons(case, one) for one in held)
