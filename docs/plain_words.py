"""What packs say in names, in the words of those whom it concerns: a row for each name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Table = Mapping[str, Any]

# Words that people write in capitals, or in full.
SPELT = {
    "caf": "CAF",
    "connexions": "Connexions",
    "gp": "GP",
    "la": "local authority",
    "lara": "LARA",
    "lccis": "LCCIS",
    "lcs": "LCS",
    "ldd": "learning difficulty or disability",
    "mfa": "MFA",
    "mi": "MI",
    "psn": "PSN",
    "ccis": "CCIS",
}
# What a condition looks at. "context." marks what the question says of itself.
NOUNS = {
    "age": "the age",
    "application": "the tool used",
    "area": "the record's area",
    "boroughs": "the boroughs asked for",
    "captured_through": "the process that captured it",
    "caution": "the cautions on the record",
    "content": "the content asked for",
    "coverage": "the area covered",
    "district": "the district",
    "entry_form": "the form of the entry",
    "fields": "the items asked for",
    "la": "the child's local authority",
    "lead_professionals": "the young person's lead professionals",
    "level": "the level of the report",
    "named_teams": "the teams named for the record",
    "need": "the child's need",
    "owner": "the portfolio's owner",
    "provider": "the provider of the evidence",
    "rows": "the rows asked for",
    "school": "the pupil's school",
    "set": "the set of reports",
    "shared_with": "those with whom the owner shared it",
    "situation": "the person's situation",
    "sources": "the sources of the record",
    "stage": "the stage of the adoption",
    "status": "the child's status",
    "team": "the team that the record belongs to",
    "within": "the organisations in which it lies",
    "workers": "those allocated to the record",
    "context.application": "an approved application",
    "context.case": "a linked case",
    "context.consent": "the consent",
    "context.days_since_connected": "the number of days since the laptop was last connected",
    "context.device": "the device",
    "context.mediated_for": "a colleague for whom one asks",
    "context.note_kind": "the kind of note",
    "context.purpose": "the purpose",
    "context.reason": "a reason for access",
    "context.receiver": "the receiver",
    "context.recipient": "the recipient",
    "context.requested_by": "the person who requested it",
    "context.requester_kind": "the kind of organisation that requested it",
    "context.system_link": "a link from a case management system",
}
# What is said by yes, and what by no.
YES_NO = {
    "ability_to_share": ("the learner has allowed sharing", "the learner has not allowed sharing"),
    "case_open": ("the case is open", "the case is closed"),
    "current_user": ("the login is for a current user", "the login is for nobody who is a user now"),
    "ldd": ("there is a learning difficulty or disability", "there is no learning difficulty or disability"),
    "looked_after": ("the pupil is looked after", "the pupil is not looked after"),
    "own": ("the account is one's own", "the account is another's"),
    "number_available": ("the worker's number is available", "the worker's number is not available"),
    "restricted": ("the record is restricted", "the record is not restricted"),
    "shielded": ("the entry is shielded", "the entry is not shielded"),
    "wishes_recorded": ("the child's wishes are recorded", "the child's wishes are not recorded"),
    "context.more_detrimental": (
        "to disclose it would be more detrimental to the child",
        "to disclose it would not be more detrimental to the child",
    ),
    "context.sent_within_a_day": ("it was last sent within a day", "more than a day has passed since it was last sent"),
    "context.unsure": ("the person is unsure whether to look", "the person has not said “I am unsure”"),
}
OBLIGED = {
    "aggregate": "to show totals only",
    "anonymise": "to show nothing that says whose it is",
    "cohort": "to show only records of the cohort",
    "do-not-disclose": "not to disclose it further",
    "fields": "to show these items only",
    "no-print": "not to let it be printed",
    "notify": "to tell this person or team",
    "read-only": "to let nothing be changed",
    "record-both-identities": "to record both identities",
    "record-wishes": "to have this recorded",
    "step-up": "to ask for a second factor again",
    "substitute": "to show something else instead",
}
SAID_ALREADY = {("aggregate", "rows")}
BASES = {
    "ordinary": ", which records its basis of UK GDPR Article 6",
    "special_category": ", which records its basis of UK GDPR Article 6 and its condition of Article 9",
}


def words(text: object) -> str:
    """A name as people say it; a text of several words is left as it stands."""
    said = str(text)
    if " " in said:
        return said
    return " ".join(SPELT.get(part, part) for part in said.replace("_", " ").replace("-", " ").split())


def listed(items: Iterable[object], joint: str = "or") -> str:
    """One, two or more things in a row."""
    *most, last = [str(item) for item in items]
    return f"{', '.join(most)} {joint} {last}" if most else last


def about(name: str) -> str:
    """What a condition looks at, as people say it."""
    return NOUNS.get(name, f"the {words(name.removeprefix('context.'))}")


def answered(name: str, *, yes: bool) -> str:
    """What is said by a yes or a no."""
    plain = words(name.removeprefix("context."))
    return YES_NO.get(name, (f"“{plain}” is answered yes", f"“{plain}” is answered no"))[0 if yes else 1]


def told(value: object) -> str:
    """A value as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed((words(item) for item in value), "and") if value else "none"
    return words(value)


def quoted(values: Iterable[object]) -> str:
    """Values of which any will do."""
    return listed(f"“{words(value)}”" for value in values)


def particulars(kind: str, properties: Table) -> str:
    """What an obligation says beside its kind."""
    given = {name: value for name, value in properties.items() if (kind, name) not in SAID_ALREADY}
    if set(given) == {"fields"}:
        return f": {told(given['fields'])}"
    if kind == "substitute":
        pairs = listed((f"{value} for the {words(name)}" for name, value in given.items()), "and")
        return f": {pairs}"
    if kind == "notify" and "who" in given:
        more = f": {told(given['what']).rstrip('.')}" if "what" in given else ""
        first = f" (and to warn first: “{given['warn_first']}”)" if "warn_first" in given else ""
        return f": {given['who']}{more}{first}"
    said = "; ".join(f"{words(name)}: {told(value).rstrip('.')}" for name, value in given.items())
    return f" ({said})" if said else ""


# --- what a role demands


def employment(terms: Table) -> str:
    """`employment`."""
    said = "to work now"
    if terms.get("organisations"):
        said += f" for {listed(terms['organisations'])}"
    if terms.get("organisation_kinds"):
        said += f" for an organisation of the kind {listed(map(words, terms['organisation_kinds']))}"
    if terms.get("posts"):
        said += f", as {listed(terms['posts'])}"
    return said + (", in a post with casework" if terms.get("casework") else "")


def vetting(terms: Table) -> str:
    """`vetting`."""
    above = "" if terms["level"] == "enhanced" else " or above"
    said = f"a clear criminal records check ({terms['level']}{above}, {terms.get('workforce', 'child')} workforce)"
    ways = []
    if terms.get("renewal_years"):
        ways.append(f"issued less than {terms['renewal_years']} years ago")
    if terms.get("status_months"):
        ways.append(f"found current by a status check of the last {terms['status_months']} months")
    return f"{said}, {listed(ways)}" if ways else said


def training(terms: Table) -> str:
    """`training`."""
    months = terms.get("renewal_months")
    return f"training: {listed(terms['courses'], 'and')}" + (f", taken again after {months} months" if months else "")


def covers(terms: Table) -> str:
    """Whether an organisation above will do."""
    return " or one above it" if terms.get("covers") == "descendants" else ""


def met(terms: Table) -> str:
    """The criteria of a checklist, and who signs them."""
    criteria = list(terms["criteria"])
    noun = "criterion" if len(criteria) == 1 else "criteria"
    by = f" by {listed(terms['signed_by'])}" if terms.get("signed_by") else ""
    return f"{noun} {listed(criteria, 'and')} of the checklist {terms['checklist']}, met and signed{by}"


def agreement(terms: Table) -> str:
    """`agreement`."""
    basis = BASES.get(terms.get("lawful_basis", "none"), "")
    return f"one's organisation{covers(terms)} to be party to a data sharing agreement in force{basis}"


def second_factor(terms: Table) -> str:
    """`second-factor`."""
    minutes = terms.get("max_age_minutes")
    accepted = listed(map(words, terms["acr"]))
    said = f"a second factor ({accepted})" + (f", no older than {minutes} minutes" if minutes else "")
    if terms.get("not_for"):
        said += f", but none to {listed(map(words, terms['not_for']))}"
    if terms.get("fresh_for"):
        said += f"; no older than {terms['fresh_minutes']} minutes to {listed(map(words, terms['fresh_for']))}"
    return said


def launch(terms: Table) -> str:
    """`launch`."""
    said = ["the system's audit trail to be live"] if terms.get("audit_live") else []
    said += [f"the day to be {terms['opens']} or later"] if terms.get("opens") else []
    said += [f"the day to be {terms['closes']} or earlier"] if terms.get("closes") else []
    return ", ".join(said) or "the system to be open"


REQUIREMENTS = {
    "employment": employment,
    "vetting": vetting,
    "barred": lambda _terms: "not to be barred from work with children or adults",
    "training": training,
    "accreditation": lambda terms: f"one's organisation{covers(terms)} to be accredited: {met(terms)}",
    "infrastructure": lambda terms: f"one's organisation{covers(terms)} to have secure workstations: {met(terms)}",
    "agreement": agreement,
    "protocol": lambda terms: f"one's organisation{covers(terms)} to have signed the protocol {terms['agreement']}",
    "individual-agreement": lambda terms: (
        f"to have signed {terms['agreement']}, version {terms.get('version', 1)} or later"
    ),
    "second-factor": second_factor,
    "launch": launch,
}


def requirement(kind: str, terms: Table) -> str:
    """What a role demands, in the reader's words; a kind that has none here is told field by field."""
    if kind in REQUIREMENTS:
        return REQUIREMENTS[kind](terms)
    given = ", ".join(f"{words(key)}: {told(value)}" for key, value in terms.items() if key != "source")
    return f"{words(kind)}" + (f" ({given})" if given else "")


def approvals(groups: Sequence[Sequence[str]]) -> str:
    """The approvals that are needed, each by a person of its own."""
    return (
        listed((listed(map(words, capacities)) for capacities in groups), "and") if groups else "nobody in particular"
    )
