"""Reads policy.csv: one rule a line, every fault with its line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import NamedTuple

from governance.kernel.errors import Fault, cure_for
from policies.rules import ALWAYS, EFFECTS, Effect

PLAIN = re.compile(r"[A-Za-z0-9_.-]+(?: [A-Za-z0-9_.-]+)*")
"""Most fields: nothing can be wrong with how they are written."""

HEADER = ("role", "resource_type", "action", "condition", "effect", "rule")


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as it is written, and the line it stands on; `told` are the columns whose faults have been told."""

    number: int
    role: str
    resource_type: str
    action: str
    conditions: tuple[str, ...]
    effect: str
    rule: str
    told: frozenset[str] = frozenset()

    @property
    def triple(self) -> tuple[str, str, str]:
        """What the rule is about."""
        return self.role, self.resource_type, self.action


class Written(NamedTuple):
    """The rules of a policy, every fault of its form, and whether the rule of each line is known.

    Where one is not, nobody can say that something is not used.
    """

    lines: list[Line]
    faults: list[Fault]
    whole: bool


def read_lines(text: str, file: str) -> Written:
    """The rules of a policy, as far as they can be read."""
    lines: list[Line] = []
    faults: list[Fault] = []
    whole = True
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        header = next(reader, [])
        if tuple(header) != HEADER:
            return Written([], [header_fault(header, file)], whole=False)
        start = reader.line_num + 1
        for fields in reader:
            if fields:
                found = shape_faults(fields, file, start)
                faults.extend(fault for _, fault in found)
                told = frozenset(column for column, _ in found)
                whole = whole and told.isdisjoint(("", "rule"))
                if "" not in told:
                    lines.append(line_of(fields, start, told))
            start = reader.line_num + 1
    except csv.Error as wrong:
        faults.append(Fault(file, f"cannot be read: {wrong}", "Write six fields, commas between them.", line=start))
        return Written(lines, faults, whole=False)
    return Written(lines, faults, whole)


def header_fault(header: list[str], file: str) -> Fault:
    """What is wrong with a first line that is not the header."""
    if len(header) == 1 and ";" in header[0]:
        cure = "Save it with commas between the fields; some spreadsheets write semicolons unless told."
        return Fault(file, "has semicolons between its fields", cure, line=1)
    return Fault(file, "does not begin with its header", f"Write: {','.join(HEADER)}", line=1)


def line_of(fields: list[str], number: int, told: frozenset[str]) -> Line:
    """A line of six fields."""
    role, resource_type, action, condition, effect, rule = fields
    names = tuple(name for name in dict.fromkeys(condition.split()) if name != ALWAYS)
    return Line(number, role, resource_type, action, names, effect, rule, told)


def shape_faults(fields: list[str], file: str, number: int) -> list[tuple[str, Fault]]:
    """What is wrong with the form of a line, whatever its names mean, each by its column; "" is the whole line."""
    if fields[0].lstrip().startswith("#"):
        cure = "Comments stand in system.toml."
        return [("", Fault(file, "is a comment: they are not allowed here", cure, line=number))]
    if len(fields) != len(HEADER):
        cure = f"Write {len(HEADER)}: {', '.join(HEADER)}. Conditions are separated by spaces."
        return [("", Fault(file, f"has {len(fields)} fields", cure, line=number))]
    faults: list[tuple[str, Fault]] = []

    def note(column: str, problem: str, cure: str) -> None:
        faults.append((column, Fault(file, f"{column} {problem}", cure, line=number)))

    for name, value in zip(HEADER, fields, strict=True):
        problem, cure = field_problem(name, value)
        if problem:
            note(name, problem, cure)
    effect, names = fields[4], fields[3].split()
    if effect.strip() and effect.strip() not in EFFECTS:
        note("effect", f'"{effect}" is not known', cure_for(effect, Effect))
    if ALWAYS in names and len(names) > 1:
        note("condition", f'"{ALWAYS}" stands beside others', "Leave it out.")
    for name in sorted(set(names)) if len(names) > 1 else ():
        if names.count(name) > 1:
            note("condition", f'"{name}" stands there twice', "Leave one out.")
    return faults


def field_problem(name: str, value: str) -> tuple[str, str]:
    """What is wrong with how one field is written, and its cure; empty where nothing is."""
    if PLAIN.fullmatch(value):
        return "", ""
    if not value.strip():
        return "is blank", f'Write "{ALWAYS}" where it has none.' if name == "condition" else "Fill it in."
    if ":" in value:
        return f'"{value}" holds ":"', "No name may."
    if value != " ".join(value.split()) or not value.isprintable():
        return f'"{value}" has spaces too many', "Leave them out."
    return "", ""
