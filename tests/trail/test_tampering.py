"""Whoever alters, removes, adds or swaps anything in the trail is found, and the place is named."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from governance.trail.rules import decision_leaf, leaf_hash
from governance.trail.verify import Damage
from tests.installation import installed
from tests.trail.ledgers import FACTS_TABLES, PROTECTED, TRAIL_TABLES, Bench, some_record, write_chain

Row = Mapping[str, Any]
LENGTHS = {"sqlite": (12, 250, 60), "postgresql": (12, 40)}
SAMPLED = {"sqlite": 60, "postgresql": 12}
SEED = 20260302


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A trail of a few hundred records on SQLite, of a few dozen on PostgreSQL."""
    with installed(tmp_path_factory.mktemp("bench"), request.param) as installation:
        for records in LENGTHS[request.param]:
            write_chain(installation.databases, records)
        bench = Bench.over(installation)
        assert bench.damages() == []
        yield bench
        assert bench.damages() == [], "a test has left its damage behind"


@pytest.fixture
def chains(bench: Bench) -> dict[int, str]:
    """The names of chains by their number."""
    return {row["number"]: row["name"] for row in bench.rows("chain")}


def places(damages: Sequence[Damage]) -> set[str]:
    """The places that the verifier named."""
    return {damage.place for damage in damages}


def place_of(table: str, row: Row, chains: Mapping[int, str]) -> set[str]:
    """Where a row's damage must be told: any of these."""
    if table in ("leaf", "body"):
        return {f"{chains[row['chain']]}-{row['seq']}"}
    if table == "chain":
        return {f"{row['name']}-{row['head_seq']}", f"{row['name']}-{row['head_seq'] + 1}", f"{row['name']}-0", f"chain {row['number']}"}
    return {f"entry-{row['seq']}"} if table != "ledger" else {f"entry-{row['entries']}", f"entry-{row['entries'] + 1}"}


def others(value: Any) -> list[Any]:
    """Values that are nearly the same."""
    if isinstance(value, int):
        return [value ^ 1, value + 2] if value < 2 else [value + 1, value - 1]
    if isinstance(value, str):
        return [value[:-1] + chr(ord(value[-1]) ^ 1), value[:-1]] if value else ["x"]
    return [flipped(value, 0), flipped(value, len(value) - 1), value[:-1], value + b"\x00"]


def flipped(value: bytes, offset: int) -> bytes:
    """Bytes with one bit of one byte turned over."""
    return value[:offset] + bytes([value[offset] ^ 1 << offset % 8]) + value[offset + 1 :]


def some_rows(bench: Bench, table: str) -> list[dict[str, Any]]:
    """The first rows of a table, one from the middle, and the last."""
    rows = bench.rows(table)
    return [rows[number] for number in sorted({0, min(1, len(rows) - 1), len(rows) // 2, len(rows) - 1})]


COUNTED_ELSEWHERE = {("ledger", "id"), ("ledger", "revision")}
"""Columns of the ledger that the trail says nothing of."""


@pytest.mark.parametrize("table", [*TRAIL_TABLES, *FACTS_TABLES])
def test_a_change_of_any_column_is_found(bench: Bench, chains: dict[int, str], table: str) -> None:
    tried, unfound = 0, []
    for row in some_rows(bench, table):
        for column, old in row.items():
            if (table, column) in COUNTED_ELSEWHERE or old is None:
                continue
            for new in others(old):
                tried += 1
                with taken(bench, table, row, column, new) as damages:
                    expected = place_of(table, row, chains) | place_of(table, {**row, column: new}, {**chains, 0: ""})
                    if not places(damages) & expected:
                        unfound.append((table, bench.key(table, row), column, new, damages))
    assert unfound == []
    assert tried
