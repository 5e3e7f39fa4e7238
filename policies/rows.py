"""Checks the rows of facts in a truth table by the rooms' own sheets, so that a fault is told once and at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema

from governance.exchange.reading import load_rows
from governance.kernel.errors import BadInput, Fault, cure_for
from governance.kernel.toml import Document, Path_, read_toml
from governance.ports.sheet import Sheet
from policies.pack import CASES, Pack, PackTexts

UNKNOWN, MISSING = "Unknown field", "Missing data for required field"

Sheets = Mapping[str, Sheet]


def check_rows(texts: PackTexts, sheets: Sheets, pack: Pack | None) -> list[Fault]:
    """Every fault of the rows in `[facts]` and in what cases `add`; empty where they are right.

    With a pack, a grant in its system must name one of its roles. What is no list of tables, `read_cases` tells.
    """
    try:
        document = read_toml(texts.cases_toml, texts.named(CASES))
    except BadInput as wrong:
        return list(wrong.faults)
    faults: list[Fault] = []
    for path, name, listed in listings(document):
        if name in sheets:
            faults += row_faults(document, path, sheets[name], listed)
            faults += role_faults(document, path, listed, pack)
        else:
            faults.append(document.fault(path, "is no sheet of facts", cure_for(name, sheets)))
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


def row_faults(document: Document, path: Path_, sheet: Sheet, listed: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """What the sheet finds wrong, each with what to write instead."""
    for number, where, problem in load_rows(sheet, listed)[1]:
        known = columns(sheet.schema(), where[:-1])
        name = str(where[-1]) if where else ""
        if problem == UNKNOWN:
            yield document.fault((*path, number, *where), "is not known here", cure_for(name, known))
        elif problem == MISSING:
            says = known[name].metadata.get("says") if name in known else None
            yield document.fault((*path, number, *where), "is missing", f"Add it: {says}." if says else "Add it.")
        else:
            yield document.fault((*path, number, *where), problem)


def columns(schema: Schema, path: Sequence[str | int]) -> dict[str, Any]:
    """The fields of a schema, or of the table within it to which a path leads, by the names that people write."""
    found: dict[str, Any] = {field.data_key or name: field for name, field in schema.fields.items()}
    for part in path:
        if isinstance(part, str):
            field = found.get(part)
            nested = getattr(getattr(field, "inner", field), "schema", None)
            found = columns(nested, ()) if isinstance(nested, Schema) else {}
    return found


def role_faults(
    document: Document, path: Path_, listed: Sequence[Mapping[str, Any]], pack: Pack | None
) -> Iterator[Fault]:
    """The grants in the pack's own system of roles that it does not have."""
    if pack is None or path[-1] != "grants":
        return
    for number, row in enumerate(listed):
        role = row.get("role")
        if row.get("system") == pack.system and isinstance(role, str) and role not in pack.roles:
            problem = f'names role "{role}", which the pack does not have'
            yield document.fault((*path, number, "role"), problem, cure_for(role, pack.roles))
