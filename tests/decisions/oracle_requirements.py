"""What each requirement asks, for the oracle: its reasons, none where it holds. Calendar days and plain rows only."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, permutations
from typing import Any

from tests.decisions.oracle_case import Case, Holding, Why, declared, value

LEVELS = ["basic", "standard", "enhanced"]


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
    yield from approvals(terms.get("approvals", []), given, held.person, case.line(held.organisation))


def approvals(needed: list[list[str]], given: list[dict[str, Any]], holder: str, line: list[str]) -> Iterator[Why]:
    """Each needed approval by another person for this part of the tree; as many as can be, the earlier ones first."""
    others = [one for one in given if one["by"] != holder]
    near = [one for one in others if one.get("organisation") in line]
    filled = places_filled(needed, near)
    known = {capacity for places in needed for capacity in places}
    strays = [one for one in others if one["capacity"] not in known or one not in near]
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
        if row["issued"] <= case.today and not spoiled(case, held, row)
    ]
    deep = [row for row in clear if LEVELS.index(row["level"]) >= LEVELS.index(terms["level"])]
    years, months = terms.get("renewal_years", 0), terms.get("status_months", 0)
    in_date = [
        row
        for row in deep
        if not (years or months)
        or (years and case.today < anniversary(row["issued"], years))
        or (months and looked_up(case, row) and case.today < months_later(row["status_on"], months))
    ]
    if not clear:
        yield Why("vetting_missing", "vetting")
    elif not deep:
        yield Why("vetting_level", "vetting")
    elif not in_date:
        yield Why("vetting_expired" if years else "vetting_status_missing", "vetting")


def spoiled(case: Case, held: Holding, row: Mapping[str, Any]) -> bool:
    """Whether a check, or a later one for the same work, says that something has come to light."""
    return any(
        later["issued"] >= row["issued"]
        and later["issued"] <= case.today
        and (
            later.get("outcome") == "not_clear"
            or (later.get("status") == "no_longer_current" and later["status_on"] <= case.today)
        )
        for later in case.rows("checks", person=held.person, workforce=row["workforce"])
    )


def looked_up(case: Case, row: Mapping[str, Any]) -> bool:
    """Whether a check's status was looked up with consent, of a subscriber, and was current."""
    good = row["level"] != "basic" and row.get("subscribed", False)
    if not good or row.get("status") not in {"clear_and_current", "current"} or "consented_on" not in row:
        return False
    return bool(row["consented_on"] <= row["status_on"] <= case.today)


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


def shared(case: Case, row: Mapping[str, Any]) -> bool:
    return len(case.rows("parties", agreement=row["reference"], version=row["version"])) > 1


def reach(case: Case, held: Holding, terms: Mapping[str, Any]) -> list[str]:
    """Whose agreements count: one's own, or those of all above too."""
    line = case.line(held.organisation)
    return line if terms.get("covers") == "descendants" else line[:1]


def agreement(case: Case, held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    found = [row for one in reach(case, held, terms) for row in party_to(case, one, "sharing")]
    holding = [row for row in found if in_time(case, row) and signed_by_all(case, row)]
    holding = [row for row in holding if terms.get("agreement") or shared(case, row)]
    if not found:
        yield Why("agreement_missing", "agreement")
    elif not holding:
        yield Why("agreement_not_in_force", "agreement")
    elif not (lawful := [row for row in holding if founded(row, terms.get("lawful_basis", "none"))]):
        yield Why("agreement_without_basis", "agreement")
    elif not any(covers(case, row) for row in lawful):
        yield Why("agreement_out_of_scope", "agreement")


def founded(row: Mapping[str, Any], needed: str) -> bool:
    """Whether an agreement records the lawful basis that a role wants to see."""
    if needed == "none":
        return True
    condition, paragraph = row.get("article_9"), row.get("schedule_1", 0)
    if "article_6" not in row or (needed == "special_category" and condition is None):
        return False
    wanted = {"b": [1], "h": [2], "i": [3], "j": [4], "g": list(range(6, 29))}.get(condition)
    return wanted is None or paragraph in wanted


def covers(case: Case, row: Mapping[str, Any]) -> bool:
    """Whether an agreement covers the purpose, fields and record of the question; what is not said is not covered."""
    for name, values in row.get("cohort", {}).items():
        if name not in declared(case) or value(case, name) not in ([values] if isinstance(values, str) else values):
            return False
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
    versions = case.rows("agreements", reference=terms["agreement"], kind="individual", system=case.system)
    good = {row["version"] for row in versions if in_time(case, row)}
    if not signed:
        yield Why("individual_agreement_missing", "individual-agreement")
    elif not any(one in good and one >= terms.get("version", 1) for one in signed):
        yield Why("individual_agreement_superseded", "individual-agreement")


def launch(case: Case, _held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    days = next(iter(case.rows("systems", system=case.system)), {})
    if terms.get("audit_live") and days.get("audit_live_on", date.max) > case.today:
        yield Why("audit_not_live", "launch")
    if days.get("closed_on", date.max) < case.today:
        yield Why("scheme_closed", "launch")


def second_factor(case: Case, _held: Holding, terms: Mapping[str, Any]) -> Iterator[Why]:
    context, action = case.question.get("context", {}), case.question["action"]["name"]
    ages = [terms.get("max_age_minutes"), terms.get("fresh_minutes") if action in terms.get("fresh_for", []) else None]
    most = min((age for age in ages if age), default=0)
    if action in terms.get("not_for", []):
        return
    accepted = [*terms["acr"], *(["passkey"] if "mfa" in terms["acr"] else [])]
    if context.get("acr") not in accepted:
        yield Why("second_factor_missing", "second-factor")
    elif most:
        at = moment(context.get("auth_time"))
        if at is None or at > case.now + timedelta(minutes=1):
            yield Why("second_factor_missing", "second-factor")
        elif case.now >= at + timedelta(minutes=most):
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
