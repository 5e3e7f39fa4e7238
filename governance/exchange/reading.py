"""Reads rows by the rooms' sheets; every fault names its row and field, and nothing is taken unless all is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from marshmallow import Schema, ValidationError

from governance.exchange.unsaid import Said, Unsaid, can_be_empty, unwritten
from governance.kernel.errors import BadInput, Fault, cure_for
from governance.kernel.toml import Document
from governance.kernel.toml_lines import Path_
from governance.ports.sheet import Sheet

Rows = dict[str, list[dict[str, Any]]]
MOST_FAULTS = 1000
UNKNOWN, MISSING = "Unknown field", "Missing data for required field"


def read_rows(document: Document, sheets: Mapping[str, Sheet], under: tuple[str, ...] = ()) -> Rows:
    """The rows of a document (or of a table in it) by sheet; raise `BadInput` with every fault, line and field."""
    values: Any = document.values
    for name in under:
        values = values.get(name, {})
    faults: list[Fault] = []
    rows: Rows = {}
    for name, listed in values.items():
        if name not in sheets:
            faults.append(document.fault((*under, name), "is no sheet of facts", cure_for(name, sheets)))
        elif not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
            faults.append(
                document.fault(
                    (*under, name), "must be a list of tables", f"Write [[{'.'.join((*under, name))}]] for each row."
                )
            )
        else:
            plain, unsaid = as_said(sheets[name].schema(), listed)
            loaded, wrong = load_rows(sheets[name], plain)
            rows[name] = [
                Said(*both) for both in zip(loaded, unsaid, strict=False)
            ]  # where one is wrong, none is taken
            for index, path, problem in wrong:
                faults.append(row_fault(document, sheets[name].schema(), (*under, name, index), path, problem))
    if faults:
        raise BadInput(sorted(faults, key=lambda fault: fault.line or 0)[:MOST_FAULTS])
    return rows


def row_fault(document: Document, schema: Schema, row: Path_, where: Sequence[str | int], problem: str) -> Fault:
    """What a schema says of a field of a row, with what to write instead."""
    known = columns(schema, where[:-1])
    name = str(where[-1]) if where else ""
    if problem == UNKNOWN:
        return document.fault((*row, *where), "is not known here", cure_for(name, known))
    if problem == MISSING:
        says = known[name].metadata.get("says") if name in known else None
        return document.fault((*row, *where), "is missing", f"Add it: {says}." if says else "Add it.")
    return document.fault((*row, *where), problem)


def columns(schema: Schema, path: Sequence[str | int]) -> dict[str, Any]:
    """The fields of a schema, or of the table within it to which a path leads, by the names that people write."""
    found: dict[str, Any] = {field.data_key or name: field for name, field in schema.fields.items()}
    for part in path:
        if isinstance(part, str):
            field = found.get(part)
            nested = getattr(getattr(field, "inner", field), "schema", None)
            found = columns(nested, ()) if isinstance(nested, Schema) else {}
    return found


def as_said(schema: Schema, listed: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[Unsaid]]:
    """Rows without what they say is empty (`to = ""`) where a fact may have nothing, and of what they say nothing."""
    empty = {field.data_key or name for name, field in schema.fields.items() if can_be_empty(field)}
    known: dict[tuple[str, ...], Unsaid] = {}
    unsaid = []
    for row in listed:
        written = tuple(row)
        if written not in known:
            known[written] = Unsaid(unwritten(schema, written))
        unsaid.append(known[written])
    plain = [{name: value for name, value in row.items() if value != "" or name not in empty} for row in listed]
    return plain, unsaid


def moved(document: Document, by: timedelta) -> Document:
    """A document with all its days moved: a demonstration stays as old as the day it was written for."""
    return Document(document.name, shifted(document.values, by), document.lines)


def shifted(value: Any, by: timedelta) -> Any:
    """A value with every day in it moved."""
    if isinstance(value, dict):
        return {name: shifted(item, by) for name, item in value.items()}
    if isinstance(value, list):
        return [shifted(item, by) for item in value]
    if not isinstance(value, date):
        return value
    try:
        return value + by
    except OverflowError:
        cure = "Name a day nearer to today, or correct the days that the file has."
        raise BadInput([Fault("--written-for", "moves a day out of the calendar", cure)]) from None


Wrong = tuple[int, tuple[str | int, ...], str]


def load_rows(sheet: Sheet, listed: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[Wrong]]:
    """A sheet's rows as its schema reads them, and what is wrong with them; a wrong row has only what could be read."""
    schema = sheet.schema(many=True)
    rows, messages = load_many(schema, listed)
    good = [number for number in range(len(listed)) if number not in messages] if messages else []
    if good:  # what a schema asks of whole rows it asks of none while any row has a mistyped field
        _, more = load_many(schema, [listed[number] for number in good])
        messages |= {good[number]: told for number, told in more.items()}
    wrong = [(number, path, problem) for number, told in messages.items() for path, problem in flat(told)]
    return rows, [*wrong, *backward(sheet, rows)]


def load_many(schema: Schema, listed: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], dict[int, Any]]:
    """Rows as a schema reads them, as far as it can, and its messages by row."""
    try:
        return schema.load(listed), {}
    except ValidationError as error:
        found: Any = error
        return found.valid_data, dict(found.messages)


def backward(sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> Iterator[Wrong]:
    """The rows that end before they start."""
    for number, row in enumerate(rows if sheet.spans else ()):
        start, end = row.get("starts_on"), row.get("ends_on")
        if start is not None and end is not None and end < start:
            column = sheet.schema().fields["ends_on"].data_key or "ends_on"
            yield number, (column,), "This is before the first day. Write a last day that is not before it"


def flat(told: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    """Marshmallow's nested messages as fields with their problem; a fault of the whole row has no field."""
    if isinstance(told, dict):
        return [
            found for name, inner in told.items() for found in flat(inner, path if name == "_schema" else (*path, name))
        ]
    texts = told if isinstance(told, list) else [told]
    return [(path, " ".join(str(text).rstrip(".") for text in texts))]
