"""Checks the rows of facts in a truth table by the rooms' own sheets, so that a fault is told once and at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from governance.exchange import checking
from governance.exchange.applying import told
from governance.exchange.meant import with_nearest
from governance.exchange.reading import as_said, load_rows, row_fault
from governance.exchange.unsaid import Said
from governance.exchange.versions import unknown_versions
from governance.kernel.errors import BadInput, Fault, cure_for
from governance.kernel.toml import Document
from governance.kernel.toml_lines import Path_
from governance.ports.sheet import Sheet
from policies.cases import Case, document_of
from policies.pack import Pack, PackTexts

BASE = "facts"

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
    checked = checking.check_rows(None, sheets, said)
    doubts = [*checked.doubts, *unknown_versions(None, sheets, said, checked)]
    for doubt in with_nearest(None, sheets, said, doubts):
        listed = rows[doubt.sheet]
        earlier = document.line(listed[doubt.earlier][0]) if doubt.earlier >= 0 else None
        where = listed[doubt.number][0]
        yield where, told(document, doubt.beside(earlier), where)


def row_faults(document: Document, sheet: Sheet, placed: Sequence[Placed], read: Read) -> Iterator[Fault]:
    """What a sheet finds wrong with all of its rows, each with what to write instead; they are put into `read`."""
    plain, unsaid = as_said(sheet.schema(), [row for _, row in placed])
    loaded, wrong = load_rows(sheet, plain)
    for (where, row), one, nothing in zip(placed, loaded, unsaid, strict=False):
        read[id(row)] = where, Said(one, nothing)
    for number, where, problem in wrong:
        yield row_fault(document, sheet.schema(), placed[number][0], where, problem)


def role_faults(document: Document, grants: Sequence[Placed], pack: Pack | None) -> Iterator[Fault]:
    """The grants in the pack's own system of roles that it does not have."""
    if pack is None:
        return
    for path, row in grants:
        role = row.get("role")
        if row.get("system") == pack.system and isinstance(role, str) and role not in pack.roles:
            problem = f'names role "{role}", which the pack does not have'
            yield document.fault((*path, "role"), problem, cure_for(role, pack.roles))
