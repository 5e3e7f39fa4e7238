"""The workload's rules as packs, written as an administrator would write them: eight systems, one pack each."""

from collections.abc import Iterator

from benchmarks.bodies import resource_type
from benchmarks.shapes import ACTIONS, Rule, System, Workload, system_of
from policies.pack import PackTexts

RENEWAL_YEARS = 4
LEVELS = ("basic", "basic", "standard", "enhanced")
"""The check that each of the workload's levels asks for; level 0 asks for another workforce, see `workforce`."""

SCHOOL = "-school"
KINDS = {"": '["authority", "agency", "contractor"]', SCHOOL: '["school"]'}
"""Each role has a twin for schools, where only the records of the own school may be seen."""

CASES = "# The workload's own reference says what is right.\n"
README = "Made for the benchmark from its workload.\n"


def packs(workload: Workload) -> list[PackTexts]:
    """A pack for each system."""
    return [
        PackTexts(_system_toml(system, rules), _policy_csv(rules), CASES, README, system.id)
        for system in workload.systems.values()
        for rules in [list(_rules(system, workload))]
    ]


def workforce(level: int) -> str:
    """For work with whom a system of this level wants its checks."""
    return "child" if level else "other"


def role_name(role: str, *, school: bool) -> str:
    """What a role is called inside its own system's pack: `s3.r12` is `r12`, and `r12-school` in a school."""
    return role.partition(".")[2] + (SCHOOL if school else "")


Line = tuple[str, str, str, str, str, str]
"""A rule as policy.csv has it: role, resource type, action, condition, effect, rule."""


def _rules(system: System, workload: Workload) -> Iterator[Line]:
    number = 0
    for effect, table in (("allow", workload.allows), ("deny", workload.denies)):
        for rule in table:
            if system_of(rule.role) != system.id:
                continue
            for school in (False, True):
                number += 1
                role = role_name(rule.role, school=school)
                conditions = _conditions(system, rule, school=school) if effect == "allow" else ""
                kind = resource_type(rule.application)
                yield role, kind, rule.action, conditions or "always", effect, f"{system.id}-{number}"


def _conditions(system: System, rule: Rule, *, school: bool) -> str:
    """What an allow rule asks of the record: one's own area and school, and that what is locked is only viewed."""
    may_be_locked = rule.application in system.workspaces and rule.action != "view"
    asked = {"own_area": system.own_area_only, "own_school": school, "unlocked": may_be_locked}
    return " ".join(name for name, needed in asked.items() if needed)


def _policy_csv(rules: list[Line]) -> str:
    return "\n".join(("role,resource_type,action,condition,effect,rule", *map(",".join, rules))) + "\n"


def _system_toml(system: System, rules: list[Line]) -> str:
    used = {name for rule in rules for name in rule[3].split()}
    parts = [_head(system), *map(_resource_type, map(resource_type, system.applications))]
    parts += [CONDITIONS[name] for name in CONDITIONS if name in used]
    parts += [_everybody(system, variant) for variant in KINDS]
    parts += [_role(role_name(role, school=bool(variant)), variant) for role in system.roles for variant in KINDS]
    parts += [f'[rules.{rule[5]}]\nsource = "Rule {rule[5]} of the workload."' for rule in rules]
    return "\n\n".join(parts) + "\n"


def _head(system: System) -> str:
    return f"""[system]
id = "{system.id}"
name = "System {system.id}"
owner = "The benchmark"
source = "The workload of the benchmark\""""


def _resource_type(name: str) -> str:
    actions = ", ".join(f'"{action}"' for action in ACTIONS)
    return f"""[resource_types.{name}]
actions = [{actions}]
[resource_types.{name}.properties]
school = {{ type = "text" }}
area = {{ type = "text" }}
locked = {{ type = "boolean" }}"""


CONDITIONS = {
    "own_area": '[conditions.own_area]\nfunction = "own_area"',
    "own_school": '[conditions.own_school]\nfunction = "own_organisation"\nproperty = "school"',
    "unlocked": """[conditions.unlocked]
function = "is_false"
property = "locked"
reason = "part_locked"
detail = { part = "This part", rule = "lock" }""",
}


def _everybody(system: System, variant: str) -> str:
    """The role from which all others inherit what the system asks of everybody."""
    level = system.vetting_level
    name = f"everybody{variant}"
    demands = {
        "employment": f"organisation_kinds = {KINDS[variant]}",
        "vetting": f'level = "{LEVELS[level]}"\nworkforce = "{workforce(level)}"\nrenewal_years = {RENEWAL_YEARS}',
        "training": f"courses = [{', '.join(map(_quoted, system.courses))}]" if system.courses else "",
        "individual-agreement": 'agreement = "user-agreement"',
        "accreditation": 'checklist = "standing"\ncriteria = [1]',
        "agreement": 'covers = "own"',
    }
    tables = [
        f'[roles.{name}.requires.{kind}]\n{terms}\nsource = "System {system.id} asks for it."'
        for kind, terms in demands.items()
        if terms
    ]
    return "\n".join((f'[roles.{name}]\nsource = "Everybody who uses system {system.id}."', *tables))


def _role(name: str, variant: str) -> str:
    return f'[roles.{name}]\nsource = "Role {name} of the workload."\ninherits = ["everybody{variant}"]'


def _quoted(word: str) -> str:
    return f'"{word}"'
