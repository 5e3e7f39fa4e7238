"""The kinds of column that sheets share: what is mistyped is refused, never bent."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import ValidationError, fields

from governance.ports.columns import LARGEST, LONGEST, Day, Table, Text, Word, YesNo

GOOD: list[tuple[fields.Field[Any], Any, Any]] = [
    (Day(), date(2024, 2, 29), date(2024, 2, 29)),
    (Day(), "2024-02-29", date(2024, 2, 29)),
    (Text(), "Zoë", "Zoë"),
    (Text(), "Zoe\u0308", "Zoë"),
    (Text(), "x" * LONGEST, "x" * LONGEST),
    (Text(), "\u0958" * (LONGEST // 2), "\u0915\u093c" * (LONGEST // 2)),
    (Text(), "e\u0301" * LONGEST, "é" * LONGEST),
    (Text(), "a b", "a b"),
    (Word(), "a-b_2", "a-b_2"),
    (Word(), "2a", "2a"),
    (YesNo(), True, True),
    (YesNo(), False, False),
    (Table(), {}, {}),
    (
        Table(),
        {"a": "Zoe\u0308", "b": 1, "c": True, "d": date(2024, 2, 29), "e": ["Zoe\u0308"]},
        {"a": "Zoë", "b": 1, "c": True, "d": "2024-02-29", "e": ["Zoë"]},
    ),
]
BAD: list[tuple[fields.Field[Any], Any]] = [
    *(
        (Day(), value)
        for value in ("", "2024-2-9", "20240229", "2023-02-29", "2024-W05-1", "2024-02-29 ", 20240229, True)
    ),
    (Day(), datetime(2024, 2, 29, tzinfo=UTC)),
    *(
        (Text(), value)
        for value in ("", " ", " a", "a ", "a\nb", "a\x00b", "a\u200bb", "\u202ea", 5, True, None, ["a"])
    ),
    (Text(), "x" * (LONGEST + 1)),
    (Text(), "\u0958" * (LONGEST // 2 + 1)),  # composed, each is two
    (Text(), "a" + "\u0315\u0300" * 100_000),  # refused without a try: putting it in order would take minutes
    *((Word(), value) for value in ("A", "a b", "a:b", "-a", "_a", "é", "a.b", "a\n", "")),
    *((YesNo(), value) for value in ("yes", "true", 1, 0, "", None)),
    *((Table(), value) for value in ([], "x", None, {"a": 1.5}, {"a": None}, {"a": [1]}, {"a": {}}, {"a": LARGEST})),
    (Table(), {"a": datetime(2024, 2, 29, tzinfo=UTC)}),
]


@pytest.mark.parametrize(("column", "given", "read"), GOOD)
def test_what_is_right_is_read(column: fields.Field[Any], given: Any, read: Any) -> None:
    found = column.deserialize(given)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(("column", "given"), BAD)
def test_what_is_mistyped_is_refused(column: fields.Field[Any], given: Any) -> None:
    with pytest.raises(ValidationError) as told:
        column.deserialize(given)
    assert all(str(message).endswith(".") for message in told.value.messages)
