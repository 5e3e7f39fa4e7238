"""A table that somebody typed: what is wrong with it, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pytest

from governance.kernel.reading import BadTable, read_table


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Table:
    names: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    colour: Colour | None = None
    colours: tuple[Colour, ...] = ()
    count: int = 0


@pytest.mark.parametrize(("table", "cure"), [
    ({"groups": ["lead"]}, 'Write lists in a list, such as [["lead"]].'),
    ({"groups": "lead"}, 'Write lists in a list, such as [["lead"]].'),
    ({"groups": [["lead"], "head"]}, 'Write lists in a list, such as [["lead"], ["head"]].'),
    ({"groups": [[3]]}, 'Write lists in a list, such as [["…"]].'),
    ({"groups": 3}, 'Write lists in a list, such as [["…"]].'),
    ({"names": "lead"}, "Write a list of text in quotes."),
    ({"names": [3]}, "Write a list of text in quotes."),
    ({"colour": "read"}, 'Did you mean "red"?'),
    ({"colour": "xyz"}, "Write one of: blue, red."),
    ({"colour": 3}, 'Write one of: "blue", "red".'),
    ({"colours": ["red", "bleu"]}, 'Did you mean "blue"?'),
    ({"colours": ["xyz"]}, "Write one of: blue, red."),
    ({"colours": [3]}, 'Write a list of one of: "blue", "red".'),
    ({"count": "3"}, "Write a whole number."),
    ({"nmaes": []}, 'Did you mean "names"?'),
    ({"zzz": []}, "Write one of: colour, colours, count, groups, names."),
])  # fmt: skip
def test_a_fault_says_what_to_write_instead(table: dict[str, object], cure: str) -> None:
    with pytest.raises(BadTable) as wrong:
        read_table(Table, table)
    assert [fault.cure for fault in wrong.value.faults] == [cure]


def test_what_is_right_is_taken() -> None:
    read = read_table(Table, {"names": ["a"], "groups": [["a"], ["b", "c"]], "colours": ["red"], "count": 2})
    assert read == Table(("a",), (("a",), ("b", "c")), None, (Colour.RED,), 2)
