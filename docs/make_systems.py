"""Writes docs/systems.md from the packs that come with the service, in the reader's words: run it as it is."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from policies.conditions import FUNCTIONS
from policies.pack import SHIPPED, SYSTEM, PackTexts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "systems.md"
HEAD = """\
# Systems

Every system whose pack comes with the service: who may have what, granted by whom, under which requirements, with which
obligations, and what those who are refused may do instead; each with its source.
**This page is made by `.venv/bin/python docs/make_systems.py`; change the packs in `policies/packs/`, then run it.**

- **May** and **never** are the lines of the policy, each with its rule's id. Never wins. What no line allows is
  refused. One's own organisation is the one in whose name the role is held.
- A condition of which nothing is known does not hold for **may**, and does for **never**; an obligation or a route
  whose condition is unknown stands.
- Demanded of every role, said or not: current employment, a grant that has begun and not ended, no bar, no suspension,
  no declared conflict of interest with the record, a system that has not closed.
- Sentences in “quotation marks” are the source's own. What begins with "Reading:" is ours, where the source is silent;
  the pack's README says how to change it.
"""

Table = Mapping[str, Any]


class System:
    """One pack as its files say it, shared tables taken in."""

    def __init__(self, folder: Path) -> None:
        texts = PackTexts.of_folder(folder)
        self.folder = folder
        self.said: dict[str, Any] = tomllib.loads(texts.system_toml)
        self.lines = list(csv.DictReader(io.StringIO(texts.policy_csv)))

    def table(self, section: str, name: str = "") -> Table:
        """A table of the pack, or an empty one."""
        found = self.said.get(section, {})
        return found.get(name, {}) if name else found  # type: ignore[no-any-return]

    @property
    def id(self) -> str:
        """The system's name in addresses."""
        return str(self.table("system")["id"])


# --- plain words


def words(text: object) -> str:
    """A name as people say it."""
    return str(text).replace("_", " ").replace("-", " ")


def listed(items: Iterable[object], joint: str = "or") -> str:
    """One, two or more things in a row."""
    *most, last = [str(item) for item in items]
    return f"{', '.join(most)} {joint} {last}" if most else last


def about(name: str) -> str:
    """A property as people say it: of the record, or of the question."""
    return f"the question's {words(name[8:])}" if name.startswith("context.") else f"the record's {words(name)}"


def told(value: object) -> str:
    """A value as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed((words(item) for item in value), "and") if value else "none"
    return words(value)


def source(table: Table) -> str:
    """Where something comes from."""
    return f" *{table['source']}*" if table.get("source") else ""


def day(found: object) -> str:
    """A day, as every page writes it."""
    return str(found)


# --- conditions


def declared(system: System) -> dict[str, Table]:
    """Every property that the pack declares, by the name that conditions use."""
    found = {f"context.{name}": table for name, table in system.table("context").items()}
    for table in system.table("resource_types").values():
        found |= table.get("properties", {})
    return found


def which_is(system: System, name: str) -> str:
    """A property with its verb; of a list it is one item."""
    return f"{'among ' if declared(system).get(name, {}).get('type') == 'list' else ''}{about(name)} is"


def own(system: System, table: Table) -> str:
    """`own_organisation`."""
    return f"{which_is(system, table.get('property', 'organisation'))} one's own organisation"


def answered(answer: str) -> Any:
    """`is_true` and `is_false`."""

    def said(_system: System, table: Table) -> str:
        whole, _, name = about(table["property"]).partition("'s ")
        return f"{whole}'s answer to “{name}” is {answer}"

    return said


def one_of(system: System, table: Table) -> str:
    """`one_of`."""
    return f"{which_is(system, table['property'])} {listed(f'“{words(item)}”' for item in table['values'])}"


def none_of(_system: System, table: Table) -> str:
    """`none_of`."""
    return f"{about(table['property'])}: none of {listed((f'“{words(item)}”' for item in table['values']), 'and')}"


def age_range(_system: System, table: Table) -> str:
    """`age_range`."""
    said = f"the age is from {table['minimum']} to {table['maximum']}"
    further = table.get("maximum_with_ldd")
    return f"{said} (to {further} with a learning difficulty or disability)" if further else said


def listed_fields(_system: System, table: Table) -> str:
    """`listed_fields`."""
    fields = table["fields"]
    return f"nothing is asked for but {listed((words(item) for item in fields), 'and')} ({len(fields)})"


CONDITIONS = {
    "present": lambda _system, table: f"{about(table['property'])} is given",
    "absent": lambda _system, table: f"{about(table['property'])} is not given",
    "is_true": answered("yes"),
    "is_false": answered("no"),
    "one_of": one_of,
    "none_of": none_of,
    "own_organisation": own,
    "own_person": lambda system, table: f"{which_is(system, table['property'])} the person who asks",
    "own_area": lambda _system, table: f"{about(table.get('property', 'area'))} is one's own organisation's",
    "age_range": age_range,
    "listed_fields": listed_fields,
    "aggregate_rows": lambda _system, _table: "totals are asked for, not individuals",
    "at_most": lambda _system, table: f"{about(table['property'])} is at most {table['maximum']}",
}
OWN = ("function", "reason", "detail", "source")


def condition(system: System, name: str) -> str:
    """A condition in the reader's words; a function that has none here is told by its own docstring."""
    table = system.table("conditions", name) or {"function": name}
    function = table["function"]
    if function in CONDITIONS:
        return str(CONDITIONS[function](system, table))
    given = ", ".join(f"{words(key)}: {told(value)}" for key, value in table.items() if key not in OWN)
    meaning = (FUNCTIONS[function].call.__doc__ or "").strip().splitlines()[0].rstrip(".")
    return f"{meaning[:1].lower()}{meaning[1:]}" + (f" ({given})" if given else "")


def conditions(system: System, names: Sequence[str], joint: str) -> str:
    """Several conditions in a row."""
    return f"; {joint} ".join(condition(system, name) for name in names)


# --- what a role demands


def employment(terms: Table) -> str:
    """`employment`."""
    said = "works now"
    if terms.get("organisations"):
        said += f" for {listed(terms['organisations'])}"
    if terms.get("organisation_kinds"):
        said += f" for an organisation of the kind {listed(map(words, terms['organisation_kinds']))}"
    if terms.get("posts"):
        said += f", as {listed(terms['posts'])}"
    return said + (", in a post with casework" if terms.get("casework") else "")


def vetting(terms: Table) -> str:
    """`vetting`."""
    said = f"a clear check of the level {terms['level']} or deeper, for the {terms.get('workforce', 'child')} workforce"
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


def accreditation(terms: Table) -> str:
    """`accreditation`."""
    criteria = listed(terms["criteria"], "and")
    checklist = f"the checklist {terms['checklist']}, criteria {criteria}, met and signed"
    return f"one's organisation{covers(terms)} is accredited: {checklist}"


BASES = {
    "ordinary": ", which records its basis of UK GDPR Article 6",
    "special_category": ", which records its basis of UK GDPR Article 6 and its condition of Article 9",
}


def agreement(terms: Table) -> str:
    """`agreement`."""
    basis = BASES.get(terms.get("lawful_basis", "none"), "")
    return f"one's organisation{covers(terms)} is party to a data sharing agreement in force{basis}"


def second_factor(terms: Table) -> str:
    """`second-factor`."""
    minutes = terms.get("max_age_minutes")
    return f"a second factor ({listed(terms['acr'])})" + (f", no older than {minutes} minutes" if minutes else "")


def launch(terms: Table) -> str:
    """`launch`."""
    said = ["the system's audit trail is live"] if terms.get("audit_live") else []
    said += [f"from {day(terms['opens'])} on"] if terms.get("opens") else []
    said += [f"until {day(terms['closes'])}"] if terms.get("closes") else []
    return ", ".join(said) or "the system is open"


REQUIREMENTS = {
    "employment": employment,
    "vetting": vetting,
    "training": training,
    "accreditation": accreditation,
    "agreement": agreement,
    "protocol": lambda terms: f"one's organisation{covers(terms)} has signed the protocol {terms['agreement']}",
    "individual-agreement": lambda terms: (
        f"one has signed {terms['agreement']}, version {terms.get('version', 1)} or later"
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


def granted(table: Table) -> Iterator[str]:
    """Who grants a role, and who did before which day."""
    if not table:
        yield "- **Granted by**: nobody in particular: no approval is asked for."
        return
    reach = table.get("anywhere", ())
    everywhere = f" (for every organisation: {listed(map(words, reach), 'and')})" if reach else ""
    yield f"- **Granted by**: {approvals(table.get('approvals', ()))}{everywhere}.{source(table)}"
    for rule in sorted(table.get("before", ()), key=lambda one: one["day"]):
        yield f"  - Where it was approved before {day(rule['day'])}: {approvals(rule['approvals'])}."


# --- parts of the page


def policy(system: System, role: str) -> Iterator[str]:
    """The lines of a role: what it may, and what never."""
    for line in system.lines:
        if line["role"] != role:
            continue
        rule = system.table("rules", line["rule"])
        what = f"{words(line['action'])} · {words(line['resource_type'])}"
        names = [] if line["condition"] == "always" else line["condition"].split()
        verb = "May" if line["effect"] == "allow" else "Never"
        joint = "where" if verb == "May" else "while"
        when = f", {joint} {conditions(system, names, 'and')}" if names else ""
        reason = f" (`{rule['reason']}`)" if rule.get("reason") else ""
        yield f"- **{verb}** {what}{when}{reason}. `{line['rule']}`{source(rule)}"


def obligation(system: System, name: str) -> str:
    """What a front end is obliged to, and when."""
    table = system.table("obligations", name)
    particulars = "; ".join(f"{words(key)}: {told(value)}" for key, value in table.get("properties", {}).items())
    when = f", where {conditions(system, table['when'], 'or')}" if table.get("when") else ""
    return f"`{table['type']}`{when}{': ' if particulars else ''}{particulars}.{source(table)}"


def role_part(system: System, name: str, table: Table) -> Iterator[str]:
    """One role, whole."""
    yield f"### {system.id}: {name}\n"
    yield f"{table['source']}\n"
    if table.get("inherits"):
        parents = listed((f"`{one}`" for one in table["inherits"]), "and")
        yield f"- **As well as** all that {parents} may and needs, unless it is said again here."
    yield from policy(system, name)
    if table.get("granted_by") or not table.get("inherits"):
        yield from granted(table.get("granted_by", {}))
    for kind, terms in table.get("requires", {}).items():
        yield f"- **Needs** {requirement(kind, terms)}.{source(terms)}"
    for one in table.get("obligations", ()):
        yield f"- **Obliges** the front end: {obligation(system, one)}"
    yield ""


def asked_for(system: System) -> Iterator[str]:
    """What there is to ask for, and what is taken as said."""
    types = (
        f"{words(name)} ({', '.join(map(words, table['actions']))})"
        for name, table in system.table("resource_types").items()
    )
    yield f"- **What there is to ask for**: {'; '.join(types)}."
    assumed = [
        f"{about(name)}: {told(table['default'])}" for name, table in declared(system).items() if "default" in table
    ]
    if assumed:
        yield f"- **Taken as said** where nothing is: {'; '.join(assumed)}."


def instead(system: System) -> Iterator[str]:
    """The routes of those who are refused, and whether one may ask through another."""
    for name, table in system.table("routes").items():
        when = f" (shown where {conditions(system, table['when'], 'or')})" if table.get("when") else ""
        yield f"- **Who is refused** may turn to the {table['who']}{when}: {table['what']} `{name}`{source(table)}"
    mediation = system.table("mediation")
    if mediation.get("allowed"):
        waived = mediation.get("waives", ())
        without = f"; the person behind need not have {listed(map(words, waived), 'or')}" if waived else ""
        yield f"- **One person may ask through another**{without}.{source(mediation)}"
    else:
        yield f"- **Nobody asks through another.**{source(mediation)}"


def system_part(system: System) -> Iterator[str]:
    """One system, whole."""
    head = system.table("system")
    yield f"## {system.id}\n"
    yield f"**{head['name']}**, of {head['owner']}. From: {head['source']}. Its readings and their switches:"
    yield f"[README](../{system.folder.relative_to(ROOT).as_posix()}/README.md).\n"
    yield from asked_for(system)
    yield from instead(system)
    yield ""
    for name, table in system.table("roles").items():
        yield from role_part(system, name, table)


def systems() -> list[System]:
    """Every pack that comes with the service, by the alphabet."""
    return [System(folder) for folder in sorted(SHIPPED.iterdir()) if (folder / SYSTEM).is_file()]


def page() -> str:
    """The whole page."""
    found = systems()
    index = [f"- [{system.id}](#{system.id}): {system.table('system')['name']}" for system in found]
    parts = [HEAD, *index, "", *(line for system in found for line in system_part(system))]
    return "\n".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
