"""Checks the rows of facts in a truth table by the rooms' own sheets, so that a fault is told once and at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema

from governance.exchange import checking
from governance.exchange.applying import told
from governance.exchange.names import introduced
from governance.exchange.reading import as_said, load_rows
from governance.exchange.unsaid import Said
from governance.kernel.errors import BadInput, Fault, cure_for, nearest
from governance.kernel.toml import Document
from governance.kernel.toml_lines import Path_
from governance.ports.sheet import Sheet
from policies.cases import Case, document_of
from policies.pack import Pack, PackTexts

BASE = "facts"
UNKNOWN, MISSING = "Unknown field", "Missing data for required field"

Sheets = Mapping[str, Sheet]
Placed = tuple[Path_, Mapping[str, Any]]  # a row, and where it stands
Laid = tuple[Path_, Said]  # the same as its sheet reads it
Read = dict[int, Laid]  # by the identity of the row as it is written


def check_rows(texts: PackTexts, sheets: Sheets, pack: Pack | None, cases: Sequence[Case] = ()) -> list[Fault]:
    """Every fault of the rows in `[facts]` and in what cases `add`; empty where they are right.

    With a pack, a grant in its system must name one of its roles. Where each row is right by itself, the rows of each
    case are looked at together. What is no list of tables, `read_cases` tells.
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
    read: Read = {}
    for name, placed in rows.items():
        faults += row_faults(document, sheets[name], placed, read)
    if not faults:
        faults += doubts_of(document, sheets, cases, read)
    faults += role_faults(document, rows.get("grants", ()), pack)
    return sorted(dict.fromkeys(faults), key=lambda fault: fault.line or 0)


def listings(document: Document) -> Iterator[tuple[Path_, str, Sequence[Mapping[str, Any]]]]:
    """Every list of rows: where it stands, its sheet and the rows; those of the base first, then case by case."""
    tables: list[tuple[Path_, Any]] = [((BASE,), document.values.get(BASE))]
    cases = document.values.get("cases")
    for index, case in enumerate(cases if isinstance(cases, list) else ()):
        if isinstance(case, dict):
            tables.append((("cases", index, "add"), case.get("add")))
    for path, table in tables:
        for name, listed in table.items() if isinstance(table, dict) else ():
            if isinstance(listed, list) and all(isinstance(row, dict) for row in listed):
                yield (*path, name), name, listed


def doubts_of(document: Document, sheets: Sheets, cases: Sequence[Case], read: Read) -> Iterator[Fault]:
    """What is wrong with the rows of each case beside one another; of a base row that only a case spoils, at the case.

    Cases that have the same rows are looked at once.
    """
    base: dict[str, list[Laid]] = {}
    for where, row in read.values():
        if where[0] == BASE:
            base.setdefault(str(where[1]), []).append((where, row))
    of_base = {fault for _, fault in together(document, sheets, base)}
    looked: set[tuple[int, ...]] = set()
    for case in cases:
        same = tuple(id(row) for listed in case.facts.values() for row in listed)
        if same in looked:
            continue
        looked.add(same)
        rows = {name: [read[id(row)] for row in listed] for name, listed in case.facts.items()}
        for where, fault in together(document, sheets, rows):
            if where[0] != BASE or fault in of_base:
                yield fault
            else:
                cure = "Mend what the case removes and adds."
                yield document.fault(case.path, f"makes wrong what stands in {fault.problem}", cure)


def together(document: Document, sheets: Sheets, rows: Mapping[str, Sequence[Laid]]) -> Iterator[tuple[Path_, Fault]]:
    """What no row can know of itself, as `facts apply` would find it in an empty database, with each row's path."""
    said = {name: [row for _, row in listed] for name, listed in rows.items()}
    for doubt in checking.check_rows(None, sheets, said).doubts:
        near = nearest(str(doubt.value), introduced(sheets, said).get(doubt.kind, ()))
        better = doubt._replace(cure=near) if near else doubt
        where = rows[doubt.sheet][doubt.number][0]
        yield where, told(document, better, where)


def row_faults(document: Document, sheet: Sheet, placed: Sequence[Placed], read: Read) -> Iterator[Fault]:
    """What a sheet finds wrong with all of its rows, each with what to write instead; they are put into `read`."""
    plain, unsaid = as_said(sheet.schema(), [row for _, row in placed])
    loaded, wrong = load_rows(sheet, plain)
    for (where, row), one, nothing in zip(placed, loaded, unsaid, strict=False):
        read[id(row)] = where, Said(one, nothing)
    for number, where, problem in wrong:
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
