"""Writes docs/systems.md from the packs that come with the service, in the reader's words: run it as it is."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docs.plain_words import (
    OBLIGED,
    Table,
    about,
    answered,
    approvals,
    listed,
    particulars,
    quoted,
    requirement,
    told,
    words,
)
from policies.conditions import FUNCTIONS
from policies.pack import SHIPPED, SYSTEM, PackTexts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "systems.md"
READING, STAR = "Reading:", " \\*"
HEAD = """\
# Systems

Every system whose pack comes with the service: who may have what, granted by whom, under which requirements, with which
obligations, and what those who are refused may do instead; each with its source.
**This page is made by `.venv/bin/python docs/make_systems.py`; change the packs in `policies/packs/`, then run it.**

- Each system begins with a table: what a role may do with which kind of record. A star (\\*) says that conditions are
  told below; what is not there is refused. It ends with **readings to confirm**, for the system's owner.
- **May** and **never** are the lines of the policy, each with its rule's id. Never wins. What no line allows is
  refused. One's own organisation is the one in whose name the role is held.
- A condition of which nothing is known does not hold for **may**, and does for **never**; an obligation or a route
  whose condition is unknown stands.
- Demanded of every role, said or not: current employment, a grant that has begun and not ended, no bar, no suspension,
  no declared conflict of interest with the record, a system that has not closed.
- Sentences in “quotation marks” are the source's own. What begins with "Reading:" is ours, where the source is silent;
  the pack's README says how to change it.
"""


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


def source(table: Table) -> str:
    """Where something comes from."""
    return f" *{table['source']}*" if table.get("source") else ""


# --- conditions


def declared(system: System) -> dict[str, Table]:
    """Every property that the pack declares, by the name that conditions use."""
    found = {f"context.{name}": table for name, table in system.table("context").items()}
    for table in system.table("resource_types").values():
        found |= table.get("properties", {})
    return found


def is_list(system: System, name: str) -> bool:
    """Whether a property holds several items, of which one is enough."""
    return declared(system).get(name, {}).get("type") == "list"


def same(system: System, name: str, who: str) -> str:
    """A property beside the one whom it must name."""
    return f"{who} is among {about(name)}" if is_list(system, name) else f"{about(name)} is {who}"


def one_of(system: System, table: Table) -> str:
    """`one_of`."""
    name = table["property"]
    return f"{about(name)} {'include' if is_list(system, name) else 'is'} {quoted(table['values'])}"


def none_of(system: System, table: Table) -> str:
    """`none_of`."""
    name = table["property"]
    return f"{about(name)} {'do not include' if is_list(system, name) else 'is not'} {quoted(table['values'])}"


def age_range(_system: System, table: Table) -> str:
    """`age_range`."""
    said = f"the age is from {table['minimum']} to {table['maximum']}"
    further = table.get("maximum_with_ldd")
    return f"{said} (to {further} with a learning difficulty or disability)" if further else said


def listed_fields(_system: System, table: Table) -> str:
    """`listed_fields`."""
    fields = table["fields"]
    return f"nothing is asked for but these {len(fields)} items: {listed(map(words, fields), 'and')}"


CONDITIONS = {
    "present": lambda _system, table: f"{about(table['property'])} is given",
    "absent": lambda _system, table: f"no {about(table['property']).partition(' ')[2]} is given",
    "is_true": lambda _system, table: answered(table["property"], yes=True),
    "is_false": lambda _system, table: answered(table["property"], yes=False),
    "one_of": one_of,
    "none_of": none_of,
    "own_organisation": lambda system, table: same(
        system, table.get("property", "organisation"), "one's own organisation"
    ),
    "own_person": lambda system, table: same(system, table["property"], "the person who asks"),
    "organisation_of_kind": lambda _system, table: (
        f"one's own organisation is of the kind {listed(map(words, table['kinds']))}"
    ),
    "own_attribute": lambda system, table: same(system, table["property"], f"the own {table['attribute']} of who asks"),
    "own_area": lambda _system, table: f"{about(table.get('property', 'area'))} is that of one's own organisation",
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


def granted(table: Table) -> Iterator[str]:
    """Who grants a role, and who did before which day."""
    if not table:
        yield "- **Granted by**: nobody in particular: no approval is asked for."
        return
    if table.get("everyone"):
        yield f"- **Held by everybody** who works somewhere, for each employer; nobody grants it.{source(table)}"
        return
    reach = table.get("anywhere", ())
    everywhere = f" (for every organisation: {listed(map(words, reach), 'and')})" if reach else ""
    yield f"- **Granted by**: {approvals(table.get('approvals', ()))}{everywhere}.{source(table)}"
    for rule in sorted(table.get("before", ()), key=lambda one: one["day"]):
        yield f"  - Where it was approved before {rule['day']}: {approvals(rule['approvals'])}."


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
    when = f", where {conditions(system, table['when'], 'or')}" if table.get("when") else ""
    said = f"{OBLIGED[table['type']]}{particulars(table['type'], table.get('properties', {}))}"
    return f"{said}{when}. `{name}`{source(table)}"


def role_part(system: System, name: str, table: Table) -> Iterator[str]:
    """One role, whole."""
    yield f"### {system.id}: {name}\n"
    yield f"{table['source']}\n"
    if table.get("inherits"):
        parents = listed((f"`{one}`" for one in table["inherits"]), "and")
        yield f"- **Includes** all that {parents} may do and needs; a need of the same sort below stands in its place."
    yield from policy(system, name)
    if table.get("granted_by") or not table.get("inherits"):
        yield from granted(table.get("granted_by", {}))
    for kind, terms in table.get("requires", {}).items():
        yield f"- **Needs**: {requirement(kind, terms)}.{source(terms)}"
    for one in table.get("obligations", ()):
        yield f"- **The front end has**: {obligation(system, one)}"
    yield ""


def ancestry(system: System, role: str) -> tuple[str, ...]:
    """A role, and all whom it includes."""
    above = system.table("roles", role).get("inherits", ())
    return tuple(dict.fromkeys([role, *(name for parent in above for name in ancestry(system, parent))]))


def may(system: System, role: str, kind: str) -> str:
    """What a role may do with records of one kind: one cell of the table."""
    included = ancestry(system, role)
    lines = [line for line in system.lines if line["role"] in included and line["resource_type"] == kind]
    cells = []
    for action in dict.fromkeys(line["action"] for line in lines):
        mine = [line for line in lines if line["action"] == action]
        allowed = [line for line in mine if line["effect"] == "allow"]
        if any(line["effect"] == "deny" and line["condition"] == "always" for line in mine):
            cells.append(f"never {words(action)}")
        elif allowed:
            free = len(allowed) == len(mine) and any(line["condition"] == "always" for line in allowed)
            cells.append(words(action) + ("" if free else STAR))
    return ", ".join(cells) or "–"


def matrix(system: System) -> Iterator[str]:
    """The table of roles × records, with the actions in its cells."""
    kinds = list(system.table("resource_types"))
    yield f"| Role | {' | '.join(map(words, kinds))} |"
    yield f"|---|{'---|' * len(kinds)}"
    for role in system.table("roles"):
        yield f"| `{role}` | {' | '.join(may(system, role, kind) for kind in kinds)} |"
    yield ""


def sourced(system: System) -> Iterator[tuple[str, Table]]:
    """Every table of a pack that says where it comes from, with what a reader calls it."""
    for name, table in system.table("roles").items():
        yield f"`{name}`", table
        given = table.get("granted_by", {})
        whom = "held by everybody" if given.get("everyone") else f"granted by {approvals(given.get('approvals', ()))}"
        yield f"`{name}`, {whom}", given
        for kind, terms in table.get("requires", {}).items():
            yield f"`{name}` needs {requirement(kind, terms)}", terms
    for name, table in system.table("rules").items():
        yield f"`{name}`", table
    for name in system.table("conditions"):
        yield f"where {condition(system, name)}", system.table("conditions", name)
    for name, table in system.table("obligations").items():
        yield f"obligation `{name}`", table
    for name, table in system.table("routes").items():
        yield f"`{name}`, for those who are refused", table
    yield "asking through another", system.table("mediation")


def readings(system: System) -> Iterator[str]:
    """Where the source is silent and the pack decided: what the system's owner has to confirm."""
    found = [(what, table["source"].partition(READING)) for what, table in sourced(system) if table.get("source")]
    told_ = [f"- {what}: {said.strip()}" for what, (_, reading, said) in found if reading]
    yield f"### Readings to confirm: {system.id}\n"
    yield from dict.fromkeys(told_ or ["None: the source says all of it."])
    yield ""


def asked_for(system: System) -> Iterator[str]:
    """What there is to ask for, and what is taken as said."""
    types = (
        f"{words(name)} ({', '.join(map(words, table['actions']))})"
        for name, table in system.table("resource_types").items()
    )
    yield f"- **What there is to ask for**: {'; '.join(types)}."
    assumed = [
        answered(name, yes=table["default"])
        if isinstance(table["default"], bool)
        else f"{about(name)}: {told(table['default'])}"
        for name, table in declared(system).items()
        if "default" in table
    ]
    if assumed:
        yield f"- **Taken as said** where nothing is: {'; '.join(assumed)}."


def instead(system: System) -> Iterator[str]:
    """The routes of those who are refused, and whether one may ask through another."""
    for name, table in system.table("routes").items():
        when = f" (shown where {conditions(system, table['when'], 'or')})" if table.get("when") else ""
        yield f"- **Who is refused** is pointed to: {table['who']}{when}. {table['what']} `{name}`{source(table)}"
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
    yield from matrix(system)
    yield from asked_for(system)
    yield from instead(system)
    yield ""
    for name, table in system.table("roles").items():
        yield from role_part(system, name, table)
    yield from readings(system)


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
