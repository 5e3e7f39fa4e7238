"""Reads policy.csv: one rule a line, every fault with its line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from governance.kernel.errors import Fault, cure_for
from policies.rules import ALWAYS, Effect

HEADER = ("role", "resource_type", "action", "condition", "effect", "rule")


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as it is written, and the line it stands on."""

    number: int
    role: str
    resource_type: str
    action: str
    conditions: tuple[str, ...]
    effect: str
    rule: str

    @property
    def triple(self) -> tuple[str, str, str]:
        """What the rule is about."""
        return self.role, self.resource_type, self.action


def read_lines(text: str, file: str) -> tuple[list[Line], list[Fault]]:
    """The rules of a policy, and every fault of its form."""
    lines: list[Line] = []
    faults: list[Fault] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        header = next(reader, [])
        if tuple(header) != HEADER:
            faults.append(Fault(file, "does not begin with its header", f"Write: {','.join(HEADER)}", line=1))
            return lines, faults
        start = reader.line_num + 1
        for fields in reader:
            if fields:
                found = shape_faults(fields, file, start)
                faults.extend(found)
                if not found:
                    lines.append(line_of(fields, start))
            start = reader.line_num + 1
    except csv.Error as wrong:
        faults.append(Fault(file, f"cannot be read: {wrong}", "Write six fields, commas between them.", line=start))
    return lines, faults


def line_of(fields: list[str], number: int) -> Line:
    """A line whose form is right."""
    role, resource_type, action, condition, effect, rule = fields
    names = () if condition == ALWAYS else tuple(condition.split(" "))
    return Line(number, role, resource_type, action, names, effect, rule)


def shape_faults(fields: list[str], file: str, number: int) -> list[Fault]:
    """What is wrong with the form of a line, whatever its names mean."""
    if len(fields) != len(HEADER):
        cure = f"Write {len(HEADER)}: {', '.join(HEADER)}. Conditions are separated by spaces."
        return [Fault(file, f"has {len(fields)} fields", cure, line=number)]
    faults = []
    for name, value in zip(HEADER, fields, strict=True):
        if not value.strip():
            cure = f'Write "{ALWAYS}" where it has none.' if name == "condition" else "Fill it in."
            faults.append(Fault(file, f"{name} is blank", cure, line=number))
        elif ":" in value:
            faults.append(Fault(file, f'{name} "{value}" holds ":"', "No name may.", line=number))
        elif value != " ".join(value.split()) or not value.isprintable():
            faults.append(Fault(file, f'{name} "{value}" has spaces too many', "Leave them out.", line=number))
    effect, names = fields[4], fields[3].split()
    if effect.strip() and effect not in list(Effect):
        faults.append(Fault(file, f'effect "{effect}" is not known', cure_for(effect, Effect), line=number))
    if ALWAYS in names and len(names) > 1:
        faults.append(Fault(file, f'condition "{ALWAYS}" stands beside others', "Leave it out.", line=number))
    faults.extend(
        Fault(file, f'condition "{name}" stands there twice', "Leave one out.", line=number)
        for name in sorted(set(names))
        if names.count(name) > 1
    )
    return faults
