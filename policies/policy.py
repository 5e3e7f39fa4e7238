"""Checks a policy's lines against what the pack declares, and makes its rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TypeVar

from governance.kernel.errors import Fault, cure_for
from governance.ports.role_rules import Rule
from policies.lines import Line, Written
from policies.roles import Roles
from policies.rules import MOST_CONDITIONS, Effect
from policies.tables import Notebook, RuleTable
from policies.vocabulary import Vocabulary
from policies.wording import note_detail

RuleTables = dict[str, RuleTable | None]
Ruling = TypeVar("Ruling", Line, Rule)
ByRole = dict[str, list[tuple[int, Ruling]]]


def read_rule_tables(notes: Notebook) -> RuleTables:
    """[rules.X] by rule id; None for one that has faults."""
    return {
        name: notes.read(RuleTable, value, path)
        for name, value, path in notes.named(notes.section("rules"), ("rules",))
    }


def check_lines(written: Written, file: str, words: Vocabulary, roles: Roles, tables: RuleTables) -> list[Fault]:
    """Every fault of the lines' meaning, each with its line; faults of system.toml go into the notebook."""
    lines = written.lines
    faults = [fault for line in lines for fault in name_faults(line, file, words, roles)]
    faults.extend(source_faults(lines, file, words.notes, tables))
    faults.extend(crowd_faults(lines, file, roles))
    check_obligations(lines, words, roles)
    if written.whole:
        note_unused(lines, words, tables)
    if written.whole and not any(line.effect == Effect.ALLOW or "effect" in line.told for line in lines):
        faults.append(Fault(file, "allows nothing", "A policy needs at least one line with effect allow."))
    return faults


def note_unused(lines: Sequence[Line], words: Vocabulary, tables: RuleTables) -> None:
    """Note every rule's table and every condition that no line names; what is faulty or leads nowhere may be any."""
    ruled = {line.rule for line in lines}
    for name in sorted(tables.keys() - ruled) if ruled <= tables.keys() else ():
        words.notes.note(("rules", name), "is not used by any line of policy.csv", "Take it out, or write its line.")
    faulty = not words.notes.is_whole("obligations") or not words.notes.is_whole("routes")
    if faulty or words.astray or any("condition" in line.told for line in lines):
        return
    for name in sorted(words.known_conditions & words.conditions.keys() - words.used):
        words.notes.note(("conditions", name), "is not used", "Name it in a line or an obligation, or take it out.")


def source_faults(lines: Sequence[Line], file: str, notes: Notebook, tables: RuleTables) -> list[Fault]:
    """Rule ids that stand on two lines or have no source, and reasons that no denial gives."""
    faults: list[Fault] = []
    first: dict[str, Line] = {}
    for line in lines:
        if "rule" in line.told:
            continue
        if line.rule in first:
            problem = f'rule "{line.rule}" stands on line {first[line.rule].number} too'
            faults.append(Fault(file, problem, "Give each line a rule id of its own.", line=line.number))
        elif line.rule not in tables:
            cure = f'Add [rules.{line.rule}] with source = "…" to system.toml.'
            faults.append(Fault(file, f'rule "{line.rule}" has no source', cure, line=line.number))
        table = tables.get(line.rule)
        if table is not None and line.effect == Effect.ALLOW and (table.reason is not None or table.detail):
            notes.note(("rules", line.rule), "gives a reason, but the rule allows", "Only a deny rule has a reason.")
        elif table is not None and line.rule not in first:
            note_detail(notes, ("rules", line.rule), table.code, table.detail, {"rule"})
        first.setdefault(line.rule, line)
    return faults


def name_faults(line: Line, file: str, words: Vocabulary, roles: Roles) -> list[Fault]:
    """The names of a line that name nothing."""
    faults: list[Fault] = []

    def report(problem: str, cure: str) -> None:
        faults.append(Fault(file, problem, cure, line=line.number))

    if line.role not in roles.known and "role" not in line.told:
        report(f'role "{line.role}" does not exist', cure_for(line.role, roles.known))
    if line.resource_type not in words.known_types and "resource_type" not in line.told:
        report(f'resource type "{line.resource_type}" does not exist', cure_for(line.resource_type, words.known_types))
    found = words.resource_types.get(line.resource_type)
    if found is not None and line.action not in found.actions and "action" not in line.told:
        problem = f'action "{line.action}" is not declared for resource type "{line.resource_type}"'
        report(problem, cure_for(line.action, found.actions))
    for name in (one for one in line.conditions if ":" not in one):  # that has been told
        words.use(name, line.resource_type, report)
    return faults


def by_role(items: Iterable[Ruling]) -> ByRole[Ruling]:
    """Lines or rules by the role that they name, each with its place in the order in which they are written."""
    found: ByRole[Ruling] = {}
    for place, item in enumerate(items):
        found.setdefault(item.role, []).append((place, item))
    return found


def applying(role: str, written: ByRole[Ruling], roles: Roles) -> list[Ruling]:
    """What applies to a role, as it is written: its own lines or rules, and those that it inherits."""
    found = [each for name in roles.ancestors.get(role, (role,)) for each in written.get(name, ())]
    return [item for _, item in sorted(found, key=itemgetter(0))]


def crowd_faults(lines: Sequence[Line], file: str, roles: Roles) -> list[Fault]:
    """Triples with more conditions than may be asked about, each told at the line that goes beyond."""
    faults = []
    written = by_role(line for line in lines if line.conditions)
    for role in sorted(roles.known):
        seen: dict[tuple[str, str], set[str]] = {}
        for line in applying(role, written, roles):
            names = seen.setdefault((line.resource_type, line.action), set())
            before = len(names)
            names.update(line.conditions)
            if before <= MOST_CONDITIONS < len(names):
                what = f'role "{role}", resource type "{line.resource_type}", action "{line.action}"'
                problem = f"{what} has {len(names)} conditions, more than {MOST_CONDITIONS}: {', '.join(sorted(names))}"
                faults.append(Fault(file, problem, "Write one condition for what belongs together.", line=line.number))
    return faults


def check_obligations(lines: Sequence[Line], words: Vocabulary, roles: Roles) -> None:
    """Note every obligation whose condition looks at something that its role's resource types do not declare."""
    written = by_role(line for line in lines if line.effect == Effect.ALLOW)
    for role, names in roles.obliged.items():
        types = {line.resource_type for line in applying(role, written, roles)}
        for name in names:
            if name not in words.obligations:
                continue
            for condition in words.obligations[name].when:
                for resource_type in sorted(types):
                    words.use(condition, resource_type, told_already)


def told_already(_problem: str, _cure: str) -> None:
    """An obligation's unknown condition has been told where the obligation was read."""


def rules_of(lines: Sequence[Line], tables: RuleTables) -> tuple[Rule, ...]:
    """The rules of lines that have been found right."""
    found = []
    for line in lines:
        table = tables[line.rule]
        if table is not None:
            detail = {"rule": line.rule, **{key: str(value) for key, value in table.detail.items()}}
            words = (table.code, tuple(detail.items()))
            found.append(Rule(line.rule, *line.triple, line.conditions, line.effect, table.source, *words))
    return tuple(found)


def standing_rules(rules: Sequence[Rule], roles: Roles) -> tuple[Rule, ...]:
    """The rules that apply to each role: its own, and those of the roles that it inherits from."""
    written = by_role(rules)
    return tuple(
        rule if rule.role == role else replace(rule, role=role)
        for role in roles.ancestors
        for rule in applying(role, written, roles)
    )
