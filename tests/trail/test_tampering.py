"""Whoever alters, removes, adds or swaps anything in the trail is found, and the place is named."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from governance.trail.rules import decision_leaf, leaf_hash
from governance.trail.verify import Damage
from tests.installation import installed
from tests.trail.ledgers import FACTS_TABLES, TRAIL_TABLES, Bench, some_record, write_chain

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
        bench = Bench(installation)
        try:
            assert bench.damages() == []
            yield bench
            assert bench.damages() == [], "a test has left its damage behind"
        finally:
            bench.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def small_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A trail of one short chain."""
    with installed(tmp_path, request.param) as installation:
        write_chain(installation.databases, 8)
        bench = Bench(installation)
        yield bench
        bench.close()


@pytest.fixture
def chains(bench: Bench) -> dict[int, str]:
    """The names of chains by their number."""
    return {row["number"]: row["name"] for row in bench.rows("chain")}


def places(damages: Sequence[Damage]) -> set[str]:
    """The places that the verifier named."""
    return {damage.place for damage in damages}


def place_of(table: str, row: Row, chains: Mapping[int, str]) -> set[str]:
    """Where a row's damage may be told."""
    if table in ("leaf", "body"):
        return {f"{chains[row['chain']]}-{row['seq']}"}
    if table == "chain":
        name, last = row["name"], row["head_seq"]
        return {f"{name}-{last}", f"{name}-{last + 1}", f"{name}-0", f"chain {row['number']}"}
    last = row["entries"] if table == "ledger" else row["seq"]
    return {f"entry-{last}"} | ({f"entry-{last + 1}"} if table == "ledger" else set())


def others(value: Any) -> list[Any]:
    """Values that are nearly the same."""
    if isinstance(value, int):
        return [value ^ 1, value + 2] if value in (0, 1) else [value + 1, value - 1]
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


NOT_OF_THE_TRAIL = {("ledger", "id"), ("ledger", "revision")}
"""Columns of the ledger that are counted elsewhere."""


@pytest.mark.parametrize("table", [*TRAIL_TABLES, *FACTS_TABLES])
def test_a_change_of_any_column_is_found(bench: Bench, chains: dict[int, str], table: str) -> None:
    unfound, taken = [], {tuple(bench.key(table, row).values()) for row in bench.rows(table)}
    tried = [
        (row, column, new)
        for row in some_rows(bench, table)
        for column, old in row.items()
        for new in others(old)
        if (table, column) not in NOT_OF_THE_TRAIL
        and (
            new == row[column]
            or tuple(bench.key(table, {**row, column: new}).values()) not in taken
            or column not in bench.key(table, row)
        )
    ]
    for row, column, new in tried:
        with bench.altered(table, row, **{column: new}) as damages:
            expected = place_of(table, row, chains)
            if column == "name":
                expected |= place_of(table, {**row, column: new}, chains)
            if not places(damages) & expected:
                unfound.append((bench.key(table, row), column, row[column], new, damages))
    assert unfound == []
    assert len(tried) >= 4


def test_a_change_of_any_byte_of_a_record_is_found(small_bench: Bench) -> None:
    bench, unfound = small_bench, []
    step = 7 if bench.on_postgresql else 1
    chains = {row["number"]: row["name"] for row in bench.rows("chain")}
    for table, columns in (("leaf", ("leaf",)), ("body", ("salt", "body")), ("trail_entry", ("leaf",))):
        row = bench.rows(table)[4]
        for column in columns:
            for offset in range(0, len(row[column]), step):
                with bench.altered(table, row, **{column: flipped(row[column], offset)}) as damages:
                    if not places(damages) & place_of(table, row, chains):
                        unfound.append((table, column, offset, damages))
    assert unfound == []


def test_a_change_of_sampled_bytes_of_any_record_is_found(bench: Bench, chains: dict[int, str]) -> None:
    unfound, choice = [], random.Random(SEED)
    everything = [
        (table, row) for table in ("leaf", "body", "trail_entry", "trail_entry_body") for row in bench.rows(table)
    ]
    for table, row in choice.sample(everything, SAMPLED[bench.databases.trail.dialect.name]):
        column = choice.choice([name for name, value in row.items() if isinstance(value, bytes)])
        offset = choice.randrange(len(row[column]))
        with bench.altered(table, row, **{column: flipped(row[column], offset)}) as damages:
            if not places(damages) & place_of(table, row, chains):
                unfound.append((table, row, column, offset, damages))
    assert unfound == []


@pytest.mark.parametrize("table", [*TRAIL_TABLES, "trail_entry", "trail_entry_body"])
def test_a_removed_row_is_missed(bench: Bench, chains: dict[int, str], table: str) -> None:
    for row in some_rows(bench, table):
        with bench.removed(table, [row]) as damages:
            assert places(damages) & place_of(table, row, chains), (table, bench.key(table, row), damages)


def test_a_cut_tail_is_missed(bench: Bench, chains: dict[int, str]) -> None:
    for number, name in chains.items():
        leaves = [row for row in bench.rows("leaf") if row["chain"] == number]
        bodies = [row for row in bench.rows("body") if row["chain"] == number]
        cut = len(leaves) - 3
        with bench.removed("body", bodies[-3:]), bench.removed("leaf", leaves[-3:]) as damages:
            assert damages == [Damage(f"{name}-{cut}", f"{name}-{cut} to {name}-{cut + 2} missing: the tail was cut")]


def test_a_cut_tail_of_the_entries_is_missed(bench: Bench) -> None:
    leaves, bodies = bench.rows("trail_entry"), bench.rows("trail_entry_body")
    last = leaves[-1]["seq"]
    with bench.removed("trail_entry_body", bodies[-1:]), bench.removed("trail_entry", leaves[-1:]) as damages:
        assert damages == [Damage(f"entry-{last}", f"entry-{last} missing: the tail was cut")]


def test_a_chain_removed_with_all_its_records_is_missed(bench: Bench) -> None:
    leaves = [row for row in bench.rows("leaf") if row["chain"] == 1]
    bodies = [row for row in bench.rows("body") if row["chain"] == 1]
    with (
        bench.removed("body", bodies),
        bench.removed("leaf", leaves),
        bench.removed("chain", bench.rows("chain")[:1]) as damages,
    ):
        assert damages == [Damage("chain 1", "missing as a whole")]


def test_a_record_put_in_is_found(bench: Bench, chains: dict[int, str]) -> None:
    """A well-made record behind the last one, chained to it; a body for it or not."""
    leaves = [row for row in bench.rows("leaf") if row["chain"] == 1]
    record, last = some_record(1), leaves[-1]
    leaf = decision_leaf(chains[1], last["seq"] + 1, leaf_hash(last["leaf"]), record)
    new = {**last, "seq": last["seq"] + 1, "at": record.at, "decision": 1, "leaf": leaf}
    body = {"chain": 1, "seq": new["seq"], "salt": record.salt, "body": record.body}
    with bench.added("body", body) as stray:
        assert places(stray) == {f"body 1/{new['seq']}"}
        with bench.added("leaf", new) as damages:
            assert places(damages) == {f"{chains[1]}-{new['seq']}"}
    with bench.added("body", {**body, "seq": 0}) as damages:
        assert places(damages) == {f"{chains[1]}-0: a body"}
    far = {**bench.rows("trail_entry_body")[0], "seq": 99_999}
    with bench.added("trail_entry_body", far) as damages:
        assert places(damages) == {"body entry-99999"}
    with bench.added("leaf", {**new, "seq": -1}) as damages:
        assert f"{chains[1]}--1" in places(damages)
    with bench.added("leaf", {**new, "chain": 99}) as damages:
        assert places(damages) == {"chain 99"}


def test_swapped_records_are_found(bench: Bench, chains: dict[int, str]) -> None:
    """Two records of one chain, with everything that is theirs, and two of different chains."""
    leaves = {(row["chain"], row["seq"]): row for row in bench.rows("leaf")}
    for one, other in (((1, 4), (1, 5)), ((1, 6), (2, 6))):
        theirs = [{name: leaves[key][name] for name in ("system", "decision", "at", "leaf")} for key in (one, other)]
        with (
            bench.altered("leaf", leaves[one], **theirs[1]),
            bench.altered("leaf", leaves[other], **theirs[0]) as damages,
        ):
            assert places(damages) >= {f"{chains[number]}-{seq}" for number, seq in (one, other)}


def test_swapped_bodies_are_found(bench: Bench, chains: dict[int, str]) -> None:
    one, other = (row for row in bench.rows("body") if row["chain"] == 1 and row["seq"] in (4, 5))
    theirs = [{"salt": row["salt"], "body": row["body"]} for row in (one, other)]
    with bench.altered("body", one, **theirs[1]), bench.altered("body", other, **theirs[0]) as damages:
        assert places(damages) == {f"{chains[1]}-4", f"{chains[1]}-5"}


def test_a_record_rewritten_with_its_hash_is_found(bench: Bench, chains: dict[int, str]) -> None:
    """A decision turned round in a leaf that is well made: what comes behind it was chained to another."""
    row = next(row for row in bench.rows("leaf") if (row["chain"], row["seq"]) == (1, 4))
    turned = row["leaf"].replace(b'"decision":false', b'"decision":true')
    assert turned != row["leaf"]
    with bench.altered("leaf", row, leaf=turned, decision=1) as damages:
        assert places(damages) == {f"{chains[1]}-4"}


@pytest.mark.parametrize(("blank", "told"), [
    ({"salt": None, "body": None}, "blanked"),
    ({"salt": None}, "blanked"),
    ({"body": None}, "blanked"),
])  # fmt: skip
def test_a_blanked_body_that_no_entry_tells_of_is_found(
    bench: Bench, chains: dict[int, str], blank: dict[str, None], told: str
) -> None:
    for table in ("body", "trail_entry_body"):
        row = bench.rows(table)[3]
        with bench.altered(table, row, **blank) as damages:
            assert places(damages) == place_of(table, row, chains)
            assert told in damages[0].what


@pytest.mark.parametrize(("table", "column", "value"), [
    ("leaf", "leaf", "text"),
    ("leaf", "leaf", 5),
    ("leaf", "seq", "five"),
    ("leaf", "decision", "yes"),
    ("leaf", "at", b"\xff"),
    ("body", "salt", "text"),
    ("body", "body", "text"),
    ("body", "seq", "five"),
    ("chain", "head_seq", "many"),
    ("chain", "head", b"\xff"),
    ("trail_entry", "leaf", "text"),
    ("trail_entry", "revision", "one"),
    ("trail_entry", "action", "decision.erased"),
    ("trail_entry_body", "body", 1.5),
])  # fmt: skip
def test_a_value_of_another_kind_is_found(
    bench: Bench, chains: dict[int, str], table: str, column: str, value: Any
) -> None:
    """SQLite keeps whatever it is given; the verifier names it and goes on."""
    if bench.on_postgresql:
        return
    row = bench.rows(table)[2]
    with bench.altered(table, row, **{column: value}) as damages:
        assert places(damages) & place_of(table, row, chains)


@pytest.mark.parametrize(
    "leaf", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"seq":' + b"9" * 5_000 + b"}"]
)
def test_a_leaf_that_cannot_be_read_is_named(bench: Bench, chains: dict[int, str], leaf: bytes) -> None:
    row = next(row for row in bench.rows("leaf") if (row["chain"], row["seq"]) == (1, 4))
    with bench.altered("leaf", row, leaf=leaf) as damages:
        assert Damage(f"{chains[1]}-4", "the leaf cannot be read") in damages
