"""The short way reads a row as its schema does, or leaves it to the schema: never otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields, pre_load, validates_schema

from governance.exchange.columns import match_headers
from governance.exchange.compact import CompactRows
from governance.exchange.files import SheetFile
from governance.exchange.gathering import Gathered, SheetReader
from governance.exchange.shortcut import Shortcut, is_short
from governance.ports.sheet import Sheet
from tests.architecture.source import ROOT
from tests.exchange.folders import sheets

WORDS = [
    "", "", " ", "zoe", "ann ", "council", "archive", "Big", "yes", "No", "maybe", "2024-01-01", "31/03/2024", "1/2/24",
    "2023-12-31", "3", "0", "-1", "x" * 201, "enhanced", "child", "clear", "active", "care; health", "self", "'=x",
    "#REF!", "a\nb", "e\u0301", None, 3, 3.0, True, 2.5,
]  # fmt: skip
SHORT = [sheet for sheet in sheets().values() if is_short(sheet.schema())]


def headers_of(sheet: Sheet) -> list[str]:
    from governance.exchange.columns import columns_of, tables_of

    tables = [f"{name}.{key}" for name in tables_of(sheet) for key in ("a", "b:number", "a:yesno", "c:list")]
    return [*(column.header for column in columns_of(sheet, 2)), *tables]


def both(sheet: Sheet, cells: list[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None]:
    """A record as the schema reads it (nothing where it is refused), and by the short way (None where it is left)."""
    columns = [(at, column) for at, column in enumerate(match_headers(sheet, headers_of(sheet))[0]) if column]
    reader = SheetReader(SheetFile(sheet.name, ROOT / "none.csv"), sheet, Gathered(), {})
    reader.columns = columns
    slow = [row for row in reader._load([(1, cells)]) if row is not None]
    values = Shortcut(sheet, columns).values(cells)
    if values is None:
        return slow, None
    rows = CompactRows(list(sheet.schema().fields), [], {})
    rows.add_values(values, 1)
    return slow, list(rows)


@pytest.mark.parametrize("sheet", SHORT, ids=lambda sheet: sheet.name)
@settings(max_examples=60)
@given(data=st.data())
def test_both_ways_read_the_same(sheet: Sheet, data: st.DataObject) -> None:
    width = len(headers_of(sheet))
    cells = data.draw(st.lists(st.sampled_from(WORDS), min_size=width - 2, max_size=width))
    slow, swift = both(sheet, cells)
    assert swift is None or swift == slow


@pytest.mark.parametrize(("sheet", "cells"), [
    ("people", ["zoe", "Zoë", "mo", "x", "3"]), ("training", ["zoe", "course", "1/2/2024", ""]),
    ("checks", ["zoe", "enhanced", "", "2024-01-01", "", ""]),
    ("grants", ["zoe", "s", "r", "council", "2024-01-01", "", "mo", "manager", "", "2024-01-01", *[""] * 4, "north"]),
])  # fmt: skip
def test_an_ordinary_row_goes_the_short_way(sheet: str, cells: list[Any]) -> None:
    slow, swift = both(sheets()[sheet], cells)
    assert swift == slow
    assert len(slow) == 1


class Bending(Schema):
    """A schema that changes a row before it reads it."""

    name = fields.String()

    @pre_load
    def bend(self, row: Any, **_kwargs: Any) -> Any:
        return row


class Comparing(Schema):
    """A schema that looks at the row as it was written."""

    name = fields.String()

    @validates_schema(pass_original=True)
    def compare(self, row: Any, original: Any, **_kwargs: Any) -> None:
        assert original is not None


def test_a_schema_that_does_more_than_ask_is_never_cut_short() -> None:
    assert not is_short(Bending())
    assert not is_short(Comparing())
    assert all(is_short(sheet.schema()) for sheet in sheets().values())


def test_what_a_schema_asks_of_a_whole_row_is_asked() -> None:
    """A status without its day: each cell is right, the row is not."""
    sheet = sheets()["checks"]
    names = headers_of(sheet)
    told = {"person": "zoe", "level": "enhanced", "workforce": "child", "issued": "2024-01-01", "status": "current"}
    slow, swift = both(sheet, [told.get(name, "") for name in names])
    assert slow == []
    assert swift is None
