"""Checks the rows of facts in a truth table by the rooms' own sheets, so that a fault is told once and at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema

from governance.exchange.reading import load_rows
from governance.kernel.errors import BadInput, Fault, cure_for
from governance.kernel.toml import Document
from governance.kernel.toml_lines import Path_
from governance.ports.sheet import Sheet
from policies.cases import document_of
from policies.pack import Pack, PackTexts

UNKNOWN, MISSING = "Unknown field", "Missing data for required field"

Sheets = Mapping[str, Sheet]
Placed = tuple[Path_, Mapping[str, Any]]  # a row, and where it stands


def check_rows(texts: PackTexts, sheets: Sheets, pack: Pack | None) -> list[Fault]:
    """Every fault of the rows in `[facts]` and in what cases `add`; empty where they are right.

    With a pack, a grant in its system must name one of its roles. What is no list of tables, `read_cases` tells.
    """
    try:
        document = document_of(texts)
    except BadInput as wrong:
        return list(wrong.faults)
    faults: list[Fault] = []
    rows: dict[str, list[Placed]] = {}
    for path, name, listed in listings(document):
        if name in sheets:
            rows.setdefault(name, []).extend(((*path, number), row) for number, row in enumerate(listed))
        else:
            faults.append(document.fault(path, "is no sheet of facts", cure_for(name, sheets)))
    for name, placed in rows.items():
        faults += row_faults(document, sheets[name], placed)
    faults += role_faults(document, rows.get("grants", ()), pack)
    return sorted(faults, key=lambda fault: fault.line or 0)


def listings(document: Document) -> Iterator[tuple[Path_, str, Sequence[Mapping[str, Any]]]]:
    """Every list of rows: where it stands, its sheet and the rows; those of the base first, then case by case."""
    tables: list[tuple[Path_, Any]] = [(("facts",), document.values.get("facts"))]
    cases = document.values.get("cases")
    for index, case in enumerate(cases if isinstance(cases, list) else ()):
        if isinstance(case, dict):
            tables.append((("cases", index, "add"), case.get("add")))
    for path, table in tables:
        for name, listed in table.items() if isinstance(table, dict) else ():
            if isinstance(listed, list) and all(isinstance(row, dict) for row in listed):
                yield (*path, name), name, listed


def row_faults(document: Document, sheet: Sheet, placed: Sequence[Placed]) -> Iterator[Fault]:
    """What a sheet finds wrong with all of its rows, each with what to write instead."""
    for number, where, problem in load_rows(sheet, [row for _, row in placed])[1]:
        path = (*placed[number][0], *where)
        known = columns(sheet.schema(), where[:-1])
        name = str(where[-1]) if where else ""
        if problem == UNKNOWN:
            yield document.fault(path, "is not known here", cure_for(name, known))
        elif problem == MISSING:
            says = known[name].metadata.get("says") if name in known else None
            yield document.fault(path, "is missing", f"Add it: {says}." if says else "Add it.")
        else:
            yield document.fault(path, problem)


def columns(schema: Schema, path: Sequence[str | int]) -> dict[str, Any]:
    """The fields of a schema, or of the table within it to which a path leads, by the names that people write."""
    found: dict[str, Any] = {field.data_key or name: field for name, field in schema.fields.items()}
    for part in path:
        if isinstance(part, str):
            field = found.get(part)
            nested = getattr(getattr(field, "inner", field), "schema", None)
            found = columns(nested, ()) if isinstance(nested, Schema) else {}
    return found


def role_faults(document: Document, grants: Sequence[Placed], pack: Pack | None) -> Iterator[Fault]:
    """The grants in the pack's own system of roles that it does not have."""
    if pack is None:
        return
    for path, row in grants:
        role = row.get("role")
        if row.get("system") == pack.system and isinstance(role, str) and role not in pack.roles:
            problem = f'names role "{role}", which the pack does not have'
            yield document.fault((*path, "role"), problem, cure_for(role, pack.roles))
